"""Values are put into words and compared, whatever a student's function returned."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from autograder.checking.values import (
    close,
    describe,
    difference,
    finite,
    form,
    is_number,
    number_problem,
    parts_problem,
    scalar,
    tensor_problem,
    unchanged,
)

NAN = math.nan
ANYTHING = [
    None,
    True,
    3,
    10**5000,
    0.1,
    NAN,
    1j,
    "text",
    b"bytes",
    [],
    (1,),
    {"a": [torch.ones(2)]},
    {1, 2},
    torch.zeros(0),
    torch.zeros(3, 0),
    torch.ones(2),
    torch.ones(2, dtype=torch.bool),
    torch.ones(30, dtype=torch.bool),
    torch.full((30,), NAN),
    torch.ones(30, dtype=torch.complex64),
    torch.ones(2, requires_grad=True),
    torch.eye(3).to_sparse(),
    nn.Parameter(torch.ones(1)),
    np.ones(2),
    np.array(["a", None], dtype=object),
    np.float32(0.5),
    np.int64(2),
    np.bool_(True),
    np.str_("x"),
    object(),
    len,
]


class TestForm:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (None, "None (is there a return?)"),
            (torch.ones(2), "a float32 tensor of shape (2,)"),
            (torch.ones(2, 3, dtype=torch.int64), "an int64 tensor of shape (2, 3)"),
            (torch.ones((), dtype=torch.uint8), "a uint8 tensor of shape ()"),
            (nn.Parameter(torch.ones(1)), "a float32 parameter of shape (1,)"),
            (np.ones(2), "a numpy array of shape (2,) and dtype float64"),
            (np.float32(1), "a numpy float32"),
            ([1], "a list of 1 item"),
            ((1, 2), "a tuple of 2 items"),
            (True, "a bool"),
            (3, "an int"),
            (0.5, "a float"),
            ("x", "a str"),
            (nn.Sequential(nn.Linear(2, 1), nn.ReLU()), "the model Sequential(Linear, ReLU)"),
            (nn.Linear(2, 1), "the model Linear()"),
            (len, "an object that is not plain data"),
        ],
    )
    def test_it_says_what_a_value_is_and_not_what_is_in_it(self, value, words):
        assert form(value) == words


class TestDescribe:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (torch.tensor([0.0, 1.0]), "tensor([0.0, 1.0])"),
            (torch.arange(30.0).reshape(5, 6), "tensor(5 x 6, 0 ... 29)"),
            (torch.ones(30, dtype=torch.complex64), "a complex64 tensor of shape (30,)"),
            (np.array([1, 2]), "tensor([1, 2])"),
            (0.1, "0.1"),
            (np.float64(0.5), "0.5"),
            ("it's", '"it\'s"'),
            (None, "None"),
            ([1, (2,), {"a": None}], "[1, (2,), {'a': None}]"),
            ([torch.tensor([1, 2])], "[tensor([1, 2])]"),
            (10**400, "a number of more than 30 digits"),
            ([len], "[an object that is not plain data]"),
        ],
    )
    def test_it_writes_a_value_as_a_student_would(self, value, words):
        assert describe(value) == words

    def test_a_long_one_is_shortened(self):
        assert len(describe(list(range(10**6)))) == 300
        assert describe("x" * 10**6).endswith("...")


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: type(value).__name__)
def test_nothing_that_a_student_may_return_makes_them_raise(value):
    assert 0 < len(form(value)) <= 300
    assert 0 < len(describe(value)) <= 300
    assert type(finite(value)) is bool
    assert tensor_problem(value, "x", torch.float64, (7,)).startswith("x ")
    assert parts_problem(value, ("a", "b", "c"))
    assert type(difference(value, torch.ones(9))) is float
    for other in ANYTHING:
        assert type(close(value, other, rtol=0.1, atol=0.1)) is bool
        assert type(unchanged(value, other)) is bool


class TestNumbers:
    @pytest.mark.parametrize("value", [1, 0.5, np.float32(1), np.int64(1)])
    def test_numbers_of_python_and_numpy(self, value):
        assert is_number(value)

    @pytest.mark.parametrize("value", [True, np.bool_(True), "1", None, torch.tensor(1.0)])
    def test_what_is_no_number(self, value):
        assert not is_number(value)

    def test_a_scalar_is_taken_out_of_a_tensor_without_dimensions_only(self):
        assert scalar(torch.tensor(2)) == 2
        assert scalar(np.float32(0.5)) == 0.5
        assert scalar([2]) == [2]
        assert isinstance(scalar(torch.tensor([2])), torch.Tensor)

    @pytest.mark.parametrize(
        "value", [NAN, math.inf, [1, NAN], {"a": torch.tensor(math.inf)}, torch.zeros(0)]
    )
    def test_what_is_not_finite(self, value):
        assert not finite(value)

    @pytest.mark.parametrize(
        ("value", "kind", "words"),
        [
            (1, float, "must be a Python float, got an int"),
            (True, int, "must be a Python int, got a bool"),
            (torch.tensor(1.0), float, "got a float32 tensor of shape ()"),
            (NAN, float, "is nan"),
            (2**70, int, "64 bits"),
        ],
    )
    def test_what_is_wrong_with_a_number(self, value, kind, words):
        assert words in number_problem(value, "n", kind)

    def test_nothing_is_wrong_with_a_right_one(self):
        assert number_problem(0.5, "x") is None
        assert number_problem(3, "n", int) is None
        assert parts_problem((1, 2), ("a", "b")) is None


class TestTensorProblem:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (np.ones(2, dtype=np.float32), "got a numpy array"),
            (nn.Parameter(torch.ones(2)), "got a float32 parameter"),
            (torch.ones(2, dtype=torch.float64), "got a float64 tensor"),
            (torch.ones(3), "of shape (2,), got a float32 tensor of shape (3,)"),
            (torch.ones(2).to_sparse(), "dense"),
            (torch.ones(2, requires_grad=True), "detach()"),
            (torch.tensor([NAN, 1.0]), "1 elements that are NaN"),
        ],
    )
    def test_it_names_the_first_thing_that_is_wrong(self, value, words):
        assert words in tensor_problem(value, "x", torch.float32, (2,))

    def test_nothing_is_wrong_with_a_right_one(self):
        assert tensor_problem(torch.ones(2), "x", torch.float32, (2,)) is None
        assert tensor_problem(torch.ones(2), "x", torch.float32) is None


class TestUnchanged:
    @pytest.mark.parametrize("value", [NAN, torch.tensor([NAN, 1]), [1, {"a": (2.0, None)}], "x"])
    def test_a_value_is_like_itself(self, value):
        assert unchanged(value, value)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (1, 1.0),
            (1, True),
            (0.0, NAN),
            ("a", None),
            ([1], (1,)),
            ([1], [1, 1]),
            ([torch.zeros(1)], [torch.ones(1)]),
            ({"a": 1}, {"b": 1}),
            ({"a": 1}, {"a": 2}),
            (torch.zeros(2), [0.0, 0.0]),
            (torch.zeros(1), torch.tensor([NAN])),
            (torch.ones(2), torch.ones(2, dtype=torch.float64)),
            (torch.ones(2), torch.ones(2) + 1e-7),
            (torch.ones(1), torch.ones(1, 1)),
            (0.0, 1e-300),
        ],
    )
    def test_type_shape_and_every_bit_count(self, before, after):
        assert not unchanged(before, after)
        assert not unchanged(after, before)


class TestClose:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (1.0009, 1.0),
            (1, np.float32(1)),
            (torch.ones(2), torch.ones(2, dtype=torch.float64) + 5e-4),
            (np.ones(2), torch.ones(2)),
            ([1.0, {"a": torch.ones(1)}], [1.0001, {"a": torch.ones(1)}]),
            ("x", "x"),
            (None, None),
            (math.inf, math.inf),
        ],
    )
    def test_equal_up_to_rounding(self, value, expected):
        assert close(value, expected, rtol=1e-3, atol=0)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (1.01, 1.0),
            (NAN, NAN),
            (torch.ones(2), torch.ones(1)),
            ([1.0], (1.0,)),
            ([1.0], [1.0, 1.0]),
            ({"a": 1}, {"b": 1}),
            (True, 1),
            (None, torch.ones(1)),
            (1.0, torch.tensor(1.0)),
        ],
    )
    def test_different(self, value, expected):
        assert not close(value, expected, rtol=1e-3, atol=0)


class TestDifference:
    def test_of_tensors_and_of_states(self):
        model = nn.Linear(2, 1)
        state = {name: value + 0.25 for name, value in model.state_dict().items()}
        assert difference(torch.tensor([1, 5]), torch.tensor([1.0, 2.0])) == 3.0
        assert difference(state, model.state_dict()) == pytest.approx(0.25)
        assert difference({}, {}) == difference(torch.zeros(0), torch.zeros(0)) == 0.0

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (torch.ones(2), torch.ones(3)),
            (torch.tensor([NAN]), torch.ones(1)),
            (torch.tensor([math.inf]), torch.ones(1)),
            ({"a": torch.ones(1)}, {"b": torch.ones(1)}),
            ({"a": 1.0}, {"a": torch.ones(1)}),
            (None, torch.ones(1)),
        ],
    )
    def test_what_cannot_be_compared_is_infinitely_far_away(self, value, expected):
        assert difference(value, expected) == math.inf
