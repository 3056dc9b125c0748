"""Gradescope gets a file for each submission, and none that is of no use any more."""

from __future__ import annotations

import json
from dataclasses import replace

import nbformat
import pytest

from autograder.export import exporters, gradescope
from autograder.gradebook.early import HELD_BACK
from autograder.gradebook.scores import Score
from tests import small_course
from tests.export.classes import open_gradebook, run
from tests.export.made_marks import made

HIDDEN = "summed_by_reference"
MESSAGE = "total is wrong for fractions"


class TestGradescope:
    @pytest.fixture
    def autograded(self, course):
        """What grading leaves: the hidden test's source, its message, and what the student printed."""
        notebook = small_course.source()
        test = small_course.cell_of(notebook, "test_total")
        test.source += f"\n### BEGIN HIDDEN TESTS\n# {HIDDEN}\n### END HIDDEN TESTS"
        test.outputs = [
            nbformat.v4.new_output(
                "error", ename="CheckFailed", evalue=MESSAGE, traceback=[f"\x1b[31m{MESSAGE}\x1b[0m"]
            ),
            nbformat.v4.new_output("stream", name="stdout", text=f"printed while tested: {HIDDEN}"),
        ]
        folder = course.root / course.directory.autograded_directory / "s1" / "small"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "small.ipynb")
        return course

    def result(self, tmp_path, student: str) -> dict:
        path = tmp_path / "out" / "gradescope" / "small" / student / "results.json"
        return json.loads(path.read_text(encoding="utf-8"))

    def test_each_cell_has_its_points_and_the_message_of_the_feedback(self, autograded, tmp_path):
        run(autograded, exporters.GradescopeExporter, tmp_path)
        found = self.result(tmp_path, "s1")
        assert found["score"] == 5.0
        assert [
            (test["name"], test["score"], test["max_score"], test["status"]) for test in found["tests"]
        ] == [
            ("test_scale", 2.0, 2.0, "passed"),
            ("test_total", 0.0, 3.0, "failed"),
            ("task", 3.0, 4.0, "failed"),
        ]
        assert found["tests"][1]["output"] == MESSAGE
        assert found["tests"][2]["output"] == "gut, だから"
        assert found["visibility"] == "after_published"
        assert found["stdout_visibility"] == "hidden"

    def test_nothing_of_a_hidden_test_gets_out(self, autograded, tmp_path):
        run(autograded, exporters.GradescopeExporter, tmp_path)
        for path in (tmp_path / "out").rglob("*.json"):
            text = path.read_text(encoding="utf-8")
            assert HIDDEN not in text
            assert "assert" not in text

    def test_what_is_printed_during_a_test_is_left_out(self, course):
        notebook = course.template("small").in_language("en")
        test = next(cell for cell in notebook.cells if cell.id == "test_total")
        test.outputs = [
            nbformat.v4.new_output("stream", text="a hidden input"),
            nbformat.v4.new_output("error", ename="failed", evalue="no", traceback=["no"]),
        ]
        assert gradescope.messages_of(notebook) == {"test_scale": "", "test_total": "no"}

    @pytest.mark.parametrize(
        ("language", "scale", "total"),
        [
            ("en", "expected 2", "a hidden test fails; what it says is shown after the deadline"),
            ("ja", "2 のはず", "隠しテストに通りませんでした。詳しい内容は締切後に表示されます"),
        ],
    )
    def test_it_is_said_in_the_language_of_the_student_alone(self, course, language, scale, total):
        notebook = course.template("small").in_language(language)
        notebook.metadata["autograder"] = {
            "cells": {
                "test_scale": {"status": "failed", "message": "2 のはず / expected 2"},
                "test_total": {"status": "failed", "message": HELD_BACK},
            }
        }
        assert gradescope.messages_of(notebook) == {"test_scale": scale, "test_total": total}

    def test_what_stands_beside_the_tests_is_in_the_language_of_the_student(self):
        [mark, *_] = made({("s1", "small"): None}).by_name.values()
        late = Score(points=3.0, penalty=1.5, seconds_late=60.0)
        mark = replace(mark, graded=late, unfinished=True, early=True)
        found = gradescope.result(mark, {}, language="ja")
        assert found["output"].splitlines() == [
            "遅れによる減点：1.5 点。",
            "記述問題に未採点のものがあります。",
            "隠しテストの結果は締切後に表示されます。",
        ]

    def test_the_score_has_the_penalty_taken_off(self, autograded, tmp_path):
        exporter = run(autograded, exporters.GradescopeExporter, tmp_path)
        found = self.result(tmp_path, "s3")
        assert found["score"] == 7.5
        assert "Late penalty: 2.5" in found["output"]
        assert any(one.what == "s3/small" and "without messages" in one.why for one in exporter.attention)

    def test_what_waits_for_a_person_is_written_only_on_demand(self, autograded, tmp_path):
        run(autograded, exporters.GradescopeExporter, tmp_path)
        assert not (tmp_path / "out" / "gradescope" / "small" / "s2").exists()
        assert not (tmp_path / "out" / "gradescope" / "small" / "s4").exists()
        run(autograded, exporters.GradescopeExporter, tmp_path, unfinished="partial", visibility="visible")
        found = self.result(tmp_path, "s2")
        assert found["visibility"] == "visible"
        assert [test["name"] for test in found["tests"] if "score" not in test] == ["task"]


