"""The folders of the engine import downwards only, and none of them knows this course."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).resolve().parent
ROOMS = (
    "__main__",
    "cli",
    "commands",
    "config",
    "watch",
    "report",
    "marking",
    "feedback",
    "export",
    "similarity",
    "mistakes",
    "collecting",
    "gradebook",
    "grading",
    "verdict",
    "submission",
    "release",
    "checking",
    "course",
    "kernel",
    "boundary",
    "errors",
    "files",
    "text",
    "sentences",
    "words",
    "bounded",
    "stopping",
    "formats",
    "temporary",
)
"""From top to bottom; what stands higher may import what stands lower, and nothing else."""
LONGEST_MODULE = 400


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str, package: str) -> set[str]:
    """The rooms that a module imports, at its top or inside functions, and those named in import_module."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("autograder.")}


def upward_imports() -> set[str]:
    found = set()
    for path in modules():
        here = room(path)
        package = ".".join(path.relative_to(PACKAGE.parent).parts[:-1])
        for other in imported_rooms(path.read_text(encoding="utf-8"), package) - {here, "__init__"}:
            if other not in ROOMS or ROOMS.index(other) < ROOMS.index(here):
                found.add(f"{path.relative_to(PACKAGE).as_posix()}: {other}")
    return found


def test_every_module_stands_in_a_room_that_the_architecture_names():
    assert {room(path) for path in modules()} - {"__init__"} <= set(ROOMS)


def test_no_folder_imports_one_that_stands_above_it():
    assert upward_imports() == set()


def test_no_module_is_too_long():
    long = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE
    }
    assert long == set()


def test_the_engine_knows_nothing_of_the_data_of_one_course():
    naming = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file()
        and path.suffix != ".pyc"
        and re.search("mnist", path.read_text(encoding="utf-8"), re.IGNORECASE)
    }
    assert not naming


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("import autograder.grading.pool", {"grading"}),
        ("from autograder import errors, files", {"errors", "files"}),
        ("from autograder.course import cells", {"course"}),
        ("def late():\n    from autograder.report.page import write", {"report"}),
        ("from ..gradebook import marks", {"gradebook"}),
        ("from . import tasks", {"grading"}),
        ("import numpy, autograder_of_others.kernel", set()),
    ],
)
def test_imports_are_seen_however_they_are_written(source, rooms):
    assert imported_rooms(source, "autograder.grading") == rooms


def test_no_two_public_classes_share_a_name():
    found: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_tests_share_no_helpers_by_importing_each_other():
    shared = re.compile(r"^\s*(from|import) tests\.([\w.]+\.)?test_\w+", re.MULTILINE)
    folder = Path(__file__).parent
    assert [
        path.name for path in folder.rglob("*.py") if shared.search(path.read_text(encoding="utf-8"))
    ] == []
