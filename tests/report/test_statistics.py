"""The numbers of the class report, against numbers computed by hand."""

from __future__ import annotations

import pytest

from autograder.report.statistics import (
    ItemStatistics,
    Spread,
    item_statistics,
    most_frequent,
    spread,
    surely_negative,
)


class TestSpread:
    def test_of_nothing_there_is_none(self):
        assert spread([]) is None

    def test_an_even_number_has_its_median_between_two(self):
        assert spread([4.0, 1.0, 2.0, 9.0]) == Spread(n=4, median=3.0, mean=4.0, least=1.0, most=9.0)

    def test_one_value_is_all_of_it(self):
        assert spread([7.0]) == Spread(n=1, median=7.0, mean=7.0, least=7.0, most=7.0)


class TestItemStatistics:
    def test_success_is_all_points_and_share_is_part_of_them(self):
        found = item_statistics({"a": 4.0, "b": 2.0, "c": 0.0, "d": 4.0}, 4.0, {})
        assert (found.n, found.success, found.share) == (4, 0.5, 0.625)

    def test_extra_credit_is_a_success(self):
        assert item_statistics({"a": 5.0}, 4.0, {}).success == 1.0

    def test_discrimination_is_the_correlation_with_the_other_items(self):
        # items 0 0 1 1, rest 1 3 2 4: means 0.5 and 2.5, covariance sum 1, sqrt(1 * 5) -> 1 / sqrt(5)
        points = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0}
        rest = {"a": 1.0, "b": 3.0, "c": 2.0, "d": 4.0}
        assert item_statistics(points, 1.0, rest).discrimination == pytest.approx(5**-0.5)

    def test_an_item_that_weak_students_pass_has_a_negative_one(self):
        found = item_statistics({"a": 1.0, "b": 1.0, "c": 0.0}, 1.0, {"a": 0.0, "b": 1.0, "c": 9.0})
        assert found.discrimination < -0.9

    @pytest.mark.parametrize(
        ("points", "rest"),
        [
            ({"a": 1.0, "b": 1.0, "c": 1.0}, {"a": 1.0, "b": 2.0, "c": 3.0}),
            ({"a": 1.0, "b": 0.0, "c": 1.0}, {"a": 2.0, "b": 2.0, "c": 2.0}),
            ({"a": 1.0, "b": 0.0}, {"a": 2.0, "b": 1.0}),
        ],
        ids=["all the same", "rest all the same", "two students"],
    )
    def test_it_is_not_defined_where_nothing_varies_or_too_few_are_there(self, points, rest):
        assert item_statistics(points, 1.0, rest).discrimination is None

    def test_students_without_other_items_are_left_out_of_the_correlation_only(self):
        points = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0, "e": 1.0}
        found = item_statistics(points, 1.0, {"a": 1.0, "b": 3.0, "c": 2.0, "d": 4.0})
        assert found.n == 5
        assert found.discrimination == pytest.approx(5**-0.5)

    def test_nobody_and_a_cell_without_points_have_no_numbers(self):
        assert item_statistics({}, 4.0, {}) == ItemStatistics(
            n=0, success=None, share=None, discrimination=None
        )
        assert item_statistics({"a": 0.0}, 0.0, {}) == ItemStatistics(
            n=1, success=None, share=None, discrimination=None
        )


@pytest.mark.parametrize(
    ("r", "sure"), [(-1.0, True), (-0.9, True), (-0.3, False), (0.0, False), (1.0, False)]
)
def test_only_what_chance_does_not_explain_is_surely_negative(r, sure):
    assert surely_negative(r, 40) is sure


class TestMostFrequent:
    def test_messages_that_differ_in_numbers_only_are_one(self):
        found = most_frequent(
            ["got 0.25, allowed 3", "got 1e-05, allowed 4", "other", "got 0.25, allowed 3"], 5
        )
        assert found == [("got 0.25, allowed 3", 3), ("other", 1)]

    def test_equal_counts_are_in_alphabetical_order_and_the_list_is_cut(self):
        assert most_frequent(["b", "a", "c", ""], 2) == [("a", 1), ("b", 1)]
