"""Claims are compared with the student's own table, and a wrong table costs the table's points only."""

from __future__ import annotations

import pytest

from autograder.checking.records import collecting
from autograder.errors import CheckFailed
from checks.shared.sweep_claims import check_claims, personal_seed

NUMBER = "s2026001"
SEED = personal_seed(NUMBER)
SCORES = {0.0: (70.0, 71.0, 72.0), 0.9: (80.0, 82.0, 84.0)}
RIGHT = {
    "group": "",
    "value": 0.9,
    "mean": 82.0,
    "std": 2.0,
    "baseline_mean": 71.0,
    "difference": 11.0,
}


def table(**changes) -> list[dict]:
    return [
        {
            "group": "",
            "value": value,
            "seed": SEED + i,
            "score": score,
            "baseline": value == 0.0,
            "config": {"momentum": value},
            **changes,
        }
        for value, scores in SCORES.items()
        for i, score in enumerate(scores)
    ]


def run(config, seed) -> dict:
    return {"score": SCORES[config["momentum"]][seed - SEED]}


def check(claims, rows=None, number=NUMBER, check_table=lambda table: None) -> None:
    check_claims(
        claims, table() if rows is None else rows, number, run=run, check_table=check_table, tolerance=1.0
    )


def refuse(table) -> None:
    raise CheckFailed("the table is wrong")


def test_the_numbers_of_the_table_are_accepted_also_rounded():
    check(RIGHT)
    check({**RIGHT, "mean": 82.4, "difference": 11.4})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mean": 95.0, "difference": 24.0}, r"claims\['mean'\] is 95, but your table gives 82"),
        ({"std": 9.0}, "'std'"),
        ({"baseline_mean": 60.0, "difference": 22.0}, "'baseline_mean'"),
        ({"difference": -11.0}, "value minus baseline"),
        ({"value": 0.5}, "no row with group '' and value 0.5"),
        ({"value": 0.0, "mean": 71.0, "std": 1.0, "difference": 0.0}, "other than the baseline"),
        ({"mean": "82"}, "must be a number"),
        ({"mean": float("nan")}, "must be a number"),
    ],
)
def test_a_claim_that_the_table_does_not_give_is_named(change, says):
    with pytest.raises(CheckFailed, match=says):
        check({**RIGHT, **change})


def test_a_missing_key_is_named():
    with pytest.raises(CheckFailed, match="exactly the keys"):
        check({key: value for key, value in RIGHT.items() if key != "std"})


@pytest.mark.parametrize("number", ["", "  ", None, ["s2026001"]])
def test_a_student_number_is_needed(number):
    with pytest.raises(CheckFailed, match="STUDENT_NUMBER"):
        check(RIGHT, number=number)


def test_a_table_of_another_students_seeds_is_refused():
    with pytest.raises(CheckFailed, match="your own seed"):
        check(RIGHT, number="s2026002")


def test_a_wrong_table_costs_the_points_of_the_table_only():
    check({**RIGHT, "mean": None, "std": float("nan")}, check_table=refuse)
    check(RIGHT, rows=table(score="text"), check_table=refuse)


def test_a_wrong_table_still_needs_claims_with_their_keys_and_a_number():
    with pytest.raises(CheckFailed, match="exactly the keys"):
        check({}, check_table=refuse)
    with pytest.raises(CheckFailed, match="STUDENT_NUMBER"):
        check(RIGHT, number="", check_table=refuse)


def test_scores_that_run_does_not_give_are_the_tables_fault():
    fractions = [{**row, "score": row["score"] / 100} for row in table()]
    check(RIGHT, rows=fractions)


def test_a_group_without_a_baseline_is_compared_with_all_baselines():
    rows = [{**row, "group": "other" if row["value"] == 0.9 else ""} for row in table()]
    check({**RIGHT, "group": "other"}, rows=rows)


def test_the_number_and_the_seed_are_kept_for_the_report():
    with collecting() as tables:
        check(RIGHT)
    assert tables["personal"] == [{"number": NUMBER, "seed": SEED}]
