"""Objects of pandas from the plain data in a reply, on the grader's side; nothing is unpickled.

A reply is a claim of a process that may be hostile: what is built here is of pandas' own classes, over
arrays of exact types and bounded size, whatever was claimed. pandas itself is imported when the first such
object arrives, for it is an optional package.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy

from autograder.errors import BoundaryError

__all__ = ["TAGS", "from_plain_data"]

TAGS = frozenset(["pA", "pD", "pF", "pI", "pM", "pN", "pR", "pS", "pT"])
MAX_ROWS = 1_000_000
MAX_COLUMNS = 10_000
MAX_CELLS = 8_000_000
"""Of a frame; many columns can be one array on the wire."""
MAX_LEVELS = 32
MAX_DEPTH = 40
_FREQUENCY = re.compile(r"-?\d{0,5}[A-Za-z]{1,5}(?:-[A-Z]{3})?")
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")
_UNITS = ("s", "ms", "us", "ns")
_TIMES = re.compile(r"[mM]8\[(?:s|ms|us|ns)\]")


def from_plain_data(item: list, depth: int, value: Callable[[int, Any], Any]) -> Any:
    """The object that a structure stands for.

    Args:
        item: Begins with one of `TAGS`.
        depth: Of its nesting.
        value: Decodes any other structure, and counts it against the limits.

    Raises:
        BoundaryError: It is malformed or over a limit, or pandas is not installed here.
    """
    try:
        import pandas
    except ImportError:
        raise BoundaryError(
            "the student's code gave an object of pandas, which is not installed where it is graded; "
            "install pandas there"
        ) from None
    try:
        return _Reader(pandas, value).read(item, depth + 1)
    except BoundaryError:
        raise
    except Exception as error:  # pandas refuses what does not fit together, in exceptions of all kinds
        raise _malformed(f"an object of pandas cannot be made of it ({type(error).__name__})") from None


def _malformed(what: str) -> BoundaryError:
    return BoundaryError.not_understood(what)


class _Reader:
    def __init__(self, pandas: Any, value: Callable[[int, Any], Any]) -> None:
        self.pandas = pandas
        self.value = value

    def read(self, item: list, depth: int) -> Any:
        pandas = self.pandas
        match item:
            case ["pF", list(index), list(columns), list(parts)] if len(parts) <= MAX_COLUMNS:
                return self.frame(self.index(index, depth), self.index(columns, depth), parts, depth)
            case ["pS", list(index), name, list(part)]:
                labels = self.index(index, depth)
                return self.series(self.array(part, depth), index=labels, name=self.label(name, depth))
            case ["pA", list(part)]:
                return self.series(self.array(part, depth)).array
            case ["pN", "NaT" | "NA" as name]:
                return getattr(pandas, name)
            case ["pT", int(number), str(unit), zone] if unit in _UNITS:
                return self.times(numpy.array([number]), f"M8[{unit}]", zone)[0]
            case ["pD", int(number), str(unit)] if unit in _UNITS:
                return pandas.TimedeltaIndex(numpy.array([number]).view(f"m8[{unit}]"))[0]
        return self.index(item, depth)

    def frame(self, index: Any, columns: Any, parts: list, depth: int) -> Any:
        """A frame of columns that may have equal names, each with its own dtype."""
        pandas = self.pandas
        if len(columns) != len(parts):
            raise _malformed("a frame has another number of columns than of their names")
        if len(columns) * len(index) > MAX_CELLS:
            raise BoundaryError.too_large("cells of a frame", len(columns) * len(index), MAX_CELLS)
        arrays = [self.array(part, depth) for part in parts]
        if any(len(array) != len(index) for array in arrays):
            raise _malformed("the columns of a frame are not of one length")
        frame = pandas.DataFrame(
            {place: self.series(array) for place, array in enumerate(arrays)}, copy=False
        )
        frame.index, frame.columns = index, columns
        return frame

    def series(self, array: Any, **details: Any) -> Any:
        # objects stay objects, though all of them may be texts
        return self.pandas.Series(array, dtype=array.dtype, copy=False, **details)

    def index(self, item: list, depth: int) -> Any:
        pandas = self.pandas
        if depth > MAX_DEPTH:
            raise BoundaryError.too_large("levels of nesting", depth, MAX_DEPTH)
        match item:
            case ["pR", int(start), int(stop), int(step), [name]] if step:
                if len(range(start, stop, step)) > MAX_ROWS:
                    raise BoundaryError.too_large("rows", len(range(start, stop, step)), MAX_ROWS)
                return pandas.RangeIndex(start, stop, step, name=self.label(name, depth))
            case ["pM", list(levels), list(codes), list(names)] if (
                len(levels) == len(codes) == len(names) <= MAX_LEVELS
            ):
                return pandas.MultiIndex(
                    [self.index(level, depth + 1) for level in levels],
                    [self.number(code, depth) for code in codes],
                    names=[self.label(name, depth) for name in names],
                )
            case ["pI", list(part), frequency, [name]]:
                array = self.array(part, depth)
                made = pandas.Index(array, dtype=array.dtype, name=self.label(name, depth), copy=False)
                if frequency is not None:
                    made = self.regular(made, frequency)
                return made
        raise _malformed("an unknown kind of index")

    def regular(self, index: Any, frequency: Any) -> Any:
        """A time index with its frequency."""
        pandas = self.pandas
        if not isinstance(index, (pandas.DatetimeIndex, pandas.TimedeltaIndex)) or not (
            isinstance(frequency, str) and _FREQUENCY.fullmatch(frequency)
        ):
            raise _malformed("the frequency of an index is none")
        return type(index)(index, freq=frequency)

    def array(self, part: list, depth: int) -> Any:
        """The values of a column, each kind of them in its own way."""
        pandas = self.pandas
        array: Any
        match part:
            case ["numbers", numbers]:
                array = self.number(numbers, depth, "biufc")
            case ["objects", list(items)]:
                array = numpy.empty(len(items), dtype=object)
                for place, item in enumerate(items):
                    array[place] = self.value(depth, item)
            case ["times", numbers, str(kind)] if _TIMES.fullmatch(kind):
                array = self.number(numbers, depth).view(kind)
            case ["zoned", numbers, str(unit), str(zone)] if unit in _UNITS:
                array = self.times(self.number(numbers, depth), f"M8[{unit}]", zone).array
            case ["categories", codes, list(categories), bool(ordered)]:
                array = pandas.Categorical.from_codes(
                    self.number(codes, depth), self.index(categories, depth + 1), ordered=ordered
                )
            case ["texts", list(texts), "python" | "pyarrow" as storage, "NA" | "nan" as missing]:
                empty = pandas.NA if missing == "NA" else numpy.nan
                dtype = pandas.StringDtype(storage, na_value=empty)
                array = self.texts([self.value(depth, text) for text in texts], dtype)
            case ["masked", numbers, mask]:
                data, hidden = self.number(numbers, depth, "biuf"), self.number(mask, depth, "b")
                kind = {
                    "b": pandas.arrays.BooleanArray,
                    "f": pandas.arrays.FloatingArray,
                }.get(data.dtype.kind, pandas.arrays.IntegerArray)
                array = kind(data, hidden)
            case _:
                raise _malformed("an unknown kind of column")
        if len(array) > MAX_ROWS:
            raise BoundaryError.too_large("rows", len(array), MAX_ROWS)
        return array

    def number(self, item: Any, depth: int, kinds: str = "i") -> numpy.ndarray:
        """A flat array of numbers of these kinds."""
        array = self.value(depth, item)
        if type(array) is not numpy.ndarray or array.ndim != 1 or array.dtype.kind not in kinds:
            raise _malformed("the numbers of a column are none")
        return array

    def times(self, numbers: numpy.ndarray, kind: str, zone: Any) -> Any:
        times = self.pandas.DatetimeIndex(numbers.view(kind))
        if zone is None:
            return times
        if not isinstance(zone, str) or not _ZONE.fullmatch(zone):
            raise _malformed("a time zone is none")
        return times.tz_localize("UTC").tz_convert(zoneinfo.ZoneInfo(zone))

    def texts(self, texts: list, dtype: Any) -> Any:
        if not all(text is None or type(text) is str for text in texts):
            raise _malformed("a column of texts has other items")
        return self.pandas.array([dtype.na_value if text is None else text for text in texts], dtype=dtype)

    def label(self, item: Any, depth: int) -> Any:
        """The name of an index or a series: plain data that can be hashed."""
        name = self.value(depth, item)
        hash(name)
        return name
