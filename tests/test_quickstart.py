"""nbgrader's own course of examples, as the installed package ships it: an assignment of two notebooks."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from autograder.collecting.archive import opened
from autograder.collecting.collect import collect
from autograder.collecting.naming import System
from autograder.collecting.sorting import Provenance
from autograder.commands.adopt import read_course
from autograder.commands.answers import answers
from autograder.commands.prove import prove
from autograder.course.folder import Course
from autograder.feedback import term, writer
from autograder.gradebook import marking, marks, scores
from autograder.grading import grader, reference
from autograder.grading.grader import Options
from autograder.grading.record import Records
from autograder.mistakes import proving, recognition, trying
from autograder.release.build import build
from autograder.report import classroom, examples, groups
from tests.grading.pools import FakePool
from tests.recording import grade

GUIDE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "example"\n'

pytestmark = [
    pytest.mark.skipif(not GUIDE.is_dir(), reason="this nbgrader is installed without its documentation"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def made(folder: Path, *assignments: str) -> Course:
    """A course with these assignments, and with what two students have handed in for the first one."""
    for name in assignments:
        shutil.copytree(GUIDE / "source" / name, folder / "source" / name)
    for student in ("bitdiddle", "hacker"):
        shutil.copytree(GUIDE / "submitted" / student / "ps1", folder / "submitted" / student / "ps1")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    return Course(folder)


@pytest.fixture
def course(tmp_path: Path, monkeypatch) -> Course:
    monkeypatch.setattr(grader, "run_all", FakePool())
    monkeypatch.setattr(reference, "run_all", FakePool())
    return made(tmp_path / "course", "ps1")


def rows(course: Course) -> dict[tuple[str, str, str], tuple]:
    """What nbgrader's gradebook has for each cell of each student's notebook."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            (submission.student.id, notebook.name, grade.name): (
                grade.auto_score, grade.max_score, bool(grade.needs_manual_grade)
            )
            for submission in gradebook.assignment_submissions("ps1")
            for notebook in submission.notebooks
            for grade in notebook.grades
        }  # fmt: skip


@pytest.mark.kernel
def test_it_is_graded_as_nbgrader_grades_it(course, tmp_path, monkeypatch):
    build(course)
    grade(course, Options())
    stock = made(tmp_path / "stock", "ps1")
    monkeypatch.chdir(stock.root)
    config = stock.config.copy()
    config.CourseDirectory.assignment_id = "ps1"
    for converter in (GenerateAssignment, Autograde):
        converter(coursedir=CourseDirectory(config=config), config=config, create_assignment=True).start()
    assert rows(course) == rows(stock)
    assert {mark.total for mark in scores.read(course).scores.values()} == {1.5, 3.0}


def test_its_reference_passes_and_is_released(course):
    reference.check(course, ["ps1"])
    build(course)
    released = sorted(path.name for path in (course.root / "release" / "ps1").iterdir())
    assert released == ["jupyter.png", "problem1.ipynb", "problem2.ipynb"]
    text = (course.root / "release" / "ps1" / "problem1.ipynb").read_text()
    assert "raise NotImplementedError" in text
    assert "BEGIN SOLUTION" not in text


