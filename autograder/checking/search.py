"""Search a space of inputs for the smallest one on which a student's function is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

import hypothesis
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from autograder.boundary.current import current_student
from autograder.checking.calls import Call, call_many
from autograder.checking.promises import USUAL, Promises, broken_promise
from autograder.checking.seeds import derived_seed
from autograder.checking.values import describe
from autograder.errors import CellTimeout, CheckFailed, KernelDied

__all__ = ["Judge", "search", "warm_up"]

SHRINK_CALLS = 150
MAX_KEPT = 1000

# Hypothesis also draws constants that it reads in the modules that happen to have been imported,
# and one seed must give the same inputs in every process.
providers.HypothesisProvider._local_constants = providers.Constants()

_drawn: dict[tuple, list[tuple]] = {}

Judge = Callable[..., "str | None"]


def search(
    function: Callable,
    arguments: st.SearchStrategy[tuple],
    judge: Judge,
    *,
    names: Sequence[str],
    always: Iterable[tuple] = (),
    examples: int = 30,
    promises: Promises = USUAL,
) -> None:
    """Call a student's function on many inputs; report the smallest one that it gets wrong.

    The seed of the grading decides the inputs (`autograder.checking.seeds`). All of them go to
    the student's kernel in one round trip; only a failure costs more, to make it small.

    Args:
        arguments: Draws one tuple of positional arguments.
        judge: Called as `judge(*arguments, value)`; returns None where the value is right,
            and otherwise one sentence about what is wrong with it. The sentence must not
            contain the expected value.
        names: The names of the arguments, for the message.
        always: Inputs tried first, the smallest first: edge cases that must not depend on luck.
        examples: How many inputs to draw; with 0, only those of `always` are tried.

    Raises:
        CheckFailed: On some input the value is wrong, the function raised, or it did not keep
            what it promises: it changed its arguments, or left a library in another mode.
    """

    def fault(call: Call) -> str | None:
        if call.error is not None:
            return f"it raised {type(call.error).__name__}: {call.error}"
        return broken_promise(call, promises) or judge(*call.arguments, call.value)

    for number, call in enumerate(call_many(function, always), 1):
        if problem := fault(call):
            _note_wrong_call(number)
            raise CheckFailed(_message(call.arguments, names, problem))
    if not examples:
        return
    seed = _seed_of_this_search()
    for number, call in enumerate(call_many(function, _draw(arguments, examples, seed)), 1):
        if problem := fault(call):
            _note_wrong_call(number)
            failing, problem = _shrink(function, arguments, fault, examples, seed) or (
                call.arguments,
                problem,
            )
            raise CheckFailed(_message(failing, names, problem))


def warm_up() -> None:
    """Draw once, after which hypothesis has set itself up."""
    _draw_anew(st.tuples(st.integers()), 1, 0)


def _message(arguments: tuple, names: Sequence[str], problem: str) -> str:
    inputs = ", ".join(f"{name} = {describe(value)}" for name, value in zip(names, arguments, strict=True))
    return f"for {inputs}: {problem}"


def _settings(examples: int, *phases: hypothesis.Phase) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def _seed_of_this_search() -> int:
    """Of a test cell's n-th search, the same each time with the same seed of the grading."""
    student = current_student()
    if student is None:
        return derived_seed("search")
    student.searches += 1
    return derived_seed("search", student.cell, student.searches)


def _note_wrong_call(number: int) -> None:
    """Answers of which different calls are wrong do not make the same mistake, however close their values are."""
    student = current_student()
    if student is not None:
        student.wrong_call = number


def _draw(arguments: st.SearchStrategy[tuple], examples: int, seed: int) -> list[tuple]:
    """The inputs of one search; drawn once for all submissions that one process grades with one seed."""
    if current_student() is None:
        return _draw_anew(arguments, examples, seed)
    key = (seed, repr(arguments), examples)
    if key not in _drawn:
        _drawn[key] = _draw_anew(arguments, examples, seed)
        if len(_drawn) > MAX_KEPT:
            del _drawn[next(iter(_drawn))]
    return copy.deepcopy(_drawn[key])


def _draw_anew(arguments: st.SearchStrategy[tuple], examples: int, seed: int) -> list[tuple]:
    drawn = []

    @hypothesis.seed(seed)
    @_settings(examples, hypothesis.Phase.generate)
    @hypothesis.given(arguments)
    def collect(values: tuple) -> None:
        drawn.append(values)

    collect()
    return drawn


def _shrink(function, arguments, fault, examples, seed) -> tuple[tuple, str] | None:
    """The smallest failing arguments that a bounded number of further calls finds."""
    smallest = None
    calls = 0

    @hypothesis.seed(seed)
    @_settings(examples, hypothesis.Phase.generate, hypothesis.Phase.shrink)
    @hypothesis.given(arguments)
    def attempt(values: tuple) -> None:
        nonlocal smallest, calls
        calls += 1
        if calls > SHRINK_CALLS:
            return
        [call] = call_many(function, [values])
        if problem := fault(call):
            smallest = values, problem
            raise CheckFailed(problem)

    try:
        attempt()
    except (KernelDied, CellTimeout):
        raise
    except Exception:
        # What was found is in `smallest`; hypothesis's own complaints (a flaky function) add nothing.
        pass
    return smallest
