"""The notebooks of a course and their names.

An assignment has one notebook of its own name, or several. The name of a notebook is `ps1` where its
assignment has no other, and `ps1/problem1` where it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.errors import CourseError

__all__ = ["assignment_of", "chosen", "name_of", "names_in", "path_in", "place_of", "qualified", "split"]


def chosen(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Of all assignments those that are named; all where none is.

    Raises:
        CourseError: There is no such assignment.
    """
    for name in names:
        if name not in known:
            raise CourseError(f"there is no assignment '{name}'; there are {', '.join(known) or 'none'}")
    return list(names or known)


def names_in(source: Path, assignment: str) -> list[str]:
    """The names of the notebooks of source/<assignment>; beside one of the folder's own name, others are none."""
    found = sorted(path.stem for path in (source / assignment).glob("*.ipynb") if path.is_file())
    return [assignment] if assignment in found else [f"{assignment}/{stem}" for stem in found]


def name_of(assignment: str, notebook: str) -> str:
    """The name of a notebook, of its ids in nbgrader."""
    return assignment if notebook == assignment else f"{assignment}/{notebook}"


def split(name: str) -> tuple[str, str]:
    """The ids of the assignment and of the notebook, as nbgrader has them."""
    assignment, _, notebook = name.partition("/")
    return assignment, notebook or assignment


def assignment_of(name: str) -> str:
    """The assignment's id."""
    return split(name)[0]


def qualified(assignment: str, notebook: str, cell: str) -> str:
    """The name of a cell among all of its assignment: its grade_id, behind its notebook where there are several."""
    return cell if notebook == assignment else f"{notebook}/{cell}"


def place_of(assignment: str, cell: str) -> tuple[str, str]:
    """The notebook's name and the grade_id behind what `qualified` gave."""
    notebook, _, grade_id = cell.rpartition("/")
    return name_of(assignment, notebook or assignment), grade_id


def path_in(folder: Path, name: str) -> Path:
    """Where the notebook of a name lies in a folder of assignments."""
    assignment, notebook = split(name)
    return folder / assignment / f"{notebook}.ipynb"
