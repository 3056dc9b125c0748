"""`autograder prove`: tests pass what is right, and fail what is wrong and nothing else."""

from __future__ import annotations

import pytest

from autograder.commands.prove import prove
from autograder.course.folder import Course
from autograder.errors import CourseError, MistakesError
from autograder.mistakes import proving
from tests.grading.pools import FakePool

GOOD = """
scale:
  wrong:
    added:
      old: x * factor
      new: x + factor
  right:
    the other way round:
      old: x * factor
      new: factor * x
total:
  wrong:
    the first only:
      old: sum(values)
      new: values[0]
"""
PASSES = """
total:
  wrong:
    a right answer that is called wrong:
      old: sum(values)
      new: sum(list(values))
"""
FAILS_ANOTHER = """
scale:
  wrong:
    added:
      old: x * factor
      new: x + factor
      fails: [test_total]
"""


@pytest.fixture
def pool(monkeypatch) -> FakePool:
    pool = FakePool()
    monkeypatch.setattr(proving, "run_all", pool)
    return pool


def run(course: Course, text: str, capsys, **options) -> tuple[int, str]:
    folder = course.root / "mistakes"
    folder.mkdir(exist_ok=True)
    (folder / "small.yaml").write_text(text)
    status = prove(course.root, [], options.get("quick", False), options.get("variants", 1), 1).status
    return status, " ".join(capsys.readouterr().out.split())


def test_what_holds_is_counted(course, pool, capsys):
    status, out = run(course, GOOD, capsys)
    assert status == 0
    assert "the reference passes, a blank notebook earns nothing" in out
    assert "1 of 1 right answer pass, 2 of 2 wrong answers fail what they must and nothing else" in out


def test_nothing_that_has_not_changed_is_executed_twice(course, pool, capsys):
    run(course, GOOD, capsys)
    before = len(pool.executed)
    assert run(course, GOOD, capsys)[0] == 0
    assert len(pool.executed) == before


def test_answers_that_no_test_can_tell_apart_are_listed(course, pool, capsys):
    same = "    added again:\n      old: x * factor\n      new: factor + x\n"
    text = GOOD.replace("  right:\n", f"{same}  right:\n", 1)
    status, out = run(course, text, capsys)
    assert status == 0
    assert "no test tells them apart: scale: added | scale: added again" in out
    assert "tells them apart" not in run(course, GOOD, capsys)[1]


def test_all_variants_of_hidden_inputs_can_be_proved(course, pool, capsys):
    status, out = run(course, GOOD, capsys, variants=4)
    assert status == 0
    assert "4 of 4 right answers pass, 8 of 8 wrong answers fail" in out
    assert len(list((course.state / "behaviours" / "small").iterdir())) == 4


def test_a_wrong_answer_that_passes_is_named(course, pool, capsys):
    status, out = run(course, PASSES, capsys)
    assert status == 1
    assert "total, a right answer that is called wrong" in out
    assert "passes test_total, which it must fail" in out
    assert "no known wrong answer for test_scale" in out


def test_a_wrong_answer_that_fails_another_test_is_named(course, pool, capsys):
    status, out = run(course, FAILS_ANOTHER, capsys)
    assert status == 1
    assert "fails test_scale, which it must pass" in out


def test_quickly_only_its_own_test_is_executed(course, pool, capsys):
    assert run(course, GOOD, capsys, quick=True)[0] == 0


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("no_such_cell:\n  wrong:\n    a:\n      old: x\n      new: y\n", CourseError, "no_such_cell"),
        ("scale:\n  wrong:\n    a:\n      old: not there\n      new: y\n", CourseError, "not there"),
        ("scale: [", MistakesError, "small.yaml"),
    ],
)
def test_known_answers_that_do_not_fit_are_refused_in_one_sentence(course, pool, capsys, text, error, why):
    with pytest.raises(error, match=why):
        run(course, text, capsys)


def test_a_course_without_known_answers_says_where_to_write_them(course):
    with pytest.raises(CourseError, match="write mistakes/<assignment>.yaml"):
        prove(course.root, [], False, 1, 1)
