"""Run nbgrader's own tests of its commands with this engine's steps in the place of nbgrader's.

    python -m benchmarks.foreign                       autograde and generate_feedback
    python -m benchmarks.foreign autograde -k late     options behind the names go to pytest

The tests are those of the installed nbgrader; nothing of them is copied. Each of their courses gets a
configuration with `configure(c)`; releases are nbgrader's own, as the sources are no assignments that
`build` would release: their tests look at names that no cell defines. The status is 0 where no test fails
but those that docs/test-cells.md names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

__all__ = ["main"]

SUITES = ("autograde", "generate_feedback")
CONFIG = """from autograder.config import configure
c = get_config()
configure(c)
del c["GenerateAssignment"]
"""
PAGE = Path(__file__).resolve().parents[1] / "docs" / "test-cells.md"


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the course of a test that has one, the engine's configuration, which nbgrader finds."""
    if "course_dir" in request.fixturenames:
        folder = Path(request.getfixturevalue("course_dir"))
        (folder / "nbgrader_config.py").write_text(CONFIG)
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(folder))


def main(arguments: list[str]) -> int:
    """Run the suites, and compare the failures with those that are documented.

    Returns:
        The exit status: 0 where no other test fails.
    """
    suites = [name for name in arguments if name in SUITES] or list(SUITES)
    options = [option for option in arguments if option not in SUITES]
    modules = [f"nbgrader.tests.apps.test_nbgrader_{name}" for name in suites]
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
    done = subprocess.run(
        [*command, "-q", "-rf", "--tb=no", "-W", "ignore", "--pyargs", *modules, *options],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        # nbgrader calls `alembic` by name, which a virtual environment that is not activated hides
        env={**os.environ, "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])},
    )
    known = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    failed = re.findall(r"^FAILED \S+::(test_\w+)", done.stdout, re.MULTILINE)
    print(done.stdout.strip().splitlines()[-1])
    for name in failed:
        print(f"{name}: {'documented' if name in known else 'NOT documented'}")
    return 1 if set(failed) - known or done.returncode not in (0, 1) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
