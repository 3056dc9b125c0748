"""Objects of pandas cross as plain data, exactly; what is forged or too large does not."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import safetensors.numpy

from autograder.boundary import agent, encoding, pandas_in, pandas_out, wire
from autograder.errors import BoundaryError

pd = pytest.importorskip("pandas")

NUMBERS = safetensors.numpy.save(
    {
        "i": np.arange(3),
        "f": np.zeros(3),
        "b": np.zeros(3, bool),
        "long": np.arange(9),
        "square": np.zeros((3, 3), np.int64),
        "small": np.arange(3, dtype=np.int8),
    }
)
INDEX = ["pR", 0, 3, 1, [None]]
COLUMN = ["numbers", ["A", "i"]]


def sent_back(value):
    """A value of the student's, as the grader gets it; None of a handle."""
    encoder = encoding.Encoder(agent.Agent({}))
    return wire.decode(encoder.finish(encoder.encode(value)), lambda number, name: None)


def forged(structure):
    return wire.decode([json.dumps(structure).encode(), b"", NUMBERS], lambda number, name: None)


WIDE = pd.DataFrame(
    {
        "int": [1, 2, 3],
        "small": np.array([1, 2, 3], "int8"),
        "float": [1.5, np.nan, -0.0],
        "bool": [True, False, True],
        "complex": [1 + 2j, 3, 4],
        "text": ["x", None, "z"],
        "object": pd.Series([1, "a", None], dtype=object),
        "texts as objects": pd.Series(["a", "b", "c"], dtype=object),
        "string": pd.array(["a", None, "c"], dtype="string"),
        "Int64": pd.array([1, None, 3], dtype="Int64"),
        "Float32": pd.array([1, None, 3], dtype="Float32"),
        "boolean": pd.array([True, None, False], dtype="boolean"),
        "day": pd.date_range("2020-01-01", periods=3),
        "zoned": pd.date_range("2020-01-01", periods=3, tz="Asia/Tokyo"),
        "span": pd.to_timedelta([1, 2, 3], unit="s"),
        "category": pd.Categorical(["u", "v", "u"], ordered=True),
        "dates": [datetime.date(2020, 1, day) for day in (1, 2, 3)],
    }
)
FRAMES = {
    "columns of all kinds": WIDE,
    "rows of a part": WIDE.iloc[::2],
    "turned": WIDE[["int", "float"]].T,
    "no rows": WIDE.iloc[:0],
    "nothing": pd.DataFrame(),
    "equal names": WIDE[["int", "int"]],
    "indexed by times": WIDE.set_index("day"),
    "indexed by categories": WIDE.set_index("category")[["int"]],
    "levels above": WIDE.pivot_table(index="bool", columns=["small", "int"], values="float"),
    "described": WIDE[["int", "float"]].describe(),
}
SERIES = {
    "named": WIDE["float"].rename(("a", 1)),
    "of groups": WIDE.groupby(["small", "bool"])["float"].sum(),
    "by hours": pd.Series([1, 2], pd.timedelta_range(0, periods=2, freq="h")),
    "empty": pd.Series(dtype="float32"),
}
INDEXES = {
    "months": pd.date_range("2020", periods=4, freq="MS"),
    "weeks": pd.date_range("2020", periods=4, freq="W-SUN", name="week"),
    "levels": pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["x", None]),
    "backwards": pd.RangeIndex(5, 0, -2),
    "texts": WIDE.columns,
}
SCALARS = [
    pd.Timestamp("2020-01-02 03:04:05.6"), pd.Timestamp("2020-01-02", tz="Europe/Rome"), pd.Timedelta("1h"), pd.NaT,
    pd.NA, datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.UTC),
    datetime.time(3, 4), datetime.timedelta(-1, 3), Decimal("1.20"), Decimal("1E+5"), Fraction(-3, 7), np.str_("a"),
    np.complex64(1 + 2j), np.datetime64("2020-01"), np.timedelta64(3, "D"), np.bool_(True), np.float32(1.5),
]  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES.values(), ids=[name.replace(" ", "-") for name in FRAMES])
def test_a_frame_comes_back_as_it_was(frame):
    back = sent_back(frame)
    pd.testing.assert_frame_equal(back, frame)
    assert back.equals(frame)


@pytest.mark.parametrize("series", SERIES.values(), ids=[name.replace(" ", "-") for name in SERIES])
def test_a_series_comes_back_as_it_was(series):
    pd.testing.assert_series_equal(sent_back(series), series)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_an_index_comes_back_as_it_was(index):
    back = sent_back(index)
    pd.testing.assert_index_equal(back, index, exact=True)
    assert getattr(back, "freq", None) == getattr(index, "freq", None)


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_a_single_value_comes_back_as_it_was(value):
    back = sent_back(value)
    assert type(back) is type(value)
    assert back is value or repr(back) == repr(value)


def test_arrays_of_objects_and_of_times_come_back_as_they_were():
    for array in (
        np.array([[1, "a"], [None, 2.5]], dtype=object), np.array([], dtype=object), np.array(["2020", "NaT"], ">M8[D]")
    ):  # fmt: skip
        back = sent_back(array)
        assert back.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back, array)


class Mine(pd.DataFrame):
    pass


