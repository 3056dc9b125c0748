"""Checks for a model class: the layers that it has, and what it computes with them."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional as F

from autograder.checking.calls import call, in_kernel
from autograder.checking.promises import kept
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form
from autograder.errors import CheckFailed
from checks.shared.models import check_gradients_reach, state_of

__all__ = ["check_relu_network"]


def check_relu_network(
    model_class: Callable, sizes: Sequence[int], image_shape: Sequence[int] = (1, 28, 28)
) -> None:
    """`model_class()` is a chain of linear layers with ReLU between them, which gives logits.

    The names and the grouping of the layers are free: the layers are recognised by their
    shapes, and the output is recomputed from their weights.

    Args:
        model_class: The student's class, called without arguments.
        sizes: Number of inputs, of units of each hidden layer, of outputs.
        image_shape: Shape of one input.
    """
    model, other = model_class(), model_class()
    if not all(in_kernel(list, in_kernel(map, operator.attrgetter("requires_grad"), model.parameters()))):
        raise CheckFailed("a parameter is frozen (requires_grad is False): training could not change it")
    state = state_of(model)
    weights, biases = _layers(state, sizes)
    other.load_state_dict({name: torch.zeros_like(value) for name, value in state_of(other).items()})
    if any(not torch.equal(value, state[name]) for name, value in state_of(model).items()):
        raise CheckFailed(
            "a change of one model's weights changes those of another model, too: make the layers in __init__"
        )

    generator = torch.Generator().manual_seed(grading_seed())
    for n, training, least, greatest in (
        (5, True, -1, 1),
        (1, True, -1, 1),
        (4, False, -1, 1),
        (3, True, 0, 1),
        (6, True, -6e3, 6e3),
    ):
        model.train(training)
        images = least + (greatest - least) * torch.rand(n, *image_shape, generator=generator)
        outputs = kept(call(model, images)).value
        if not isinstance(outputs, torch.Tensor) or tuple(outputs.shape) != (n, sizes[-1]):
            raise CheckFailed(
                f"for images of shape {tuple(images.shape)} expected a tensor of shape {(n, sizes[-1])}, "
                f"got {form(outputs)}"
            )
        if outputs.dtype != torch.float32:
            raise CheckFailed(f"the logits must be float32, got {form(outputs)}")
        _judge_outputs(outputs.detach(), images.flatten(1), weights, biases, "train" if training else "eval")
    check_gradients_reach(model, images)
    _check_start(weights, biases)


def _layers(state: dict[str, torch.Tensor], sizes: Sequence[int]) -> tuple[list, list]:
    """The weights in the order of the layers, and for each possible order the biases."""
    shapes = sorted(tuple(value.shape) for value in state.values())
    expected = sorted(
        shape for n_in, n_out in itertools.pairwise(sizes) for shape in ((n_out, n_in), (n_out,))
    )
    if shapes != expected:
        count, wanted = (sum(map(_product, each)) for each in (shapes, expected))
        raise CheckFailed(
            f"expected weights and biases of {len(sizes) - 1} nn.Linear layers "
            f"({'-'.join(map(str, sizes))}), {wanted:,} parameters; "
            f"the model has {count:,}, in the shapes {shapes}"
        )
    weights = []
    for n_in, n_out in itertools.pairwise(sizes):
        matching = [value for value in state.values() if tuple(value.shape) == (n_out, n_in)]
        weights.append(matching[sum(weight.shape == (n_out, n_in) for weight in weights)])
    vectors = [value for value in state.values() if value.ndim == 1]
    biases = [
        order for order in itertools.permutations(vectors) if [len(b) for b in order] == list(sizes[1:])
    ]
    return weights, biases


def _check_start(weights: Sequence[torch.Tensor], biases: Sequence[Sequence[torch.Tensor]]) -> None:
    """The weights are drawn as by nn.Linear: evenly from -1/√n to 1/√n, with n inputs of the layer.

    In 10⁵ drawings the standard deviation of ten biases was 0.24 to 1.49 times that of the distribution, of 128
    it was 0.82 to 1.18 times.
    """

    def usual(values: torch.Tensor, n_in: int) -> bool:
        bound = n_in**-0.5
        spread = values.std(correction=0).item() / (bound / 3**0.5)
        return (
            values.abs().max().item() <= 1.0001 * bound and (0.1 if len(values) < 100 else 0.7) < spread < 1.7
        )

    sizes = [weight.shape[1] for weight in weights]
    if not all(usual(weight.flatten(), n) for weight, n in zip(weights, sizes, strict=True)) or not any(
        all(usual(bias, n) for bias, n in zip(order, sizes, strict=True)) for order in biases
    ):
        raise CheckFailed(
            "the weights and biases of a new model are not those that nn.Linear starts with: leave its initialisation as it is"
        )


def _judge_outputs(outputs, inputs, weights, biases, mode) -> None:
    def computed(order, activation=F.relu, last=lambda x: x):
        x = inputs
        for number, (weight, bias) in enumerate(zip(weights, order, strict=True)):
            x = F.linear(x, weight, bias)
            x = activation(x) if number < len(weights) - 1 else last(x)
        return x

    def error(**changes):
        off = []
        for order in biases:
            right = computed(order, **changes)
            off.append((outputs - right).abs().max().nan_to_num(torch.inf) / right.abs().max().clamp(min=1))
        return min(off).item()

    wrong = error()
    if wrong <= 1e-4:
        return
    for changes, explanation in (
        (
            {"last": lambda x: x.softmax(dim=1)},
            "the model must give logits: no softmax, cross entropy applies it",
        ),
        ({"last": lambda x: x.log_softmax(dim=1)}, "the model must give logits, without log_softmax"),
        ({"last": F.relu}, "no ReLU after the last layer: a logit may be negative"),
        ({"activation": lambda x: x}, "is there a ReLU after each hidden layer?"),
        ({"activation": torch.sigmoid}, "the hidden layers need ReLU, not the sigmoid"),
        ({"activation": torch.tanh}, "the hidden layers need ReLU, not tanh"),
    ):
        if error(**changes) <= 1e-4:
            raise CheckFailed(explanation)
    raise CheckFailed(
        f"in {mode} mode an output differs by {wrong:.3g} (as a part of the largest one) from what the model's own layers give, "
        "one after the other with ReLU between them: does forward use each layer once, in order?"
    )


def _product(shape: Sequence[int]) -> int:
    return torch.Size(shape).numel()
