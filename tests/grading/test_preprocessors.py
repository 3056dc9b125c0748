"""The kit's steps in nbgrader's own converters."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade
from traitlets.config import Config

from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading import preprocessors as module
from autograder.grading.engine import Engine
from autograder.grading.preprocessors import EscapeNames, IsolatedExecute, RebuildSubmission
from autograder.grading.task import Task
from autograder.submission.repair import rebuild
from tests import small_course
from tests.fakes import FakeEngine

RESOURCES = {"nbgrader": {"assignment": "small", "student": "ada", "notebook": "small"}}


@pytest.fixture
def engine(course: Course, monkeypatch) -> FakeEngine:
    """In the course folder, as nbgrader runs its converters."""
    engine = FakeEngine()
    monkeypatch.setattr(module, "_execute", engine.execute)
    monkeypatch.chdir(course.root)
    return engine


def grades(notebook: NotebookNode) -> dict[str, float | None]:
    """What nbgrader reads from a notebook's outputs."""
    return {cells.grade_id(cell): determine_grade(cell)[0] for cell in notebook.cells if cells.is_test(cell)}


class TestRebuildSubmission:
    def test_it_rebuilds_on_the_source_of_the_course(self, engine, course):
        notebook = small_course.answered(course)
        small_course.cell_of(notebook, "test_scale").source = "assert True"
        rebuilt, _ = RebuildSubmission().preprocess(notebook, RESOURCES)
        assert "call_many(scale" in small_course.cell_of(rebuilt, "test_scale").source

    def test_notes_that_a_submission_brings_are_not_believed(self, engine, course):
        notebook = small_course.answered(course)
        notebook.metadata.autograder = {
            "repairs": ["none needed"],
            "tests_of_missing_answers": ["test_scale"],
        }
        forged, _ = RebuildSubmission().preprocess(notebook.copy(), RESOURCES)
        assert forged.metadata.autograder.repairs == []

    def test_of_the_files_beside_the_notebook_the_courses_stay(self, tmp_path, engine, monkeypatch):
        course = small_course.make(tmp_path / "other", files={"data/given.csv": b"1"})
        monkeypatch.chdir(course.root)
        folder = course.root / "autograded" / "ada" / "small"
        kept = {"data/given.csv", "timestamp.txt", "submission_secret.txt", "small.ipynb"}
        for name in {*kept, "page.html", "data/page.svg", "nbgrader_config.py"}:
            small_course.write(folder / name, b"")
        RebuildSubmission().preprocess(small_course.answered(course), RESOURCES)
        left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert left == kept


class TestEscapeNames:
    def test_names_are_shown_as_they_are(self):
        resources = {
            "student": "a<b",
            "last_name": None,
            "first_name": '"Bobby"',
            "total": 3,
            "assignment_id": "a&b",
        }
        _, resources = EscapeNames().preprocess(nbformat.v4.new_notebook(), resources)
        assert resources == {
            "student": "a&lt;b",
            "last_name": None,
            "first_name": "&quot;Bobby&quot;",
            "total": 3,
            "assignment_id": "a&b",
        }


class TestIsolatedExecute:
    def rebuilt(self, course: Course, **answers: str) -> NotebookNode:
        return rebuild(course.template("small"), small_course.answered(course, **answers)).notebook

    def test_nbgrader_reads_the_right_grades_from_the_outputs(self, engine, course):
        notebook, _ = IsolatedExecute().preprocess(
            self.rebuilt(course, scale=small_course.WRONG_SCALE), RESOURCES
        )
        assert grades(notebook) == {"test_scale": 0, "test_total": 3.0}

    def test_a_second_run_takes_the_result_from_the_cache(self, engine, course):
        first, _ = IsolatedExecute().preprocess(self.rebuilt(course), RESOURCES)
        second, _ = IsolatedExecute().preprocess(self.rebuilt(course), RESOURCES)
        assert engine.executions == 1
        assert first == second

    def test_without_executing_only_what_is_known_has_points(self, engine, course):
        config = Config(Execute=Config(enabled=False))
        with pytest.raises(CourseError, match="'ada' .* was not executed yet"):
            IsolatedExecute(config=config).preprocess(self.rebuilt(course), RESOURCES)
        IsolatedExecute().preprocess(self.rebuilt(course), RESOURCES)
        known, _ = IsolatedExecute(config=config).preprocess(self.rebuilt(course), RESOURCES)
        assert all(grades(known).values())
        assert engine.executions == 1

    def test_time_is_what_the_command_gives(self, engine, course, monkeypatch):
        limits = []
        monkeypatch.setattr(module, "task_of", lambda *known: limits.append(known[3]) or 1 / 0)
        with pytest.raises(ZeroDivisionError):
            IsolatedExecute(config=Config(Execute=Config(timeout=2))).preprocess(
                self.rebuilt(course), RESOURCES
            )
        assert limits[0].cell_seconds == 2

    def test_outputs_that_were_there_before_do_not_count(self, engine, course):
        notebook = self.rebuilt(course, total="raise RuntimeError")
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "3"})]
        notebook, _ = IsolatedExecute().preprocess(notebook, RESOURCES)
        assert grades(notebook) == {"test_scale": 2.0, "test_total": 0}

    def test_the_status_of_each_cell_is_noted(self, engine, course):
        notebook, _ = IsolatedExecute().preprocess(self.rebuilt(course), RESOURCES)
        notes = notebook.metadata.autograder
        assert notes.sandboxed is True
        assert {name: note["status"] for name, note in notes["cells"].items()} == {
            "test_scale": "passed",
            "test_total": "passed",
            "task": "manual",
        }


@pytest.fixture(scope="module")
def isolated_engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


ANSWERS = {
    "correct": {},
    "wrong": {
        "scale": "def scale(x, factor):\n    return x.mul_(factor)",
        "total": "def total(values):\n    return 3",
    },
    "raising": {"scale": "def scale(x, factor):\n    return 1 / 0", "total": "raise NotImplementedError"},
}


@pytest.mark.kernel
class TestTwoEngines:
    """The isolated engine and nbgrader's stock `Execute` give every cell the same score."""

    def stock(self, course: Course, notebook: NotebookNode, monkeypatch) -> dict[str, float | None]:
        monkeypatch.setenv("PYTHONPATH", str(course.root))
        executed, _ = Execute(timeout=60, kernel_name="python3").preprocess(
            notebook, {"metadata": {"path": str(course.root)}}
        )
        return grades(executed)

    @pytest.mark.parametrize("kind", ANSWERS)
    def test_they_agree(self, course, isolated_engine, setup, monkeypatch, kind):
        notebook = rebuild(course.template("small"), small_course.answered(course, **ANSWERS[kind])).notebook
        isolated = {
            result.cell: result.points
            for result in isolated_engine.execute(Task(notebook=notebook, setup=setup)).cells
            if result.points is not None
        }
        assert isolated == self.stock(course, notebook, monkeypatch)
        if kind == "correct":
            assert isolated == {"test_scale": 2.0, "test_total": 3.0}
