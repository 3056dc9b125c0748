"""Similar pairs are read from the file that the last comparison has left."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from autograder.similarity.pairs import MOST_PAIRS, MOST_TEXT, AlikeCells, Pair, Similar, kept_in, read

CELL = AlikeCells(
    cell="c", score=0.9, common=4, found_in=2, first_source="x", second_source="y", second_cell="c"
)
PAIR = Pair(first="cyd", second="dan", score=0.8, cells=(CELL,))


@pytest.fixture
def file(tmp_path):
    path = kept_in(tmp_path, "one")
    path.parent.mkdir()
    return path


def test_pairs_are_those_that_were_kept(tmp_path, file):
    file.write_text(json.dumps({"pairs": [asdict(PAIR)], "more": 2}), encoding="utf-8")
    assert read(tmp_path, "one") == Similar((PAIR,), 2)
    assert read(tmp_path, "two") == Similar()


@pytest.mark.parametrize(
    "content",
    [
        '{"pairs": [], "more": null}',
        "",
        "{",
        "[]",
        "3",
        '{"pairs": 3}',
        '{"pairs": [3, null]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_holds_none(tmp_path, file, content):
    file.write_text(content, encoding="utf-8")
    assert read(tmp_path, "one") == Similar()


def test_long_lists_and_texts_are_cut_and_the_rest_is_counted(tmp_path, file):
    long = {**asdict(CELL), "first_source": "x" * (MOST_TEXT + 1)}
    pairs = [{**asdict(PAIR), "cells": [long]}] * (MOST_PAIRS + 5)
    file.write_text(json.dumps({"pairs": pairs, "more": 3}), encoding="utf-8")
    found = read(tmp_path, "one")
    assert (len(found.pairs), found.more) == (MOST_PAIRS, 8)
    assert len(found.pairs[0].cells[0].first_source) == MOST_TEXT
