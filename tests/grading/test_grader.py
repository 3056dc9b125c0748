"""The grader: everything in submitted/ is graded once, and nothing stops it."""

from __future__ import annotations

import os
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.errors import CourseError, SandboxUnavailable
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading import grader as module
from autograder.grading.grader import Grading, Options
from autograder.kernel import bubblewrap
from autograder.verdict.verdict import Status
from tests import points, small_course
from tests.grading.pools import graded, recorded_scores
from tests.recording import grade


class TestScores:
    def test_each_student_gets_what_they_earned_in_the_gradebook_too(self, course, pool):
        small_course.submit(course, "ada")
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        results = graded(course)
        assert {
            name: (result.record.points, result.record.max_points) for name, result in results.items()
        } == {
            "ada": (5.0, 5.0),
            "bob": (3.0, 5.0),
        }
        assert recorded_scores(course) == {"ada": 5.0, "bob": 3.0}
        assert not any(result.concerns for result in results.values())

    def test_the_gradebook_and_the_results_agree_cell_by_cell(self, course, pool):
        small_course.submit(course, "bob", total="def total(values):\n    return 3")
        result = graded(course)["bob"]
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            notebook = gradebook.find_submission_notebook("small", "small", "bob")
            recorded = {grade.name: grade.auto_score for grade in notebook.grades}
        assert recorded == {cell.cell: cell.points for cell in result.record.cells}

    def test_two_equal_submissions_are_executed_once(self, course, pool):
        for student in ("ada", "bob"):
            small_course.submit(course, student)
        results = graded(course)
        assert len(pool.executed) == 1
        assert sorted(result.executed for result in results.values()) == [False, True]
        assert recorded_scores(course) == {"ada": 5.0, "bob": 5.0}


