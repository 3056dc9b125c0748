"""Classes to measure with: distinct submissions, half of them with a known mistake, with outputs as students have them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat

from autograder.commands.init import init
from autograder.course import cells
from autograder.course.folder import Course
from autograder.mistakes.known import WrongAnswer
from autograder.release import build
from benchmarks.answers import answered, apply, mutants, with_outputs
from benchmarks.classroom import make_course, submit

__all__ = ["lesson_class", "light_class", "term"]


def lesson_class(folder: Path, assignment: str, number: int, wrong: Sequence[WrongAnswer] = ()) -> Course:
    """A course with one assignment of this repository's.

    Args:
        folder: Where it is made.
        assignment: The assignment's id.
        number: Of students.
        wrong: Answers of which every second student gives one; the known ones where there are none.
    """
    course = make_course(folder, (assignment,))
    wrong = wrong or mutants(assignment)
    for index in range(number):
        mutant = wrong[index * len(wrong) // number]
        notebook = apply(assignment, mutant) if index % 2 else answered(assignment)
        cell = next(cell for cell in notebook.cells if cell.id == mutant.cell)
        cell.source += f"\n# student {index}"
        submit(course, f"student{index:04}", assignment, with_outputs(assignment, notebook))
    return course


def light_class(folder: Path, number: int) -> Course:
    """The course of `autograder init`, whose cells cost next to nothing, with variants of one right answer.

    Args:
        folder: Where it is made.
        number: Of students.
    """
    course = _starter(folder)
    [assignment] = course.assignments()
    build.build(course)
    for index in range(number):
        _hand_in(course, assignment, f"student{index:04}", f"# student {index}")
    return course


def term(folder: Path, students: int, assignments: int) -> Course:
    """The course of `autograder init` with that many copies of its assignment, handed in by everybody.

    Four students in five have the right answer, in ten styles; the others have handed in the blank release.

    Args:
        folder: Where it is made.
        students: Their number.
        assignments: Their number.
    """
    course = _starter(folder)
    [first] = course.assignments()
    for place in range(1, assignments):
        name = f"{first}_{place:02}"
        shutil.copytree(course.source / first, course.source / name)
        (course.source / name / f"{first}.ipynb").rename(course.source / name / f"{name}.ipynb")
    build.build(course)
    for assignment in course.assignments():
        for index in range(students):
            _hand_in(course, assignment, f"student{index:04}", f"# {index % 10}" if index % 5 else None)
    return course


def _starter(folder: Path) -> Course:
    shutil.rmtree(folder, ignore_errors=True)
    init(folder)
    return Course(folder)


def _hand_in(course: Course, assignment: str, student: str, comment: str | None) -> None:
    """Submit the reference's answers, each with a comment; nothing answered where there is none."""
    release = course.root / course.directory.release_directory / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(release, as_version=4)
    if comment is not None:
        source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
        right = {cells.grade_id(cell): cell.source for cell in source.cells if cells.is_answer(cell)}
        for cell in notebook.cells:
            if cells.is_answer(cell):
                cell.source = f"{right[cells.grade_id(cell)]}\n{comment}"
    submit(course, student, assignment, notebook)