class TestGraded:
    @pytest.fixture(autouse=True)
    def graded(self, course):
        self.results = grade(course, Options())

    def test_each_notebook_has_a_record_and_a_graded_notebook(self, course):
        records = Records(course.state / "records")
        for name in ("ps1/problem1", "ps1/problem2"):
            assert records.read("bitdiddle", name).notebook == name
            assert course.autograded("bitdiddle", name).is_file()
        assert records.read("bitdiddle", "ps1/problem1").points == 1.5

    def test_nothing_is_done_twice(self, course):
        again = grade(course, Options())
        assert len(again) == 4
        assert not any(one.executed for one in again)

    def test_the_report_has_one_line_a_student_and_tells_equal_cells_apart(self, course):
        found = classroom.read(course)
        assert found.assignments == ("ps1",)
        outcome = found.outcomes["hacker", "ps1"]
        assert {cell.cell for cell in outcome.cells} == {item.cell for item in found.book.items["ps1"]}
        assert "problem2/part-a" in {cell.cell for cell in outcome.cells}
        assert found.book.scores["hacker", "ps1"].total == 3.0

    def test_each_notebook_has_a_page_with_its_own_points(self, course):
        written = writer.write(course)
        assert sorted(written.pages) == [
            (student, f"ps1/{notebook}")
            for student in ("bitdiddle", "hacker")
            for notebook in ("problem1", "problem2")
        ]
        assert written.pages["hacker", "ps1/problem1"].name == "problem1.html"
        assert written.transcripts["hacker", "ps1/problem1"].points == 3.0
        assert written.transcripts["hacker", "ps1/problem2"].points == 0.0
        index = term.write(course, written)["hacker"].read_text(encoding="utf-8")
        assert "ps1/problem1.html" in index
        assert "ps1/problem2.html" in index

    def test_written_answers_are_marked_by_notebook(self, course):
        asked = {(one.notebook, one.cell) for one in marking.questions(course)}
        assert ("ps1/problem2", "part-a") in asked
        [first, _] = marking.read(course, "ps1/problem2", "part-a")
        change = marking.MarkChange(key=first.key, version=first.version, points=2.0, comment="good")
        [result] = marking.put(course, [change])
        assert result.done
        assert scores.read(course).scores[first.student, "ps1"].cells["problem2/part-a"].points == 2.0

    def test_the_export_has_the_sum(self, course):
        found = marks.read(course, unfinished="partial")
        assert found.score("hacker", "ps1") == 3.0
        assert "problem2/part-b" in found.by_name["hacker", "ps1"].graded.cells


def test_a_notebook_that_was_not_handed_in_gives_nothing_and_waits_for_nobody(course):
    (course.submitted / "bitdiddle" / "ps1" / "problem2.ipynb").unlink()
    results = grade(course, Options())
    [broken] = [one for one in results if one.record.broken]
    assert broken.record.notebook == "ps1/problem2"
    assert "expected problem2.ipynb" in broken.record.broken
    score = scores.read(course).scores["bitdiddle", "ps1"]
    assert score.total == 1.5
    assert not [cell for cell in score.waiting if cell.startswith("problem2/")]


def test_a_renamed_notebook_is_taken_where_only_one_is_missing(course):
    folder = course.submitted / "bitdiddle" / "ps1"
    (folder / "problem1.ipynb").rename(folder / "my work.ipynb")
    grade(course, Options())
    assert scores.read(course).scores["bitdiddle", "ps1"].total == 1.5


@pytest.mark.parametrize("style", ["{student}/ps1/{notebook}.ipynb", "{student}/{notebook}.ipynb"])
def test_an_archive_is_collected_into_its_places(course, tmp_path, style):
    folder = tmp_path / "archive"
    for student in ("bitdiddle", "hacker"):
        for notebook in ("problem1", "problem2"):
            path = folder / style.format(student=student, notebook=notebook)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(course.submitted / student / "ps1" / f"{notebook}.ipynb", path)
    shutil.rmtree(course.submitted)
    with opened(folder) as archive:
        found = collect(course, archive, Provenance(system=System.PLAIN))
    assert not found.attention
    placed = sorted(
        path.relative_to(course.submitted).as_posix() for path in course.submitted.rglob("*.ipynb")
    )
    assert placed == [
        f"{student}/ps1/{notebook}.ipynb"
        for student in ("bitdiddle", "hacker")
        for notebook in ("problem1", "problem2")
    ]


def test_tests_that_nbgrader_would_make_are_refused_with_what_to_write(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "run_all", FakePool())
    course = made(tmp_path / "course", "ps1_autotest")
    why = {one.cell: one.why for one in read_course(course)}
    assert "assert squares(1) == " in why["correct_squares"]
    assert "assert my_dictionary == " in why["cell-6e9ff83aa5dfaf17"]


