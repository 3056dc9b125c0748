"""Two answers that do the same have the same behaviour; two that do not, do not."""

from __future__ import annotations

import math
import random
import time

import numpy as np
import pytest
import torch

from autograder.boundary.reply import Reply
from autograder.boundary.student import MAX_BYTES_KEPT
from autograder.grading.results import alike
from autograder.verdict.behaviour import MOST_VALUES, behaviour
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status
from tests.fakes import InProcessKernel


def of(value) -> tuple[str, ...]:
    return behaviour([Reply(value=value)])


def same(first, second) -> bool:
    return alike(of(first), of(second))


BIG = torch.linspace(-3, 7, 784 * 128).reshape(784, 128)
VALUES = [
    None, True, 1, 1.0, "1", 2**80, np.float64(1), np.float32(1), np.int64(1), torch.tensor(1), torch.tensor(1.0),
    torch.ones(1), torch.ones(1, dtype=torch.float64), torch.ones(1, requires_grad=True), np.ones(1), np.ones((1, 1)),
    [1.0], (1.0,), torch.Size([1]), [1], [1.0, 1.0], [], {"a": 1}, {"a": 1.0}, {"b": 1}, math.nan, math.inf, -math.inf,
    torch.float32, torch.float64, BIG, BIG.T, BIG.flip(0), BIG * 1.01, [0.5] * 99, [0.5] * 98, [0.5] * 98 + [0.51],
    torch.tensor([math.nan, 1.0]), torch.tensor([1.0, math.nan]), torch.arange(40), torch.arange(40).flip(0),
]  # fmt: skip


def test_values_of_other_types_shapes_or_contents_are_not_alike():
    for place, value in enumerate(VALUES):
        assert same(value, value)
        assert [repr(other)[:50] for other in VALUES[place + 1 :] if same(value, other)] == []


@pytest.mark.parametrize("size", [1, 7, 16, 17, 300, 100_000])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e6])
def test_rounding_errors_do_not_matter(size, scale):
    generator = torch.Generator().manual_seed(size)
    for _ in range(20):
        values = torch.randn(size, generator=generator) * scale
        other = (values.double() * (1 + 1e-7 * torch.randn(size, generator=generator).double())).float()
        assert same(values, other)
        assert same(values.tolist(), other.tolist())


def test_rounding_errors_at_numbers_that_people_choose_do_not_matter():
    chosen = random.Random(0)
    for value in (1.0, 0.5, 2.0, 0.1, 1 / 3, 100.0, 0.75, 1e-3, 2e-3, 0.0, 1024.0, math.sqrt(2), 0.001953125):
        for _ in range(20):
            assert same(value, value + chosen.uniform(-1e-9, 1e-9) * max(1, value))


@pytest.mark.parametrize("factor", [1.002, 0.998, -1.0, 2.0])
def test_a_difference_that_counts_does_matter(factor):
    assert not same(3.7, 3.7 * factor)
    assert not same(BIG, BIG * factor)


def test_one_element_of_many_matters():
    other = BIG.clone()
    other[5, 5] = 9.0
    assert not same(BIG, other)


def test_what_was_raised_counts_but_not_its_numbers():
    def raised(error):
        return behaviour([Reply(error=error)])

    assert alike(raised(IndexError("list index out of range")), raised(IndexError("list index out of range")))
    assert alike(raised(ValueError("x at 0x7f3b is 3.5e-7")), raised(ValueError("x at 0x88 is -4")))
    assert not alike(
        raised(NameError("name 'x' is not defined")), raised(NameError("name 'y' is not defined"))
    )
    assert not alike(raised(ValueError("")), raised(TypeError("")))
    assert not alike(raised(IndexError("list index out of range")), raised(IndexError("pop from empty list")))


def test_names_that_students_choose_for_the_parameters_of_a_model_do_not_count():
    ones, zeros = torch.ones(2, 3), torch.zeros(2)
    assert same({"fc1.weight": ones, "fc1.bias": zeros}, {"layers.0.weight": ones, "layers.0.bias": zeros})
    assert not same({"fc1.weight": ones, "fc1.bias": zeros}, {"fc1.weight": ones, "fc1.bias": zeros + 1})
    assert not same({"loss": [1.0], "accuracy": [2.0]}, {"loss": [1.0], "acc": [2.0]})


def after(value, *arguments) -> tuple[str, ...]:
    return behaviour([Reply(value=value, arguments_after=arguments)])


def test_what_an_argument_became_on_the_way_to_a_value_does_not_make_another_mistake():
    assert alike(after(1.0, torch.ones(3)), after(1.0, torch.zeros(3)))
    assert not alike(after(None, torch.ones(3)), after(None, torch.zeros(3)))


def model_state(gradients, weight=1.0):
    parts = {"layers": "Linear", "modes": {"": True}, "buffers": {}, "gradients": gradients}
    return {**parts, "parameters": {"weight": torch.full((2,), weight)}}


def test_gradients_that_the_last_step_has_left_do_not_make_another_mistake():
    left = model_state({"weight": torch.ones(2)})
    assert alike(after(None, model_state({})), after(None, left))
    assert not alike(after(None, model_state({})), after(None, model_state({}, weight=1.1)))
    assert not alike(after(1.0, model_state({})), after(1.0, left))


TEST = """assert mean([1.0, 2.0]) == 1.5
### BEGIN HIDDEN TESTS
from autograder.checking.calls import call_many
for call in call_many(mean, [([3.0, 4.0, 5.0],), ([2.0],)]):
    assert call.result() == sum(call.arguments[0]) / len(call.arguments[0])
### END HIDDEN TESTS"""