class TestGradescopeAgain:
    """A second export into the same folder."""

    @pytest.fixture
    def exported(self, course, tmp_path):
        with open_gradebook(course) as gradebook:
            gradebook.add_assignment("theme_a")
            gradebook.add_submission("theme_a", "s1")
        (course.source / "theme_b").mkdir()
        run(course, exporters.GradescopeExporter, tmp_path)
        assert students(tmp_path, "small") == ["s1", "s3"]
        assert students(tmp_path, "theme_a") == ["s1"]
        return course

    def unmark(self, course, student: str) -> None:
        with open_gradebook(course) as gradebook:
            gradebook.find_grade("task", "small", "small", student).needs_manual_grade = True
            gradebook.db.commit()

    def test_what_is_not_decided_any_more_is_removed_and_named(self, exported, tmp_path):
        self.unmark(exported, "s1")
        exporter = run(exported, exporters.GradescopeExporter, tmp_path)
        assert students(tmp_path, "small") == ["s3"]
        assert not (tmp_path / "out" / "gradescope" / "small" / "s1").exists()
        [why] = [one.why for one in exporter.attention if "earlier export" in one.why]
        assert why.startswith("1 result of an earlier export removed")
        assert "s1/small" in why

    def test_a_theme_that_does_not_count_any_more_is_removed(self, exported, tmp_path):
        (exported.root / "themes.csv").write_text("student,theme,choice\ns1,theme_b,1\n")
        run(exported, exporters.GradescopeExporter, tmp_path)
        assert students(tmp_path, "theme_a") == []
        assert students(tmp_path, "small") == ["s1", "s3"]

    def test_other_assignments_and_other_students_than_those_exported_stay(self, exported, tmp_path):
        self.unmark(exported, "s1")
        (exported.root / "themes.csv").write_text("student,theme,choice\ns1,theme_b,1\n")
        run(exported, exporters.GradescopeExporter, tmp_path, assignment=["small"], student=["s3"])
        assert students(tmp_path, "small") == ["s1", "s3"]
        assert students(tmp_path, "theme_a") == ["s1"]

    @pytest.mark.parametrize("content", ["no JSON", "[]", '{"score": 1, "extra_data": {"student": "s2"}}'])
    def test_what_somebody_else_wrote_stays_and_is_named(self, exported, tmp_path, content):
        other = tmp_path / "out" / "gradescope" / "small" / "s2" / "results.json"
        other.parent.mkdir()
        other.write_text(content)
        exporter = run(exported, exporters.GradescopeExporter, tmp_path)
        assert other.read_text() == content
        assert any(one.what == str(other) and "move it before" in one.why for one in exporter.attention)


def students(tmp_path, assignment: str) -> list[str]:
    """Who has a results.json."""
    return sorted(
        path.parent.name for path in (tmp_path / "out" / "gradescope" / assignment).glob("*/results.json")
    )
