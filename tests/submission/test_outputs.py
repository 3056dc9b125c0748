"""Markers see what the student saw, and beside it what grading saw where that is something else."""

from __future__ import annotations

import base64
import json

import nbformat
import pytest

from autograder.kernel.outputs import COLOURS, MEGAPIXELS, MOST_OUTPUTS, is_picture, weight
from autograder.submission.outputs import AS_GRADED, AS_SUBMITTED, harmless, has_run, shown
from autograder.submission.pictures import pasted_pictures
from autograder.submission.reading import reads

TEXT = {"output_type": "stream", "name": "stdout", "text": "80.8 %\n"}
OTHER = {"output_type": "stream", "name": "stdout", "text": "31.6 %\n"}
PICTURE = {
    "output_type": "display_data",
    "data": {"image/png": "aGVsbG8=", "text/plain": "<Figure>"},
    "metadata": {},
}


def texts(outputs) -> list[str]:
    return [output.get("text") for output in outputs]


def test_what_was_not_executed_is_shown_as_submitted():
    assert texts(shown([TEXT], None)) == ["80.8 %\n"]


def test_what_had_not_been_run_is_shown_as_graded():
    assert texts(shown(None, [OTHER])) == ["31.6 %\n"]


def test_what_agrees_is_shown_once():
    again = {**PICTURE, "metadata": {"needs_background": "light"}}
    assert len(shown([TEXT, PICTURE], [TEXT, again])) == 2


def test_what_differs_is_shown_twice_each_with_its_label():
    assert texts(shown([TEXT], [OTHER])) == [AS_SUBMITTED, "80.8 %\n", AS_GRADED, "31.6 %\n"]


def test_what_put_out_nothing_when_graded_is_shown_as_submitted():
    assert texts(shown([TEXT], [])) == ["80.8 %\n"]


@pytest.mark.parametrize(
    ("cell", "ran"),
    [
        ({"outputs": [TEXT]}, True),
        ({"outputs": [], "execution_count": 3}, True),
        ({"outputs": [], "execution_count": None}, False),
        ({}, False),
    ],
)
def test_a_cell_had_been_run_where_it_has_a_number_or_outputs(cell, ran):
    assert has_run(cell) is ran


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload='alert(1)'/>"}},
        {"output_type": "display_data", "data": {"image/png": "<script>"}},
        {"output_type": "execute_result", "data": {"application/javascript": "alert(1)"}},
        {"output_type": "stream", "name": "stdout", "text": {"not": "text"}},
        {"output_type": "widget"},
        {"output_type": ["stream"]},
        "no output",
        None,
    ],
)
def test_of_hostile_outputs_nothing_is_kept(output):
    assert harmless({"outputs": [output]}) == []


def test_outputs_that_are_no_list_are_none():
    assert harmless({"outputs": "text"}) == harmless({"outputs": {"a": 1}}) == harmless({}) == []


def test_text_beside_html_is_kept():
    output = {
        "output_type": "execute_result",
        "execution_count": None,
        "data": {"text/html": "<b>3</b>", "text/plain": "3"},
    }
    [kept] = harmless({"outputs": [output]})
    assert kept.data == {"text/plain": "3"}


