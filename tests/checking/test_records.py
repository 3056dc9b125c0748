"""A test cell keeps small tables for the class report; no verdict depends on it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from autograder.checking import records
from autograder.checking.records import collecting, record


def kept(rows, name="t") -> dict:
    with collecting() as tables:
        record(name, rows)
    return tables


def test_without_a_collector_nothing_happens_and_nothing_is_looked_at():
    record("t", [object()])  # would raise if it were looked at


def test_rows_come_back_as_plain_data():
    rows = [{"a": np.float64(0.5), "b": np.int64(3), "c": np.bool_(True), "d": None, "e": "x"}]
    [row] = kept(rows)["t"]
    assert row == {"a": 0.5, "b": 3, "c": True, "d": None, "e": "x"}
    assert [type(value) for value in row.values()] == [float, int, bool, type(None), str]
    assert json.loads(json.dumps(row)) == row


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**60, [1], {"a": 1}, object(), b"x", np.array([1, 2]), 1j]
)
def test_a_table_that_is_no_plain_data_is_left_out(value):
    assert kept([{"a": 1}, {"a": value}]) == {}


def test_long_texts_are_shortened():
    assert kept([{"a": "x" * 1000}])["t"] == [{"a": "x" * records.MAX_TEXT}]


def test_a_table_that_is_too_large_is_left_out():
    row = dict.fromkeys("abcdefghij", 0)
    assert kept([row] * (records.MAX_CELLS // 10))
    assert kept([row] * (records.MAX_CELLS // 10 + 1)) == {}


def test_the_number_of_tables_is_bounded_and_a_name_is_used_again():
    with collecting() as tables:
        for number in range(records.MAX_TABLES + 3):
            record(f"t{number}", [{"a": number}])
        record("t0", [{"a": "again"}])
    assert len(tables) == records.MAX_TABLES
    assert tables["t0"] == [{"a": "again"}]


def test_collectors_are_nested_and_end():
    with collecting() as outer:
        with collecting() as inner:
            record("t", [{"a": 1}])
        record("u", [{"a": 2}])
    record("v", [{"a": 3}])
    assert (list(inner), list(outer)) == (["t"], ["u"])


def test_what_is_kept_is_a_copy():
    row = {"a": 1}
    tables = kept([row])
    row["a"] = 2
    assert tables["t"] == [{"a": 1}]
