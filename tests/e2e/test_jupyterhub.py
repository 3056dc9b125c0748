"""A JupyterHub with two courses as the documentation sets it up: students hand in, graders mark, and nobody else does."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import nbgrader
import pytest
import requests

from autograder.course.folder import Course
from autograder.feedback import writer
from autograder.gradebook.recorder import grade
from autograder.grading import grader
from autograder.grading.grader import Options
from autograder.release import build
from autograder.watch.exchange import ExchangeInbox
from benchmarks.jupyter import _free_port
from tests import points, small_course
from tests.grading.test_grader import FakePool

pytest.importorskip("jupyterhub", reason="JupyterHub is not installed: pip install jupyterhub")
if shutil.which("configurable-http-proxy") is None:
    pytest.skip(
        "JupyterHub's proxy is not on the path: npm install -g configurable-http-proxy",
        allow_module_level=True,
    )

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

SECONDS = 120
CONFIGURATION = small_course.REPOSITORY / "docs" / "jupyterhub_config.py"
COURSES = {"statistics": ["ada"], "networks": ["bob"]}
"""Each course's students; `grace` marks in the first, `niklaus` in the second."""
GRADERS = {"statistics": ["grace"], "networks": ["niklaus"]}


class Hub:
    """A running hub, and requests in the name of its users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = f"http://127.0.0.1:{_free_port()}"
        self.admin = secrets.token_hex(16)

    def api(self, method: str, path: str, token: str = "", **more) -> requests.Response:
        headers = {"Authorization": f"token {token or self.admin}"}
        return requests.request(
            method, f"{self.origin}/hub/api{path}", headers=headers, timeout=SECONDS, **more
        )

    def token(self, user: str) -> str:
        """A token of a user's, with all that the user may do."""
        made = self.api("POST", f"/users/{user}/tokens", json={"note": "test"})
        assert made.status_code == 201, made.text
        return made.json()["token"]

    def start(self, user: str) -> None:
        """Start a user's own server, and wait until it answers."""
        self.api("POST", f"/users/{user}/server")
        until = time.monotonic() + SECONDS
        while not self.api("GET", f"/users/{user}").json()["servers"].get("", {}).get("ready"):
            assert time.monotonic() < until, (self.folder / "hub.log").read_text()[-3000:]
            time.sleep(0.3)

    def call(self, user: str, method: str, path: str, **more) -> requests.Response:
        """What a user's browser would get."""
        headers = {"Authorization": f"token {self.token(user)}"}
        return requests.request(
            method, f"{self.origin}{path}", headers=headers, timeout=SECONDS, allow_redirects=False, **more
        )


@pytest.fixture(scope="module")
def courses(tmp_path_factory) -> dict[str, Course]:
    """Two courses that have released an assignment into one exchange."""
    folder = tmp_path_factory.mktemp("courses")
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    made = {}
    for name in COURSES:
        course = small_course.make(folder / name)
        with (course.root / "nbgrader_config.py").open("a") as config:
            config.write(f"\nc.CourseDirectory.course_id = {name!r}\nc.Exchange.root = {str(exchange)!r}\n")
        course = made[name] = Course(course.root)
        build.build(course, ["small"])
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "nbgrader", "release_assignment", "small"],
            cwd=course.root,
            check=True,
            capture_output=True,
            timeout=SECONDS,
            env={**os.environ, "JUPYTERHUB_USER": ""},
        )
    return made


