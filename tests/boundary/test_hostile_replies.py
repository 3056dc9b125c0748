"""What is not in the wire format, or over a limit, does not get in."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.boundary import wire
from autograder.boundary.reply import Reply
from autograder.errors import BoundaryError
from tests.boundary.replies import forged, handle, sent_back

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*"rehlnqtdxziTASyo", "missing", "0", "torch.load", "torch.float32", "0x1"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=25,
)


class TestHostileReplies:
    @settings(max_examples=400, deadline=None)
    @given(json_values, st.binary(max_size=40), st.binary(max_size=40))
    @example(["i", "0x" + "f" * 1026], b"", b"")
    @example(["i", "1_0"], b"", b"")
    @example(["n", "P", ["x", "x"], [1, 2], None], b"", b"")
    @example(["n", "P", ["x"], [1, 2], None], b"", b"")
    @example(["n", "P", ["x"], [1], ["h", 10**30, "type"]], b"", b"")
    @example(["2", ["0", ["l", []]]], b"", b"")
    @example(["q", "dtype", "O,i4"], b"", b"")
    @example(["q", "device", "cpu:x"], b"", b"")
    @example(["x", 1, "E", [["x", 2, "F", [3]]]], b"", b"")
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
            assert all(type(reply) is Reply for reply in replies)
        try:
            names = wire.decode_names(buffers, handle, ["a"] * count)
        except BoundaryError:
            return
        except Exception as error:
            if not hasattr(error, "student_traceback"):  # then it is not one that the student described
                raise
        else:
            assert set(names) <= {"a"}

    @pytest.mark.parametrize("many", [["g", 0, 10**12, 1], ["l", [["g", 0, 10**5, 1]] * 6]])
    def test_a_range_is_as_large_as_its_numbers(self, many):
        with pytest.raises(BoundaryError, match="too much"):
            wire.decode(forged(many), handle)

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
        result = [["r", 1], None, []]
        assert len(wire.decode_replies(forged([result] * 2), handle, 2)) == 2
        for count in (0, 1, 3):
            with pytest.raises(BoundaryError, match="results"):
                wire.decode_replies(forged([result] * 2), handle, count)

    def test_arguments_after_a_call_must_be_a_tuple(self):
        good = [[["r", 1], ["t", [2]], []]]
        assert wire.decode_replies(forged(good), handle, 1)[0].arguments_after == (2,)
        with pytest.raises(BoundaryError, match="tuple"):
            wire.decode_replies(forged([[["r", 1], ["l", [2]], []]]), handle, 1)


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
