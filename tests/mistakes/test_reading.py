"""Reading: every text as it was written, and each fault with its place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from autograder import mistakes
from autograder.errors import MistakesError
from autograder.mistakes.known import Change
from autograder.mistakes.reading import load, parse
from autograder.mistakes.validation import problems
from tests.content import answers as course_answers

FILE = """\
# what students do
area:
  wrong:
    radius for diameter:
      old: r * r
      new: d * d
      fails: [test_area, test_volume]
      hint:
        ja: 半径です。
        en: It is the radius.
    no square:
      old: |
        square = r * r
      new: ""
  right:
    a number: {source: 3.0}
"""


def wrong(entry):
    return f"area:\n  wrong:\n    name:\n{entry}"


def test_the_example_of_the_documentation_is_in_the_format():
    [_, _, example, _] = mistakes.__doc__.split("\n\n")
    known = parse(dedent(example), "lesson2_parameters")
    assert [(answer.cell, answer.name) for answer in known.wrong] == [
        ("linear_parameters", "bias sized by the input"),
        ("linear_parameters", "weights printed"),
    ]
    assert problems(known, course_answers.reference("lesson2_parameters")) == ()


def test_answers_are_read_with_all_that_is_known_of_them():
    known = parse(FILE, "disks")
    first, second = known.wrong
    assert (first.cell, first.name, first.line) == ("area", "radius for diameter", 4)
    assert first.changes == (Change(old="r * r", new="d * d"),)
    assert first.fails == ("test_area", "test_volume")
    assert first.hint == {"ja": "半径です。", "en": "It is the radius."}
    assert second.changes == (Change(old="square = r * r\n", new=""),)
    assert (second.fails, second.hint) == ((), {})
    assert [answer.source for answer in known.right] == ["3.0"]


@pytest.mark.parametrize("text", ["30.0", "True", "None", "null", "0x10", "1_000", "2026-01-01", "~", "no"])
def test_code_that_looks_like_yaml_data_stays_text(text):
    [answer] = parse(wrong(f"      old: {text}\n      new: y{text}\n"), "a").wrong
    assert answer.changes[0].old == text


def test_several_changes_are_a_list():
    [answer] = parse(
        wrong("      changes:\n      - {old: a, new: b}\n      - {old: c, new: ''}\n"), "a"
    ).wrong
    assert answer.changes == (Change(old="a", new="b"), Change(old="c", new=""))


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n"])
def test_an_empty_file_has_no_answers(text):
    assert parse(text, "a").wrong == parse(text, "a").right == ()


def test_an_assignment_without_a_file_has_no_answers(tmp_path):
    assert load(tmp_path, "disks").wrong == ()


def test_a_file_is_read_from_its_folder(tmp_path):
    (tmp_path / "disks.yaml").write_text(FILE, encoding="utf-8")
    assert load(tmp_path, "disks") == parse(FILE, "disks")


def test_a_file_that_is_no_text_is_an_error(tmp_path):
    (tmp_path / "disks.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(MistakesError, match=r"mistakes/disks\.yaml cannot be read as a UTF-8 text"):
        load(tmp_path, "disks")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"line \d: not YAML: "),
        ("area:\n\twrong: x", "line 2: not YAML: "),
        ("a: 'x", r"line \d: not YAML: "),
        ("a: \x07", "not YAML: "),
        ("a: b\n---\nc: d", r"line \d: not YAML: "),
        ("- area", "line 1: expected cells by their grade_id, got a list"),
        ("just a text", "got the text 'just a text'"),
        ("area:", "line 1: cell 'area': expected wrong: and right: answers, got nothing"),
        ("area: {worng: {}}", "cell 'area': unknown key 'worng', expected one of wrong, right"),
        ("area:\n  wrong:", "line 2: cell 'area': expected answers by their name, got nothing"),
        ("area: {wrong: [a]}", "got a list"),
        (
            "area: {wrong: {a: {source: x}}}\narea: {wrong: {b: {source: x}}}",
            "line 2: 'area' stands there twice",
        ),
        ("area: {wrong: {a: {source: x}, a: {source: y}}}", "cell 'area': 'a' stands there twice"),
        (
            "area: {wrong: {a: {source: x}}, right: {a: {source: y}}}",
            "cell 'area', answer 'a': the cell has two answers of this name",
        ),
        ("area: {wrong: {? [a, b] : {source: x}}}", "expected a text as the key, got a list"),
        ("area: {wrong: {a: &x {source: x}, b: *x}}", "cell 'area', answer 'b': an anchor .* is used again"),
        ("area: {wrong: {a: {<<: {source: x}}}}", "unknown key '<<'"),
        (
            wrong("      odl: x\n      new: y"),
            "line 4: cell 'area', answer 'name': unknown key 'odl', expected",
        ),
        (wrong("      old: x"), r'new: is missing \(new: "" removes the old text\)'),
        (wrong("      new: x"), "old: is missing"),
        (wrong("      hint: {en: x}"), "an answer has either old: and new:, or changes:, or source:"),
        (wrong("      old: a\n      new: b\n      source: c"), "an answer has either"),
        (wrong("      changes: [{old: a, new: b}]\n      source: c"), "an answer has either"),
        (wrong("      source: [x]"), "source: expected a text, got a list"),
        (wrong("      source: {x: y}"), "source: expected a text, got keys and values"),
        (wrong("      source: ''"), "source: is empty"),
        (wrong("      old: ''\n      new: b"), "old: is empty"),
        (wrong("      old: a\n      new: a"), "new: is the same as old:"),
        (
            wrong("      old: a\n      new: |\n        b\n"),
            r"to change whole lines, write them below `old: \|`",
        ),
        (wrong("      old: |-\n        a\n        b\n      new: c"), "to change whole lines"),
        (wrong("      old: |\n        a\n      new: b"), r"write the new ones below `new: \|`"),
        (wrong("      changes: []"), "changes: is an empty list"),
        (wrong("      changes: {old: a, new: b}"), "changes: expected a list, got keys and values"),
        (wrong("      source: x\n      fails: []"), "fails: is an empty list"),
        (
            wrong("      source: x\n      fails: test_area"),
            "fails: expected a list, got the text 'test_area'",
        ),
        (wrong("      source: x\n      fails: [{a: b}]"), "fails: expected a text, got keys and values"),
        (wrong("      source: x\n      fails: ['']"), "fails: is empty"),
        (wrong("      source: x\n      fails: [t, t]"), "fails: names a test cell twice"),
        (wrong("      source: x\n      hint: try again"), "expected hint: a sentence for each language"),
        (wrong("      source: x\n      hint: {en: ''}"), "hint: is empty"),
        (wrong("      source: x\n      hint: {en: [a]}"), "hint: expected a text, got a list"),
        ("area: {right: {a: {source: x, hint: {en: y}}}}", "unknown key 'hint'"),
        ("area: {right: {a: {source: x, fails: [t]}}}", "unknown key 'fails'"),
    ],
)
def test_a_fault_is_one_sentence_with_its_place(text, message):
    with pytest.raises(MistakesError, match=message) as caught:
        parse(text, "disks")
    assert str(caught.value).startswith("mistakes/disks.yaml")
    assert "\n" not in str(caught.value)
