"""Objects of pandas as plain data, inside the student's kernel; see `autograder.boundary.pandas_in` for the other end.

The sandbox contains this file; it imports nothing of the kit, and pandas only where the student's code has.
A frame whose columns hold anything but plain data stays where it is, as every other object does.
"""

from __future__ import annotations

import sys

import numpy

__all__ = ["as_plain_data", "holds_objects"]

MAX_ROWS = 1_000_000
MAX_COLUMNS = 10_000
MAX_OBJECTS = 200_000
"""Cells that hold objects of Python's: texts, dates, None."""


class _NotPlain(Exception):
    """It has to stay an object of the student's."""


def as_plain_data(value, encode):
    """The structure of a frame, a series, an index or a scalar of pandas; None for anything else.

    Args:
        encode: Makes the structure of any other value.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or type(value).__module__.partition(".")[0] != "pandas":
        return None
    try:
        return _Writer(pandas, encode).write(value)
    except _NotPlain:
        return None


def holds_objects(structure):
    """Whether something in an encoded value stays an object of the student's."""
    match structure:
        case ["h" | "o", *_]:
            return True
        case ["l" | "t", items] | ["s" | "O", _, items]:
            return any(map(holds_objects, items))
        case ["d", pairs]:
            return any(holds_objects(part) for pair in pairs for part in pair)
    return False


class _Writer:
    def __init__(self, pandas, encode):
        self.pandas = pandas
        self.encode = encode
        self.objects = 0

    def write(self, value):
        pandas, kind = self.pandas, type(value)
        if kind is pandas.DataFrame:
            rows, columns = value.shape
            if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns * 8 > 40 * 2**20:
                raise _NotPlain
            parts = [self.array(value.iloc[:, place].array) for place in range(columns)]
            return ["pF", self.index(value.index), self.index(value.columns), parts]
        if kind is pandas.Series:
            return ["pS", self.index(value.index), self.plain(value.name), self.array(value.array)]
        if isinstance(value, pandas.Index):
            return self.index(value)
        if isinstance(value, pandas.api.extensions.ExtensionArray):
            return ["pA", self.array(value)]
        if value is pandas.NaT:
            return ["pN", "NaT"]
        if value is pandas.NA:
            return ["pN", "NA"]
        if kind is pandas.Timestamp:
            return ["pT", int(value._value), value.unit, _zone(value.tz)]
        if kind is pandas.Timedelta:
            return ["pD", int(value._value), value.unit]
        raise _NotPlain

    def index(self, index):
        pandas, kind = self.pandas, type(index)
        if len(index) > MAX_ROWS:
            raise _NotPlain
        names = [self.plain(name) for name in index.names]
        if kind is pandas.RangeIndex:
            return ["pR", index.start, index.stop, index.step, names]
        if kind is pandas.MultiIndex:
            levels = [self.index(level) for level in index.levels]
            codes = [self.encode(numpy.asarray(part)) for part in index.codes]
            return ["pM", levels, codes, names]
        if kind in (pandas.Index, pandas.DatetimeIndex, pandas.TimedeltaIndex, pandas.CategoricalIndex):
            return ["pI", self.array(index.array), getattr(index, "freqstr", None), names]
        raise _NotPlain

    def array(self, array):
        """The values of a column, each kind of them in its own way."""
        pandas = self.pandas
        if len(array) > MAX_ROWS:
            raise _NotPlain
        if isinstance(array.dtype, pandas.StringDtype):
            return self.texts(array)
        if isinstance(array, pandas.arrays.NumpyExtensionArray):
            array = array.to_numpy()
        dtype = array.dtype
        if isinstance(dtype, pandas.DatetimeTZDtype):
            return ["zoned", self.encode(array.asi8), dtype.unit, _zone(dtype.tz)]
        if isinstance(dtype, numpy.dtype):
            if dtype.kind == "O":
                return ["objects", [self.plain(item) for item in array]]
            if dtype.kind in "mM":
                return ["times", self.encode(numpy.asarray(array).view("i8")), dtype.str.lstrip("<>=")]
            return ["numbers", self.encode(numpy.asarray(array))]
        if isinstance(dtype, pandas.CategoricalDtype):
            codes = self.encode(numpy.asarray(array.codes))
            return ["categories", codes, self.index(dtype.categories), bool(dtype.ordered)]
        if hasattr(dtype, "numpy_dtype") and hasattr(array, "_mask"):  # Int64, Float32, boolean
            return ["masked", self.encode(array._data), self.encode(array._mask)]
        raise _NotPlain

    def texts(self, array):
        empty = array.dtype.na_value
        texts = [None if item is empty or item != item else self.plain(item) for item in array]
        return ["texts", texts, array.dtype.storage, "NA" if empty is self.pandas.NA else "nan"]

    def plain(self, value):
        """One object of Python's, which has to cross as data."""
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise _NotPlain
        structure = self.encode(value)
        if holds_objects(structure):
            raise _NotPlain
        return structure


def _zone(zone):
    """The name of a time zone, where it has one that says all of it."""
    if zone is None:
        return None
    name = str(zone)
    if getattr(zone, "key", None) == name or name == "UTC":
        return name
    raise _NotPlain
