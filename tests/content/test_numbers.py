"""Texts and mark schemes say what was measured; a number that has drifted is found."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import nbformat
import pytest

from benchmarks import numbers
from benchmarks.measure import pictures
from benchmarks.numbers import Measured, Quote, drift
from tests.content.answers import proven, source


@pytest.mark.parametrize("assignment", numbers.assignments())
def test_every_number_that_a_text_quotes_is_the_one_that_was_measured(assignment):
    problems = drift(source(assignment), assignment, numbers.quotes(assignment), numbers.read(assignment))
    assert not problems, "\n".join(problems)


def test_every_assignment_with_known_answers_quotes_measured_numbers():
    assert numbers.assignments() == proven()


def test_a_measuring_run_that_was_stopped_goes_on(tmp_path, monkeypatch):
    seeds = []

    def measure(seed):
        seeds.append(seed)
        return {"accuracy": (90.0 + seed, "%"), "parameters": 7}

    monkeypatch.setattr(numbers, "KEPT", tmp_path)
    monkeypatch.setitem(
        sys.modules, "benchmarks.measure.lesson2_parameters", SimpleNamespace(measure=measure)
    )
    first = [numbers._measure("lesson2_parameters", seed) for seed in (0, 1)]
    assert [numbers._measure("lesson2_parameters", seed) for seed in (0, 1, 2)][:2] == first
    assert seeds == [0, 1, 2]


def test_pictures_are_measured_where_a_text_quotes_them():
    quoted = {
        assignment
        for assignment in numbers.assignments()
        if any(key.startswith("picture.") for key in numbers.read(assignment))
    }
    assert quoted == set(pictures.MEASURED)
    assert pictures.measure("lesson2_parameters") == {}


NUMBERS = {"accuracy": Measured(value=93.284, spread=0.26, unit="%", seeds=5)}


def compared(text: str, words: str, times: int = 1, **bounds: tuple[float, float]) -> list[str]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="results")])
    quote = Quote(cells=("results",), text=words, where=bounds, times=times)
    return drift(notebook, "small", [quote], NUMBERS)


def test_a_quote_is_rounded_as_it_is_written():
    assert compared("It is 93.3 ± 0.3 %.", "{accuracy:.1f} ± {accuracy.spread:.1f} %") == []


def test_a_number_that_has_drifted_is_shown_beside_the_one_in_the_text():
    [problem] = compared("It is 91.2 ± 0.3 %.", "{accuracy:.1f} ± 0.3 %")
    assert "cell 'results': expected '93.3 ± 0.3 %' as measured; it says '91.2 ± 0.3 %'" in problem
    assert "python -m benchmarks.numbers small" in problem


def test_a_sentence_that_is_gone_is_found():
    [problem] = compared("Nothing.", "{accuracy:.1f} %")
    assert "it does not say so" in problem


def test_a_number_that_has_drifted_in_one_language_only_is_found():
    [problem] = compared("93.3 % です。 / It is 91.2 %.", "{accuracy:.1f} %", times=2)
    assert "expected '93.3 %' in 2 places as measured; it says '91.2 %'" in problem


def test_words_hold_only_between_their_bounds():
    assert compared("more than 90 %", "more than 90 %", accuracy=(90, 100)) == []
    [problem] = compared("more than 95 %", "more than 95 %", accuracy=(95, 100))
    assert "holds while accuracy lies between 95 and 100; it is 93.284" in problem


def test_a_number_that_was_never_measured_is_found():
    [problem] = compared("loss 0.1", "loss {loss:.1f}")
    assert "loss was not measured" in problem


def test_a_cell_that_is_gone_is_found():
    notebook = nbformat.v4.new_notebook()
    [problem] = drift(notebook, "small", [Quote(cells=("gone",), text="{accuracy:.0f}", where={})], NUMBERS)
    assert "there is no cell 'gone'" in problem
