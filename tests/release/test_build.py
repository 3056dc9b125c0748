"""Releases and solutions are built from the sources."""

from __future__ import annotations

import copy
import json
import os

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from autograder.course import cells
from autograder.course.folder import CONFIG_FILE, Course
from autograder.errors import CourseError, ReleaseError, SourceError
from autograder.release.build import build
from autograder.submission.repair import rebuild
from autograder.verdict.testcell import run_test_cell
from tests import small_course
from tests.fakes import InProcessKernel
from tests.small_course import cell_of


class TestBuild:
    @pytest.fixture
    def course(self, registered: Course) -> Course:
        return registered

    def released(self, course: Course, language: str) -> NotebookNode:
        return nbformat.read(str(course.root / "release" / language / "small" / "small.ipynb"), as_version=4)

    def test_every_language_gets_its_own_release(self, course):
        built = build(course)
        assert built.assignments == ("small",)
        assert sorted(str(path.relative_to(course.root)) for path in built.changed) == [
            "release/en/README.md",
            "release/en/small/small.ipynb",
            "release/ja/README.md",
            "release/ja/small/small.ipynb",
        ]
        for language, other in (("ja", "en"), ("en", "ja")):
            ids = [cell.id for cell in self.released(course, language).cells]
            assert f"intro-{language}" in ids
            assert f"intro-{other}" not in ids

    def test_one_in_the_second_language_only_stands_where_nbgraders_commands_look_too(self, course):
        only = small_course.source()
        only.cells = [cell for cell in only.cells if cells.language(cell) != "ja"]
        path = course.source / "english" / "english.ipynb"
        path.parent.mkdir()
        nbformat.write(only, path)
        build(course)
        for language in ("ja", "en"):
            released = course.root / "release" / language / "english" / "english.ipynb"
            assert "# A small assignment" in released.read_text(encoding="utf-8")
            assert "english.ipynb" in (course.root / "release" / language / "README.md").read_text()
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            assert gradebook.find_assignment("english").max_score == 9
        config = copy.deepcopy(course.config)
        config.CourseDirectory.assignment_id = "english"
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, force=True).start()
        assert "# A small assignment" in released.parents[2].joinpath("ja/english/english.ipynb").read_text()

    def test_a_release_has_stubs_and_no_secrets(self, course):
        build(course)
        written = (course.root / "release" / "ja" / "small" / "small.ipynb").read_text(encoding="utf-8")
        for secret in ("by_reference", "0.75", "sensible answer", "solutions", "HIDDEN"):
            assert secret not in written
        scale = cell_of(self.released(course, "ja"), "scale")
        assert "ここにコードを書いてください / YOUR CODE HERE" in scale.source
        assert "raise NotImplementedError" in scale.source
        assert not cell_of(self.released(course, "ja"), "task").source.rstrip().endswith("===")

    def test_a_second_build_changes_nothing(self, course):
        build(course)
        assert build(course).changed == ()

    def test_a_source_that_is_not_written_line_by_line_is_written_so(self, course):
        path = course.source / "small" / "small.ipynb"
        build(course)
        by_jupyter = path.read_bytes()
        whole = json.loads(by_jupyter)
        for cell in whole["cells"]:
            cell["source"] = "".join(cell["source"])
        path.write_text(json.dumps(whole), encoding="utf-8")
        assert build(course).changed == (path,)
        assert path.read_bytes() == by_jupyter

    def test_a_source_is_left_alone_where_something_is_built_elsewhere(self, course, tmp_path):
        path = course.source / "small" / "small.ipynb"
        path.write_text(json.dumps(json.loads(path.read_bytes())), encoding="utf-8")
        before = path.read_bytes()
        build(course, into=tmp_path / "elsewhere")
        assert path.read_bytes() == before

    def test_files_beside_the_notebook_are_released_and_stale_ones_are_removed(self, course):
        small_course.write(course.source / "small" / "data" / "table.csv", b"1,2\n")
        course.config.CourseSettings.files = ["small/data/*.csv"]
        with (course.root / CONFIG_FILE).open("a") as config:
            config.write("\nc.CourseSettings.files = ['small/data/*.csv']\n")
        build(course)
        target = course.root / "release" / "en" / "small" / "data" / "table.csv"
        assert target.read_bytes() == b"1,2\n"
        (course.source / "small" / "data" / "table.csv").unlink()
        assert target in build(course).changed
        assert not target.exists()

    def test_it_can_build_elsewhere_and_leave_the_gradebook_alone(self, course, tmp_path):
        (course.root / "gradebook.db").unlink()
        build(course, ["small"], into=tmp_path / "elsewhere")
        assert (tmp_path / "elsewhere" / "release" / "en" / "small" / "small.ipynb").is_file()
        assert (tmp_path / "elsewhere" / "solutions" / "small.py").is_file()
        assert not (course.root / "release").exists()
        assert not (course.root / "gradebook.db").exists()

    def test_the_gradebook_learns_the_points(self, course):
        path = course.source / "small" / "small.ipynb"
        source = nbformat.read(str(path), as_version=4)
        cell_of(source, "test_total").metadata.nbgrader.points = 11
        nbformat.write(source, path)
        os.utime(path, (1, 1))
        build(course)
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            assert gradebook.find_assignment("small").max_score == 17

    @pytest.mark.parametrize(
        ("identity", "source", "error", "words"),
        [
            ("test_total", "assert helper(1)", SourceError, "cell 'test_total': the test uses helper"),
            ("scale", "### BEGIN SOLUTION\nscale = 1", CourseError, "no end solution statement"),
            (
                "test_total",
                "total\n### BEGIN HIDDEN TESTS\ntotal",
                SourceError,
                "cell 'test_total': nbgrader refuses its regions",
            ),
        ],
    )
    def test_a_source_that_may_not_be_released_is_refused_and_the_old_release_stays(
        self, course, identity, source, error, words
    ):
        build(course)
        before = (course.root / "release" / "ja" / "small" / "small.ipynb").read_bytes()
        path = course.source / "small" / "small.ipynb"
        notebook = nbformat.read(str(path), as_version=4)
        cell_of(notebook, identity).source = source
        nbformat.write(notebook, path)
        os.utime(path, (1, 1))
        with pytest.raises(error, match=words):
            build(course)
        assert (course.root / "release" / "ja" / "small" / "small.ipynb").read_bytes() == before

    @pytest.mark.parametrize("forgotten", [ClearSolutions, ClearHiddenTests, ClearMarkScheme])
    def test_a_configuration_that_forgets_a_step_shows_nothing_to_students(self, course, forgotten):
        steps = course.config.GenerateAssignment.preprocessors
        course.config.GenerateAssignment.preprocessors = [step for step in steps if step is not forgotten]
        with pytest.raises(ReleaseError, match="release of 'small', cell '"):
            build(course)
        assert not (course.root / "release").exists()

    @pytest.mark.parametrize("mark", ["# {}", "#### {} ####", "###{}"])
    def test_every_marker_that_nbgrader_takes_is_taken(self, course, mark):
        path = course.source / "small" / "small.ipynb"
        written = path.read_text(encoding="utf-8")
        for words in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"):
            written = written.replace(f"### {words}", mark.format(words))
        path.write_text(written, encoding="utf-8")
        os.utime(path, (1, 1))
        build(course)
        assert "SOLUTION" not in (course.solutions / "small.py").read_text()
        rebuilt = rebuild(course.template("small"), small_course.answered(course))
        assert rebuilt.repairs == ()
        verdict = run_test_cell(
            cell_of(rebuilt.notebook, "test_total").source,
            InProcessKernel("def total(values):\n    return 3 if values else 1"),
        )
        assert verdict.message == "a hidden check does not hold"

    def test_an_assignment_that_does_not_exist_is_an_error(self, course):
        with pytest.raises(CourseError, match="there is no assignment 'smal'"):
            build(course, ["smal"])


def test_what_a_run_adds_to_a_source_is_not_kept(course):
    path = course.source / "small" / "small.ipynb"
    before = path.read_text(encoding="utf-8")
    build(course)
    tidy = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    for cell in notebook.cells:
        cell.metadata["editable"] = True
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="seen")]
            cell.metadata["execution"] = {"iopub.execute_input": "2026-11-26"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    nbformat.write(notebook, path)
    build(Course(course.root))
    written = nbformat.read(path, as_version=4)
    assert written.metadata.pop("language_info") == {"name": "python"}
    assert written == nbformat.reads(tidy, as_version=4)
