"""Grade a course with stock nbgrader and with this engine, and compare the points of every cell.

    python -m benchmarks.agreement ~/courses/stat101
    python -m benchmarks.agreement ~/courses/stat101 --assignment hw1 --assignment hw2 --keep /tmp/compared

Nothing in the course is changed: its source notebooks and its configuration are copied. For each
assignment there are made submissions: the reference's own answers, none, every other one, and the
reference's answers with something in each of them changed. Both grade all of them. The status is 0
where every row of points is the same.

Stock nbgrader runs a course's cells as you, and a `!pip install` among them would change this environment:
all of it runs where nothing but its own copies can be written and there is no network.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.course import cells
from autograder.course.folder import CONFIG_FILE, Course
from autograder.course.notebooks import split
from autograder.grading import reference
from autograder.grading.graded import Graded, Recorder
from autograder.grading.grader import Grading, Options
from autograder.kernel import bubblewrap
from autograder.verdict.verdict import Status

__all__ = ["Row", "compared", "main", "mutated"]

SECONDS = 60
"""What stock nbgrader gives to a cell; a changed answer may never end."""
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Lt: ast.GtE, ast.Gt: ast.LtE,
    ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """The points of one test cell of one submission.

    Attributes:
        notebook: The notebook's name.
        cell: The cell's grade_id.
        submission: What was handed in.
        stock: nbgrader's points; None where it could not grade the submission.
        engine: This engine's points.
        message: What this engine says of the cell.
        refused: Why `build` would not release it; empty where it would.
    """

    notebook: str
    cell: str
    submission: str
    stock: float | None
    engine: float | None
    message: str
    refused: str


def mutated(source: str, kind: str) -> str:
    """An answer with one thing changed: its last number, its first operator, or its last value.

    Args:
        source: The reference's answer; what is not plain Python stays as it is.
        kind: number, operator or value.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    placed = [node for node in ast.walk(tree) if isinstance(node, (ast.expr, ast.stmt))]
    nodes = sorted(placed, key=lambda node: (node.lineno, node.col_offset))
    if kind == "number":
        found = [
            node for node in nodes if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        ]
        for node in found[-1:]:
            node.value += 1
    elif kind == "operator":
        for node in nodes:
            if isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in OTHER:
                node.op = OTHER[type(node.op)]()
                break
            if isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER:
                node.ops[0] = OTHER[type(node.ops[0])]()
                break
    else:
        values = [node for node in nodes if isinstance(node, (ast.Return, ast.Assign)) and node.value]
        returned = [node for node in values if isinstance(node, ast.Return)]
        for node in (returned or values)[-1:]:
            node.value = ast.Constant(None)
    return ast.unparse(ast.fix_missing_locations(tree))


def answers() -> dict[str, Callable[[int, str, str], str]]:
    """What is handed in: of each answer's number, the reference's and the released source, the submitted one."""
    return {
        "right": lambda number, right, blank: right,
        "blank": lambda number, right, blank: blank,
        "half": lambda number, right, blank: blank if number % 2 else right,
        **{kind: lambda number, right, blank, kind=kind: mutated(right, kind) for kind in ("number", "operator", "value")},
    }  # fmt: skip


def compared(root: Path, assignments: list[str], place: Path) -> Iterator[Row]:
    """The rows of every test cell of the assignments' submissions.

    Args:
        root: The course folder.
        assignments: Their ids; all where there are none.
        place: An empty folder, for the two copies.
    """
    courses = [_copied(Course(root), place / name) for name in ("stock", "engine")]
    for assignment in assignments or courses[0].assignments():
        yield from _compared(*courses, assignment)


def _compared(stock: Course, engine: Course, assignment: str) -> Iterator[Row]:
    _run(GenerateAssignment, stock, assignment)
    for name, answer in answers().items():
        for course in (stock, engine):
            _submit(stock, course, assignment, name, answer)
    with contextlib.suppress(
        NbGraderException
    ):  # of a submission that it could not grade; it has no points then
        _run(Autograde, stock, assignment)
    theirs = _points_of_stock(stock, assignment)
    kept = _Kept()
    for _ in Grading(engine, Options(assignments=(assignment,)), kept).graded():
        pass
    with tempfile.TemporaryDirectory() as results:
        faults = reference.faults(engine, engine.notebooks(assignment), Path(results))
    for graded in kept.graded:
        record = graded.record
        refused = {fault.cell: fault.why for fault in faults[record.notebook]}
        notebook = split(record.notebook)[1]
        for result in record.cells:
            key = (record.student, notebook, result.cell)
            if result.status is not Status.MANUAL:
                yield Row(
                    notebook=record.notebook,
                    cell=result.cell,
                    submission=record.student,
                    stock=theirs.get(key),
                    engine=result.points,
                    message=result.message,
                    refused=refused.get(result.cell, ""),
                )


class _Kept(Recorder):
    def __init__(self) -> None:
        self.graded: list[Graded] = []

    def begin(self, assignments) -> None: ...

    def end(self) -> None: ...

    def is_current(self, record) -> bool:
        return False

    def record(self, prepared, execution, record) -> Graded:
        self.graded.append(Graded(record=record))
        return self.graded[-1]


