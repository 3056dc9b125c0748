"""The code that a known answer stands for."""

from __future__ import annotations

import pytest

from autograder.errors import MistakesError
from autograder.mistakes.known import Change, KnownMistakes, RightAnswer, WrongAnswer

REFERENCE = """\
def area(r):
    square = r * r

    return math.pi * square"""


def changed(old, new, source=REFERENCE):
    return WrongAnswer(name="n", cell="c", changes=(Change(old=old, new=new),)).answer(source)


def test_a_piece_of_a_line_is_changed_where_it_stands():
    assert changed("r * r", "2 * r") == REFERENCE.replace("r * r", "2 * r")


def test_a_piece_may_be_removed():
    assert changed("math.pi * ", "") == REFERENCE.replace("math.pi * ", "")


def test_whole_lines_are_found_at_any_depth_and_the_new_ones_stand_at_the_same():
    new = changed("square = r * r\n", "if r < 0:\n    return 0\nsquare = r ** 2\n")
    assert new == REFERENCE.replace("square = r * r", "if r < 0:\n        return 0\n    square = r ** 2")


def test_whole_lines_may_have_blank_ones_between():
    new = changed("square = r * r\n\nreturn math.pi * square\n", "return 3 * r * r\n")
    assert new == "def area(r):\n    return 3 * r * r"


def test_whole_lines_may_be_removed_also_the_last_one():
    assert changed("return math.pi * square\n", "") == "def area(r):\n    square = r * r"


def test_a_deeper_line_below_an_outer_one_keeps_its_depth():
    loop = "for x in xs:\n    step(x)\nreturn x"
    assert changed("for x in xs:\n    step(x)\n", "for x in xs:\n    pass\nstep(x)\n", loop) == (
        "for x in xs:\n    pass\nstep(x)\nreturn x"
    )


def test_lines_may_be_indented_by_tabs_and_end_in_spaces():
    assert (
        changed("a = 1\n\nb = 2\n", "c = 3\n", "if x:\n\ta = 1  \n\t\n\tb = 2\n\td") == "if x:\n\tc = 3\n\td"
    )


def test_part_of_a_line_is_not_a_whole_line():
    with pytest.raises(MistakesError, match=r"'square' occurs 0 times .* expected once"):
        changed("square\n", "cube\n")


@pytest.mark.parametrize(("old", "count"), [("cube", 0), ("square", 2), ("r", 8), ("return 1\n", 0)])
def test_a_text_that_does_not_occur_exactly_once_is_an_error(old, count):
    with pytest.raises(MistakesError, match=f"occurs {count} times"):
        changed(old, "x\n" if old.endswith("\n") else "x")


def test_overlapping_places_are_counted():
    with pytest.raises(MistakesError, match="occurs 2 times"):
        changed("aba", "x", "ababa")


def test_whole_lines_that_stand_twice_at_different_depths_are_counted():
    with pytest.raises(MistakesError, match="occurs 2 times"):
        changed("pass\n", "x\n", "if a:\n    pass\npass")


def test_several_changes_are_made_one_after_another():
    changes = (Change(old="r * r", new="cube"), Change(old="cube", new="r * r * r"))
    assert RightAnswer(name="n", cell="c", changes=changes).answer(REFERENCE) == REFERENCE.replace(
        "r * r", "r * r * r"
    )


def test_a_source_replaces_the_whole_answer():
    assert WrongAnswer(name="n", cell="c", source="\narea = None\n").answer(REFERENCE) == "area = None"


def test_cells_are_listed_in_the_order_of_the_file():
    wrong = (
        WrongAnswer(name="n", cell="b", source="x", line=3),
        WrongAnswer(name="n", cell="c", source="x", line=9),
    )
    right = (
        RightAnswer(name="n", cell="a", source="x", line=1),
        RightAnswer(name="m", cell="b", source="x", line=6),
    )
    assert KnownMistakes(assignment="a", wrong=wrong, right=right).cells == ("a", "b", "c")
