"""The wire format: what goes in comes out, and nothing else gets in."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import struct
import sys
import threading
import tracemalloc
import types
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.boundary import agent, encoding, packing, wire
from autograder.boundary.proxy import Proxy
from autograder.errors import BoundaryError, CellTimeout, StudentError

quick = settings(max_examples=120, deadline=None)

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip
ARRAY_DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]


def handle(number: int, type_name: str) -> tuple:
    """Stands for a proxy in these tests."""
    return "handle", number, type_name


def sent_back(value: Any) -> Any:
    """A value of the student's, as the grader gets it."""
    encoder = encoding.Encoder(agent.Agent({}))
    return wire.decode(encoder.finish(encoder.encode(value)), handle)


def forged(structure: Any, tensors: bytes = b"", arrays: bytes = b"") -> list[bytes]:
    """A reply as somebody would write it who is not our agent."""
    return [json.dumps(structure).encode(), tensors, arrays]


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
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*"rehltdziTASyo", "missing", "0", "torch.load", "torch.float32", "0x1"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=25,
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
        assert type(sent_back(pair(1, 2))) is tuple
        values, indices = sent_back(torch.tensor([1.0, 3.0]).max(dim=0))
        assert (values.item(), indices.item()) == (3.0, 1)

    def test_an_ordered_dictionary_arrives_as_a_dictionary_in_its_order(self):
        back = sent_back(OrderedDict([("b", 1), ("a", 2)]))
        assert type(back) is dict
        assert list(back) == ["b", "a"]


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


