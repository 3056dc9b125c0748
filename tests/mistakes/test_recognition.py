"""A submission that does what a known wrong answer does is told its hint, and is not executed for it."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder.commands import grade as command
from autograder.commands.feedback import feedback
from autograder.commands.report import report
from autograder.course.folder import Course
from autograder.grading import grader, preprocessors
from autograder.grading.graded import Graded
from autograder.grading.record import Records
from autograder.mistakes import recognition, trying
from tests import small_course
from tests.fakes import FakeEngine
from tests.grading.pools import FakePool
from tests.mistakes.known_answers import ADDED

ELSE = "def scale(x, factor):\n    return x * (factor + 0.5)"


class Pools:
    """The workers: those that execute submissions, and those that execute known wrong answers."""

    def __init__(self) -> None:
        self.submissions, self.known = FakePool(), FakePool()


@pytest.fixture
def pools(monkeypatch) -> Pools:
    pools = Pools()
    monkeypatch.setattr(grader, "run_all", pools.submissions)
    monkeypatch.setattr(trying, "run_all", pools.known)
    return pools


def run(course: Course, text: str = ADDED) -> dict[str, dict]:
    """Grade; for each student, what is said of the test of `scale`."""
    (course.root / "mistakes").mkdir(exist_ok=True)
    (course.root / "mistakes" / "small.yaml").write_text(text)
    done = command.grade(course.root, [], [], 1, False, False, False, None)
    return {cell["student"]: cell for cell in done.data["cells"] if cell["cell"] == "test_scale"}


def test_the_mistake_and_its_hint_are_in_the_record_and_in_what_json_has(course, pools, capsys):
    small_course.submit(
        course, "ada", scale="def scale(x, factor):\n    result = factor + x\n    return result"
    )
    small_course.submit(course, "bob", scale="def scale(x, factor):\n    return x - factor")
    small_course.submit(course, "cyd")
    cells = run(course)
    assert cells["ada"]["mistake"] == ["scale: added"]
    assert cells["ada"]["hint"] == {"en": "`factor` is a factor.", "ja": "`factor` は係数です。"}
    assert cells["bob"]["mistake"] == cells["cyd"]["mistake"] == []
    record = Records(course.state / "records").read("ada", "small")
    assert record.hints == {"test_scale": cells["ada"]["hint"]}
    assert "1 of 2 failed tests show a known mistake" in " ".join(capsys.readouterr().out.split())


def test_points_and_messages_are_the_same_with_and_without(course, pools):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    before = run(course, "{}")["ada"]
    after = run(course)["ada"]
    assert after["mistake"] != before["mistake"] == []
    assert {key: after[key] for key in ("points", "message", "status")} == {
        key: before[key] for key in ("points", "message", "status")
    }


def test_a_new_entry_is_shown_to_all_without_executing_a_submission_again(course, pools):
    for student in ("ada", "bob"):
        small_course.submit(course, student, scale=f"# {student}\n{small_course.WRONG_SCALE}")
    assert [cell["mistake"] for cell in run(course, "{}").values()] == [[], []]
    executed = len(pools.submissions.executed)
    assert [cell["mistake"] for cell in run(course).values()] == [["scale: added"]] * 2
    assert len(pools.submissions.executed) == executed


def test_a_hint_that_is_changed_is_shown_without_executing_anything_again(course, pools):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    run(course)
    executed = len(pools.submissions.executed), len(pools.known.executed)
    assert (
        run(course, ADDED.replace("is a factor.", "multiplies."))["ada"]["hint"]["en"]
        == "`factor` multiplies."
    )
    assert (len(pools.submissions.executed), len(pools.known.executed)) == executed


def test_an_entry_that_is_removed_is_forgotten(course, pools):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    assert run(course)["ada"]["mistake"]
    assert run(course, "{}")["ada"]["mistake"] == []


def test_only_what_a_failing_test_needs_is_executed(course, pools):
    small_course.submit(course, "ada")
    run(course)
    assert pools.known.executed == []


MISSING = """
scale:
  wrong:
    not there:
      source: pass
    placeholder:
      source: |
        def scale(x, factor):
            raise NotImplementedError
