"""Run nbgrader's own tests of its commands with this engine's steps in the place of nbgrader's.

    python -m benchmarks.foreign                       all of these suites
    python -m benchmarks.foreign autograde -k late     one of them; options behind the names go to pytest

The tests are those of the installed nbgrader; nothing of them is copied. Each of their courses gets a
configuration with `configure(c)`, and so does what formgrader's handlers call (`api`). Releases are nbgrader's own but
where they are what is tested: most of these sources are no assignments that `build` would release.
The status is 0 where no test fails but those that docs/test-cells.md names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from traitlets.config import Config

from autograder.config import configure

__all__ = ["main"]

SUITES = {
    "generate_assignment": "nbgrader_generate_assignment",
    "autograde": "nbgrader_autograde",
    "generate_feedback": "nbgrader_generate_feedback",
    "release_feedback": "nbgrader_releasefeedback",
    "export": "nbgrader_export",
    "collect": "nbgrader_collect",
    "zip_collect": "nbgrader_zip_collect",
    "db": "nbgrader_db",
    "list": "nbgrader_list",
    "validate": "nbgrader_validate",
    "api": "api",
}
"""Of each suite its module, less `test_`."""
CONFIG = """from autograder.config import configure
c = get_config()
configure(c)
"""
STOCK_RELEASE = 'del c["GenerateAssignment"]\n'
PAGE = Path(__file__).resolve().parents[1] / "docs" / "test-cells.md"


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the course of a test that has one, the engine's configuration, which nbgrader finds."""
    if "course_dir" in request.fixturenames:
        folder = Path(request.getfixturevalue("course_dir"))
        released = request.path.stem == f"test_{SUITES['generate_assignment']}"
        (folder / "nbgrader_config.py").write_text(CONFIG if released else CONFIG + STOCK_RELEASE)
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(folder))
    if "api" in request.fixturenames:
        api = request.getfixturevalue("api")
        steps = Config()
        configure(steps)
        del steps["GenerateAssignment"]
        api.update_config(steps)


def main(arguments: list[str]) -> int:
    """Run the suites, and compare the failures with those that are documented.

    Returns:
        The exit status: 0 where no other test fails.
    """
    suites = [name for name in arguments if name in SUITES] or list(SUITES)
    options = [option for option in arguments if option not in SUITES]
    modules = [f"nbgrader.tests.apps.test_{SUITES[name]}" for name in suites]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "benchmarks.foreign",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
    ]
    running = subprocess.Popen(
        [*command, "-q", "-rf", "--tb=no", "-W", "ignore", "--pyargs", *modules, *options],
        stdout=subprocess.PIPE,
        text=True,
        # nbgrader calls `alembic` by name, which a virtual environment that is not activated hides
        env={**os.environ, "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])},
    )
    failed = []
    with running:
        for line in running.stdout:
            print(line, end="", flush=True)
            failed += re.findall(r"^FAILED \S+::(test_\w+)", line)
    known = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    for name in failed:
        print(f"{name}: {'documented' if name in known else 'NOT documented'}")
    return 1 if set(failed) - known or running.returncode not in (0, 1) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
