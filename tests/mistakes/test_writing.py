"""What is read back is what was written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.mistakes.known import Change, KnownMistakes, RightAnswer, WrongAnswer
from autograder.mistakes.reading import parse
from autograder.mistakes.writing import text_of
from tests.content.answers import ASSIGNMENTS, COURSE

quick = settings(max_examples=100, deadline=None)
printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\x85")
)
filled = printable.filter(str.strip)
code = st.lists(printable, min_size=1).map(lambda lines: "\n".join(lines) + "\n").filter(str.strip)
pieces = st.builds(lambda old, new: Change(old=old, new=new), filled, printable)
lines = st.builds(lambda old, new: Change(old=old, new=new), code, st.one_of(st.just(""), code))
changes = st.one_of(pieces, lines).filter(lambda change: change.old != change.new)
hints = st.dictionaries(st.sampled_from(["ja", "en"]), filled)
ways = st.one_of(
    st.builds(lambda source: {"source": source}, st.one_of(filled, code)),
    st.builds(lambda made: {"changes": tuple(made)}, st.lists(changes, min_size=1, max_size=3)),
)
names = st.lists(filled, min_size=2, max_size=4, unique=True)


@st.composite
def collections(draw):
    wrong, right = [], []
    for cell in draw(st.lists(filled, max_size=2, unique=True)):
        first, *others = draw(names)
        fails = draw(st.lists(filled, unique=True, max_size=2))
        wrong.append(WrongAnswer(name=first, cell=cell, fails=tuple(fails), hint=draw(hints), **draw(ways)))
        right += [RightAnswer(name=name, cell=cell, **draw(ways)) for name in others]
    return KnownMistakes(assignment="disks", wrong=tuple(wrong), right=tuple(right))


@quick
@given(collections())
def test_reading_what_was_written_gives_the_same(known):
    text = text_of(known)
    assert parse(text, "disks") == known
    assert text_of(parse(text, "disks")) == text


@quick
@given(collections())
def test_any_reader_of_yaml_sees_the_same_texts(known):
    data = yaml.safe_load(text_of(known)) or {}
    for answer in known.wrong:
        entry = data[answer.cell]["wrong"][answer.name]
        assert entry.get("source") == answer.source
        assert entry.get("hint", {}) == answer.hint


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_files_of_the_course_are_written_in_the_one_form(assignment):
    text = (COURSE.root / "mistakes" / f"{assignment}.yaml").read_text(encoding="utf-8")
    assert text_of(parse(text, assignment)) == text


def test_code_stands_below_a_bar_and_short_pieces_on_one_line():
    answers = (
        WrongAnswer(name="text", cell="area", changes=(Change(old="3.0", new="'30 %'"),)),
        WrongAnswer(
            name="step", cell="area", source="def area(r):\n    return 'r'\n", fails=("test_area", "test_b")
        ),
        WrongAnswer(
            name="two",
            cell="volume",
            changes=(Change(old="a b", new=""), Change(old="x: y\n", new="z\n")),
            hint={"ja": "半径"},
        ),
    )
    assert text_of(KnownMistakes(assignment="a", wrong=answers)) == (
        """\
area:
  wrong:
    text:
      old: '3.0'
      new: "'30 %'"
    step:
      source: |
        def area(r):
            return 'r'
      fails: [test_area, test_b]

volume:
  wrong:
    two:
      changes:
        - old: a b
          new: ''
        - old: |
            x: y
          new: |
            z
      hint:
        ja: 半径
"""
    )
