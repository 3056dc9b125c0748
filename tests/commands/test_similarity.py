"""`autograder similarity`: what is printed, and what is kept for the report."""

from __future__ import annotations

import json
import os

import pytest
from rich.console import Console

from autograder.commands.console import write_json
from autograder.commands.similarity import CAUTION, records, similarity, summary
from autograder.errors import CourseError
from autograder.similarity.answers import LeftOut
from autograder.similarity.comparison import Comparison
from autograder.similarity.pairs import AlikeCells, Pair
from tests import small_course
from tests.similarity.copies import disguised_cell
from tests.similarity.long_answers import long_answer


def answer(seed: int) -> str:
    return long_answer(seed).replace("def f(x)", "def scale(x, factor)")


@pytest.fixture
def with_copy(course):
    """Six honest students, and bob, who has ada's answer in disguise."""
    for number, student in enumerate(("ada", "cyd", "dan", "eli", "fay", "gil")):
        small_course.submit(course, student, scale=answer(number))
    small_course.submit(course, "bob", scale=disguised_cell(answer(0)))
    return course


def printed(renderable) -> str:
    console = Console(width=110)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def pair(first: str = "ada", second: str = "bob", number: int = 1) -> Pair:
    cells = tuple(
        AlikeCells(
            cell=f"cell{n}",
            score=0.97,
            common=60,
            found_in=3,
            first_source="x = 1",
            second_source="y = 1",
            second_cell=f"cell{n}",
        )
        for n in range(number)
    )
    return Pair(first=first, second=second, score=0.87, cells=cells)


def test_a_copy_is_printed_and_kept(with_copy, capsys):
    similarity(with_copy.root, "small")
    out = capsys.readouterr().out
    assert "Look at these pairs" in out
    assert "scale: 100% alike, as found in 2" in out
    assert "7 submissions of small, 21 pairs" in out
    kept = json.loads((with_copy.state / "similarity" / "small.json").read_text(encoding="utf-8"))
    [found] = kept["pairs"]
    assert (found["first"], found["second"]) == ("ada", "bob")
    assert 0.5 <= found["score"] <= 1
    [cell] = [cell for cell in found["cells"] if cell["cell"] == "scale"]
    assert cell["first_source"] == answer(0)
    assert cell["second_source"] == disguised_cell(answer(0))
    assert cell["score"] > 0.9


def test_the_threshold_decides_what_is_listed(with_copy, capsys):
    similarity(with_copy.root, "small", 1.0)
    out = capsys.readouterr().out
    assert "Look at" not in out
    assert "None is at 1.00 or above; the closest are ada and bob with 0." in " ".join(out.split())
    assert json.loads((with_copy.state / "similarity" / "small.json").read_text())["pairs"] == []


def test_what_json_writes_is_what_is_kept(with_copy, tmp_path):
    done = similarity(with_copy.root, "small")
    kept = with_copy.state / "similarity" / "small.json"
    write_json(tmp_path / "new" / "pairs.json", done.data)
    assert (tmp_path / "new" / "pairs.json").read_bytes() == kept.read_bytes()
    assert [path.name for path in kept.parent.iterdir()] == ["small.json"]


def test_a_crash_while_writing_leaves_the_last_result(with_copy, monkeypatch):
    similarity(with_copy.root, "small")
    kept = with_copy.state / "similarity" / "small.json"
    before = kept.read_bytes()

    def full(*arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="full"):
        similarity(with_copy.root, "small", 0.9)
    assert kept.read_bytes() == before
    assert [path.name for path in kept.parent.iterdir()] == ["small.json"]


def test_nothing_of_a_course_changes_but_the_result(with_copy):
    def files():
        return {path: path.read_bytes() for path in with_copy.root.rglob("*") if path.is_file()}

    before = files()
    similarity(with_copy.root, "small")
    after = files()
    assert set(after) - set(before) == {with_copy.state / "similarity" / "small.json"}
    assert {path: after[path] for path in before} == before