"""


def test_answers_that_are_not_there_are_no_known_mistake(course, pools):
    small_course.submit(course, "ada", scale="")
    small_course.submit(course, "bob", scale="def scale(x, factor):\n    raise NotImplementedError")
    assert [cell["mistake"] for cell in run(course, MISSING).values()] == [[], []]


def test_where_two_known_answers_do_the_same_no_hint_is_guessed(course, pools):
    text = ADDED + "    added the other way round:\n      old: x * factor\n      new: factor + x\n"
    small_course.submit(course, "ada", scale="def scale(x, factor):\n    return factor + x + 0")
    found = run(course, text)["ada"]
    assert (found["mistake"], found["hint"]) == (["scale: added", "scale: added the other way round"], {})


def test_a_file_that_cannot_be_used_costs_nothing_but_its_hints(course, pools, capsys):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    cells = run(course, "scale:\n  wrong:\n    a:\n      old: not there\n      new: y\n")
    assert (cells["ada"]["points"], cells["ada"]["mistake"]) == (0.0, [])
    assert "no mistake of small is recognised: mistakes/small.yaml" in " ".join(
        capsys.readouterr().out.split()
    )


def test_when_time_is_up_the_next_run_goes_on(course, pools, capsys, monkeypatch):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    with monkeypatch.context() as patch:
        patch.setattr(recognition, "LEAST_SECONDS", -1.0)
        patch.setattr(recognition, "SHARE", -1.0)
        assert run(course)["ada"]["mistake"] == []
    assert "2 known wrong answers could not be compared with yet" in " ".join(capsys.readouterr().out.split())
    assert run(course)["ada"]["mistake"] == ["scale: added"]


def test_a_known_answer_that_cannot_be_executed_is_said_and_tried_again_by_the_next_call(
    course, pools, capsys
):
    small_course.submit(course, "ada", scale="def scale(x, factor):\n    return x * 3")
    pools.known.fails_on = "x * 3"
    assert run(course)["ada"]["mistake"] == []
    assert "some mistakes of small are not recognised" in " ".join(capsys.readouterr().out.split())
    pools.known.fails_on = ""
    executed = len(pools.known.executed)
    assert run(course)["ada"]["mistake"] == ["scale: three times"]
    assert len(pools.known.executed) == executed + 1
    run(course)
    assert len(pools.known.executed) == executed + 1


def test_a_known_answer_that_ends_its_kernel_costs_no_other_one(course, pools):
    dying = ADDED.replace(
        "    added:\n", "    ends it:\n      old: x * factor\n      new: die()\n    added:\n"
    )
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    assert run(course, dying)["ada"]["mistake"] == ["scale: added"]
    executed = len(pools.known.executed)
    run(course, dying)
    assert len(pools.known.executed) == executed


def test_another_test_makes_all_behaviours_new(course, pools):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    run(course)
    executed = len(pools.known.executed)
    source = small_course.source()
    test = small_course.cell_of(source, "test_scale")
    test.source = test.source.replace("torch.ones(2), 3", "torch.ones(3), 3").replace(
        "[3.0, 3.0]", "[3.0, 3.0, 3.0]"
    )
    nbformat.write(source, course.source / "small" / "small.ipynb")
    assert run(Course(course.root))["ada"]["mistake"] == ["scale: added"]
    assert len(pools.known.executed) == 2 * executed


def test_feedback_and_report_say_it(course, pools):
    for student in ("ada", "bob", "cyd"):
        small_course.submit(
            course, student, scale=f"{ELSE}\n\n" if student != "ada" else small_course.WRONG_SCALE
        )
    run(course)
    feedback(course.root, [], 1, None, None, False)
    page = (course.root / "feedback" / "ada" / "small" / "small.html").read_text()
    assert "<code>factor</code> は係数です。" in page or "<code>factor</code> is a factor." in page
    other = (course.root / "feedback" / "bob" / "small" / "small.html").read_text()
    assert 'class="hint"' not in other
    report(course.root, [], None, "en", "http://localhost:8888")
    html = (course.root / "report" / "report.html").read_text()
    assert "added" in html
    assert "not known yet" in html
    assert "x * (factor + 0.5)" in html
    assert "what they did, in a few words:" in html
    assert "source: |\n" in html  # lines that can be read, and not one with escapes
    assert "in <code>mistakes/small.yaml</code>" in html


def test_nbgraders_own_commands_name_it_too(course, pools, monkeypatch):
    """By what is kept: the button of formgrader executes no known wrong answer."""
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    assert run(course)["ada"]["mistake"] == ["scale: added"]
    monkeypatch.setattr(preprocessors, "_execute", FakeEngine().execute)
    monkeypatch.chdir(course.root)
    config = course.config.copy()
    config.CourseDirectory.assignment_id = "small"
    Autograde(coursedir=CourseDirectory(config=config), config=config, force=True).start()
    feedback(course.root, [], 1, None, None, False)
    page = (course.root / "feedback" / "ada" / "small" / "small.html").read_text()
    assert "is a factor." in page


def test_it_says_how_far_it_is_and_nothing_where_nothing_is_executed(course, pools):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    run(course)
    told: list[tuple[int, int]] = []
    graded = [Graded(record=Records(course.state / "records").read("ada", "small"))]
    recognition.recognise(course, graded, 1, tell=lambda done, of: told.append((done, of)))
    assert told == []
    shutil.rmtree(course.state / "behaviours")
    recognition.recognise(course, graded, 1, tell=lambda done, of: told.append((done, of)))
    assert told[0][0] == 0
    assert told[-1] == (told[0][1], told[0][1])


def test_what_many_did_comes_first_whichever_hidden_inputs_they_had(course, pools, monkeypatch):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    for student, more in (("bob", 1), ("cyd", 2), ("dan", 3)):
        small_course.submit(course, student, total=f"def total(values):\n    return sum(values) + {more}")
    tests, batches = [], recognition.batches

    def noted(wanted, *more):
        tests.extend(test.name for test, proofs, _ in wanted if proofs)
        return batches(wanted, *more)

    monkeypatch.setattr(recognition, "batches", noted)
    run(
        course,
        ADDED
        + "total:\n  wrong:\n    nothing:\n      source: |\n        def total(values):\n            return 0\n",
    )
    assert tests[-1] == "test_scale"
    assert set(tests[:-1]) == {"test_total"}


def test_what_is_most_like_the_code_is_tried_first_and_the_rest_only_where_that_gives_no_name(course, pools):
    more = "".join(
        f"    off by {n}:\n      old: x * factor\n      new: x * factor - {n}\n" for n in range(1, 9)
    )
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    assert run(course, ADDED + more)["ada"]["mistake"] == ["scale: added"]
    assert len(pools.known.executed) == 1
    small_course.submit(course, "bob", scale=ELSE)
    assert run(course, ADDED + more)["bob"]["mistake"] == []
    assert len(pools.known.executed) > 1


def test_code_that_is_like_no_known_answer_is_compared_with_none(course, pools, capsys):
    small_course.submit(
        course,
        "ada",
        scale="class Same(int):\n    __eq__ = lambda *_: True\n\ndef forged(*_, **__):\n    return Same(7)\n\nscale = forged",
    )
    assert run(course)["ada"]["mistake"] == []
    assert pools.known.executed == []
    assert "could not be compared" not in capsys.readouterr().out
