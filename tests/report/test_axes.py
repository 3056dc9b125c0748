"""Axes of pictures: which values are named, and where they stand."""

from __future__ import annotations

import pytest

from autograder.report.axes import APART, NAMED, linear, of_values


def names(axis) -> list[str]:
    return [name for _, name in axis.ticks]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0, 68, ["0", "20", "40", "60"]),
        (-0.1, 0.1, ["-0.1", "-0.05", "0", "0.05", "0.1"]),
        (3, 3, ["2.6", "2.8", "3", "3.2", "3.4"]),
    ],
)
def test_numbers_that_people_count_in_are_named(low, high, expected):
    assert names(linear(low, high)) == expected


def test_students_are_counted_in_whole_numbers():
    assert names(linear(0, 1.05, most=4, whole=True)) == ["0", "1"]


def test_numbers_of_one_size_stand_in_proportion():
    axis = of_values([1, 2, 3])
    assert axis.place(2) - axis.place(1) == pytest.approx(axis.place(3) - axis.place(2))


def test_numbers_of_several_sizes_stand_by_their_ratio_and_zero_before_them():
    axis = of_values([0, 0.001, 0.01, 0.1])
    assert axis.place(0.1) - axis.place(0.01) == pytest.approx(axis.place(0.01) - axis.place(0.001))
    assert 0 <= axis.place(0) < axis.place(0.001) < 1
    assert names(axis) == ["0", "0.001", "0.01", "0.1"]


def test_texts_stand_after_the_numbers_in_steps_of_the_same_length():
    axis = of_values(["none", 3, "b"])
    assert names(axis) == ["3", "b", "none"]
    assert axis.place("b") - axis.place(3) == pytest.approx(axis.place("none") - axis.place("b"))


@pytest.mark.parametrize(
    "values",
    [tuple(range(1, 5000)), (0, *range(1, 60)), (1e-300, 1e9), (1, 2, 3, 1000), (7,), (0.0,), (-1e9, 1e9)],
)
def test_no_two_names_run_into_each_other_and_all_values_are_on_the_axis(values):
    axis = of_values(values)
    places = [place for place, _ in axis.ticks]
    assert places == sorted(places)
    assert all(later - place >= APART - 1e-9 for place, later in zip(places, places[1:], strict=False))
    assert len(places) <= 2 * NAMED
    assert all(0 <= axis.place(value) <= 1 for value in values)