def test_code_of_students_is_never_run(course, tmp_path):
    mark = tmp_path / "was here"
    code = f"def total(values):\n    return sum(values)\n\nopen({str(mark)!r}, 'w').write('x')"
    small_course.submit(course, "ada", total=code)
    small_course.submit(course, "eve", total=code)
    similarity(course.root, "small")
    assert not mark.exists()


def test_an_unknown_assignment_is_one_sentence(course):
    with pytest.raises(CourseError, match="there is no assignment 'smal'; there are small"):
        similarity(course.root, "smal")


def test_nobody_has_submitted(course, capsys):
    similarity(course.root, "small")
    assert capsys.readouterr().out == (
        "0 submissions of small: no two have an answer in common.\nNext: autograder report for the class\n"
    )


class TestSummary:
    comparison = Comparison(
        compared=40,
        threshold=0.5,
        typical=0.05,
        high=0.21,
        pairs=(pair(number=5), pair("cyd", "dan")),
        closest=pair(),
    )

    def test_it_asks_to_look_and_accuses_nobody(self):
        text = printed(summary("small", self.comparison, []))
        assert " ".join(text.split()).count(CAUTION) == 1
        assert "typical pair scores 0.05" in text
        for word in ("plagiar", "cheat", "suspect", "guilty", "copied"):
            assert word not in text.lower()

    def test_a_class_that_is_alike_as_a_whole_is_said_to_be(self):
        alike = Comparison(
            compared=8, threshold=0.55, typical=0.75, high=0.82, pairs=(), closest=pair(), usual=0.86
        )
        text = " ".join(printed(summary("small", alike, [])).split())
        assert "The whole class is alike" in text
        assert "more than 0.86; --threshold 0.55 lists all" in text
        assert "None is above 0.86; the closest are ada and bob" in text
        assert records("small", alike, [])["usual"] == 0.86

    def test_the_most_telling_cells_are_named_and_the_others_counted(self):
        text = printed(summary("small", self.comparison, []))
        assert "cell0: 97% alike, as found in 3" in text
        assert "and 2 more cells" in text

    def test_many_pairs_are_counted_and_the_first_shown(self):
        pairs = tuple(pair(f"a{number:02}", f"b{number:02}") for number in range(50))
        text = printed(
            summary(
                "small",
                Comparison(
                    compared=99, threshold=0.5, typical=0.0, high=0.9, pairs=pairs, closest=pairs[0], more=7
                ),
                [],
            )
        )
        assert "a19" in text
        assert "a20" not in text
        assert "37 more pairs at 0.50 or above" in text

    def test_names_and_reasons_are_shown_as_they_are(self):
        hostile = pair("[red]eve[/]", "[link=http://x]mal")
        text = printed(
            summary(
                "small",
                Comparison(compared=2, threshold=0.5, typical=0, high=0, pairs=(hostile,), closest=hostile),
                [LeftOut("[bold]z", "no [/] notebook")],
            )
        )
        for name in ("[red]eve[/]", "[link=http://x]mal", "[bold]z: no [/] notebook"):
            assert name in text

    def test_a_moved_answer_is_named_in_both_places(self):
        moved = AlikeCells(
            cell="cell1",
            score=0.9,
            common=4,
            found_in=9,
            first_source="",
            second_source="",
            second_cell="cell2",
        )
        one = Pair(first="ada", second="bob", score=0.6, cells=(moved,))
        assert "cell1 (there in cell2): 90% alike, as found in 9" in printed(
            summary(
                "small",
                Comparison(compared=2, threshold=0.5, typical=0, high=0, pairs=(one,), closest=one),
                [],
            )
        )


def test_records_have_the_agreed_shape():
    one = records(
        "small",
        Comparison(compared=2, threshold=0.5, typical=0.1, high=0.2, pairs=(pair(),), closest=pair()),
        [LeftOut("eve", "no notebook")],
    )
    assert set(one["pairs"][0]) >= {"first", "second", "score", "cells"}
    assert set(one["pairs"][0]["cells"][0]) >= {"cell", "score", "first_source", "second_source"}
    assert one["left_out"] == [{"student": "eve", "why": "no notebook"}]
    assert json.loads(json.dumps(one))["pairs"][0]["first"] == one["pairs"][0]["first"]