def _copied(course: Course, folder: Path) -> Course:
    folder.mkdir(parents=True)
    shutil.copytree(course.source, folder / course.directory.source_directory)
    shutil.copyfile(course.file, folder / CONFIG_FILE)
    with (folder / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write('\nc.CourseDirectory.root = "."\n')
    return Course(folder)


def _run(converter: type, course: Course, assignment: str) -> None:
    config = course.config.copy()
    config.CourseDirectory.assignment_id = assignment
    config.ExecutePreprocessor.timeout = config.Execute.timeout = SECONDS
    config.ExecutePreprocessor.startup_timeout = config.Execute.startup_timeout = 300
    # what the notebook names ("Python 3.7 (XPython)") may not be installed here
    config.ExecutePreprocessor.kernel_name = config.Execute.kernel_name = "python3"
    options = {} if converter is GenerateAssignment else {"create_assignment": True}
    logger = logging.getLogger("agreement")
    logger.setLevel(logging.CRITICAL)
    made = converter(coursedir=CourseDirectory(config=config), config=config, logger=logger, **options)
    with contextlib.chdir(course.root), contextlib.redirect_stderr(io.StringIO()):
        made.start()


def _submit(stock: Course, course: Course, assignment: str, name: str, answer: Callable) -> None:
    """Put a submission into a course, made from what stock nbgrader has released."""
    released = stock.root / stock.directory.release_directory / assignment
    folder = course.submitted / name / assignment
    shutil.copytree(released, folder)
    for notebook in stock.notebooks(assignment):
        path = folder / f"{split(notebook)[1]}.ipynb"
        source = stock.source_notebook(notebook)
        nbformat.write(_answered(nbformat.read(path, as_version=4), source, answer), path)


def _answered(released: NotebookNode, source: NotebookNode, answer: Callable) -> NotebookNode:
    notebook = copy.deepcopy(released)
    right = {cells.grade_id(cell): cell.source for cell in source.cells if cells.is_answer(cell)}
    for number, cell in enumerate(cell for cell in notebook.cells if cells.grade_id(cell) in right):
        if cell.cell_type == "code":
            cell.source = answer(number, right[cells.grade_id(cell)], cell.source)
    return notebook


def _points_of_stock(course: Course, assignment: str) -> dict[tuple[str, str, str], float | None]:
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            (submission.student.id, notebook.name, grade.name): grade.auto_score
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
            if not (grade.needs_manual_grade and grade.auto_score is None)
        }


def _closed_off(options: argparse.Namespace, place: Path) -> int:
    """Do it where only `place` and temporary files can be written, and there is no network.

    The engine makes its own sandboxes inside, which needs this machine's /proc.
    """
    place.mkdir(parents=True, exist_ok=True)
    chosen = [word for assignment in options.assignment for word in ("--assignment", assignment)]
    inside = [str(options.course.absolute()), *chosen, "--keep", str(place.absolute()), "--unprotected"]
    with tempfile.TemporaryDirectory(prefix="ag-") as scratch:
        environment = {**os.environ, "TMPDIR": scratch, "HOME": scratch}
        command = [*walls(place, Path(scratch)), sys.executable, "-m", "benchmarks.agreement", *inside]
        return subprocess.run(command, env=environment, check=False).returncode


def walls(*writable: Path) -> list[str]:
    """The command behind which a program reads what you can, writes to these folders only, and has no network."""
    binds = [
        word for folder in writable for word in ("--bind", str(folder.absolute()), str(folder.absolute()))
    ]
    seen = ["--ro-bind", "/", "/", "--dev", "/dev", "--bind", "/proc", "/proc", *binds]
    return ["bwrap", *seen, "--unshare-net", "--unshare-ipc", "--die-with-parent"]


def main(arguments: list[str] | None = None) -> int:
    """Compare, and print what differs.

    Returns:
        The exit status: 0 where nothing does.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("course", type=Path)
    parser.add_argument("--assignment", action="append", default=[])
    parser.add_argument("--keep", type=Path, help="a folder for both copies of the course; it must not exist")
    parser.add_argument("--unprotected", action="store_true", help="run the course's cells as you would")
    options = parser.parse_args(arguments)
    if not options.unprotected and (why := bubblewrap.why_unavailable()):
        parser.error(
            f"{why}; stock nbgrader would run the course's cells unprotected: say --unprotected to let it"
        )
    with contextlib.ExitStack() as stack:
        place = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agreement-")))
        if not options.unprotected:
            return _closed_off(options, place)
        with warnings.catch_warnings(action="ignore"):
            rows = list(compared(options.course, options.assignment, place))
    different = [row for row in rows if row.stock != row.engine]
    for row in different:
        refused = f"; REFUSED: {row.refused}" if row.refused else ""
        print(
            f"{row.notebook} {row.cell} {row.submission}: stock {row.stock}, engine {row.engine} ({row.message}){refused}"
        )
    counts = Counter(row.submission for row in rows)
    wrong = Counter(row.submission for row in different)
    for name, count in counts.items():
        print(f"{name}: {count - wrong[name]} of {count} rows equal")
    print(
        f"{len(rows) - len(different)} of {len(rows)} rows equal, {len({row.refused for row in rows} - {''})} cells refused"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
