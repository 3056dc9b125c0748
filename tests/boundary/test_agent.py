"""The agent answers requests in the student's kernel, and never raises."""

from __future__ import annotations

import json
import operator
import random
import sys
import warnings
from typing import Any

import numpy
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.boundary import encoding, packing, traces, wire
from autograder.boundary.agent import Agent
from autograder.boundary.reply import Reply
from autograder.boundary.withheld import kind_of_object
from autograder.errors import BoundaryError


def handle(number: int, type_name: str) -> tuple:
    return "handle", number, type_name


@pytest.fixture
def agent() -> Agent:
    return Agent({})


class Kept:
    """Stands for an object that the agent keeps; sent as its number."""

    NUMBER = 1_000_000


def keep(agent: Agent, value: Any) -> Kept:
    agent.objects[Kept.NUMBER] = value
    return Kept()


def packed(request: Any) -> bytes:
    return packing.pack(request, lambda value: Kept.NUMBER if type(value) is Kept else None)


def ask(agent: Agent, **request: Any) -> Reply:
    return wire.decode_reply(agent.answer(packed(request)), handle)


def call(agent: Agent, function: Any, *argument_lists: tuple, after: bool = False) -> list[Reply]:
    calls = [packed((arguments, {})) for arguments in argument_lists]
    request = {"op": "call", "function": function, "calls": calls, "after": after, "handles": False}
    return wire.decode_replies(agent.answer(packed(request)), handle, len(calls))


def test_a_buffer_that_every_call_fills_anew_is_sent_as_it_was_after_each_call(agent):
    buffer = numpy.zeros(2)

    def fill(value):
        buffer[:] = value
        return buffer

    replies = call(agent, keep(agent, fill), (1,), (2,))
    assert [reply.value.tolist() for reply in replies] == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (json.JSONDecoder, ("named", "json.decoder", "JSONDecoder")),
        (pytest.Item.listchain, ("named", "_pytest.nodes", "Node.listchain")),
        (numpy.ndarray, numpy.ndarray),
        (Agent, Agent),
        (keep, keep),
        ([1], [1]),
    ],
    ids=[
        "a class",
        "a function",
        "of a package that is sent",
        "a class of the grader's",
        "a function of the grader's",
        "a list",
    ],
)
def test_the_name_of_what_is_asked_for_crosses_where_it_is_a_library_s_and_nothing_of_the_grader_s(
    kind, sent
):
    assert packing.named(kind) == sent


class TestLookUp:
    def test_it_gives_values_and_handles_and_leaves_out_what_is_missing(self, agent):
        agent.namespace.update(a=1, f=len)
        buffers = agent.answer(packing.pack({"op": "look_up", "names": ["a", "f", "no"], "kept": []}))
        names = wire.decode_names(buffers, handle, ["a", "f", "no"])
        assert names["a"] == 1
        assert names["f"][0] == "handle"
        assert "no" not in names

    def test_it_drops_the_objects_of_the_test_cell_before(self, agent):
        agent.namespace["f"] = len
        for _ in range(3):
            agent.answer(packing.pack({"op": "look_up", "names": ["f"], "kept": []}))
        assert len(agent.objects) == 1

    def test_a_number_is_never_used_for_two_objects(self, agent):
        agent.namespace["f"] = len
        seen = set()
        for _ in range(3):
            agent.answer(packing.pack({"op": "look_up", "names": ["f"], "kept": []}))
            seen |= set(agent.objects)
        assert len(seen) == 3


class TestCall:
    def test_each_call_gets_arguments_of_its_own(self, agent):
        shared = [1]
        replies = call(agent, list.clear, (shared,), (shared,), after=True)
        assert [reply.arguments_after for reply in replies] == [([],), ([],)]
        assert shared == [1]

    def test_a_call_that_raises_does_not_stop_the_others(self, agent):
        first, second = call(agent, int, ("x",), ("3",))
        assert type(first.error) is ValueError
        assert second.value == 3

    @pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration])
    def test_no_exception_of_the_students_leaves_the_agent(self, agent, error):
        def raises():
            raise error

        [reply] = call(agent, keep(agent, raises), ())
        assert reply.error.student_type == error.__name__

    def test_arguments_after_a_call_never_keep_objects_alive(self, agent):
        [reply] = call(agent, len, ([object()],), after=True)
        assert reply.arguments_after == ([None],)
        assert not agent.objects


