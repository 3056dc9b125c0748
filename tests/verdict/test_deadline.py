"""The grader's own work is bounded, too."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable

import pytest

from autograder.errors import CellTimeout
from autograder.verdict.deadline import within


def work_for_ever() -> None:
    while True:
        pass


def work_for_ever_whatever_happens() -> None:
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.001)


def error_here(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except BaseException as error:
        return error
    return None


def error_in_another_thread(work: Callable[[], object]) -> BaseException | None:
    raised: list[BaseException | None] = []
    thread = threading.Thread(target=lambda: raised.append(error_here(work)), daemon=True)
    thread.start()
    thread.join(30)
    return raised[0] if raised else None


class TestWithin:
    def test_work_that_ends_in_time_gives_its_result(self):
        assert within(60, lambda: sum(range(1000))) == 499500

    def test_work_that_does_not_end_is_stopped(self):
        with pytest.raises(CellTimeout, match=r"within 0\.05 s"):
            within(0.05, work_for_ever)

    def test_time_in_which_it_did_not_compute_does_not_count(self):
        assert within(0.2, lambda: time.sleep(0.5)) is None

    def test_a_check_that_catches_every_exception_is_stopped(self):
        with pytest.raises(CellTimeout):
            within(0.05, work_for_ever_whatever_happens)

    def test_a_regular_expression_that_does_not_end_is_stopped(self):
        with pytest.raises(CellTimeout):
            within(0.2, lambda: re.fullmatch("(a+)+$", 40 * "a" + "b"))

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize("error_of", [error_here, error_in_another_thread])
    def test_it_is_stopped_again_where_what_was_called_from_c_has_lost_the_first_exception(self, error_of):
        class Endless:
            def __del__(self):
                work_for_ever()

        assert isinstance(error_of(lambda: within(0.2, lambda: (Endless(), work_for_ever()))), CellTimeout)

    def test_it_works_outside_the_main_thread(self):
        assert isinstance(error_in_another_thread(lambda: within(0.05, work_for_ever)), CellTimeout)

    def test_work_that_ends_just_then_is_either_done_or_stopped(self):
        for _ in range(500):
            try:
                assert within(0.0005, lambda: sum(range(20_000))) == 199_990_000
            except CellTimeout:
                continue
        time.sleep(0.01)

    def test_the_works_own_error_is_kept(self):
        with pytest.raises(ZeroDivisionError):
            within(60, lambda: 1 / 0)