def judged(source: str, test: str = TEST):
    return run_test_cell(test, InProcessKernel(source))


MEDIAN = (
    "def mean(values):\n    return sorted(values)[len(values) // 2] if len(values) > 2 else sum(values) / 2"
)


def test_a_right_answer_has_no_behaviour():
    verdict = judged("def mean(values):\n    return sum(values) / len(values)")
    assert (verdict.status, verdict.behaviour) == (Status.PASSED, ())


def test_other_code_that_does_the_same_has_the_same_behaviour():
    other = "import statistics\n\ndef half(x):\n    return x / 2\n\ndef mean(v):\n    " + (
        "return statistics.median(v) if v[2:] else half(sum(v))"
    )
    assert judged(MEDIAN).behaviour == judged(other).behaviour != ()


def test_other_wrong_code_has_another_behaviour():
    assert not alike(
        judged(MEDIAN).behaviour, judged("def mean(values):\n    return sum(values) / 2").behaviour
    )


@pytest.mark.parametrize(
    "source",
    [
        "def mean(values):\n    raise NotImplementedError",
        "def average(values):\n    return 1",
        "",
    ],
)
def test_answers_that_are_not_there_are_not_alike(source):
    verdict = judged(source)
    assert verdict.status is not Status.PASSED
    assert verdict.behaviour == ()


def test_a_process_that_died_has_no_behaviour():
    assert judged("def mean(values):\n    die()").behaviour == ()


def test_names_of_the_students_own_classes_do_not_count():
    source = "class {0}:\n    total = 3\n\ndef make():\n    return {0}()"
    behaviours = [
        judged(source.format(name), "assert make().total == 4").behaviour for name in ("A", "Model")
    ]
    assert behaviours[0] == behaviours[1] != ()


def test_only_so_much_is_kept_of_what_crosses():
    source = f"import torch\n\ndef mean(values):\n    return torch.zeros({MAX_BYTES_KEPT // 8})"
    verdict = judged(source, "for _ in range(4):\n    value = mean([1.0])\nassert False, 'no'")
    assert verdict.message == "no"
    assert verdict.behaviour == ()


@pytest.mark.parametrize(
    "value",
    [
        [torch.zeros(17)] * 100_000,
        [np.arange(20.0)] * 100_000,
        torch.zeros(5_000_000),
        [[0.5] * 100] * 100_000,
        dict.fromkeys(range(300000), 0.5),
    ],
    ids=["tensors", "arrays", "a long tensor", "long lists", "a dictionary"],
)
def test_what_is_too_large_to_compare_costs_the_grader_next_to_nothing(value):
    started = time.process_time()
    assert of(value) == ()
    assert time.process_time() - started < 2


def test_numbers_too_long_to_write_are_compared():
    assert of(10**5000) == of(10**5000) != of(10**5000 + 1)
    assert of({10**5000, (1, 10**5000)}) == of({(1, 10**5000), 10**5000}) != ()


def test_a_flood_of_values_is_not_compared():
    values = [[number] for number in range(MOST_VALUES)]
    assert of(values) == ()
    assert of(values[:1000]) != ()


@pytest.mark.parametrize("value", [1e308, [1e308] * 40, torch.full((40,), 3e38), [math.inf] * 40, 5e-324])
def test_extreme_numbers_are_alike_with_themselves(value):
    assert same(value, value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        math.nan,
        -math.inf,
        1j,
        b"\xff",
        "\ud800",
        True,
        {},
        set(),
        [(), [[]]],
        np.float32(0.5),
        np.array([math.nan, math.inf] * 20),
        np.zeros((0, 3)),
        np.array(1e308),
        torch.zeros(3, dtype=torch.bfloat16),
        torch.zeros(3, dtype=torch.complex64),
        torch.full((20,), 1e38).half(),
        torch.zeros(2, requires_grad=True),
    ],
    ids=repr,
)
def test_every_value_that_crosses_has_a_behaviour(value):
    assert len(of(value)) == len(of(value)) == 3


def test_alike_values_of_which_another_call_is_wrong_are_another_behaviour():
    replies = [Reply(value=3.14159), Reply(value=0.5)]
    assert alike(behaviour(replies, 1, "for x = 1: wrong"), behaviour(replies, 1, "for x = 1: wrong"))
    assert not alike(behaviour(replies, 1, "for x = 1: wrong"), behaviour(replies, 2, "for x = 2: wrong"))


def test_another_complaint_is_another_behaviour_but_not_another_number_in_it():
    replies = [Reply(value=0.5)]
    assert alike(behaviour(replies, 0, "off by 0.25, got 1e-7"), behaviour(replies, 0, "off by 3, got 2"))
    assert not alike(behaviour(replies, 0, "the shape is wrong"), behaviour(replies, 0, "the mode is wrong"))


LOOKING = """assert callable(count)
### BEGIN HIDDEN TESTS
from torch import nn
from autograder.checking.calls import send
from autograder.checking.promises import ONLY_LOOKS, keeping
assert keeping(count, send(nn.Linear(2, 3)), promises=ONLY_LOOKS) == 9
### END HIDDEN TESTS"""


def test_where_a_model_lies_in_memory_is_no_part_of_a_behaviour():
    source = "def count(model):\n    return 8"
    kept, behaviours = [], set()
    for _ in range(5):
        kept.append(InProcessKernel(source))  # alive, so that the next one's objects lie elsewhere
        behaviours.add(run_test_cell(LOOKING, kept[-1]).behaviour)
    assert len(behaviours) == 1
    assert () not in behaviours