def test_a_flood_is_cut_and_says_so():
    kept = harmless({"outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 10_000}]}, 1_000)
    assert len(str(kept)) < 1_500
    assert "cut" in str(kept)


def _printed(text: str) -> str:
    [kept] = harmless({"outputs": [{"output_type": "stream", "name": "stdout", "text": text}]})
    return kept.text


@pytest.mark.parametrize("output", [PICTURE, {**PICTURE, "data": {"text/plain": "a"}}])
def test_a_flood_of_short_outputs_is_cut_and_says_so(output):
    kept = harmless({"outputs": [output] * 100_000})
    assert len(kept) == MOST_OUTPUTS + 1
    assert "was cut" in kept[-1].text


def test_what_short_outputs_of_many_cells_take_is_bounded():
    assert weight([PICTURE]) > 1000


def jpeg(width: int, height: int, before: bytes = b"") -> str:
    size = height.to_bytes(2) + width.to_bytes(2)
    return base64.b64encode(
        b"\xff\xd8" + before + b"\xff\xc2\x00\x11\x08" + size + b"\x03" + bytes(20)
    ).decode()


def png(width: int, height: int) -> str:
    size = width.to_bytes(4) + height.to_bytes(4)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + size + bytes(20)).decode()


SEGMENT = b"\xff\xe1\x00\x08" + bytes(6)
BOMBS = {
    "a PNG": ("image/png", png(30_000, 30_000)),
    "a PNG of one line": ("image/png", png(2**31 - 1, 1)),
    "a PNG in lines": ("image/png", png(30_000, 30_000)[:30] + "\n" + png(30_000, 30_000)[30:]),
    "a JPEG": ("image/jpeg", jpeg(65_000, 65_000)),
    "a JPEG of a camera": ("image/jpeg", jpeg(65_000, 65_000, SEGMENT)),
    "a JPEG with something between its parts": ("image/jpeg", jpeg(65_000, 65_000, b"abc")),
    "a JPEG under the name of a PNG": ("image/png", jpeg(65_000, 65_000)),
    "a PNG under the name of a JPEG": ("image/jpeg", png(30_000, 30_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_that_unpacks_to_gigabytes_is_not_shown_and_says_so(name):
    kind, data = BOMBS[name]
    [kept] = harmless({"outputs": [{**PICTURE, "data": {kind: data, "text/plain": "<Figure>"}}]})
    assert set(kept.data) == {"text/plain"}
    assert f"<Figure>\n[not shown: a picture of more than {MEGAPIXELS} megapixels]" == kept.data["text/plain"]


@pytest.mark.parametrize("name", BOMBS)
def test_one_that_was_pasted_into_a_text_is_named(name):
    kind, data = BOMBS[name]
    cell = {
        "cell_type": "markdown",
        "source": "![x](attachment:huge.png)",
        "attachments": {"huge.png": {kind: data}},
    }
    notebook, notes = reads(json.dumps({"nbformat": 4, "cells": [cell]}).encode())
    assert "huge.png" in notes[0]
    assert f"at most {MEGAPIXELS} megapixels" in notes[0]
    assert pasted_pictures(notebook.cells[0]) == {}


@pytest.mark.parametrize(
    ("kind", "data"),
    [("image/png", png(8_000, 8_000)), ("image/jpeg", jpeg(8_000, 6_000, SEGMENT)), ("image/jpeg", "/9j/"), ("image/png", "abc")],
)  # fmt: skip
def test_the_photograph_of_a_telephone_is_shown(kind, data):
    assert is_picture(kind, data)


def test_colours_are_kept():
    assert _printed("\x1b[1;31mred\x1b[0m") == "\x1b[1;31mred\x1b[0m"


def test_of_a_flood_of_colours_the_text_is_kept():
    kept = _printed("\x1b[1ma\x1b[0mb" * 100_000)
    assert kept.count("\x1b") == COLOURS
    assert kept.replace("\x1b[1m", "").replace("\x1b[0m", "") == "ab" * 100_000


def test_colours_are_counted_over_all_outputs_of_a_cell():
    line = {"output_type": "stream", "name": "stdout", "text": "\x1b[1ma"}
    error = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["\x1b[31mx"] * COLOURS}
    kept = harmless(
        {
            "outputs": [line] * COLOURS
            + [error, {"output_type": "display_data", "data": {"text/plain": "\x1b[1my"}}]
        }
    )
    assert str(kept).count("\\x1b") == COLOURS


@pytest.mark.parametrize(
    "obeyed", ["\x1b[2J", "\x1b[10;1H", "\x1b[?25l", "\x1b]", "\x1bc", "\x1b[999", "\x1b"]
)
def test_nothing_else_that_a_terminal_would_obey_is_kept(obeyed):
    assert "\x1b" not in _printed(f"a{obeyed}")


def test_what_is_shown_can_be_written():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=shown([PICTURE], [TEXT]))])
    nbformat.validate(made)
