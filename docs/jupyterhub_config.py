"""A JupyterHub for several courses: each has its graders and its students, and one server in its course folder.

Take it as a beginning of /etc/jupyterhub/jupyterhub_config.py; `tests/e2e/test_jupyterhub.py` runs it.
"""

c = get_config()  # noqa: F821

# For each course_id of nbgrader: its folder, who grades, and who takes part.
COURSES = {
    "statistics": "/srv/courses/statistics",
    "networks": "/srv/courses/networks",
}
GRADERS = {"statistics": ["grace"], "networks": ["niklaus"]}
STUDENTS = {"statistics": ["ada"], "networks": ["bob"]}
FIRST_PORT = 9100

# Each course is a service of the hub: a Jupyter server with formgrader and the marking page, run by a user of its own.
services, roles, groups = [], [], {}
for number, (course, folder) in enumerate(COURSES.items()):
    graders = f"formgrade-{course}"
    groups[graders] = {"users": GRADERS[course]}
    groups[f"nbgrader-{course}"] = {"users": STUDENTS[course]}
    services.append(
        {
            "name": course,
            "url": f"http://127.0.0.1:{FIRST_PORT + number}",
            "command": ["jupyterhub-singleuser", "--ServerApp.jpserver_extensions=autograder.marking=True"],
            "cwd": folder,
            "user": f"grader-{course}",
            "oauth_no_confirm": True,
            "display": False,
        }
    )
    roles.append({"name": graders, "groups": [graders], "scopes": [f"access:services!service={course}"]})

# nbgrader asks the hub, in the name of a user's server, which groups the user is in.
roles.append({"name": "user", "scopes": ["self", "list:services", "read:services:name"]})
c.Spawner.server_token_scopes = [
    "access:servers!server",
    "users:activity!user",
    "read:users:name!user",
    "read:users:groups!user",
    "list:services",
    "read:services:name",
]
c.JupyterHub.services = services
c.JupyterHub.load_groups = groups
c.JupyterHub.load_roles = roles
