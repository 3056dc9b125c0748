"""A good sweep table is kept for the class report, one that is wrong is not."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking.records import collecting
from autograder.errors import CheckFailed
from checks.shared.sweeps import check_sweep_table


def table(**changes) -> list[dict]:
    return [
        {
            "theme": "t",
            "variable": "momentum",
            "value": value,
            "group": "",
            "seed": seed,
            "metric": "accuracy",
            "score": 50 + 10 * value + seed,
            "baseline": value == 0.0,
            "config": {"momentum": value, "epochs": 1},
            **changes,
        }
        for value in (0.0, 0.5, 0.9)
        for seed in (0, 1, 2)
    ]


def check(rows) -> None:
    check_sweep_table(
        rows,
        theme="t",
        variables=("momentum",),
        metric="accuracy",
        score_range=(0, 100),
        config_keys=("momentum", "epochs"),
    )


def test_a_good_table_is_kept_without_its_configs():
    with collecting() as tables:
        check(table())
    assert len(tables["sweep"]) == 9
    assert tables["sweep"][4] == {
        "variable": "momentum",
        "value": 0.5,
        "group": "",
        "seed": 1,
        "metric": "accuracy",
        "score": 56.0,
        "baseline": False,
    }


def test_scores_of_numpy_are_kept_as_floats():
    with collecting() as tables:
        check(table(score=np.array(70.0)))
    assert type(tables["sweep"][0]["score"]) is float


def test_a_wrong_table_is_not_kept():
    with collecting() as tables, pytest.raises(CheckFailed):
        check(table(score=101.0))
    assert tables == {}


def test_the_judgement_is_the_same_without_a_collector():
    check(table())
    with pytest.raises(CheckFailed, match="score"):
        check(table(score=101.0))
