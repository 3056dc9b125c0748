"""A small course: one assignment of two functions, in two languages, with one written task.

course = small_course.make(tmp_path)
small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.folder import CONFIG_FILE, Course
from autograder.course.regions import DEFAULT
from autograder.release.solutions import solutions_module

__all__ = ["ANSWERS", "ASSIGNMENT", "REPOSITORY", "answered", "make", "source", "submit", "write"]

ASSIGNMENT = "small"
REPOSITORY = Path(__file__).resolve().parent.parent

SCALE = """def scale(x, factor):
    \"\"\"The tensor x, times factor.\"\"\"
    ### BEGIN SOLUTION
    scaled_by_reference = x * factor
    return scaled_by_reference
    ### END SOLUTION"""
TOTAL = """def total(values):
    \"\"\"The sum of a list of numbers.\"\"\"
    ### BEGIN SOLUTION
    summed_by_reference = sum(values)
    return summed_by_reference
    ### END SOLUTION"""
TEST_SCALE = """import torch

assert scale(torch.ones(2), 3).tolist() == [3.0, 3.0], "1 の 3 倍は 3 です / three times one is three"
### BEGIN HIDDEN TESTS
from autograder.checking.calls import call_many
from autograder.errors import CheckFailed
from solutions import small

for call in call_many(scale, [(torch.arange(4.0), 2), (torch.zeros(0), 5), (torch.ones(2, 3), -1)]):
    expected = small.scale(*call.arguments)
    if not torch.equal(call.result(), expected):
        raise CheckFailed("scale gives a wrong tensor")
    if not torch.equal(call.arguments_after[0], call.arguments[0]):
        raise CheckFailed("scale changes its argument")
### END HIDDEN TESTS"""
TEST_TOTAL = """assert total([1, 2]) == 3
### BEGIN HIDDEN TESTS
assert total([]) == 0
assert total([0.5, 0.25]) == 0.75, "total is wrong for fractions"
### END HIDDEN TESTS"""
TASK = """What is a sum? / 和とは何ですか。

=== BEGIN MARK SCHEME ===
Two points for any sensible answer that mentions adding.
=== END MARK SCHEME ==="""

ANSWERS = {
    "scale": "def scale(x, factor):\n    return factor * x",
    "total": "def total(values):\n    return sum(values)",
    "reply": "It is what adding gives.",
}
"""Correct answers, written by somebody else than the reference."""

WRONG_SCALE = "def scale(x, factor):\n    return x + factor"


def source() -> NotebookNode:
    """The instructor's notebook."""
    cells = [
        _text("intro-ja", "# 小さな課題\n\n二つの関数を書いてください。", "lang-ja"),
        _text("intro-en", "# A small assignment\n\nWrite two functions.", "lang-en"),
        _code("imports", "import torch\n\nFACTOR = 3", locked=True),
        _code("scale", SCALE, solution=True),
        _code("test_scale", TEST_SCALE, grade=True, locked=True, points=2),
        nbformat.v4.new_code_cell("print(scale(torch.ones(1), FACTOR).item())", id="try-it"),
        _text("total-ja", "次は和です。", "lang-ja"),
        _text("total-en", "Now the sum.", "lang-en"),
        _code("total", TOTAL, solution=True),
        _code("test_total", TEST_TOTAL, grade=True, locked=True, points=3),
        _task("task", TASK, points=4),
        _text("reply", "**ここに答えを書いてください / YOUR ANSWER HERE**", "answer"),
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def make(
    root: Path, notebook: NotebookNode | None = None, files: Mapping[str, bytes] | None = None
) -> Course:
    """Make a course folder with the repository's own configuration, built but with no submissions."""
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    shutil.copyfile(REPOSITORY / CONFIG_FILE, root / CONFIG_FILE)
    (root / "datasets").symlink_to(REPOSITORY / "datasets")
    nbformat.write(notebook or source(), folder / f"{ASSIGNMENT}.ipynb")
    if files:
        with (root / CONFIG_FILE).open("a", encoding="utf-8") as config:
            config.write(f'\nc.CourseSettings.files = ["{ASSIGNMENT}/*"]\n')
    for name, content in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    course = Course(root)
    module = solutions_module(
        nbformat.read(folder / f"{ASSIGNMENT}.ipynb", as_version=4), ASSIGNMENT, DEFAULT
    )
    course.solutions.mkdir()
    (course.solutions / f"{ASSIGNMENT}.py").write_text(module, encoding="utf-8")
    return course


def answered(
    course: Course, language: str = "en", edit: Iterable[Callable] = (), **answers: str
) -> NotebookNode:
    """The released notebook with correct answers, or with others: `scale="..."`.

    Args:
        course: The course.
        language: Of the release.
        edit: Called with the notebook at the end, to break something.
        answers: Sources of cells that are not answered correctly.
    """
    notebook = copy.deepcopy(course.template(ASSIGNMENT).in_language(language))
    for cell in notebook.cells:
        cell.source = DEFAULT.public(cell.source)
        cell.source = {**ANSWERS, **answers}.get(cell.id, cell.source)
    for change in edit:
        change(notebook)
    return notebook


def submit(
    course: Course, student: str, notebook: NotebookNode | bytes | None = None, **answers: str
) -> Path:
    """Hand a notebook in; correct answers where nothing else is said."""
    if not isinstance(notebook, bytes):
        notebook = nbformat.writes(notebook or answered(course, **answers)).encode()
    return write(course.submitted / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", notebook)


def write(path: Path, content: bytes) -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def cell_of(notebook: NotebookNode, identity: str) -> NotebookNode:
    """The cell with this id."""
    [cell] = [cell for cell in notebook.cells if cell.get("id") == identity]
    return cell


def _text(identity: str, text: str, *tags: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text, id=identity, metadata={"tags": list(tags)})


def _code(identity: str, text: str, **settings) -> NotebookNode:
    return nbformat.v4.new_code_cell(text, id=identity, metadata=_nbgrader(identity, "code", **settings))


def _task(identity: str, text: str, points: int) -> NotebookNode:
    metadata = _nbgrader(identity, "markdown", task=True, locked=True, points=points)
    return nbformat.v4.new_markdown_cell(text, id=identity, metadata=metadata)


def _nbgrader(identity: str, cell_type: str, **settings) -> dict:
    entry = {"grade": False, "solution": False, "locked": False, "task": False, **settings}
    return {"nbgrader": {"schema_version": 3, "grade_id": identity, "cell_type": cell_type, **entry}}
