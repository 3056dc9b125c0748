"""JupyterLab on a course, and a browser to look at it: both real, both on this machine only.

with jupyter_lab(course.root) as lab, open_browser() as browser:
    page = browser.new_page()
    page.goto(lab.url("/formgrader/manage_assignments"))

The browser is Debian's Chromium; none is ever downloaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

__all__ = ["Lab", "autograder", "chromium", "environment", "jupyter_lab", "open_browser"]

REPOSITORY = Path(__file__).resolve().parents[1]
START_SECONDS = 180
ACTION_MILLISECONDS = 120_000
"""How long a page may take for what is asked of it: a loaded machine is slow, but not wrong."""


@dataclass(frozen=True)
class Lab:
    """A running server.

    Attributes:
        origin: Such as `http://127.0.0.1:8888`.
        token: Lets in whoever has it.
        log: What the server writes.
    """

    origin: str
    token: str
    log: Path

    def url(self, path: str) -> str:
        """The address of a page, by way of the login: formgrader's own pages log in to themselves only."""
        return f"{self.origin}/login?token={self.token}&next={path}"


def chromium() -> str | None:
    """Where Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium that talks to nobody but this machine."""
    arguments = [
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def jupyter_lab(course: Path) -> Iterator[Lab]:
    """`make lab` on a course: JupyterLab in the course folder, with settings of its own, on a free port."""
    lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), course.parent / "jupyter.log")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={lab.origin.rpartition(':')[2]}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={lab.token}",
        "--ServerApp.jpserver_extensions=autograder.marking=True",  # an installation's own settings say so, too
    ]
    if os.geteuid() == 0:
        command.append("--allow-root")
    with tempfile.TemporaryDirectory(prefix="jupyter-") as home, lab.log.open("wb") as log:
        _write_settings(Path(home) / "config" / "lab" / "user-settings" / "@jupyterlab")
        server = subprocess.Popen(
            command, cwd=course, env=environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _await_answer(lab, server)
            yield lab
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def autograder(course: Path, *arguments: str) -> str:
    """Run the `autograder` command on a course; what it printed."""
    command = [
        sys.executable,
        "-c",
        "from autograder.cli import main; main()",
        *arguments,
        "--course",
        str(course),
    ]
    done = subprocess.run(
        command, cwd=course, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


def environment(home: str | Path | None = None) -> dict[str, str]:
    """The variables of a child: this repository's modules, and with a folder no settings but in there."""
    path = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PATH": scripts}
    if home is not None:
        for name in ("CONFIG", "DATA", "RUNTIME"):
            variables[f"JUPYTER_{name}_DIR"] = str(Path(home) / name.lower())
    return variables


def _write_settings(folder: Path) -> None:
    """JupyterLab asks nobody for news, and shows a notebook's cells though they are not in sight."""
    for name, settings in {
        "apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings), encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _await_answer(lab: Lab, server: subprocess.Popen) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            opener.open(f"{lab.origin}/api", timeout=10).close()
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"JupyterLab did not start:\n{lab.log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
