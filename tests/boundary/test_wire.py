"""The wire format: what goes in comes out."""

from __future__ import annotations

import copy
import math
import struct
from collections import Counter, OrderedDict, defaultdict, namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.boundary import agent, encoding, wire
from autograder.boundary.raised import StudentClasses
from tests.boundary.replies import handle, quick, sent_back

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip
ARRAY_DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]


def same(left: Any, right: Any) -> bool:
    """Equal in type and in every part; NaN is NaN, and -0.0 is not 0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or (math.isnan(left) and math.isnan(right))
    if isinstance(left, torch.Tensor):
        return (
            left.dtype == right.dtype
            and left.shape == right.shape
            and same(left.double().numpy(), right.double().numpy())
        )
    if isinstance(left, (np.ndarray, np.generic)):
        return (
            left.dtype == right.dtype
            and left.shape == right.shape
            and np.array_equal(left, right, equal_nan=left.dtype.kind == "f")
        )
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(map(same, left.items(), right.items()))
    return left == right


@st.composite
def tensors(draw) -> torch.Tensor:
    """Of every dtype and layout: 0-dimensional, empty, transposed, strided, expanded."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 9)))
    tensor = (torch.randn(shape, generator=generator) * 3).to(dtype)
    match draw(st.sampled_from(["as it is", "transposed", "strided", "expanded"])):
        case "transposed" if tensor.ndim > 1:
            return tensor.transpose(0, 1)
        case "strided" if tensor.ndim > 0:
            return tensor[::2]
        case "expanded":
            return tensor.unsqueeze(0).expand(3, *tensor.shape)
    return tensor


arrays = st.sampled_from(ARRAY_DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
keys = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.tuples(inner, inner),
    max_leaves=3,
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**4096) + 1, max_value=2**4096 - 1)
    | st.floats()
    | st.text()
    | st.binary()
    | st.binary().map(bytearray)
    | st.complex_numbers(allow_nan=False)
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 3))
    | st.frozensets(st.none() | st.integers() | st.text() | st.binary())
    | st.sets(st.booleans() | st.text())
    | hnp.arrays("U3", hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    | hnp.arrays(
        "complex64",
        hnp.array_shapes(max_dims=2, max_side=3),
        elements=st.complex_numbers(max_magnitude=9, width=64),
    )
    | tensors()
    | arrays
    | arrays.filter(lambda array: array.size).map(lambda array: array.flat[0])
    | st.sampled_from(DTYPES)
    | st.lists(st.integers(0, 9), max_size=3).map(torch.Size)
)
plain = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


