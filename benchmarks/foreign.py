"""Run nbgrader's own tests of its commands with this engine's steps in the place of nbgrader's.

    python -m benchmarks.foreign                       autograde, generate_feedback and generate_assignment
    python -m benchmarks.foreign autograde -k late     options behind the names go to pytest

The tests are those of the installed nbgrader; nothing of them is copied. Each of their courses gets a
configuration with `configure(c)`. Those that do not pass are listed with a reason in docs/test-cells.md;
the status is 0 where they are the only ones.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

__all__ = ["main"]

SUITES = ("autograde", "generate_feedback", "generate_assignment")
CONFIG = "from autograder.config import configure\nc = get_config()\nconfigure(c)\n"
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
    )
    known = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    failed = re.findall(r"^FAILED \S+::(test_\w+)", done.stdout, re.MULTILINE)
    print(done.stdout.strip().splitlines()[-1])
    for name in failed:
        print(f"{name}: {'documented' if name in known else 'NOT documented'}")
    return 1 if set(failed) - known or done.returncode not in (0, 1) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
