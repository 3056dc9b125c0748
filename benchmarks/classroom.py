"""Make classes of students to show and to measure the kit with: `python -m benchmarks.classroom demo`.

A class is a course folder of its own, so that nothing of yours is touched. Its wrong answers
are the course's own known ones (mistakes/).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.folder import CONFIG_FILE, Course
from autograder.course.roster import Person, Roster
from autograder.gradebook import roster as people
from autograder.release import build
from benchmarks.answers import COURSE, answered, apply, blank, mutants, with_outputs
from benchmarks.replies import REPLIES

__all__ = ["make_course", "make_demo", "submit"]

DEMO = ("lesson2_parameters", "lesson3_compression")

MISTAKES = {
    "sato": {
        "lesson2_parameters": ("linear_regression_model", "nn.Linear without bias"),
        "lesson3_compression": ("quantize_minmax", "ceil instead of round"),
    },
    "suzuki": {
        "lesson2_parameters": ("linear_parameters", "bias added when off"),
        "lesson3_compression": ("dequantize_minmax", "counted from hi"),
    },
    "takahashi": {
        "lesson2_parameters": ("count_parameters", "tied weights twice, layer by layer"),
        "lesson3_compression": ("vector_quantize", "stale labels"),
    },
    "tanaka": {
        "lesson2_parameters": ("conv2d_parameters", "groups ignored"),
        "lesson3_compression": ("low_rank_parameters", "one factor"),
    },
    "watanabe": {
        "lesson2_parameters": ("gigabytes", "1024 for 1000"),
        "lesson3_compression": ("prune_magnitude", "mask returned"),
    },
}
"""Which known wrong answer each of the demo's students handed in: its cell and its name."""

FIRST_NAMES = {
    "ito": "Haruka",
    "kato-english": "Ken",
    "kobayashi-forger": "Aoi",
    "sato": "Yui",
    "suzuki": "Ren",
    "takahashi": "Sora",
    "tanaka": "Mio",
    "watanabe": "Riku",
    "yamamoto-broken": "Hina",
    "yoshida-blank": "Yuto",
}
"""The demo's students; what stands behind a hyphen in an id says what is special about them."""

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
                id=student,
                first_name=first,
                last_name=student.partition("-")[0].capitalize(),
                email=f"{student}@example.org",
            )
            for student, first in FIRST_NAMES.items()
        ),
    )
    for assignment in DEMO:
        for student, language in (("ito", "ja"), ("kato-english", "en")):
            notebook = written(assignment, answered(assignment, None, language), language)
            submit(course, student, assignment, with_outputs(assignment, notebook))
        wrong = {(answer.cell, answer.name): answer for answer in mutants(assignment)}
        for number, (student, mistakes) in enumerate(MISTAKES.items()):
            notebook = written(assignment, apply(assignment, wrong[mistakes[assignment]]), "ja", number)
            submit(course, student, assignment, with_outputs(assignment, notebook))
        submit(course, "yoshida-blank", assignment, blank(assignment))
        submit(course, "kobayashi-forger", assignment, forged(assignment))
        path = submit(course, "yamamoto-broken", assignment, blank(assignment))
        path.write_bytes(path.read_bytes()[:5000])
    return course


def written(assignment: str, notebook: NotebookNode, language: str, which: int = 0) -> NotebookNode:
    """A notebook with the demo's written answers; of each question's, the one of this number."""
    for cell in notebook.cells:
        if replies := REPLIES[language][assignment].get(cell.get("id", "")):
            cell.source = replies[which % len(replies)]
    return notebook


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