@pytest.mark.parametrize(
    "value",
    [
        pd.Series([object()]),
        pd.DataFrame({"a": [[object()]]}).iloc[0],
        Mine({"a": [1]}),
        pd.Series(pd.period_range("2020", periods=2)),
        pd.interval_range(0, 2),
        WIDE.groupby("int"),
        pd.DataFrame(np.zeros((1, pandas_out.MAX_COLUMNS + 1))),
        pd.Series(np.zeros(pandas_out.MAX_ROWS + 1, np.int8)),
        pd.Series([1], index=[type("text", (str,), {})("a")]),
        pd.Series([1], name=object()),
        np.array([object()]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_data_or_too_large_stays_with_the_student(value):
    assert sent_back(value) is None


@pytest.mark.parametrize(
    "structure",
    [
        ["pF", INDEX, INDEX, [COLUMN, COLUMN]],
        ["pF", INDEX, ["pR", 0, 1, 1, [None]], [["numbers", ["A", "long"]]]],
        ["pF", INDEX, ["pR", 0, 1, 1, [None]], [["numbers", ["A", "square"]]]],
        ["pF", INDEX, ["pR", 0, 1, 1, [None]], [["objects", [1]]]],
        ["pF", INDEX, INDEX, COLUMN],
        ["pF", ["pR", 0, 10**15, 1, [None]], ["pR", 0, 0, 1, [None]], []],
        ["pF", ["pR", 0, 10**18, 10**18, [None]], ["pR", 0, 2**70, 1, [None]], []],
        ["pF", ["pR", 0, 1_000_000, 1, [None]], ["pR", 0, 9, 1, [None]], [COLUMN] * 9],
        ["pR", 0, 3, 0, [None]],
        ["pR", 0, 3, 1, [["l", []]]],
        ["pS", INDEX, ["d", []], COLUMN],
        ["pS", INDEX, None, ["numbers", ["T", "i"]]],
        ["pS", INDEX, None, ["categories", ["A", "long"], INDEX, True]],
        ["pS", INDEX, None, ["categories", ["A", "f"], INDEX, True]],
        ["pS", INDEX, None, ["categories", ["A", "i"], ["pI", ["objects", [1, 1, 1]], None, [None]], False]],
        ["pS", INDEX, None, ["times", ["A", "f"], "M8[ns]"]],
        ["pS", INDEX, None, ["times", ["A", "i"], "M8[5000000000Y]"]],
        ["pS", INDEX, None, ["times", ["A", "i"], "O"]],
        ["pS", INDEX, None, ["times", ["A", "small"], "M8[ns]"]],
        ["pS", INDEX, None, ["zoned", ["A", "i"], "ns", "../../../../etc/passwd"]],
        ["pS", INDEX, None, ["zoned", ["A", "i"], "ns", "No/Where"]],
        ["pS", INDEX, None, ["texts", ["a", 1, None], "python", "NA"]],
        ["pS", INDEX, None, ["texts", ["a", "b", "c"], "elsewhere", "NA"]],
        ["pS", INDEX, None, ["masked", ["A", "i"], ["A", "i"]]],
        ["pS", INDEX, None, ["masked", ["A", "i"], ["A", "square"]]],
        ["pM", [INDEX, INDEX], [["A", "i"], ["A", "long"]], [None, None]],
        ["pM", [INDEX], [["A", "long"]], [None]],
        ["pM", [INDEX] * 40, [["A", "i"]] * 40, [None] * 40],
        ["pI", COLUMN, "D", [None]],
        ["pI", ["times", ["A", "i"], "M8[ns]"], "D", [None]],
        ["pI", ["times", ["A", "i"], "M8[ns]"], "(" * 30, [None]],
        ["pI", COLUMN, None, []],
        ["pT", 2**80, "ns", None],
        ["pT", 1, "Y", None],
        ["pT", 1, "ns", 3],
        ["pN", "NaTT"],
        ["pX", 1],
        ["pA", ["objects"]],
        ["O", [2], [1]],
        ["O", [-1], []],
        ["O", [1, 2**60, 0], []],
        ["M", "M8[ns]", "f"],
        ["0", ["A", "i"]],
        ["0", 3],
        ["q", "Decimal", "1E+999999999"],
        ["q", "Decimal", "1" * 2000],
        ["q", "Fraction", 1, 0],
        ["q", "Fraction", 1.5, 2],
        ["q", "date", "2020-13-01"],
        ["q", "timedelta", 10**12, 0, 0],
        ["q", "system", "ls"],
    ],
    ids=lambda structure: json.dumps(structure)[:60],
)  # fmt: skip
def test_what_is_forged_is_refused_in_one_sentence(structure):
    with pytest.raises(BoundaryError):
        forged(structure)


def test_categories_of_categories_without_end_are_refused():
    index = INDEX
    for _ in range(200):
        index = ["pI", ["categories", ["A", "i"], index, False], None, [None]]
    with pytest.raises(BoundaryError):
        forged(index)


def test_without_pandas_a_frame_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(BoundaryError, match="install pandas there"):
        forged(["pS", INDEX, None, COLUMN])


def test_frames_are_not_larger_here_than_there():
    assert (pandas_out.MAX_ROWS, pandas_out.MAX_COLUMNS) == (pandas_in.MAX_ROWS, pandas_in.MAX_COLUMNS)