@pytest.fixture(scope="module")
def hub(courses, tmp_path_factory) -> Iterator[Hub]:
    """A hub with the documentation's configuration, in which these courses and people are filled in."""
    folder = tmp_path_factory.mktemp("hub")
    made = Hub(folder)
    text = CONFIGURATION.read_text(encoding="utf-8")
    for name, value in (
        ("COURSES", {name: str(course.root) for name, course in courses.items()}),
        ("STUDENTS", COURSES),
        ("GRADERS", GRADERS),
        ("FIRST_PORT", _free_port()),
    ):
        text, found = re.subn(
            rf"^{name} = .*?(?=^[\w#]|\Z)", f"{name} = {value!r}\n", text, count=1, flags=re.M | re.S
        )
        assert found == 1, name
    (folder / "jupyter").mkdir()
    (folder / "jupyter" / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.Exchange.root = {str(courses['statistics'].config.Exchange.root)!r}\n"
        "c.Authenticator.plugin_class = 'nbgrader.auth.JupyterHubAuthPlugin'\n"
    )
    # what nbgrader and this kit have installed for Jupyter's server, and the file above
    installed = Path(nbgrader.__file__).parents[4] / "etc" / "jupyter"
    settings = os.pathsep.join([str(folder / "jupyter"), str(installed)])
    # Users here have no accounts: like in a container, each is jovyan, and the hub says who that is.
    (folder / "passwd").write_text("root:x:0:0::/root:/bin/sh\njovyan:x:1000:1000::/tmp:/bin/sh\n")
    sandbox = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--ro-bind",
        str(folder / "passwd"),
        "/etc/passwd",
        "--unshare-user",
    ]
    sandbox += ["--uid", "1000", "--gid", "1000", "--"]
    text += f"""
c.JupyterHub.bind_url = {made.origin!r}
c.JupyterHub.hub_port = {_free_port()}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{_free_port()}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {str(folder)!r} + "/home/{{username}}"
c.Spawner.cmd = {[*sandbox, "jupyterhub-singleuser", "--allow-root"]!r}
c.JupyterHub.services += [{{"name": "tests", "api_token": {made.admin!r}}}]
c.JupyterHub.load_roles += [
    {{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "tokens", "read:services"]}}
]
c.Spawner.environment = {{"JUPYTER_CONFIG_PATH": {settings!r}}}
for service in c.JupyterHub.services[:-1]:
    del service["user"]
    service["command"].append("--allow-root")
    service["environment"] = {{"JUPYTER_CONFIG_PATH": {settings!r}, "PYTHONPATH": {os.pathsep.join(sys.path)!r}}}
"""
    (folder / "jupyterhub_config.py").write_text(text)
    everybody = [*sum(COURSES.values(), []), *sum(GRADERS.values(), [])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(folder / "jupyterhub_config.py")],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + SECONDS
        while True:
            log_so_far = (folder / "hub.log").read_text()[-3000:]
            assert process.poll() is None, log_so_far
            assert time.monotonic() < until, log_so_far
            try:
                if made.api("GET", "/users").ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.3)
        for user in everybody:
            made.api("POST", f"/users/{user}")
        yield made
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_students_see_and_hand_in_their_own_course_and_fetch_their_feedback(hub, courses, monkeypatch):
    monkeypatch.setattr(grader, "run_all", FakePool())
    hub.start("ada")
    here = "/user/ada"
    assert hub.call("ada", "GET", f"{here}/courses").json()["value"] == ["statistics"]

    def action(what: str) -> None:
        done = hub.call(
            "ada",
            "POST",
            f"{here}/assignments/{what}",
            params={"assignment_id": "small", "course_id": "statistics"},
        )
        assert done.json()["success"], done.text

    action("fetch")
    home = hub.folder / "home" / "ada"
    [notebook] = home.rglob("small.ipynb")
    nbformat.write(small_course.answered(courses["statistics"], "ja"), notebook)
    action("submit")

    course = courses["statistics"]
    assert ExchangeInbox(course).collect() == {}
    assert ExchangeInbox(courses["networks"]).collect() == {}
    grade(course, Options())
    assert points.scores(course) == {("ada", "small"): 5.0}
    written = writer.write(course)
    assert ExchangeInbox(course).release(written.pages, written.new) == [("ada", "small")]
    action("fetch_feedback")
    [page] = home.rglob("feedback/**/small.html")
    assert "小さな課題" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("user", "course", "may"),
    [
        ("grace", "statistics", True),
        ("grace", "networks", False),
        ("niklaus", "networks", True),
        ("ada", "statistics", False),
    ],
)
def test_only_a_courses_graders_open_its_marking_page_and_formgrader(user, course, may, hub, courses):
    for path in ("/autograder/mark", "/formgrader/gradebook"):
        until = time.monotonic() + SECONDS
        while (answer := hub.call(user, "GET", f"/services/{course}{path}")).status_code >= 500:
            assert time.monotonic() < until, answer.text[-2000:]
            time.sleep(0.5)
        assert (answer.status_code == 200) is may, (answer.status_code, answer.text[-500:])
