"""nbgrader's exchange on a real JupyterHub: two courses, their graders' groups, students in one or the other.

A course is a user of the hub's whose server the group of its graders may use.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import site
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.release import build
from tests import small_course
from tests.conftest import solutions_of

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

SECONDS = 240
STUDENTS = {"statistics": "ada", "optics": "eve"}
TEACHERS = {"statistics": "noether", "optics": "ibn"}
EXCHANGE = """
from nbgrader.auth import JupyterHubAuthPlugin

c.Authenticator.plugin_class = JupyterHubAuthPlugin
c.Exchange.root = {exchange!r}
c.Exchange.path_includes_course = True
"""
HUB = """
import json

settings = json.loads({settings!r})
server = [settings["python"], "-m", "jupyterhub.singleuser", *settings["root"]]
c.JupyterHub.bind_url = settings["origin"]
c.JupyterHub.hub_port = settings["ports"][0]
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = settings["folder"] + "/cookie_secret"
c.ConfigurableHTTPProxy.command = [settings["proxy"]]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{{settings['ports'][1]}}"
c.ConfigurableHTTPProxy.auth_token = settings["token"]
c.ConfigurableHTTPProxy.pid_file = settings["folder"] + "/proxy.pid"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = settings["homes"] + "/{{username}}"
c.Spawner.cmd = server
c.Spawner.environment = settings["environment"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 200
c.JupyterHub.load_groups = settings["groups"]
c.JupyterHub.services = [{{"name": "tester", "api_token": settings["token"]}}]
c.JupyterHub.load_roles = [
    {{
        "name": "everything",
        "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"],
        "services": ["tester"],
    }},
    {{"name": "courses", "scopes": ["self", "admin:groups", "list:users"], "users": settings["courses"]}},
    {{"name": "server", "scopes": ["inherit"]}},
    *(
        {{
            "name": f"of-{{course}}",
            "groups": [course.replace("grader-", "formgrade-")],
            "scopes": [f"access:servers!user={{course}}"],
        }}
        for course in settings["courses"]
    ),
]
"""


@dataclass(frozen=True)
class Hub:
    """A running JupyterHub.

    Attributes:
        origin: Its address.
        token: Of a service that may do everything.
        homes: The users' folders.
        courses: By name.
    """

    origin: str
    token: str
    homes: Path
    courses: dict[str, Course]

    def ask(self, path: str, token: str = "", data: Any = None, method: str | None = None) -> tuple[int, Any]:
        """Status and answer; `data` is sent as a form, or as JSON to the hub itself."""
        body, headers = None, {"Authorization": f"token {token or self.token}"}
        if data is not None and path.startswith("/hub/api"):
            body = json.dumps(data).encode()
        elif data is not None:
            body = urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.origin + path, body, headers, method=method)
        try:
            with opener().open(request, timeout=SECONDS) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode(errors="replace")
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def user(self, name: str) -> str:
        """A token of a user's."""
        status, made = self.ask(f"/hub/api/users/{name}/tokens", data={"note": "test"})
        assert status in (200, 201), made
        return made["token"]

    def start(self, *names: str) -> None:
        """Start users' servers, in homes that are made where there are none."""
        for name in names:
            self.ask(f"/hub/api/users/{name}", method="POST")
            (self.homes / name).mkdir(exist_ok=True)
            assert self.ask(f"/hub/api/users/{name}/server", method="POST")[0] in (201, 202)
        end = time.monotonic() + SECONDS
        while not all(
            self.ask(f"/hub/api/users/{name}")[1]["servers"].get("", {}).get("ready") for name in names
        ):
            assert time.monotonic() < end, "a user's server did not start"
            time.sleep(0.5)


def opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Python with JupyterHub beside everything that is installed here, and its proxy; both in a folder of their own."""
    folder = tmp_path_factory.mktemp("hub")
    if shutil.which("npm") is None:
        pytest.skip("no npm, which JupyterHub's proxy is installed with")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    inside = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (inside / "here.pth").write_text("\n".join(site.getsitepackages()))
    for command in (
        [python, "-m", "pip", "install", "-q", "jupyterhub>=5,<6"],
        ["npm", "install", "--silent", "--prefix", folder, "configurable-http-proxy"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            pytest.skip(f"JupyterHub cannot be installed: {done.stderr[-300:]}")
    return str(python), str(folder / "node_modules" / ".bin" / "configurable-http-proxy")


@pytest.fixture(scope="module")
def hub(installed: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("jupyterhub")
    exchange, homes, shared = (folder / name for name in ("exchange", "homes", "shared"))
    for made in (exchange, homes, shared):
        made.mkdir()
    exchange.chmod(0o777)
    (shared / "nbgrader_config.py").write_text("c = get_config()\n" + EXCHANGE.format(exchange=str(exchange)))
    extensions = {"ServerApp": {"jpserver_extensions": {"autograder.marking": True}}}
    (shared / "jupyter_server_config.json").write_text(json.dumps(extensions))
    courses = {name: course_of(homes / f"grader-{name}", name, exchange) for name in STUDENTS}
    ports = free_ports(3)
    origin, token = f"http://127.0.0.1:{ports[0]}", secrets.token_hex(16)
    etc = Path(sys.prefix) / "etc" / "jupyter"
    environment = {
        "JUPYTER_CONFIG_PATH": f"{shared}{os.pathsep}{etc}",
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
        "PYTHONPATH": str(small_course.REPOSITORY),
        "PATH": os.environ["PATH"],
    }
    settings = {
        "python": installed[0],
        "proxy": installed[1],
        "root": ["--allow-root"] if os.geteuid() == 0 else [],
        "origin": origin,
        "ports": ports[1:3],
        "folder": str(folder),
        "homes": str(homes),
        "token": token,
        "environment": environment,
        "groups": {f"formgrade-{name}": [teacher] for name, teacher in TEACHERS.items()}
        | {f"nbgrader-{name}": [student] for name, student in STUDENTS.items()},
        "courses": [course.root.name for course in courses.values()],
    }
    (folder / "hub.py").write_text(HUB.format(settings=json.dumps(settings)))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [installed[0], "-m", "jupyterhub", "-f", folder / "hub.py"], cwd=folder, stdout=log, stderr=log
        )
        try:
            made = Hub(origin, token, homes, courses)
            end = time.monotonic() + SECONDS
            while not answers(made):
                said = (folder / "log.txt").read_text(errors="replace")
                assert process.poll() is None, said[-3000:]
                assert time.monotonic() < end, said[-3000:]
                time.sleep(0.5)
            made.start(*settings["courses"], *STUDENTS.values())
            yield made
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(hub: Hub) -> bool:
    try:
        return hub.ask("/hub/api/")[0] == 200
    except OSError:
        return False


def course_of(folder: Path, name: str, exchange: Path) -> Course:
    made = small_course.make(folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(EXCHANGE.format(exchange=str(exchange)) + f"c.CourseDirectory.course_id = {name!r}\n")
    course = Course(folder)
    with solutions_of(made):
        build.build(course)
    return course


def run(course: Course, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from autograder.cli import main; main()", *arguments],
        cwd=course.root,
        env={**os.environ, "PYTHONPATH": str(small_course.REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_course_from_release_to_feedback_while_another_one_is_beside_it(hub: Hub):
    teacher, ada, eve = hub.user("noether"), hub.user("ada"), hub.user("eve")
    course = hub.courses["statistics"]
    formgrader = "/user/grader-statistics/formgrader"

    for name, person in TEACHERS.items():
        released = f"/user/grader-{name}/formgrader/api/assignment/small/release"
        status, done = hub.ask(released, hub.user(person), {})
        assert (status, done["success"]) == (200, True), done
    for student, token, own in (("ada", ada, "statistics"), ("eve", eve, "optics")):
        status, courses = hub.ask(f"/user/{student}/courses", token)
        assert (status, courses["value"]) == (200, [own]), courses
    wanted = {"assignment_id": "small", "course_id": "statistics"}
    hub.ask("/user/eve/assignments/fetch", eve, wanted)
    assert not (hub.homes / "eve" / "statistics").exists()

    status, fetched = hub.ask("/user/ada/assignments/fetch", ada, wanted)
    assert status == 200, fetched
    path = hub.homes / "ada" / "statistics" / "small" / "small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = small_course.ANSWERS.get(cell.id, cell.source)
    nbformat.write(notebook, path)
    assert hub.ask("/user/ada/assignments/submit", ada, wanted)[1]["success"]

    assert hub.ask(f"{formgrader}/api/assignment/small/collect", teacher, {})[1]["success"]
    run(course, "grade")
    run(course, "feedback")
    status, page = hub.ask("/user/grader-statistics/autograder/mark", teacher)
    assert status == 200
    assert "small" in page
    assert hub.ask(f"{formgrader}/api/assignment/small/release_feedback", teacher, {})[1]["success"]
    assert hub.ask("/user/ada/assignments/fetch_feedback", ada, wanted)[1]["success"]
    [feedback] = (hub.homes / "ada" / "statistics" / "small" / "feedback").glob("*/small.html")
    assert "<strong>5</strong>" in feedback.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["formgrader/manage_assignments", "autograder/mark"])
@pytest.mark.parametrize("who", ["eve", "ada", "ibn"])
def test_only_a_courses_own_graders_see_its_pages(hub: Hub, who: str, page: str):
    status, _ = hub.ask(f"/user/grader-statistics/{page}", hub.user(who))
    assert status == 403
