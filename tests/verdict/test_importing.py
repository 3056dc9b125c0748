"""A worker imports a course's modules from texts."""

from __future__ import annotations

import importlib
import sys
import traceback

import pytest

from autograder.verdict.importing import PLACE, install


@pytest.fixture(autouse=True)
def _clean():
    kept = {
        name: sys.modules[name] for name in sys.modules if name.partition(".")[0] in ("checks", "solutions")
    }
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("checks", "solutions")]:
        del sys.modules[name]
    sys.modules.update(kept)


def test_modules_and_packages_are_imported_from_texts():
    install(
        [
            ("checks/shared/tools.py", "x = 3"),
            ("checks/here.py", "from checks.shared.tools import x\ny = x + 1"),
        ]
    )
    assert importlib.import_module("checks.here").y == 4


def test_what_has_not_changed_stays_imported():
    install([("solutions/here.py", "kept = []")])
    before = importlib.import_module("solutions.here")
    install([("solutions/here.py", "kept = []"), ("solutions/there.py", "")])
    assert importlib.import_module("solutions.here") is before


def test_where_one_has_changed_what_it_led_to_elsewhere_is_forgotten():
    install([("solutions/here.py", "x = 1"), ("checks/cached.py", "from solutions.here import x\ny = x")])
    assert importlib.import_module("checks.cached").y == 1
    install([("solutions/here.py", "x = 2"), ("checks/cached.py", "from solutions.here import x\ny = x")])
    assert importlib.import_module("checks.cached").y == 2


def test_a_module_of_another_course_is_not_found():
    install([("solutions/first_courses.py", "x = 1")])
    importlib.import_module("solutions.first_courses")
    install([("solutions/first_courses.py", "x = 2")])
    with pytest.raises(ImportError):
        importlib.import_module("checks.no_such")


def test_tracebacks_show_the_lines():
    install([("checks/failing.py", "def fail():\n    raise ValueError('wrong')")])
    with pytest.raises(ValueError, match="wrong") as caught:
        importlib.import_module("checks.failing").fail()
    [*_, last] = traceback.extract_tb(caught.value.__traceback__)
    assert last.filename == f"{PLACE}checks/failing.py"
    assert last.line == "raise ValueError('wrong')"