class TestResume:
    def test_nothing_is_executed_twice(self, course, pool):
        small_course.submit(course, "ada")
        assert graded(course)["ada"].executed
        again = graded(course)["ada"]
        assert not again.executed
        assert again.record.points == 5.0
        assert len(pool.executed) == 1

    def test_a_grader_that_was_interrupted_goes_on_where_it_was(self, course, pool):
        for number, student in enumerate(("ada", "bob", "cyd")):
            small_course.submit(
                course, student, total=f"def total(values):\n    return sum(values) + 0 * {number}"
            )
        first = next(iter(Grading(course, Options(), GradebookRecorder(course)).graded()))
        done = len(pool.executed)
        results = graded(course)
        assert not results[first.record.student].executed
        assert len(pool.executed) == 3
        assert done < 3
        assert recorded_scores(course) == dict.fromkeys(("ada", "bob", "cyd"), 5.0)

    def test_an_execution_that_was_not_recorded_is_recorded_without_being_executed(self, course, pool):
        small_course.submit(course, "ada")
        graded(course)
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            gradebook.remove_submission("small", "ada")
        assert not graded(course)["ada"].executed
        assert recorded_scores(course) == {"ada": 5.0}

    def test_what_is_recorded_is_not_recorded_again(self, course, pool, monkeypatch):
        small_course.submit(course, "ada")
        graded(course)
        monkeypatch.setattr(GradebookRecorder, "record", lambda *_: pytest.fail("recorded again"))
        graded(course)

    def test_a_changed_submission_is_executed_again_and_nobody_elses(self, course, pool):
        small_course.submit(course, "ada")
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        graded(course)
        small_course.submit(course, "bob")
        small_course.submit(course, "bob", total="def total(values):\n    return 3")
        results = graded(course)
        assert {name: result.executed for name, result in results.items()} == {"ada": False, "bob": True}
        assert recorded_scores(course) == {"ada": 5.0, "bob": 2.0}

    def test_force_executes_everything_again(self, course, pool):
        small_course.submit(course, "ada")
        graded(course)
        assert graded(course, force=True)["ada"].executed

    def test_a_changed_reply_reaches_nbgrader_without_being_executed(self, course, pool):
        small_course.submit(course, "ada")
        graded(course)
        small_course.submit(course, "ada", reply="On second thoughts: adding.")
        assert not graded(course)["ada"].executed
        autograded = course.root / "autograded" / "ada" / "small" / "small.ipynb"
        assert "On second thoughts" in autograded.read_text()
        assert recorded_scores(course) == {"ada": 5.0}

    def test_a_changed_time_of_submission_reaches_nbgrader(self, course, pool):
        path = small_course.submit(course, "ada")
        for year in (2030, 2031):
            (path.parent / "timestamp.txt").write_text(f"{year}-01-01 00:00:00 UTC")
            graded(course)
            with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
                assert gradebook.find_submission("small", "ada").timestamp.year == year

    def test_a_score_that_changed_is_said_so(self, course, pool):
        small_course.submit(course, "ada")
        assert graded(course)["ada"].score_before is None
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        result = graded(course)["ada"]
        assert (result.score_before, result.score_now) == (5.0, 3.0)
        assert graded(course)["ada"].score_before is None

    def test_a_changed_test_executes_again(self, course, pool):
        small_course.submit(course, "ada")
        graded(course)
        path = course.source / "small" / "small.ipynb"
        source = nbformat.read(path, as_version=4)
        small_course.cell_of(source, "test_total").source += "\nassert total([1]) == 2"
        nbformat.write(source, path)
        os.utime(path, (1, 1))
        result = graded(course)["ada"]
        assert result.executed
        assert recorded_scores(course) == {"ada": 2.0}

    def test_an_edited_module_executes_only_the_assignment_whose_tests_import_it(self, course, pool):
        folder = shutil.copytree(course.source / "small", course.source / "other")
        source = (folder / "small.ipynb").rename(folder / "other.ipynb")
        source.write_text(
            source.read_text().replace("solutions import small", "solutions import other as small")
        )
        shutil.copyfile(course.solutions / "small.py", course.solutions / "other.py")
        path = small_course.submit(course, "ada")
        small_course.write(course.submitted / "ada" / "other" / "other.ipynb", path.read_bytes())

        def executed() -> dict[str, bool]:
            return {result.record.assignment: result.executed for result in grade(course, Options())}

        assert executed() == {"small": True, "other": True}
        module = course.solutions / "other.py"
        module.write_text(f"{module.read_text()}\nOF_OTHERS = 1\n")
        os.utime(module, (1, 1))
        assert executed() == {"small": False, "other": True}
        assert executed() == {"small": False, "other": False}


class TestManualGrading:
    def give(self, course: Course, student: str, points: float) -> None:
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            grade = gradebook.find_grade("task", "small", "small", student)
            grade.manual_score = points
            grade.needs_manual_grade = False
            gradebook.db.commit()

    def test_manual_scores_survive_a_regrade(self, course, pool):
        small_course.submit(course, "ada")
        assert graded(course)["ada"].record.points == 5.0
        self.give(course, "ada", 3.5)
        for options in ({}, {"force": True}):
            graded(course, **options)
            assert recorded_scores(course) == {"ada": 8.5}

    def test_a_written_task_is_left_to_a_person(self, course, pool):
        small_course.submit(course, "ada")
        [task] = [cell for cell in graded(course)["ada"].record.cells if cell.cell == "task"]
        assert (task.status, task.points) == (Status.MANUAL, None)
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            assert gradebook.find_submission("small", "ada").needs_manual_grade