def test_cells_of_one_name_in_two_notebooks_are_two(course):
    """nbgrader keeps them apart by their notebooks."""
    for name in ("problem1", "problem2"):
        path = course.source / "ps1" / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        test = nbformat.v4.new_code_cell("assert True", metadata={"nbgrader": {
            "grade": True, "solution": False, "locked": True, "task": False, "points": 1, "grade_id": "same",
            "schema_version": 3, "cell_type": "code"}})  # fmt: skip
        notebook.cells.append(test)
        nbformat.write(notebook, path)
    grade(course, Options())
    found = scores.read(course)
    assert {item.cell for item in found.items["ps1"]} >= {"problem1/same", "problem2/same"}
    assert found.scores["hacker", "ps1"].total == 5.0


WRONG = """squares:
  wrong:
    zero is taken for a number with squares:
      old: "n < 1"
      new: "n < 0"
      fails: [squares_invalid_input]
      hint: {en: "What about the smallest numbers?"}
sum_of_squares:
  right:
    by a formula that calls squares:
      source: |
        def sum_of_squares(n):
            return sum(value for value in squares(n))
"""


class TestKnownAnswersToOneOfSeveralNotebooks:
    @pytest.fixture(autouse=True)
    def known(self, course, monkeypatch):
        monkeypatch.setattr(proving, "run_all", FakePool())
        monkeypatch.setattr(trying, "run_all", FakePool())
        (course.root / "mistakes" / "ps1").mkdir(parents=True)
        (course.root / "mistakes" / "ps1" / "problem1.yaml").write_text(WRONG)

    @pytest.mark.parametrize("named", [[], ["ps1"], ["ps1/problem1"]])
    def test_they_are_proved(self, course, capsys, named):
        assert prove(course.root, named, quick=False, variants=1, jobs=1).status == 0
        printed = capsys.readouterr().out
        assert "ps1/problem1: the reference passes, a blank notebook earns nothing" in printed
        assert "1 of 1 wrong answer" in printed
        assert ("ps1/problem2: the reference passes" in printed) == (named == ["ps1"])

    def test_they_are_recognised_and_the_report_says_where_they_stand(self, course):
        for student in course.students():
            path = course.submitted / student / "ps1" / "problem1.ipynb"
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if cell.metadata.get("nbgrader", {}).get("grade_id") == "squares":
                    cell.source = (
                        "def squares(n):\n    if n < 0:\n        raise ValueError('n')\n"
                        "    return [i * i for i in range(1, n + 1)]"
                    )
            nbformat.write(notebook, path)
        found = recognition.recognise(course, grade(course, Options()), jobs=1)
        assert found.problems == ()
        hints = {(one.record.student, one.record.notebook): one.record.hints for one in found.graded}
        assert hints["hacker", "ps1/problem1"] == {
            "squares_invalid_input": {"en": "What about the smallest numbers?"}
        }
        [group] = groups.groups(classroom.read(course), "ps1")
        assert (group.cell, group.file("ps1")) == (
            "problem1/squares_invalid_input",
            "mistakes/ps1/problem1.yaml",
        )
        [entry] = [group.known[0].mistake]
        assert entry == ("squares: zero is taken for a number with squares",)
        example = examples.Examples(course)("hacker", "ps1", group.cell)
        assert (example.cell, "i * i" in example.answer) == ("squares", True)


def test_worked_solutions_are_written_for_each_notebook(course):
    assert answers(course.root, "ps1", [], execute=False).status == 0
    folder = course.root / "answers" / "ps1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "problem1.html", "problem1.ipynb", "problem2.html", "problem2.ipynb"
    ]  # fmt: skip
    assert "i ** 2 for i in range" in (folder / "problem1.ipynb").read_text()
