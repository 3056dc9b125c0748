"""What a submitted file comes down to is remembered until the file or its circumstances change."""

from __future__ import annotations

import os

import pytest

from autograder.course.folder import Course
from autograder.errors import SubmissionError
from autograder.grading import submissions
from autograder.report import facts as module
from autograder.report.facts import Facts, Memory, circumstances, facts
from tests import small_course


@pytest.fixture
def submission(course: Course):
    small_course.submit(course, "ada", scale="import ctypes\ndef scale(x, factor):\n    return x * factor")
    return submissions.find(course.submitted, "ada", "small")


def test_facts_are_the_keys_and_what_was_noticed(course, submission):
    found = facts(course, submission)
    assert len(set(found.keys)) == 2
    assert found.signs == ("imports ctypes (in cell scale)",)
    assert (found.repairs, found.questions) == ((), ())


def test_what_is_remembered_is_not_worked_out_again(course, submission, monkeypatch):
    found = facts(course, submission)
    monkeypatch.setattr(module, "prepare", lambda *_, **__: pytest.fail("rebuilt again"))
    assert facts(course, submission, found) is found


def test_a_changed_file_is(course, submission):
    found = facts(course, submission)
    small_course.submit(course, "ada")
    again = facts(course, submission, found)
    assert again.keys != found.keys
    assert again.signs == ()


def test_a_file_that_became_unreadable_is(course, submission):
    found = facts(course, submission)
    submission.path.write_bytes(b"")
    with pytest.raises(SubmissionError, match="is empty"):
        facts(course, submission, found)


class TestMemory:
    FACTS = Facts("hash", ("a", "b"), ("repaired",), (), ("sign",))

    def test_it_gives_back_what_was_kept(self, tmp_path, submission):
        Memory(tmp_path / "m.json", {"small": "x"}).keep([(submission, self.FACTS)])
        assert Memory(tmp_path / "m.json", {"small": "x"}).get(submission) == self.FACTS

    def test_other_circumstances_forget(self, tmp_path, submission):
        Memory(tmp_path / "m.json", {"small": "x"}).keep([(submission, self.FACTS)])
        assert Memory(tmp_path / "m.json", {"small": "y"}).get(submission) is None

    def test_a_report_on_other_assignments_leaves_the_rest(self, tmp_path, submission):
        Memory(tmp_path / "m.json", {"small": "x"}).keep([(submission, self.FACTS)])
        Memory(tmp_path / "m.json", {"other": "z"}).keep([])
        assert Memory(tmp_path / "m.json", {"small": "x"}).get(submission) == self.FACTS

    def test_what_cannot_be_graded_is_forgotten(self, tmp_path, submission):
        Memory(tmp_path / "m.json", {"small": "x"}).keep([(submission, self.FACTS)])
        Memory(tmp_path / "m.json", {"small": "x"}).keep([(submission, None)])
        assert Memory(tmp_path / "m.json", {"small": "x"}).get(submission) is None

    @pytest.mark.parametrize(
        "content", ["", "[]", "3", '{"small": 3}', '{"small": {"circumstances": "x", "facts": []}}']
    )
    def test_a_damaged_file_is_an_empty_memory(self, tmp_path, submission, content):
        (tmp_path / "m.json").write_text(content)
        memory = Memory(tmp_path / "m.json", {"small": "x"})
        assert memory.get(submission) is None
        memory.keep([(submission, self.FACTS)])
        assert Memory(tmp_path / "m.json", {"small": "x"}).get(submission) == self.FACTS

    def test_a_folder_that_cannot_be_written_costs_nothing_but_time(self, tmp_path, submission):
        Memory(tmp_path / "nowhere" / "m.json", {"small": "x"}).keep([(submission, self.FACTS)])


@pytest.mark.parametrize("what", ["source", "solutions"])
def test_circumstances_are_the_source_and_the_solutions(course, submission, what):
    before = circumstances(course, "small")
    assert circumstances(course, "small") == before
    path = course.source / "small" / "small.ipynb" if what == "source" else course.solutions / "small.py"
    path.write_text(path.read_text(encoding="utf-8").replace("sum", "summe"), encoding="utf-8")
    os.utime(path, (1, 1))
    assert circumstances(course, "small") != before