class TestOptions:
    def test_assignments_and_students_can_be_chosen(self, course, pool):
        for student in ("ada", "bob"):
            small_course.submit(course, student)
        assert set(graded(course, students=("bob",), assignments=("small",))) == {"bob"}
        assert recorded_scores(course) == {"bob": 5.0}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"assignments": ("smal",)}, "there is no assignment 'smal'; there are small"),
            ({"students": ("eve",)}, "student 'eve' has submitted nothing"),
        ],
    )
    def test_a_name_that_does_not_exist_is_an_error(self, course, options, message):
        with pytest.raises(CourseError, match=message):
            Grading(course, Options(**options), GradebookRecorder(course))

    def test_a_required_sandbox_that_cannot_be_had_is_an_error(self, course, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "this is a test")
        with pytest.raises(SandboxUnavailable, match="this is a test"):
            Grading(course, Options(require_sandbox=True), GradebookRecorder(course))

    def test_without_a_sandbox_the_results_say_so(self, course, pool, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "this is a test")
        small_course.submit(course, "ada")
        assert not graded(course)["ada"].record.sandboxed

    def test_limits_reach_the_execution(self, course, pool):
        small_course.submit(course, "ada")
        course.settings.limits = {"notebook_seconds": 1e-9}
        result = graded(course)["ada"]
        assert [cell.status for cell in result.record.cells] == ["timeout", "timeout", "manual"]
        assert recorded_scores(course) == {"ada": 0.0}

    def test_a_course_with_no_submissions_gives_no_results(self, course, pool):
        assert graded(course) == {}


class TestThemes:
    def test_only_the_allocated_theme_counts(self, course, pool):
        for theme in ("theme_a", "theme_b"):
            folder = shutil.copytree(course.source / "small", course.source / theme)
            (folder / "small.ipynb").rename(folder / f"{theme}.ipynb")
        for student in ("ada", "bob"):
            path = small_course.submit(course, student)
            for theme in ("theme_a", "theme_b"):
                target = course.submitted / student / theme / f"{theme}.ipynb"
                small_course.write(target, path.read_bytes())
        (course.root / "themes.csv").write_text("student,theme,choice\nada,theme_b,1\n")
        results = {
            (result.record.student, result.record.assignment): result for result in grade(course, Options())
        }
        assert results["ada", "theme_a"].record.points == 0
        assert "allocated theme_b" in results["ada", "theme_a"].concerns[0]
        assert results["ada", "theme_b"].concerns == results["ada", "small"].concerns == ()
        assert results["bob", "theme_a"].record.points == results["bob", "theme_b"].record.points == 5.0
        assert ("ada", "theme_a") not in points.scores(course)
        assert points.scores(course)["ada", "theme_b"] == 5.0

    def test_a_misspelt_theme_stops_grading_before_anything_is_executed(self, course, pool):
        small_course.submit(course, "ada")
        (course.root / "themes.csv").write_text("student,theme,choice\nada,theme_z,1\n")
        with pytest.raises(CourseError, match="line 2: ada has 'theme_z', which is no theme of this course"):
            list(grade(course, Options()))
        assert points.scores(course) == {}


class TestTask:
    def test_it_holds_only_the_modules_that_the_tests_use(self, course, pool, monkeypatch):
        (course.solutions / "other.py").write_text("SECRET = 1\n")
        small_course.submit(course, "ada")
        tasks = []
        monkeypatch.setattr(module, "run_all", lambda pending, *_: tasks.extend(pending) or iter(()))
        graded(course)
        [(_, task)] = tasks
        assert [path for path, _ in task.modules] == ["solutions/small.py"]

    def test_repairs_and_questions_are_kept_with_the_result(self, course, pool):
        notebook = small_course.answered(course)
        small_course.cell_of(notebook, "imports").source = "import os"
        notebook.cells.remove(small_course.cell_of(notebook, "total"))
        for number in (1, 2):
            notebook.cells.append(nbformat.v4.new_code_cell(f"def total(v):\n    return {number}"))
        small_course.submit(course, "ada", notebook)
        result = graded(course)["ada"]
        assert "given cell 'imports' had been changed, and was restored" in result.record.repairs
        assert "which one counts?" in result.concerns[0]
        autograded = nbformat.read(course.root / "autograded" / "ada" / "small" / "small.ipynb", as_version=4)
        assert (
            "given cell 'imports' had been changed, and was restored"
            in autograded.metadata.autograder.repairs
        )
