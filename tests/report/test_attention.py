"""What needs attention is found, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.course.concern import Concern
from autograder.gradebook.scores import Late
from autograder.report.attention import (
    Absent,
    Attention,
    Case,
    OtherTheme,
    Ungraded,
    Unknown,
    attention,
)
from autograder.report.classroom import Classroom
from autograder.report.items import items
from autograder.report.outcomes import Outcome, State
from tests.report.classes import classroom, items_of, known, on_roster, score

ONE = {"one": items_of("one", t=1.0)}
THEMES = {name: items_of(name, t=1.0) for name in ("theme_a", "theme_b")}


def found(made: Classroom) -> Attention:
    return attention(made, {name: items(made, name) for name in made.assignments})


def test_a_class_without_trouble_needs_none():
    made = classroom(
        ONE, {("ada", "one"): score(t=1.0)}, [known("ada", "one", {"t": ""})], {"ada": "theme_a"}
    )
    assert found(made) == Attention()


class TestUngraded:
    ITEMS = {"one": items_of("one", manual=("w1", "w2"), t=1.0, w1=4.0, w2=3.0)}

    def test_answers_are_counted_by_assignment_with_their_points(self):
        made = classroom(
            self.ITEMS,
            {
                ("ada", "one"): score(t=1.0, waits=("w1", "w2")),
                ("bob", "one"): score(t=1.0, w1=2.0, waits=("w2",)),
                ("cyd", "one"): score(t=1.0, w1=2.0, w2=2.0),
            },
        )
        assert found(made).ungraded == (Ungraded(assignment="one", submissions=2, answers=3, points=10.0),)

    def test_themes_that_do_not_count_need_not_be_graded(self):
        themes = {"theme_a": items_of("theme_a", manual=("w",), w=4.0)}
        made = classroom(themes, {("ada", "theme_a"): score(waits=("w",))}, allocated={"ada": "theme_b"})
        assert found(made).ungraded == ()


class TestStrays:
    def test_submissions_of_nobody_on_the_roster_are_named(self):
        made = classroom(
            ONE, {("ada", "one"): score(t=1.0)}, [known("eve", "one", {"t": ""})], roster=("cyd",)
        )
        assert found(made).not_on_roster == ()
        with_roster = replace(made, book=on_roster(made.book, "ada", "cyd"))
        assert found(with_roster).not_on_roster == (("eve", ("one",)),)

    def test_nobody_who_is_not_on_the_roster_is_missing(self):
        items = {**ONE, "two": items_of("two", t=1.0)}
        scores = {("ada", "one"): score(t=1.0), ("eve", "one"): score(t=1.0), ("cyd", "two"): score(t=1.0)}
        made = classroom(items, scores)
        made = replace(made, book=on_roster(made.book, "ada", "cyd"))
        assert [(one.assignment, one.students) for one in found(made).absent] == [
            ("one", ("cyd",)),
            ("two", ("ada",)),
        ]

    def test_folders_of_no_assignment_are_named(self):
        misplaced = (Concern("submitted/ada/oen", "no assignment is called so"),)
        made = replace(classroom(ONE, {("ada", "one"): score(t=1.0)}), misplaced=misplaced)
        assert found(made).misplaced == misplaced


class TestSubmissions:
    def test_broken_files_say_why(self):
        made = classroom(
            ONE,
            {},
            [Outcome(student="ada", assignment="one", state=State.BROKEN, broken="one.ipynb is empty")],
        )
        assert found(made).broken == (Case("ada", "one", ("one.ipynb is empty",)),)
        assert found(made).unknown == ()

    def test_those_that_must_be_graded_again_say_why(self):
        made = classroom(
            ONE,
            {
                ("changed", "one"): score(t=1.0),
                ("same", "one"): score(t=1.0),
                ("other", "one"): score(t=0.0),
            },
            [
                Outcome(student="changed", assignment="one", state=State.UNKNOWN),
                Outcome(student="never", assignment="one", state=State.UNKNOWN),
                known("lost", "one", {"t": ""}),
                known("same", "one", {"t": ""}),
                known("other", "one", {"t": ""}),
            ],
        )
        assert found(made).unknown == (
            ("changed", "one", Unknown.CHANGED),
            ("lost", "one", Unknown.NOT_RECORDED),
            ("never", "one", Unknown.NEVER),
            ("other", "one", Unknown.OTHER_POINTS),
        )

    def test_points_that_a_person_changed_are_no_reason_to_grade_again(self):
        given = score(t=1.0)
        by_hand = replace(given.cells["t"], points=0.5)
        given = replace(given, points=0.5, cells={"t": by_hand})
        made = classroom(ONE, {("ada", "one"): given}, [known("ada", "one", {"t": ""})])
        assert found(made).unknown == ()

    def test_time_limits_questions_signs_and_missing_sandboxes_are_listed(self):
        one = known(
            "ada",
            "one",
            {"t": ""},
            problems=("stopped after 30 s",),
            questions=("which cell counts?",),
            signs=("cell x imports ctypes",),
            sandboxed=False,
        )
        seen = found(classroom(ONE, {("ada", "one"): score(t=1.0)}, [one]))
        assert seen.stopped == (Case("ada", "one", ("stopped after 30 s",)),)
        assert seen.questions == (Case("ada", "one", ("which cell counts?",)),)
        assert seen.suspicious == (Case("ada", "one", ("cell x imports ctypes",)),)
        assert seen.unsandboxed == (Case("ada", "one", ()),)

    def test_late_ones_have_their_penalty(self):
        made = classroom(ONE, {("ada", "one"): score(t=1.0, late=3600.0, penalty=0.5)})
        assert found(made).late == (Late(student="ada", assignment="one", seconds=3600.0, penalty=0.5),)


class TestThemes:
    def test_another_theme_than_the_allocated_one_is_said(self):
        made = classroom(
            THEMES,
            {
                ("ada", "theme_b"): score(t=1.0),
                ("bob", "theme_b"): score(t=1.0),
                ("bob", "theme_a"): score(t=0.0),
            },
            allocated={"ada": "theme_a", "bob": "theme_a"},
        )
        assert found(made).other_theme == (
            OtherTheme(student="ada", theme="theme_a", submitted=("theme_b",), has_own=False),
            OtherTheme(student="bob", theme="theme_a", submitted=("theme_b",), has_own=True),
        )

    def test_a_student_whom_the_allocation_does_not_name_is_said(self):
        made = classroom(THEMES, {("eve", "theme_b"): score(t=1.0)}, allocated={"ada": "theme_a"})
        assert found(made).other_theme == (
            OtherTheme(student="eve", theme=None, submitted=("theme_b",), has_own=False),
        )

    def test_one_that_does_not_count_need_not_be_graded(self):
        outcomes = [
            Outcome(student="ada", assignment="theme_b", state=State.UNKNOWN),
            Outcome(student="bob", assignment="theme_b", state=State.BROKEN, broken="empty"),
        ]
        made = classroom(THEMES, {}, outcomes, {"ada": "theme_a", "bob": "theme_a"})
        seen = found(made)
        assert (seen.unknown, seen.broken) == ((), ())
        assert [one.student for one in seen.other_theme] == ["ada", "bob"]

    def test_without_an_allocation_any_theme_is_right(self):
        made = classroom(THEMES, {("ada", "theme_b"): score(t=1.0), ("bob", "theme_a"): score(t=1.0)})
        assert (found(made).other_theme, found(made).absent) == ((), ())


class TestAbsent:
    def test_everybody_on_the_roster_is_expected(self):
        made = classroom(ONE, {("ada", "one"): score(t=1.0)}, roster=("ada", "bob", "cyd"))
        assert found(made).absent == (Absent("one", ("bob", "cyd")),)

    def test_a_broken_file_is_a_submission(self):
        made = classroom(
            ONE, {}, [Outcome(student="ada", assignment="one", state=State.BROKEN, broken="it is empty")]
        )
        assert found(made).absent == ()

    def test_only_the_allocated_theme_is_expected(self):
        made = classroom(
            THEMES, {("ada", "theme_a"): score(t=1.0)}, allocated={"ada": "theme_a", "bob": "theme_b"}
        )
        assert found(made).absent == (Absent("theme_b", ("bob",)),)

    def test_without_an_allocation_one_theme_is(self):
        made = classroom(THEMES, {("ada", "theme_a"): score(t=1.0)}, roster=("ada", "bob"))
        assert found(made).absent == (Absent(None, ("bob",)),)


class TestDoubts:
    def made(self, points, number=10) -> Classroom:
        """Two cells; `points` gives those of a student by number."""
        items = {"one": items_of("one", manual=("w",), easy=1.0, odd=1.0, hard=1.0, w=1.0)}
        scores = {(f"s{n:02}", "one"): score(**points(n % 10), w=0.0) for n in range(number)}
        return classroom(items, scores)

    def doubted(self, points, number=10) -> list[tuple[str, bool]]:
        return [(one.item.item.cell, one.nobody) for one in found(self.made(points, number)).doubts]

    def test_a_cell_that_nobody_passes_is_doubted(self):
        assert self.doubted(lambda n: {"easy": float(n > 2), "odd": float(n > 5), "hard": 0.0}) == [
            ("hard", True)
        ]

    @pytest.mark.parametrize(
        ("number", "expected"), [(20, []), (60, [("odd", False)]), (200, [("odd", False)])]
    )
    def test_a_cell_that_weak_students_pass_is_doubted_in_a_class_that_is_large_enough(
        self, number, expected
    ):
        def points(n):
            return {"easy": float(n > 2), "odd": float(n in (0, 1, 4)), "hard": float(n > 3)}

        assert self.doubted(points, number) == expected

    def test_what_chance_explains_is_not_doubted(self):
        def points(n):  # r = -0.25
            return {"easy": float(n > 2), "odd": float(n in (0, 5, 7)), "hard": float(n > 4)}

        assert self.doubted(points, 40) == []

    def test_nothing_is_doubted_where_nobody_did_anything(self):
        assert self.doubted(lambda n: {"easy": 0.0, "odd": 0.0, "hard": 0.0}) == []

    def test_five_students_do_not_make_a_correlation_and_four_no_failure(self):
        items = {"one": items_of("one", easy=1.0, odd=1.0, hard=1.0)}
        scores = {
            (f"s{n}", "one"): score(easy=float(n > 2), odd=float(n in (0, 3)), hard=float(n > 3))
            for n in range(5)
        }
        assert found(classroom(items, scores)).doubts == ()
        four = {(f"s{n}", "one"): score(easy=1.0, odd=0.0, hard=float(n > 1)) for n in range(4)}
        assert found(classroom(items, four)).doubts == ()
