"""Exports from a real gradebook, through nbgrader's own application as well."""

from __future__ import annotations

import csv

import pytest
from nbgrader.apps import ExportApp

from autograder.course.tables import read_table
from autograder.errors import CourseError
from autograder.export import exporters
from autograder.gradebook import marks
from tests import small_course
from tests.export.classes import open_gradebook, run


def table(path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read(course, **options) -> marks.Marks:
    return marks.read(course, **options)


class TestMarks:
    def test_scores_are_those_that_nbgrader_exports(self, course, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        ours = {name: mark.total for name, mark in read(course).by_name.items()}
        assert ours == {
            ("s1", "small"): 5.0,
            ("s2", "small"): 5.0,
            ("s3", "small"): 7.5,
            ("s4", "small"): 0.0,
        }
        from nbgrader.plugins import CsvExportPlugin

        with open_gradebook(course) as gradebook:
            CsvExportPlugin().export(gradebook)
        theirs = {(row["student_id"], row["assignment"]): float(row["score"]) for row in table("grades.csv")}
        # nbgrader does not quote names with commas: those lines are not whole
        assert theirs["s1", "small"] == ours["s1", "small"]
        assert theirs["s3", "small"] == ours["s3", "small"]

    def test_what_waits_for_a_person_is_said_first_and_not_exported(self, course):
        found = read(course)
        assert found.score("s2", "small") is None
        why = found.attention[0].why
        assert why.startswith("written answers are not marked in 1 submission, exported empty")
        assert why.endswith(": s2")
        assert read(course, unfinished="partial").score("s2", "small") == 5.0

    def test_what_was_graded_before_the_source_was_renamed_is_still_exported(self, course):
        small_course.submit(course, "s1")
        (course.source / "small").rename(course.source / "renamed")
        (course.source / "renamed" / "small.ipynb").rename(course.source / "renamed" / "renamed.ipynb")
        assert read(type(course)(course.root)).score("s1", "small") == 5.0

    def test_who_has_handed_in_nothing_has_no_score_or_zero(self, course):
        assert read(course).score("s4", "small") is None
        assert read(course, missing="zero").score("s4", "small") == 0.0

    def test_what_was_handed_in_and_not_graded_is_never_zero(self, course):
        small_course.submit(course, "s4")
        small_course.submit(course, "unknown")
        found = read(course, missing="zero")
        assert found.score("s4", "small") is None
        assert [one.what for one in found.attention if "not graded: s4, unknown;" in one.why] == ["small"]

    def test_only_the_allocated_theme_counts(self, course):
        with open_gradebook(course) as gradebook:
            for name in ("theme_a", "theme_b"):
                gradebook.add_assignment(name)
                gradebook.add_submission(name, "s1")
        (course.root / "themes.csv").write_text("student,theme,choice\ns1,theme_a,1\ns2,theme_b,1\n")
        found = read(course, missing="zero")
        assert ("s1", "theme_a") in found.by_name
        assert ("s1", "theme_b") not in found.by_name
        assert found.score("s2", "theme_a") is None
        assert [(one.what, "allocated theme_a" in one.why) for one in found.attention[1:]] == [
            ("s1/theme_b", True)
        ]

    def test_a_theme_that_does_not_count_does_not_wait_to_be_graded(self, course):
        with open_gradebook(course) as gradebook:
            gradebook.add_assignment("theme_a")
        (course.source / "theme_b").mkdir()
        (course.root / "themes.csv").write_text("student,theme,choice\ns1,theme_a,1\ns2,theme_b,1\n")
        for student in ("s1", "s2"):
            (course.submitted / student / "theme_a").mkdir(parents=True)
        [why] = [one.why for one in read(course).attention if one.what == "theme_a"]
        assert why.startswith("handed in, but not graded: s1; ")

    def test_a_misspelt_theme_is_refused_where_it_would_lose_points(self, course):
        (course.source / "theme_c").mkdir()  # a theme that nobody has handed in is one, too
        (course.root / "themes.csv").write_text("student,theme,choice\ns1,theme_c,1\ns2,theme_z,1\n")
        with pytest.raises(CourseError, match="line 3: s2 has 'theme_z'.*the themes are theme_c$"):
            read(course)

    @pytest.mark.parametrize("options", [{"assignments": ["smal"]}, {"students": ["s9"]}])
    def test_an_unknown_name_is_refused_with_those_there_are(self, course, options):
        with pytest.raises(CourseError, match="the gradebook has no .*; there are"):
            read(course, **options)

    def test_cells_are_those_of_the_gradebook(self, course):
        cells = {mark.student: mark.graded.cells for mark in read(course).by_name.values() if mark.graded}
        assert {name: (cell.points, cell.max_points) for name, cell in cells["s3"].items()} == {
            "test_scale": (2.0, 2.0),
            "test_total": (4.0, 3.0),
            "task": (4.0, 4.0),
        }
        assert [name for name, cell in cells["s2"].items() if cell.waits] == ["task"]
        assert cells["s1"]["task"].comment == "gut, だから"


class TestFiles:
    def test_csv_has_a_line_for_each_submission_and_each_cell(self, course, tmp_path):
        run(course, exporters.CsvExporter, tmp_path)
        rows = table(tmp_path / "out" / "grades.csv")
        assert [(row["student_id"], row["score"], row["needs_manual_grade"]) for row in rows] == [
            ("s1", "5.0", "False"),
            ("s2", "5.0", "True"),
            ("s3", "7.5", "False"),
            ("s4", "0.0", "False"),
        ]
        cells = table(tmp_path / "out" / "grades-cells.csv")
        assert len(cells) == 9

    def test_csv_is_read_by_excel_and_by_ourselves_and_the_systems_get_no_mark(self, course, tmp_path):
        for kind in (exporters.CsvExporter, exporters.CanvasExporter, exporters.MoodleExporter):
            run(course, kind, tmp_path)
        mark = "\ufeff".encode()
        marked = {path.name for path in (tmp_path / "out").iterdir() if path.read_bytes().startswith(mark)}
        assert marked == {"grades.csv", "grades-cells.csv"}
        [hanako] = [
            row for row in read_table(tmp_path / "out" / "grades.csv") if row["last_name"].startswith("山")
        ]
        assert (hanako["assignment"], hanako["student_id"], hanako["first_name"]) == ("small", "s1", "花子")

    def test_csv_leaves_out_on_demand_what_is_not_decided(self, course, tmp_path):
        run(course, exporters.CsvExporter, tmp_path, unfinished="empty", missing="empty")
        assert [row["score"] for row in table(tmp_path / "out" / "grades.csv")] == ["5.0", "", "7.5", ""]

    def test_canvas_and_moodle_get_what_is_decided(self, course, tmp_path):
        run(course, exporters.CanvasExporter, tmp_path)
        rows = table(tmp_path / "out" / "grades-canvas.csv")
        assert [row["small"] for row in rows] == ["9", "5", "", "7.5", ""]
        run(course, exporters.MoodleExporter, tmp_path)
        rows = table(tmp_path / "out" / "grades-moodle.csv")
        assert [(row["ID number"], row["small"]) for row in rows] == [("s1", "5"), ("s3", "7.5")]

    def test_a_template_is_filled_and_never_written_over(self, course, tmp_path):
        template = tmp_path / "canvas.csv"
        template.write_text(
            "Student,ID,SIS Login ID,Section,Small task (991)\n    Points Possible,,,,9\n山田 花子,71,,A,\n",
            encoding="utf-8-sig",
        )
        settings = {"template": str(template), "columns": {"small": "Small task"}}
        run(course, exporters.CanvasExporter, tmp_path, **settings)
        [_, row] = table(tmp_path / "out" / "grades-canvas.csv")
        assert row["Small task (991)"] == "5"
        exporter = exporters.CanvasExporter(config=course.config, coursedir=course.directory, **settings)
        exporter.to = str(template)
        with open_gradebook(course) as gradebook, pytest.raises(CourseError, match="is the template"):
            exporter.export(gradebook)


class TestNbgrader:
    @pytest.fixture
    def app(self, course, monkeypatch):
        monkeypatch.chdir(course.root)

        def start(*arguments: str) -> None:
            application = ExportApp()
            application.initialize([*arguments])
            try:
                application.start()
            finally:
                for handler in list(application.log.handlers):
                    handler.close()
                ExportApp.clear_instance()

        return start

    def test_its_own_command_runs_our_exporters(self, course, app, tmp_path):
        app(
            "--exporter=autograder.export.exporters.MoodleExporter",
            f"--to={tmp_path / 'm.csv'}",
            "--LmsExporter.missing=zero",
        )
        assert [(row["ID number"], row["small"]) for row in table(tmp_path / "m.csv")] == [
            ("s1", "5"),
            ("s3", "7.5"),
            ("s4", "0"),
        ]

    def test_its_own_command_knows_which_theme_counts(self, course, app, tmp_path):
        with open_gradebook(course) as gradebook:
            for name in ("theme_a", "theme_b"):
                gradebook.add_assignment(name)
                gradebook.add_submission(name, "s1")
        (course.root / "themes.csv").write_text("student,theme,choice\ns1,theme_a,1\n")
        app("--exporter=autograder.export.exporters.CsvExporter", f"--to={tmp_path / 'g.csv'}")
        rows = {(row["student_id"], row["assignment"]) for row in table(tmp_path / "g.csv")}
        assert ("s1", "theme_a") in rows
        assert ("s1", "theme_b") not in rows

    def test_its_own_command_writes_csv_for_excel(self, course, app, tmp_path):
        app("--exporter=autograder.export.exporters.CsvExporter", f"--to={tmp_path / 'g.csv'}")
        assert (tmp_path / "g.csv").read_text(encoding="utf-8").startswith("\ufeffassignment,")
        assert [row["student_id"] for row in table(tmp_path / "g.csv")] == ["s1", "s2", "s3", "s4"]

    @pytest.mark.parametrize("exporter", [[], ["--exporter=autograder.export.exporters.MoodleExporter"]])
    def test_its_own_command_works_out_penalties_by_the_rules_and_marks_of_the_moment(
        self, course, app, tmp_path, exporter
    ):
        with (course.root / "nbgrader_config.py").open("a") as config:
            config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
        with open_gradebook(course) as gradebook:
            gradebook.update_or_create_assignment("small", duedate="2026-01-01 00:00:00 UTC")
            gradebook.update_or_create_submission("small", "s1", timestamp="2026-01-02 00:00:00 UTC")
        app(f"--to={tmp_path / 'n.csv'}", *exporter)
        with open_gradebook(course) as gradebook:
            [notebook] = gradebook.find_submission("small", "s1").notebooks
            assert notebook.late_submission_penalty == notebook.score == 5.0

    def test_a_wrong_name_ends_with_one_sentence(self, course, app, capsys):
        with pytest.raises(SystemExit):
            app("--exporter=autograder.export.exporters.CanvasExporter", "--assignment=['smal']")
