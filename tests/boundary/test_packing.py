"""What the grader sends, and what it refuses to send."""

from __future__ import annotations

import copyreg
import functools
import pickle
import struct
import sys
import threading
import types
from collections import OrderedDict

import numpy as np
import pytest
import torch

from autograder.boundary import agent, packing, wire
from autograder.boundary.proxies import Proxy
from autograder.boundary.reply import Reply
from autograder.errors import BoundaryError


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
    def test_an_exception_goes_as_itself_whatever_libraries_have_registered_for_it(self, monkeypatch):
        monkeypatch.setitem(copyreg.dispatch_table, ValueError, lambda error: (graders_own, ()))
        error = pickle.loads(packing.pack(ValueError("two", 2)))
        assert type(error) is ValueError
        assert error.args == ("two", 2)

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
            Reply(value=1),
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