class TestHostileReplies:
    @settings(max_examples=400, deadline=None)
    @given(json_values, st.binary(max_size=40), st.binary(max_size=40))
    @example(["i", "0x" + "f" * 1026], b"", b"")
    @example(["i", "1_0"], b"", b"")
    @example(["z", [True]], b"", b"")
    @example(["z", [-1]], b"", b"")
    @example(["y", "torch.load"], b"", b"")
    @example(["y", "torch.float8"], b"", b"")
    @example(["h", True, "int"], b"", b"")
    @example(["h", 0, "int"], b"", b"")
    @example(["h", 2**62, "int"], b"", b"")
    @example(["d", [[["l", []], 1]]], b"", b"")
    @example(["d", [[float("nan"), 1]]], b"", b"")
    @example(["d", [[["T", "0"], 1]]], b"", b"")
    @example(["S", "0"], b"", b"")
    @example({"r": 1}, b"", b"")
    def test_no_json_gives_anything_but_plain_data_or_a_boundary_error(self, structure, tensors, arrays):
        try:
            value = wire.decode(forged(structure, tensors, arrays), handle)
        except BoundaryError:
            return
        assert_plain(value)

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.binary(max_size=60), max_size=4))
    def test_no_bytes_raise_anything_but_a_boundary_error(self, buffers):
        for read in (
            lambda: wire.decode(buffers, handle),
            lambda: wire.decode_reply(buffers, handle),
            lambda: wire.decode_replies(buffers, handle, 2),
            lambda: wire.decode_names(buffers, handle, ["a", "b"]),
        ):
            with contextlib.suppress(BoundaryError):
                read()

    @settings(max_examples=300, deadline=None)
    @given(json_values, st.integers(0, 3))
    def test_no_structure_breaks_the_readers_of_replies(self, structure, count):
        buffers = forged(structure)
        for read in (
            lambda: [wire.decode_reply(buffers, handle)],
            lambda: wire.decode_replies(buffers, handle, count),
        ):
            try:
                replies = read()
            except BoundaryError:
                continue
            assert all(type(reply) is wire.Reply for reply in replies)
        try:
            names = wire.decode_names(buffers, handle, ["a"] * count)
        except BoundaryError:
            return
        except Exception as error:
            if not hasattr(error, "student_traceback"):  # then it is not one that the student described
                raise
        else:
            assert set(names) <= {"a"}

    @pytest.mark.parametrize("cut", range(0, 140, 7))
    def test_truncated_tensors_are_refused(self, cut):
        whole = safetensors.torch.save({"0": torch.arange(8.0)})
        assert wire.decode(forged(["T", "0"], whole), handle).tolist() == list(range(8))
        with pytest.raises(BoundaryError, match=r"safetensors|missing"):
            wire.decode(forged(["T", "0"], whole[: min(cut, len(whole) - 1)]), handle)
        arrays = safetensors.numpy.save({"0": np.arange(8.0)})
        with pytest.raises(BoundaryError, match=r"safetensors|missing"):
            wire.decode(forged(["A", "0"], b"", arrays[: min(cut, len(arrays) - 1)]), handle)

    @pytest.mark.parametrize(
        "header",
        [
            {"0": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}},
            {"0": {"dtype": "F32", "shape": [2**62, 0], "data_offsets": [0, 0]}},
            {"0": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
            {"0": {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**62]}},
            {"0": {"dtype": "F32", "shape": [1] * 70, "data_offsets": [0, 4]}},
            {"0": {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]}},
            {"0": {"dtype": "C64", "shape": [], "data_offsets": [0, 4]}},
            {"0": {"dtype": "object", "shape": [1], "data_offsets": [0, 4]}},
            {"0": None},
            [],
        ],
        ids=lambda header: json.dumps(header)[:50],
    )
    def test_lying_headers_of_tensors_are_refused_or_harmless(self, header):
        text = json.dumps(header).encode()
        data = struct.pack("<Q", len(text)) + text + b"\0" * 4
        for structure in (["T", "0"], ["A", "0"], ["S", "0"]):
            try:
                value = wire.decode(forged(structure, data, data), handle)
            except BoundaryError:
                continue
            assert value.size <= 4 if isinstance(value, np.ndarray) else value.numel() <= 4

    @pytest.mark.parametrize(
        "shape",
        [(20_000_000, 0), (2**40, 0), (2000, 5000, 0), (5000, 2000, 0, 3), (5_000_000, 1), (1,) * 65],
        ids=str,
    )
    def test_what_is_small_on_the_wire_does_not_become_gigabytes_of_lists(self, shape):
        size = math.prod(shape)
        header = json.dumps({"0": {"dtype": "U8", "shape": shape, "data_offsets": [0, size]}}).encode()
        data = struct.pack("<Q", len(header)) + header + b"\0" * size
        for structure in (["T", "0"], ["A", "0"], ["T", "0", "grad"]):
            with pytest.raises(BoundaryError):
                wire.decode(forged(structure, data, data), handle)

    @pytest.mark.parametrize("shape", [(0,), (0, 10**9), (3, 0), (10_000, 784), (1,) * 20, ()], ids=str)
    def test_ordinary_shapes_come_through(self, shape):
        assert sent_back(torch.zeros(shape, dtype=torch.uint8)).shape == shape

    def test_a_shape_of_many_sides_is_refused(self):
        with pytest.raises(BoundaryError):
            wire.decode(forged(["z", [2**61] * 1000]), handle)

    def test_huge_nesting_is_refused(self):
        for depth in (wire.MAX_DEPTH + 2, 5_000, 200_000):
            for left, right in (("[", "]"), ('["l",[', "]]"), ('{"a":', "}")):
                text = (left * depth + "1" + right * depth).encode()
                with pytest.raises(BoundaryError):
                    wire.decode([text, b"", b""], handle)

    def test_too_many_values_are_refused(self):
        structure = ["l", [0] * (wire.MAX_NODES + 1)]
        with pytest.raises(BoundaryError, match="values"):
            wire.decode(forged(structure), handle)

    def test_too_many_bytes_are_refused_before_they_are_read(self):
        blob = bytes(wire.MAX_BYTES // 2 + 1)
        tracemalloc.start()
        try:
            with pytest.raises(BoundaryError, match="bytes"):
                wire.decode([b"0", blob, blob], handle)
            assert tracemalloc.get_traced_memory()[1] < 2**20
        finally:
            tracemalloc.stop()

    def test_one_tensor_named_many_times_takes_no_more_memory(self):
        data = safetensors.torch.save({"0": torch.zeros(2**18)})
        structure = ["l", [["T", "0"]] * 1000]
        value = wire.decode(forged(structure, data), handle)
        assert len({item.data_ptr() for item in value}) == 1

    def test_the_digits_of_an_integer_are_bounded(self):
        assert sys.get_int_max_str_digits() > 0
        with pytest.raises(BoundaryError):
            wire.decode([b"1" * 100_000, b"", b""], handle)
        with pytest.raises(BoundaryError):
            wire.decode(forged(["i", "0x" + "f" * 5_000]), handle)

    @pytest.mark.parametrize("buffers", [None, [], [b"0"], [b"0", b"", b"", b""], "text", {}])
    def test_anything_but_three_parts_is_refused(self, buffers):
        with pytest.raises(BoundaryError):
            wire.decode(buffers, handle)

    def test_the_number_of_results_must_be_the_number_of_calls(self):
        result = [["r", 1], None]
        assert len(wire.decode_replies(forged([result] * 2), handle, 2)) == 2
        for count in (0, 1, 3):
            with pytest.raises(BoundaryError, match="results"):
                wire.decode_replies(forged([result] * 2), handle, count)

    def test_arguments_after_a_call_must_be_a_tuple(self):
        good = [[["r", 1], ["t", [2]]]]
        assert wire.decode_replies(forged(good), handle, 1)[0].arguments_after == (2,)
        with pytest.raises(BoundaryError, match="tuple"):
            wire.decode_replies(forged([[["r", 1], ["l", [2]]]]), handle, 1)


class TestErrors:
    def described(self, error: BaseException) -> dict:
        try:
            raise error
        except BaseException as raised:
            return encoding.described(raised)

    def received(self, error: BaseException) -> Exception:
        return wire.load_error(json.loads(json.dumps(self.described(error))))

    @pytest.mark.parametrize(
        "error",
        [
            ValueError("no"),
            IndexError("a"),
            ZeroDivisionError("b"),
            NotImplementedError(),
            AssertionError("c"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_a_builtin_exception_keeps_its_type_and_its_message(self, error):
        received = self.received(error)
        assert type(received) is type(error)
        assert str(received) == str(error)
        assert received.student_type == type(error).__name__
        assert type(error).__name__ in received.student_traceback

    def test_a_key_error_keeps_its_key_readable(self):
        assert "lost" in str(self.received(KeyError("lost")))
        assert type(self.received(KeyError("lost"))) is KeyError

    @pytest.mark.parametrize(
        "error",
        [StopIteration(1), StopAsyncIteration(), GeneratorExit(), SystemExit(0), KeyboardInterrupt()],
        ids=lambda error: type(error).__name__,
    )
    def test_exceptions_that_control_the_grader_are_not_raised_in_it(self, error):
        received = self.received(error)
        assert type(received) is StudentError
        assert type(error).__name__ in str(received)

    def test_an_exception_that_needs_more_arguments_is_a_student_error(self):
        received = self.received(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"))
        assert type(received) is StudentError
        assert "UnicodeDecodeError" in str(received)
        assert "invalid start byte" in str(received)

    def test_a_class_of_the_students_that_is_named_like_a_builtin_is_a_student_error(self):
        impostor = type("ValueError", (Exception,), {})
        assert type(self.received(impostor("no"))) is StudentError

    def test_a_subclass_of_a_builtin_is_caught_as_one(self):
        received = self.received(type("Mine", (ValueError,), {})("no"))
        assert isinstance(received, StudentError)
        assert isinstance(received, ValueError)
        assert not isinstance(received, RuntimeError)
        assert str(received) == "Mine: no"

    def test_no_exception_of_the_students_is_of_a_kind_that_ends_a_loop(self):
        received = self.received(type("Mine", (StopIteration,), {})("no"))
        assert type(received) is StudentError

    @pytest.mark.parametrize("name", ["CellTimeout", "KernelDied", "CheckFailed", "BoundaryError"])
    def test_exceptions_of_the_kit_cannot_be_forged(self, name):
        data = {"type": name, "builtin": name, "message": "x", "trace": ""}
        received = wire.load_error(data)
        assert type(received) is StudentError
        assert not isinstance(received, CellTimeout)

    @pytest.mark.parametrize("name", ["print", "__import__", "int", "BaseException", "SystemExit", "", "?"])
    def test_only_exception_classes_are_taken_from_the_builtins(self, name):
        data = {"type": name, "builtin": name, "message": "x", "trace": ""}
        assert type(wire.load_error(data)) is StudentError

    @settings(max_examples=200, deadline=None)
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                key: st.text() | st.none() | st.integers() | st.sampled_from(dir(__builtins__))
                for key in ("type", "builtin", "message", "trace")
            },
        )
    )
    def test_no_description_raises_anything_but_a_boundary_error(self, data):
        try:
            error = wire.load_error(data)
        except BoundaryError:
            return
        assert isinstance(error, Exception)
        assert not isinstance(error, StopIteration)

    @pytest.mark.parametrize(
        "data", [None, [], "text", {}, {"type": 1, "builtin": "", "message": "", "trace": ""}]
    )
    def test_what_describes_no_exception_is_refused(self, data):
        with pytest.raises(BoundaryError, match="not described"):
            wire.load_error(data)

    def test_an_exception_whose_str_raises_is_still_described(self):
        def explode(self):
            raise RuntimeError("in str")

        assert type(self.received(type("Rude", (Exception,), {"__str__": explode})())) is StudentError

    def test_messages_and_tracebacks_are_shortened(self):
        received = self.received(ValueError("x" * 100_000))
        assert len(str(received)) <= wire.MAX_TEXT
        assert len(received.student_traceback) <= wire.MAX_TEXT


class TestCleanText:
    @quick
    @given(st.text())
    def test_no_control_characters_are_left(self, text):
        cleaned = wire.clean_text(text)
        assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in cleaned)
        assert not set(cleaned) & set("\x7f\x9b\u202e\u2066")
        cleaned.encode()

    def test_colours_are_removed_and_the_words_stay(self):
        assert wire.clean_text("\x1b[31mred\x1b[0m\r\x07 end\nnext") == "red end\nnext"

    def test_ordinary_text_of_any_language_stays_as_it_is(self):
        assert wire.clean_text("和は 3 です。\n\tça va") == "和は 3 です。\n\tça va"


class GradersOwn:
    """A class that must not be sent."""

    def method(self):
        return 1


def graders_own():
    """A function that must not be sent."""


def graders_generator():
    yield 1


@functools.wraps(torch.relu)
def disguised():
    """A function of the grader's that calls itself something else."""


class TestPack:
    @pytest.mark.parametrize(
        "value",
        [
            GradersOwn,
            GradersOwn(),
            GradersOwn().method,
            GradersOwn.method,
            graders_own,
            functools.partial(graders_own),
            functools.partial(max, key=graders_own),
            functools.partial(functools.partial(graders_own), 1),
            [1, {"a": (graders_own,)}],
            {GradersOwn: 1},
            {"list": [GradersOwn()]},
            OrderedDict(a=GradersOwn()),
            lambda: 1,
            BoundaryError("the grader's"),
            wire.decode,
            wire.Reply(value=1),
            np.array([GradersOwn()], dtype=object),
            torch.nn.Sequential(type("Block", (torch.nn.Module,), {"__module__": __name__})()),
            functools.cache(graders_own),
            property(graders_own),
            staticmethod(graders_own),
            sys.modules[__name__],
            graders_generator(),
        ],
        ids=lambda value: str(type(value).__name__),
    )
    def test_what_is_the_graders_is_refused_wherever_it_is_hidden(self, value):
        with pytest.raises(BoundaryError):
            packing.pack(value)

    def test_a_function_that_calls_itself_something_else_is_refused(self):
        with pytest.raises(BoundaryError):
            packing.pack(disguised)

    def test_the_message_names_what_was_refused(self):
        with pytest.raises(BoundaryError, match="graders_own"):
            packing.pack([graders_own])

    @pytest.mark.parametrize(
        "value",
        [
            3,
            "text",
            [1, (2, {"a": None})],
            torch.arange(3.0),
            np.arange(3),
            torch.float32,
            torch.relu,
            torch.nn.Linear(2, 1),
            torch.optim.SGD,
            functools.partial(torch.full, (2,)),
            len,
            torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU()),
            torch.utils.data.TensorDataset(torch.arange(3)),
            slice(1, None, 2),
            np.random.default_rng(1),
        ],
        ids=lambda value: str(getattr(value, "__name__", type(value).__name__)),
    )
    def test_library_objects_and_plain_data_are_sent(self, value):
        received = agent._Unpickler(packing.pack(value), {}).load()
        assert type(received) is type(value)

    def test_a_view_does_not_show_its_storage(self):
        labels = torch.tensor([7.25, 1.0, 2.0, 3.0])
        secret = struct.pack("<f", 7.25)
        assert secret in packing.pack(labels)
        for view in (labels[1:], labels[1:].reshape(3, 1), labels[1:].expand(2, 3), labels[2:].expand(2, 2)):
            assert secret not in packing.pack([{"a": view}])

    def test_a_view_inside_a_parameter_or_a_module_does_not_show_its_storage(self):
        weights = torch.tensor([7.25, 1.0, 2.0, 3.0])
        secret = struct.pack("<f", 7.25)
        layer = torch.nn.Linear(3, 1)
        layer.weight = torch.nn.Parameter(weights[1:].reshape(1, 3))
        layer.register_buffer("more", weights[1:])
        assert secret not in packing.pack(torch.nn.Parameter(weights[1:]))
        assert secret not in packing.pack(layer)

    def test_a_view_of_an_array_does_not_show_its_base(self):
        assert struct.pack("<d", 7.25) not in packing.pack(np.array([7.25, 1.0])[1:])

    def test_a_view_arrives_with_its_values_and_its_wish_for_a_gradient(self):
        view = torch.arange(6.0).reshape(2, 3).T[1:].detach().requires_grad_()
        received = agent._Unpickler(packing.pack(view), {}).load()
        assert torch.equal(received, view)
        assert received.requires_grad

    def test_a_parameter_that_is_a_view_stays_a_parameter(self):
        layer = torch.nn.Linear(3, 1)
        layer.weight = torch.nn.Parameter(torch.arange(4.0)[1:].reshape(1, 3))
        received = agent._Unpickler(packing.pack(layer), {}).load()
        assert type(received.weight) is torch.nn.Parameter
        assert received.weight.tolist() == [[1.0, 2.0, 3.0]]

    def test_a_transposed_tensor_arrives_as_it_lies_in_memory(self):
        received = agent._Unpickler(packing.pack(torch.zeros(2, 3).T), {}).load()
        assert received.stride() == torch.zeros(2, 3).T.stride()

    def test_a_tensor_in_a_graph_arrives_without_what_it_was_computed_from(self):
        secret = torch.tensor([7.25, 1.0], requires_grad=True)
        packed = packing.pack(secret * 2)
        assert struct.pack("<f", 7.25) not in packed
        assert agent._Unpickler(packed, {}).load().is_leaf

    def test_what_cannot_be_pickled_is_refused_with_an_explanation(self):
        with pytest.raises(BoundaryError, match="cannot be sent to the student's kernel"):
            packing.pack([threading.Lock()])

    def test_a_proxy_is_sent_as_its_number_only(self):
        proxy = Proxy(None, 7, "Model")
        packed = packing.pack([proxy], lambda value: value._proxy_number if type(value) is Proxy else None)
        assert agent._Unpickler(packed, types.SimpleNamespace(objects={7: "the model"})).load() == [
            "the model"
        ]
        with pytest.raises(BoundaryError):
            packing.pack([proxy])


def assert_plain(value: Any) -> None:
    """Of exactly the types that may come in (or a handle)."""
    if type(value) in (list, tuple, torch.Size):
        for item in value:
            assert_plain(item)
    elif type(value) is dict:
        for key, item in value.items():
            assert_plain(key)
            assert_plain(item)
    else:
        assert value is None or type(value) in (bool, int, float, str, torch.Tensor, torch.dtype, np.ndarray)
