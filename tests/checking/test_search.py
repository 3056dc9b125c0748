"""The search finds the smallest input on which a function is wrong, and finds it again."""

from __future__ import annotations

import contextlib
import importlib

import pytest
import torch
from hypothesis import strategies as st

from autograder.boundary.current import use_student
from autograder.boundary.student import Student
from autograder.checking.inputs import vectors
from autograder.checking.search import SHRINK_CALLS, search
from autograder.checking.seeds import seeded
from autograder.errors import CheckFailed, KernelDied
from tests.fakes import InProcessKernel

NUMBERS = st.tuples(st.integers(0, 1000))


def is_double(x, value) -> str | None:
    return None if type(value) is int and value == 2 * x else f"got {value}"


def failure(function, arguments=NUMBERS, judge=is_double, names=("x",), **options) -> str:
    with pytest.raises(CheckFailed) as caught:
        search(function, arguments, judge, names=names, **options)
    return str(caught.value)


class TestSearch:
    def test_a_right_function_passes(self):
        search(lambda x: 2 * x, NUMBERS, is_double, names=("x",))

    def test_the_smallest_failing_input_is_reported(self):
        assert failure(lambda x: 2 * x if x < 17 else 0) == "for x = 17: got 0"

    def test_the_same_search_finds_the_same_input(self):
        broken = lambda x: 2 * x if x % 7 else -1  # noqa: E731
        assert failure(broken) == failure(broken)

    def test_the_inputs_do_not_depend_on_what_else_has_been_imported(self, tmp_path, monkeypatch):
        def drawn() -> list[int]:
            values = []
            search(values.append, st.tuples(st.integers()), lambda x, value: None, names=("x",), examples=300)
            return values

        before = drawn()
        (tmp_path / "full_of_numbers.py").write_text(
            "X = [" + ", ".join(map(str, range(7_000_000, 7_000_400))) + "]"
        )
        monkeypatch.syspath_prepend(tmp_path)
        importlib.import_module("full_of_numbers")
        assert drawn() == before

    def test_an_exception_is_reported_with_its_input(self):
        assert failure(lambda x: 1 // 0 if x > 5 else 2 * x) == (
            "for x = 6: it raised ZeroDivisionError: integer division or modulo by zero"
        )

    def test_a_changed_argument_is_a_fault(self):
        def spoil(x):
            x.mul_(2)
            return x

        message = failure(spoil, st.tuples(vectors(low=1.0)), lambda x, value: None)
        assert "it changed its argument; work on a copy" in message

    def test_inputs_that_must_not_depend_on_luck_are_tried_first(self):
        calls = []

        def function(x):
            calls.append(x)
            return 2 * x if x != 123_456 else 0

        assert failure(function, always=[(1,), (123_456,)]) == "for x = 123456: got 0"
        assert calls == [1, 123_456]

    def test_a_right_function_is_called_once_for_each_input_that_is_drawn(self):
        calls = []

        def function(x):
            calls.append(x)
            return 2 * x

        search(function, NUMBERS, is_double, names=("x",), examples=25)
        assert 20 <= len(calls) <= 26
        assert len(set(calls)) > 10

    def test_shrinking_is_bounded(self):
        calls = []

        def function(x):
            calls.append(x)
            return 0 if x > 3 else 2 * x

        failure(function, st.tuples(st.integers(0, 10**9)), examples=30)
        assert len(calls) <= 30 + SHRINK_CALLS + 1

    def test_a_function_that_is_wrong_only_sometimes_still_fails(self):
        state = iter([1] + [0] * 10_000)

        def flaky(x):
            return 2 * x + next(state)

        assert "got" in failure(flaky)

    def test_two_arguments_are_both_named(self):
        message = failure(
            lambda a, b: a, st.tuples(st.just(2), st.just("z")), lambda a, b, value: "wrong", names=("a", "b")
        )
        assert message == "for a = 2, b = 'z': wrong"


class TestSearchThroughTheBoundary:
    def test_all_inputs_go_in_one_trip(self):
        kernel = InProcessKernel("def double(x):\n    return 2 * x")
        double = Student(kernel).look_up(["double"])["double"]
        before = kernel.requests
        search(double, NUMBERS, is_double, names=("x",), always=[(0,)], examples=30)
        assert kernel.requests - before == 2

    def test_the_result_is_the_one_of_a_plain_function(self):
        kernel = InProcessKernel("def double(x):\n    return 2 * x if x < 17 else 0")
        double = Student(kernel).look_up(["double"])["double"]
        assert failure(double) == failure(kernel.namespace["double"]) == "for x = 17: got 0"

    def test_a_kernel_that_dies_while_it_shrinks_is_not_swallowed(self):
        kernel = InProcessKernel(
            "count = 0\ndef double(x):\n    global count\n    count += 1\n    return 0 if count < 60 else die()"
        )
        double = Student(kernel).look_up(["double"])["double"]
        with pytest.raises(KernelDied):
            search(double, NUMBERS, lambda x, value: None if x < 500 else "wrong", names=("x",), examples=50)

    def test_a_function_that_leaves_gradients_off_is_told_so(self):
        kernel = InProcessKernel(
            "import torch\ndef double(x):\n    torch.set_grad_enabled(False)\n    return 2 * x"
        )
        double = Student(kernel).look_up(["double"])["double"]
        assert "it left torch's gradients switched off" in failure(double)
        assert torch.is_grad_enabled()


class TestSeeds:
    def drawn(self, seed: int, student: Student | None = None) -> list[int]:
        calls = []

        def function(x):
            calls.append(x)
            return 2 * x

        with seeded(seed), use_student(student) if student else contextlib.nullcontext():
            search(function, NUMBERS, is_double, names=("x",))
        return calls

    def test_the_seed_of_the_grading_decides_the_inputs(self):
        assert self.drawn(1) == self.drawn(1)
        assert set(self.drawn(1)) != set(self.drawn(2))

    def test_each_search_of_a_test_cell_draws_its_own(self):
        student = Student(InProcessKernel(), "a test cell")
        first, second = self.drawn(1, student), self.drawn(1, student)
        assert first != second
        again = Student(InProcessKernel(), "a test cell")
        assert [self.drawn(1, again), self.drawn(1, again)] == [first, second]

    def test_what_is_kept_for_one_seed_is_not_used_for_another(self):
        drawn = [self.drawn(seed, Student(InProcessKernel(), "a test cell")) for seed in (1, 2, 1)]
        assert drawn[0] == drawn[2] != drawn[1]