class TestLimits:
    @pytest.mark.parametrize(
        "value", [2**20_000, "x" * (encoding.MAX_BYTES // 4 + 1)], ids=["number", "text"]
    )
    def test_a_text_or_number_that_is_too_large_is_an_error_and_not_a_flood(self, agent, value):
        agent.namespace["value"] = value
        buffers = agent.answer(packing.pack({"op": "look_up", "names": ["value"], "kept": []}))
        assert sum(map(len, buffers)) < 10_000
        assert json.loads(buffers[0])[1]["type"] == "TooLarge"

    @pytest.mark.parametrize(
        "value",
        [
            list(range(encoding.MAX_NODES + 1)),
            numpy.zeros(encoding.MAX_BYTES + 1, numpy.uint8),
            torch.zeros(1).expand(encoding.MAX_BYTES // 4 + 1),  # it only looks small
            list(numpy.zeros((17, encoding.MAX_BYTES // 16), numpy.uint8)),
            pd.DataFrame({"text": ["x" * 1_000] * (encoding.MAX_BYTES // 4_000 + 1)}),
        ],
        ids=["list", "array", "view", "arrays", "frame"],
    )
    def test_a_collection_that_is_too_large_stays_as_a_handle_beside_what_is_sent(self, agent, value):
        agent.namespace |= {"value": value, "small": numpy.ones(2)}
        buffers = agent.answer(packing.pack({"op": "look_up", "names": ["value", "small"], "kept": []}))
        assert sum(map(len, buffers)) < 10_000
        [[_, handle], _] = json.loads(buffers[0])
        assert handle == ["h", 1, f"{type(value).__name__} (too large to be compared)"]
        names = wire.decode_names(buffers, lambda number, name: kind_of_object(name), ["value", "small"])
        assert names["small"].tolist() == [1, 1]
        assert type(value).__name__ in names["value"]

    def test_what_the_agent_sends_at_most_is_less_than_the_grader_takes(self):
        assert encoding.MAX_BYTES < wire.MAX_BYTES
        assert encoding.MAX_DEPTH < wire.MAX_DEPTH
        assert encoding.MAX_NODES < wire.MAX_NODES


class TestObjects:
    def test_an_attribute_an_item_and_a_length_are_read(self, agent):
        model = keep(agent, torch.nn.Sequential(torch.nn.ReLU()))
        assert call(agent, getattr, (model, "training"))[0].value is True
        assert call(agent, len, (model,))[0].value == 1
        item, missing = call(agent, operator.getitem, (model, 0), (model, 5))
        assert item.value[2] == "ReLU"
        assert type(missing.error) is IndexError
        assert type(call(agent, getattr, (model, "no"))[0].error) is AttributeError

    def test_an_iterator_gives_a_bounded_number_of_items_at_a_time(self, agent):
        numbers = keep(agent, iter(range(5)))
        assert ask(agent, op="next", object=numbers, count=3).value == [0, 1, 2]
        assert ask(agent, op="next", object=numbers, count=3).value == [3, 4]

    def test_no_exception_while_an_object_is_read_leaves_the_agent(self, agent):
        class Rude:
            def __getattr__(self, name):
                raise SystemExit

            __len__ = __getitem__ = __iter__ = __next__ = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)

        rude = keep(agent, Rude())
        for function, *arguments in (
            (getattr, rude, "x"),
            (len, rude),
            (operator.getitem, rude, 0),
            (iter, rude),
        ):
            [reply] = call(agent, function, arguments)
            assert reply.error.student_type in ("SystemExit", "KeyboardInterrupt", "TypeError")
        assert ask(agent, op="next", object=rude, count=1).error.student_type == "KeyboardInterrupt"

    def test_keep_gives_a_handle_even_to_plain_data(self, agent):
        kind, number, name = ask(agent, op="keep", value=[1]).value
        assert (kind, name) == ("handle", "list")
        assert agent.objects[number] == [1]


class TestBrokenRequests:
    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=30) | st.just(packing.pack({"op": "no such"})) | st.just(packing.pack({})))
    def test_whatever_the_request_there_is_an_answer(self, payload):
        reply = wire.decode_reply(Agent({}).answer(payload), handle)
        assert reply.error is not None


class TestModes:
    @pytest.mark.parametrize(
        "leave",
        [
            lambda: torch.set_grad_enabled(False),
            lambda: torch.set_default_dtype(torch.float64),
            lambda: torch.set_default_device("meta"),
            lambda: torch.set_num_threads(3),
            lambda: torch.set_float32_matmul_precision("medium"),
            lambda: torch.autograd.set_detect_anomaly(True),
            lambda: torch.use_deterministic_algorithms(True),
            lambda: torch.set_printoptions(precision=1),
            lambda: numpy.seterr(all="raise"),
            lambda: numpy.set_printoptions(precision=1),
            lambda: warnings.simplefilter("error"),
            lambda: sys.setrecursionlimit(900),
            lambda: (random.seed(9), numpy.random.seed(9), torch.manual_seed(9)),
        ],
    )
    def test_each_test_begins_with_those_of_the_beginning(self, leave):
        with FakeMachine():
            agent = Agent({})
            agent.modes.restore()
            before = state_of_the_libraries()
            leave()
            agent.answer(packing.pack({"op": "look_up", "names": ["a"], "kept": []}))
            assert state_of_the_libraries() == before

    def test_a_mode_that_cannot_be_set_leaves_the_others(self, monkeypatch):
        with FakeMachine():
            agent = Agent({})
            monkeypatch.setattr(numpy, "seterr", None)
            torch.set_grad_enabled(False)
            agent.modes.restore()
            assert torch.is_grad_enabled()


class TestWhatAValueSaysOfItself:
    @pytest.mark.parametrize("needs", [True, False])
    def test_a_tensor_that_needs_gradients_says_so(self, agent, needs):
        agent.namespace["a"] = torch.ones(2, requires_grad=needs) * 2
        [value] = wire.decode_names(
            agent.answer(packing.pack({"op": "look_up", "names": ["a"], "kept": []})), handle, ["a"]
        ).values()
        assert value.requires_grad is needs
        assert value.tolist() == [2.0, 2.0]

    def test_numpy_refuses_it_here_as_it_does_there(self, agent):
        agent.namespace["f"] = lambda: torch.nn.Linear(1, 1).weight
        [reply] = call(agent, keep(agent, agent.namespace["f"]), ())
        with pytest.raises(RuntimeError, match="requires grad"):
            reply.value.numpy()

    def test_arguments_that_have_got_gradients_say_so_afterwards(self, agent):
        [reply] = call(agent, torch.Tensor.requires_grad_, (torch.ones(2),), after=True)
        assert reply.arguments_after[0].requires_grad


class TestWhatACallLeavesBehind:
    @pytest.mark.parametrize(
        ("leave", "name"),
        [
            (lambda: torch.set_grad_enabled(False), "grad"),
            (lambda: torch.set_default_dtype(torch.float64), "dtype"),
            (lambda: torch.set_default_device("meta"), "device"),
            (lambda: numpy.seterr(all="raise"), "errors"),
        ],
    )
    def test_a_mode_is_said_once_and_set_back(self, agent, leave, name):
        with FakeMachine():
            first, second = call(agent, keep(agent, lambda x: leave() if x else None), (1,), (0,))
            assert first.modes_left == (name,)
            assert second.modes_left == ()

    def test_what_ends_with_its_block_leaves_nothing(self, agent):
        def careful():
            with torch.no_grad(), numpy.errstate(all="ignore"):
                return 1

        [reply] = call(agent, keep(agent, careful), ())
        assert (reply.value, reply.modes_left) == (1, ())

    def test_a_model_of_a_library_tells_its_state(self, agent):
        model = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1)).eval()
        model[0].bias.requires_grad_(False)
        [reply] = call(agent, torch.nn.Module.train, (model,), after=True)
        [state] = reply.arguments_after
        assert state["modes"] == {"": True, "0": True, "1": True}
        assert torch.equal(state["parameters"]["0.weight"], model[0].weight)
        assert [each.requires_grad for each in state["parameters"].values()] == [True, False, True, True]
        assert state["buffers"]["1.num_batches_tracked"] == 0
        assert state["gradients"] == {}

    @pytest.mark.parametrize(
        ("function", "shares"),
        [
            (lambda x: x, True),
            (lambda x: [{"part": x[1:]}], True),
            (lambda x: x.numpy(), True),
            (lambda x: x.clone(), False),
            (lambda x: x + 0, False),
            (lambda x: None, False),
            (lambda x: x[:0], False),
        ],
    )
    def test_a_value_in_the_memory_of_an_argument_is_said(self, agent, function, shares):
        [reply] = call(agent, keep(agent, function), (torch.ones(3),), after=True)
        assert reply.shares_memory is shares
        assert reply.modes_left == ()

    @pytest.mark.parametrize(
        "left",
        ['"grad"', '["other"]', "[1]", "[[]]", '["grad", "grad", "grad", "grad", "grad", "grad"]', "{}", "1"],
    )
    def test_what_names_no_mode_is_not_understood(self, left):
        with pytest.raises(BoundaryError):
            wire.decode_replies([f'[[["r", 1], null, {left}]]'.encode(), b"", b""], handle, 1)


class FakeMachine(warnings.catch_warnings):
    """Within it a test may change modes of the libraries; afterwards they are as they were."""

    def __enter__(self):
        self.modes = traces.Modes()
        return super().__enter__()

    def __exit__(self, *raised):
        super().__exit__(*raised)
        self.modes.restore()


def state_of_the_libraries() -> tuple:
    return (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.ones(1).device,
        torch.get_num_threads(),
        torch.get_float32_matmul_precision(),
        torch.is_anomaly_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        repr(torch.tensor([1 / 3])),
        numpy.geterr(),
        numpy.get_printoptions(),
        list(warnings.filters),
        sys.getrecursionlimit(),
        (random.random(), numpy.random.rand(), torch.rand(1).item()),
    )


class TestPictureTensors:
    def test_a_tensor_of_torchvisions_second_version_is_a_tensor(self, agent):
        tv_tensors = pytest.importorskip("torchvision.tv_tensors")
        image = tv_tensors.Image(torch.arange(6).reshape(1, 2, 3))
        [reply] = call(agent, keep(agent, lambda: image), ())
        assert type(reply.value) is torch.Tensor
        assert torch.equal(reply.value, torch.arange(6).reshape(1, 2, 3))

    def test_another_subclass_stays_in_the_kernel(self, agent):
        class Mine(torch.Tensor):
            pass

        [reply] = call(agent, keep(agent, lambda: torch.ones(2).as_subclass(Mine)), ())
        assert reply.value[0] == "handle"
