"""Progress says how long the rest takes only where that can be known, and counts work, not items."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from autograder.commands import console
from autograder.commands.pace import Costs, Pace


def told(times: list[float], total: int) -> list[float | None]:
    """What is said after each of these items, which end at these times."""
    pace = Pace()
    said = []
    for done, now in enumerate(times, 1):
        pace.note(done, total - done, now)
        said.append(pace.seconds_left(now))
    return said


def test_nothing_is_said_after_the_first_item_which_pays_for_the_start():
    assert told([12.0], 100) == [None]
    assert told([12.0, 12.1, 12.2, 12.3, 12.4], 100)[-1] is None


def test_the_start_is_no_part_of_the_pace():
    assert told([60.0, 62.0, 64.0, 66.0, 68.0, 70.0], 106)[-1] == pytest.approx(200.0)


def test_what_came_at_once_says_nothing_of_the_rest():
    at_once = [1 + number / 1000 for number in range(90)]
    assert told([*at_once, 11.0, 21.0, 31.0, 41.0], 100)[-1] == pytest.approx(60.0)


def test_it_counts_down_between_two_items_and_falls_silent_when_the_time_is_up():
    pace = Pace()
    for done in range(1, 7):
        pace.note(done, 7 - done, 10.0 * done)
    assert pace.seconds_left(64.0) == pytest.approx(6.0)
    assert pace.seconds_left(71.0) is None


def test_a_long_item_counts_as_long_as_those_of_its_kind():
    costs = Costs(["lesson"] * 10 + ["theme"] * 10)
    assert costs.note("lesson", None) == (0.0, 0.0)
    for _ in range(9):
        spent, left = costs.note("lesson", 1.0)
    assert (spent, left) == (9.0, 10.0)
    assert costs.note("theme", 30.0) == (39.0, 270.0)


@pytest.fixture
def clock(monkeypatch):
    """The time that progress sees."""
    told = SimpleNamespace(now=0.0)
    monkeypatch.setattr(console, "time", SimpleNamespace(monotonic=lambda: told.now))
    return told


def every_11_s(clock, update, times: int, **work) -> None:
    for done in range(1, times + 1):
        clock.now += 11.0
        update(done, 20, **work)


def test_without_a_terminal_a_line_names_the_time_left_only_where_it_is_known(clock, capsys):
    with console.progress("reading") as update:
        every_11_s(clock, update, 7)
        clock.now += 11.0
        update(8, 20, work=console.NOT_KNOWN)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "reading: 1 of 20"
    assert lines[6] == "reading: 7 of 20, about 2 min left"


def test_what_ends_when_its_time_is_up_names_no_time(clock, capsys):
    with console.progress("naming mistakes") as update:
        every_11_s(clock, update, 7, work=console.NOT_KNOWN)
    assert "left" not in capsys.readouterr().out