class TestWhatComesBack:
    @quick
    @given(plain)
    def test_every_plain_value_arrives_as_it_was_sent(self, value):
        assert same(sent_back(value), value)

    @pytest.mark.parametrize("dtype", DTYPES, ids=str)
    def test_a_tensor_of_every_dtype_arrives(self, dtype):
        for tensor in (
            torch.tensor(1).to(dtype),
            torch.zeros(0, 3).to(dtype),
            torch.arange(6).reshape(2, 3).T.to(dtype),
        ):
            assert same(sent_back(tensor), tensor)

    def test_a_tensor_arrives_without_its_graph_and_says_that_it_needs_gradients(self):
        back = sent_back(torch.ones(2, requires_grad=True) * 2)
        assert back.requires_grad
        assert back.grad_fn is None
        assert back.grad_fn is None

    def test_a_parameter_arrives_as_a_plain_tensor(self):
        assert type(sent_back(torch.nn.Parameter(torch.ones(2)))) is torch.Tensor

    def test_two_views_of_one_tensor_arrive_as_two_tensors(self):
        base = torch.arange(4.0)
        first, second = sent_back([base[:2], base])
        first += 10
        assert second.tolist() == [0.0, 1.0, 2.0, 3.0]

    @pytest.mark.parametrize("layout", ["F", "strided", "big-endian"])
    def test_an_array_arrives_whatever_its_memory_looks_like(self, layout):
        array = np.arange(12.0).reshape(3, 4)
        sent = {"F": np.asfortranarray(array), "strided": array[::2, ::3], "big-endian": array.astype(">f8")}
        assert np.array_equal(sent_back(sent[layout]), sent[layout])
        assert sent_back(sent[layout]).dtype == np.float64

    def test_the_largest_integer_arrives_and_a_larger_one_is_refused(self):
        largest = 2**encoding.MAX_BITS - 1
        assert sent_back([largest, -largest]) == [largest, -largest]
        assert repr(largest)
        with pytest.raises(agent.TooLarge, match="14,000 bits"):
            sent_back(2**encoding.MAX_BITS)

    def test_a_lone_surrogate_becomes_a_question_mark(self):
        assert sent_back("a\ud800b") == "a?b"
        assert sent_back({"\udfff": 1}) == {"?": 1}

    def test_a_named_tuple_arrives_as_a_tuple_with_all_its_fields(self):
        pair = namedtuple("pair", "left right")
        assert sent_back(pair(1, 2)) == (1, 2)
        assert sent_back(pair(1, 2))._fields == ("left", "right")
        values, indices = sent_back(torch.tensor([1.0, 3.0]).max(dim=0))
        assert (values.item(), indices.item()) == (3.0, 1)

    @pytest.mark.parametrize(
        ("cell", "named"),
        [("f()", True), ("import checks\nf().left", True), ("import checks\nf() == (1, 2)", False)],
    )
    def test_for_checks_a_named_tuple_is_a_tuple_where_they_read_no_name(self, cell, named):
        encoder = encoding.Encoder(agent.Agent({}))
        buffers = encoder.finish(["r", encoder.encode(namedtuple("pair", "left right")(1, 2))])
        back = wire.decode_reply(buffers, handle, StudentClasses(cell)).result()
        assert back == (1, 2)
        assert (type(back) is not tuple) is named

    def test_a_named_tuple_has_its_names(self):
        pair = namedtuple("pair", "left right")
        encoder = encoding.Encoder(agent.Agent({}))
        buffers = encoder.finish(["r", encoder.encode([pair(1, 2), {pair(3, 4): 5}])])
        classes = StudentClasses("assert f()[0].left == 1")
        [back, keyed] = wire.decode_reply(buffers, handle, classes).result()
        assert (back.left, back.right, back, repr(back)) == (1, 2, (1, 2), "pair(left=1, right=2)")
        assert keyed[(3, 4)] == 5
        assert copy.deepcopy([back])[0].right == 2

    @pytest.mark.parametrize(
        "value",
        [
            OrderedDict([("b", 1), ("a", 2)]),
            Counter("abb"),
            defaultdict(list, {"b": [1]}),
            defaultdict(None, a=1),
        ],
    )
    def test_dictionaries_of_collections_keep_their_type_and_their_order(self, value):
        back = sent_back(value)
        assert type(back) is type(value)
        assert list(back.items()) == list(value.items())
        assert getattr(back, "default_factory", None) is getattr(value, "default_factory", None)

    def test_what_a_function_of_the_students_would_supply_is_missing_in_a_plain_dictionary(self):
        assert type(sent_back(defaultdict(lambda: 4, a=1))) is dict


class TestWhatStaysInTheKernel:
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    class LyingTuple(tuple):
        def __iter__(self):
            return iter((7, 7))

    class LyingTensor(torch.Tensor):
        pass

    class LyingList(list):
        pass

    @pytest.mark.parametrize(
        "value",
        [
            Liar(3),
            LyingTuple((1, 2)),
            LyingList([1]),
            torch.ones(2).as_subclass(LyingTensor),
            torch.eye(2).to_sparse(),
            np.array([object()]),
            np.ma.masked_array([1.0, 2.0], [True, False]),
            {1, object()},
            len,
            torch.nn.Linear(1, 1),
            torch.ones(2, dtype=torch.complex64),
            torch.empty(2, device="meta"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_anything_that_is_not_plain_data_is_a_handle(self, value):
        kind, number, type_name = sent_back(value)
        assert kind == "handle"
        assert number > 0
        assert type_name == type(value).__name__

    def test_a_list_that_contains_itself_is_a_handle_at_some_depth(self):
        endless: list = []
        endless.append(endless)
        value = sent_back(endless)
        depth = 0
        while type(value) is list:
            [value] = value
            depth += 1
        assert value[0] == "handle"
        assert depth <= wire.MAX_DEPTH
