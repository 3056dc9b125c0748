"""What a call leaves behind is compared with what was promised, in the grader and under stock nbgrader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from autograder.boundary.current import use_student
from autograder.boundary.student import Student
from autograder.checking.calls import call, look_at, send
from autograder.checking.promises import ONLY_LOOKS, USUAL, Promises, broken_promise, keeping
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients
from tests.fakes import InProcessKernel

STUDENT = """
import torch

def looks(model):
    return sum(p.numel() for p in model.parameters())

def trains(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)

def counts_batches(model):
    model[1].num_batches_tracked.add_(1)

def freezes(model):
    model[0].requires_grad_(False)

def adds_a_layer(model):
    model.append(torch.nn.ReLU())

def sets_dropout(model):
    model[2].p = 0.0

def leaves_eval(model):
    model.eval()

def leaves_a_layer_in_eval(model):
    model[1].eval()

def clears_gradients(model):
    model.zero_grad()

def raises(model):
    raise ValueError("no")

def same(x):
    return x

def marks(x):
    x.requires_grad_()
    return x.detach().clone()

def spoils(x):
    return x.mul_(2).clone()

def to_each(name, models):
    globals()[name](models[-1])

def takes_one(models):
    models.pop()
"""


@pytest.fixture(params=["in the grader", "under stock nbgrader"])
def names(request) -> Iterator[dict]:
    kernel = InProcessKernel(STUDENT)
    if request.param == "under stock nbgrader":
        yield kernel.namespace
        return
    student = Student(kernel)
    with use_student(student):
        yield student.look_up([name for name in kernel.namespace if not name.startswith("_")])


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))


BREAKS = {
    "trains": "values of the model's parameters",
    "counts_batches": "values of the model's buffers",
    "freezes": "requires_grad",
    "adds_a_layer": "layers",
    "sets_dropout": "settings",
    "leaves_eval": "another mode",
    "leaves_a_layer_in_eval": "another mode",
    "clears_gradients": "gradients",
}


class TestModels:
    def test_a_function_that_looks_keeps_everything(self, names):
        assert keeping(names["looks"], send_with_gradients(model()), promises=ONLY_LOOKS) == 15

    @pytest.mark.parametrize(("name", "words"), BREAKS.items())
    def test_what_it_does_to_a_model_that_it_has_a_handle_of_is_said(self, names, name, words):
        with pytest.raises(CheckFailed, match=words):
            keeping(names[name], send_with_gradients(model()), promises=ONLY_LOOKS)

    @pytest.mark.parametrize(("name", "words"), list(BREAKS.items())[:-1])
    def test_what_it_does_to_a_copy_of_a_model_is_said_too(self, names, name, words):
        assert words in broken_promise(call(names[name], model()), ONLY_LOOKS)

    @pytest.mark.parametrize("name", ["leaves_eval", "clears_gradients"])
    def test_what_nobody_promised_costs_nothing(self, names, name):
        keeping(names[name], send_with_gradients(model()), promises=USUAL)

    def test_a_model_that_is_trained_may_change_its_values_and_nothing_else(self, names):
        trains = Promises(changes=frozenset([0]))
        handle = send(model())
        keeping(names["trains"], handle, promises=trains)
        assert (look_at(handle)["parameters"]["0.weight"] > 0.2).all()
        with pytest.raises(CheckFailed, match="requires_grad"):
            keeping(names["freezes"], handle, promises=trains)

    def test_what_the_function_raised_comes_first(self, names):
        with pytest.raises(ValueError, match="no"):
            keeping(names["raises"], send(model()))


class TestTensors:
    def test_a_new_tensor_may_be_promised(self, names):
        done = call(names["same"], torch.ones(2))
        assert broken_promise(done) is None
        assert "memory" in broken_promise(done, Promises(new=True))

    def test_an_argument_keeps_its_values_and_wants_no_gradients(self, names):
        assert "changed its argument" in broken_promise(call(names["spoils"], torch.ones(2)))
        assert "requires_grad" in broken_promise(call(names["marks"], torch.ones(2)))


class TestListsOfModels:
    @pytest.mark.parametrize(("name", "words"), list(BREAKS.items())[:-1])
    def test_each_model_in_a_list_keeps_what_is_promised(self, names, name, words):
        made = call(names["to_each"], name, [nn.Identity(), model()])
        assert words in broken_promise(made, ONLY_LOOKS)

    def test_a_list_of_models_that_is_only_looked_at_breaks_nothing(self, names):
        assert broken_promise(call(names["to_each"], "looks", [model(), model()]), ONLY_LOOKS) is None

    def test_a_model_taken_out_of_the_list_is_a_changed_argument(self, names):
        assert "changed its argument" in broken_promise(call(names["takes_one"], [model(), model()]))
