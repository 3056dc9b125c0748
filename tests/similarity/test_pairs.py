"""Similar pairs are read from files that may hold anything."""

from __future__ import annotations

import json

import pytest

from autograder.similarity.pairs import MOST_PAIRS, Similar, SimilarCell, SimilarPair, read


def test_pairs_come_the_most_similar_first(tmp_path):
    cell = {"cell": "c", "score": 0.9, "first_source": "x", "second_source": "y"}
    pairs = [
        {"first": "ada", "second": "bob", "score": 0.5, "cells": []},
        {"first": "cyd", "second": "dan", "score": 0.8, "cells": [cell], "more": 1},
    ]
    (tmp_path / "one.json").write_text(json.dumps({"pairs": pairs}), encoding="utf-8")
    found = read(tmp_path, "one")
    assert found.pairs == (
        SimilarPair(
            assignment="one",
            first="cyd",
            second="dan",
            score=0.8,
            cells=(SimilarCell(cell="c", score=0.9, first_source="x", second_source="y"),),
        ),
        SimilarPair(assignment="one", first="ada", second="bob", score=0.5, cells=()),
    )
    assert found.more == 0
    assert read(tmp_path, "two") == Similar()


@pytest.mark.parametrize(
    "content",
    [
        '{"pairs": [], "more": 1e400}',
        "",
        "{",
        "[]",
        "3",
        '{"pairs": 3}',
        '{"pairs": {"a": 1}}',
        '{"pairs": [3, null]}',
        "[" * 100_000,
    ],
)
def test_a_file_of_another_shape_holds_none(tmp_path, content):
    (tmp_path / "one.json").write_text(content, encoding="utf-8")
    assert read(tmp_path, "one") == Similar()


def test_odd_parts_of_a_pair_are_empty_and_a_pair_without_names_is_none(tmp_path):
    odd = {"score": "high", "cells": [{"cell": None, "score": float("nan")}, 5]}
    pairs = [{"first": "ada", "second": "bob", **odd}, {"first": 3, "second": "bob", **odd}]
    (tmp_path / "one.json").write_text(json.dumps({"pairs": pairs}), encoding="utf-8")
    assert read(tmp_path, "one").pairs == (
        SimilarPair(
            assignment="one",
            first="ada",
            second="bob",
            score=0.0,
            cells=(SimilarCell(cell="", score=0.0, first_source="", second_source=""),),
        ),
    )


def test_long_lists_are_cut_and_the_rest_is_counted(tmp_path):
    pair = {"first": "a", "second": "b", "score": 0.5}
    (tmp_path / "one.json").write_text(
        json.dumps({"pairs": [pair] * (MOST_PAIRS + 5), "more": 3}), encoding="utf-8"
    )
    found = read(tmp_path, "one")
    assert (len(found.pairs), found.more) == (MOST_PAIRS, 8)
