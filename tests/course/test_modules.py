"""Which of a course's modules a test cell needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.modules import needed


@pytest.fixture
def root(tmp_path) -> Path:
    for path, source in {
        "checks/__init__.py": "",
        "checks/one.py": "from checks.shared import tools\nfrom solutions import one",
        "checks/two/__init__.py": "from checks.two.part import check",
        "checks/two/part.py": "from .other import x\nfrom ..shared import tools",
        "checks/two/other.py": "x = 1",
        "checks/shared/__init__.py": "",
        "checks/shared/tools.py": "import math",
        "checks/unused.py": "",
        "solutions/one.py": "import checks_of_mine",
        "solutions/two.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    return tmp_path


SHARED = {"checks/__init__.py", "checks/shared/__init__.py", "checks/shared/tools.py"}


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("import torch", set()),
        ("from checks.one import check", {*SHARED, "checks/one.py", "solutions/one.py"}),
        ("import checks.one", {*SHARED, "checks/one.py", "solutions/one.py"}),
        ("from solutions import two", {"solutions/two.py"}),
        ("def f():\n    from solutions import two", {"solutions/two.py"}),
        (
            "from checks import two",
            {*SHARED, "checks/two/__init__.py", "checks/two/part.py", "checks/two/other.py"},
        ),
        ("from checks.no_such import check", {"checks/__init__.py"}),
        ("this is not Python", set()),
        ("import checks_of_mine", set()),
    ],
)
def test_what_is_imported_is_needed_and_nothing_else(root, source, paths):
    assert {path for path, _ in needed(root, [source])} == paths


def test_a_changed_module_is_read_again(root):
    before = needed(root, ["from solutions import two"])
    (root / "solutions" / "two.py").write_text("changed = True")
    assert needed(root, ["from solutions import two"]) != before


def test_modules_that_import_each_other_are_found_once(root):
    (root / "solutions" / "two.py").write_text("from solutions import one")
    (root / "solutions" / "one.py").write_text("from solutions import two")
    assert [path for path, _ in needed(root, ["from solutions import one"])] == [
        "solutions/one.py",
        "solutions/two.py",
    ]
