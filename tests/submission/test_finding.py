"""What students hand in is found, wherever and under whatever name it lies."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from autograder.errors import SubmissionError
from autograder.submission import submissions
from autograder.submission.reading import read
from autograder.submission.submissions import elsewhere, find, submitted_at
from tests import small_course
from tests.small_course import write

GOOD = nbformat.writes(small_course.source()).encode()


class TestFind:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "ada" / "small"
        folder.mkdir(parents=True)
        return folder

    def found(self, tmp_path: Path) -> submissions.Submission:
        submission = find(tmp_path, "ada", "small")
        assert submission is not None
        return submission

    def test_who_submitted_nothing_has_no_submission(self, tmp_path):
        assert find(tmp_path, "ada", "small") is None

    def test_the_expected_file_is_found(self, tmp_path, folder):
        write(folder / "small.ipynb", b"{}")
        submission = self.found(tmp_path)
        assert (submission.path, submission.notes, submission.problem) == (folder / "small.ipynb", (), None)
        assert submission.name == "ada/small"

    @pytest.mark.parametrize("student", ["ada[1]", "a*", "who?"])
    def test_an_id_that_nbgrader_takes_for_a_pattern_is_named(self, tmp_path, student):
        write(tmp_path / student / "small" / "small.ipynb", b"{}")
        problem = find(tmp_path, student, "small").problem
        assert student in problem
        assert "rename the folder" in problem

    @pytest.mark.parametrize("name", ["small (1).ipynb", "Small.IPYNB", "課題.ipynb", "small-Copy1.ipynb"])
    def test_the_only_notebook_is_taken_whatever_its_name(self, tmp_path, folder, name):
        write(folder / name, b"{}")
        submission = self.found(tmp_path)
        assert submission.path == folder / name
        assert name in submission.notes[0]

    def test_of_several_notebooks_the_expected_one_counts_and_the_others_are_noted(self, tmp_path, folder):
        for name in ("small.ipynb", "draft.ipynb"):
            write(folder / name, b"{}")
        submission = self.found(tmp_path)
        assert submission.path == folder / "small.ipynb"
        assert "draft.ipynb" in submission.notes[0]

    def test_of_several_other_names_none_is_guessed(self, tmp_path, folder):
        for name in ("a.ipynb", "b.ipynb"):
            write(folder / name, b"{}")
        submission = self.found(tmp_path)
        assert submission.path is None
        assert "a.ipynb, b.ipynb" in submission.problem

    @pytest.mark.parametrize(
        "names", [[], ["timestamp.txt"], ["small.py"], ["small.ipynb.txt"], ["small.zip"]]
    )
    def test_a_folder_without_a_notebook_says_what_is_there(self, tmp_path, folder, names):
        for name in names:
            write(folder / name, b"x")
        problem = self.found(tmp_path).problem
        assert "there is no notebook" in problem
        assert "timestamp" not in problem
        assert ("nothing" in problem) == (not set(names) - {"timestamp.txt"})

    def test_a_symbolic_link_is_not_followed(self, tmp_path, folder):
        (folder / "small.ipynb").symlink_to(write(tmp_path / "secret.ipynb", b"{}"))
        submission = self.found(tmp_path)
        assert submission.path is None
        assert "symbolic link" in submission.problem

    def test_a_link_under_another_name_is_not_followed_either(self, tmp_path, folder):
        (folder / "other.ipynb").symlink_to(write(tmp_path / "secret.ipynb", b"{}"))
        assert self.found(tmp_path).path is None

    @pytest.mark.parametrize("level", ["student", "assignment"])
    def test_a_folder_that_is_a_link_is_not_followed(self, tmp_path, level):
        write(tmp_path / "bob" / "small" / "small.ipynb", b"{}")
        if level == "student":
            (tmp_path / "ada").symlink_to(tmp_path / "bob")
        else:
            (tmp_path / "ada").mkdir()
            (tmp_path / "ada" / "small").symlink_to(tmp_path / "bob" / "small")
        submission = self.found(tmp_path)
        assert submission.path is None
        assert "symbolic link" in submission.problem

    def test_a_broken_link_is_a_submission_with_a_problem(self, tmp_path, folder):
        (folder / "small.ipynb").symlink_to(tmp_path / "nowhere")
        assert "symbolic link" in self.found(tmp_path).problem

    def test_a_pipe_is_a_special_file_and_nobody_waits_for_it(self, tmp_path, folder):
        os.mkfifo(folder / "small.ipynb")
        assert "special file" in self.found(tmp_path).problem
        with pytest.raises(SubmissionError, match="not a file"):
            read(folder / "small.ipynb")

    def test_a_folder_in_the_place_of_the_notebook_is_a_problem(self, tmp_path, folder):
        (folder / "small.ipynb").mkdir()
        assert "is a folder" in self.found(tmp_path).problem

    def test_a_file_in_the_place_of_the_folder_is_a_problem(self, tmp_path):
        write(tmp_path / "ada" / "small", b"x")
        assert "got a file" in self.found(tmp_path).problem

    @pytest.mark.parametrize("student", ["<b>", 'a";b', "a&b", "a\\b", "a\nb", "a\x1bb"])
    def test_an_id_that_nbgraders_pages_would_take_for_markup_is_refused(self, tmp_path, student):
        (tmp_path / student / "small").mkdir(parents=True)
        found = submissions.find(tmp_path, student, "small")
        assert found.path is None
        assert "rename the folder" in found.problem

    @pytest.mark.parametrize("student", ["O'Neill", "a.b-c_d+e@f.org", "山田 太郎", "17(2)"])
    def test_ordinary_ids_are_not(self, tmp_path, student):
        small_course.write(tmp_path / student / "small" / "small.ipynb", b"{}")
        assert submissions.find(tmp_path, student, "small").problem is None

    def test_a_name_that_is_no_text_can_be_shown(self, tmp_path, folder):
        write(Path(os.fsdecode(os.fsencode(folder) + b"/\xff\x1b[31m.ipynb")), b"{}")
        note = self.found(tmp_path).notes[0]
        note.encode()
        assert "\x1b" not in note


class TestWhatLiesBeside:
    def test_modules_and_data_beside_the_notebook_are_named(self, tmp_path):
        for name in ("helper.py", "data.csv"):
            write(tmp_path / "ada" / "small" / name, b"")
        write(tmp_path / "ada" / "small" / "small.ipynb", GOOD)
        [note] = find(tmp_path, "ada", "small").notes
        assert (
            note == "data.csv, helper.py lie beside the notebook and cannot be used by it: it is graded alone"
        )

    @pytest.mark.parametrize("name", ["submission_secret.txt", ".ipynb_checkpoints", "timestamp.txt"])
    def test_what_is_not_the_students_is_not(self, tmp_path, name):
        write(tmp_path / "ada" / "small" / "small.ipynb", GOOD)
        write(tmp_path / "ada" / "small" / name, b"2026-11-05 12:00:00 UTC")
        assert find(tmp_path, "ada", "small").notes == ()

    @pytest.mark.parametrize("text", [b"soon", b"", b"\xff\xfe\x00", b"2026-11-05 12:00 CST", b"x" * 5_000])
    def test_a_timestamp_that_is_no_time_is_said(self, tmp_path, text):
        write(tmp_path / "ada" / "small" / "small.ipynb", GOOD)
        write(tmp_path / "ada" / "small" / "timestamp.txt", text)
        assert find(tmp_path, "ada", "small").notes == (
            "timestamp.txt says no time, so that nothing is known of when it was submitted",
        )
        assert submitted_at(tmp_path / "ada" / "small") is None

    def test_the_time_of_a_submission_is_in_utc(self, tmp_path):
        write(tmp_path / "ada" / "small" / "timestamp.txt", b"2026-11-05 21:00:00 JST")
        assert submitted_at(tmp_path / "ada" / "small") == datetime(2026, 11, 5, 12, tzinfo=UTC)
        assert submitted_at(tmp_path / "bob" / "small") is None

    def test_what_no_assignment_takes_is_named(self, tmp_path):
        for name in ("ada/small/small.ipynb", "ada/old_name/old_name.ipynb", "ada/loose.ipynb", "bob.ipynb"):
            write(tmp_path / name, b"{}")
        found = {one.what: one.why for one in elsewhere(tmp_path, ["small"])}
        folder = tmp_path.name
        assert sorted(found) == [f"{folder}/ada/loose.ipynb", f"{folder}/ada/old_name", f"{folder}/bob.ipynb"]
        assert "no assignment of the course is called so" in found[f"{folder}/ada/old_name"]

    def test_nothing_is_named_where_nothing_was_submitted(self, tmp_path):
        assert elsewhere(tmp_path / "submitted", ["small"]) == ()
