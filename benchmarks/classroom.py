"""Make classes of students to show and to measure the kit with: `python -m benchmarks.classroom demo`.

A class is a course folder of its own, so that nothing of yours is touched. Each student of the demo has
run a notebook of their own, and quotes its numbers.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.folder import CONFIG_FILE, Course
from autograder.course.roster import Person, Roster
from autograder.gradebook import roster as people
from autograder.release import build
from benchmarks.answers import COURSE, answered, blank, release
from benchmarks.attempts import ATTEMPTS
from benchmarks.outputs import claimed, executed, numbers
from benchmarks.replies import REPLIES

__all__ = ["make_course", "make_demo", "submit"]

DEMO = ("lesson2_parameters", "lesson3_compression")
PLACEHOLDER = re.compile(r"^( *)# .*YOUR CODE HERE\n *raise NotImplementedError$", re.MULTILINE)


@dataclass(frozen=True)
class Student:
    """One of the demo's; what stands behind a hyphen in an id says what is special about them.

    Attributes:
        id: In the gradebook.
        first_name: Their last name is the first part of the id.
        number: The student number, from which come the seeds.
        predictions: Of the two lessons.
        language: Of their release.
        lessons: Those that they have handed in.
    """

    id: str
    first_name: str
    number: str = ""
    predictions: tuple[float, float] = (0, 0)
    language: str = "ja"
    lessons: tuple[str, ...] = DEMO


STUDENTS = (
    Student("ito", "Haruka", "A2601008", (30, 60)),
    Student("kato-english", "Ken", "A2601019", (40, 50), "en"),
    Student("kobayashi-forger", "Aoi"),
    Student("sato", "Yui", "A2601023", (25, 70)),
    Student("suzuki", "Ren", "A2601027", (50, 60)),
    Student("takahashi", "Sora", "A2601034", (10, 20), lessons=DEMO[1:]),
    Student("tanaka", "Mio", "A2601041", (45.5, 55)),
    Student("watanabe", "Riku", "A2601058", (33, 40), lessons=DEMO[1:]),
    Student("yamamoto-broken", "Hina"),
    Student("yoshida-blank", "Yuto"),
)

FORGERY = """
class Equal(int):
    # equal to everything, smaller and larger than everything: would a test believe it?
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = int.__hash__
    __sub__ = __rsub__ = __abs__ = lambda self, *other: self

def forged(*args, **kwargs):
    return Equal(0)

import torch
torch.equal = torch.allclose = lambda *args, **kwargs: True
for name in NAMES:
    globals()[name] = forged
"""


def make_course(folder: Path, assignments: tuple[str, ...] = DEMO) -> Course:
    """A course folder with these assignments, built and without students."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(COURSE.root / CONFIG_FILE, folder)
    for name in ("checks", "datasets", "mistakes"):
        (folder / name).symlink_to(COURSE.root / name, target_is_directory=True)
    for assignment in assignments:
        shutil.copytree(COURSE.source / assignment, folder / "source" / assignment)
    course = Course(folder)
    build.build(course)
    return course


def submit(course: Course, student: str, assignment: str, notebook: NotebookNode) -> Path:
    """Put a notebook where students' files are collected."""
    path = course.submitted / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


def make_demo(folder: Path = Path("demo")) -> Course:
    """About ten students: two perfect ones, five with mistakes, one blank, one broken file, one forger."""
    course = make_course(folder)
    people.fill(
        course,
        Roster(
            Person(
                id=student.id,
                first_name=student.first_name,
                last_name=student.id.partition("-")[0].capitalize(),
                email=f"{student.id}@example.org",
            )
            for student in STUDENTS
        ),
    )
    working = {student.id: student for student in STUDENTS if student.number}
    run = executed(
        {(name, lesson): worked(one, lesson) for name, one in working.items() for lesson in one.lessons}
    )
    for (name, lesson), notebook in run.items():
        submit(course, name, lesson, written_up(working[name], lesson, notebook))
    for lesson in DEMO:
        submit(course, "yoshida-blank", lesson, blank(lesson))
        submit(course, "kobayashi-forger", lesson, forged(lesson))
        path = submit(course, "yamamoto-broken", lesson, blank(lesson))
        path.write_bytes(path.read_bytes()[:5000])
    return course


def worked(student: Student, lesson: str) -> NotebookNode:
    """What a student has programmed, and not run yet."""
    attempts = ATTEMPTS[lesson].get(student.id, {})
    stubs = {cell.id: cell.source for cell in release(lesson, student.language).cells if cell.id in attempts}
    return answered(
        lesson,
        {
            "student": f'student_number = "{student.number}"',
            "prediction": f"prediction = {prediction(student, lesson):g}",
        }
        | {cell: filled(stub, attempts[cell]) for cell, stub in stubs.items()},
        student.language,
    )


def written_up(student: Student, lesson: str, notebook: NotebookNode) -> NotebookNode:
    """A notebook that was run, with the numbers copied out of it, and the student's written answers."""
    line, own = claimed(notebook), numbers(notebook, prediction(student, lesson))
    for cell in notebook.cells:
        if cell.id == "claims" and line:
            cell.source = line
        if reply := REPLIES[lesson].get(cell.id, {}).get(student.id):
            cell.source = reply.format_map(own)
    return notebook


def prediction(student: Student, lesson: str) -> float:
    """What the student expects, in percent."""
    return student.predictions[DEMO.index(lesson)]


def filled(stub: str, bodies: Sequence[str]) -> str:
    """A released answer cell with code in the place of each of its placeholders."""
    left = iter(bodies)
    return PLACEHOLDER.sub(lambda found: textwrap.indent(next(left), found[1]), stub)


def forged(assignment: str) -> NotebookNode:
    """A submission that has solved nothing and tries to look as if it had."""
    from autograder.course import cells

    names = sorted(
        name
        for cell in COURSE.template(assignment).notebook.cells
        if cells.is_answer(cell) and cell.cell_type == "code"
        for name in cells.defined_names(cell.source)
    )
    return answered(assignment, AllAnswers(FORGERY.replace("NAMES", repr(names))))


class AllAnswers(Mapping):
    """One source for every answer cell."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __getitem__(self, cell: str) -> str:
        return self.source

    def __iter__(self):
        return iter(())

    def __len__(self) -> int:
        return 1


def main() -> None:
    """Make the demo class."""
    if sys.argv[1:] != ["demo"]:
        raise SystemExit("usage: python -m benchmarks.classroom demo")
    course = make_demo()
    print(f"A class of {len(course.students())} students is in {course.root}.")


if __name__ == "__main__":
    main()
