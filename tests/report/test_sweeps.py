"""All students' tables of a theme become curves that can be compared."""

from __future__ import annotations

from autograder.grading.results import CellResult
from autograder.report.outcomes import Outcome, State
from autograder.report.sweeps import LARGEST, MOST_PANELS, OTHER, Curve, sweeps
from autograder.verdict.verdict import Status


def row(value, score, group="", variable="width", baseline=False, seed=0) -> dict:
    return {
        "variable": variable,
        "value": value,
        "group": group,
        "seed": seed,
        "metric": "accuracy",
        "score": score,
        "baseline": baseline,
    }


def student(name: str, *rows: dict, passed: bool = True) -> Outcome:
    status = Status.PASSED if passed else Status.FAILED
    cell = CellResult(
        cell="test_sweep_table", status=status, points=0.0, max_points=1.0, records={"sweep": list(rows)}
    )
    other = CellResult(cell="test_run", status=Status.PASSED, points=1.0, max_points=1.0)
    return Outcome(student=name, assignment="theme_x", state=State.KNOWN, cells=(other, cell))


def test_without_tables_there_is_nothing_to_draw():
    assert (
        sweeps("theme_x", [Outcome(student="ada", assignment="theme_x", state=State.BROKEN), student("bob")])
        is None
    )


def test_a_curve_is_the_mean_over_seeds_in_the_order_of_the_values():
    found = sweeps(
        "theme_x", [student("ada", row(8, 3.0), row(2, 1.0), row(2, 2.0, seed=1), row(8, 5.0, seed=1))]
    )
    [panel] = found.panels
    assert panel.curves == (Curve("ada", ((2, 1.5), (8, 4.0)), True),)
    assert (found.metric, found.students, panel.variable, panel.group) == ("accuracy", 1, "width", "")


def test_the_median_is_drawn_where_enough_students_have_a_value():
    students = [student(f"s{n}", row(1, float(n)), row(2, 10.0 * n)) for n in range(3)]
    students.append(student("s3", row(1, 100.0), row(3, 0.0)))
    [panel] = sweeps("theme_x", students).panels
    assert panel.median == ((1, 1.5), (2, 10.0))


def test_the_baseline_is_the_median_of_the_students_baselines():
    students = [
        student(name, row(1, score, baseline=True), row(1, score + 2, baseline=True, seed=1), row(2, 9.0))
        for name, score in (("a", 1.0), ("b", 3.0), ("c", 7.0))
    ]
    [panel] = sweeps("theme_x", students).panels
    assert panel.baseline == 4.0
    assert sweeps("theme_x", [student("a", row(1, 2.0))]).panels[0].baseline is None


def test_a_table_whose_test_failed_is_marked():
    found = sweeps("theme_x", [student("ada", row(1, 2.0)), student("eve", row(1, 9.0), passed=False)])
    assert found.unconfirmed == ("eve",)
    assert [curve.confirmed for curve in found.panels[0].curves] == [True, False]


def test_groups_that_students_share_have_a_panel_each_and_the_rest_have_one():
    students = [
        student("a", row(1, 1.0, "FIFO"), row(1, 2.0, "reservoir")),
        student("b", row(1, 1.0, " fifo"), row(1, 2.0, "Reservoir")),
        student("c", row(1, 1.0, "FIFO "), row(1, 2.0, "my own")),
    ]
    panels = sweeps("theme_x", students).panels
    assert [(panel.group, len(panel.curves)) for panel in panels] == [
        ("FIFO", 3),
        ("reservoir", 2),
        (OTHER, 1),
    ]


def test_variables_are_never_mixed():
    students = [student("a", row(1, 1.0)), student("b", row(0.1, 1.0, variable="rate"))]
    assert [panel.variable for panel in sweeps("theme_x", students).panels] == ["rate", "width"]


def test_many_groups_do_not_make_many_panels():
    students = [student(name, *(row(1, 1.0, f"g{n}") for n in range(40))) for name in "ab"]
    panels = sweeps("theme_x", students).panels
    assert len(panels) == MOST_PANELS
    assert sum(len(panel.curves) for panel in panels) == 80


def test_groups_are_in_the_order_of_their_numbers():
    rows = [row(1, float(size), f"B={size}") for size in (128, 32, 64)]
    found = sweeps("theme_x", [student("a", *rows)])
    assert [panel.group for panel in found.panels] == ["B=32", "B=64", "B=128"]
    assert found.scores == (32.0, 128.0)


def test_texts_and_numbers_have_an_order_and_absurd_values_are_left_out():
    found = sweeps(
        "theme_x", [student("a", row("b", 1.0), row("a", 2.0), row(3, 3.0), row(LARGEST * 2, 4.0))]
    )
    assert [value for value, _ in found.panels[0].curves[0].points] == [3, "a", "b"]
