"""Checks for pruning a model: which weights of which layers are gone, and how many parameters are left."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import nn

from autograder.checking.calls import call_many, look_at
from autograder.checking.models import zoo
from autograder.checking.promises import ONLY_LOOKS, Promises, keeping, kept
from autograder.checking.values import describe, form, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import other_than_copied, send_with_gradients, state_of
from checks.shared.pruning import pruned_count, pruning_problem

__all__ = [
    "check_global_prune",
    "check_nonzero_parameters",
    "check_prune_model",
    "spread_out",
]


BESIDE_VALUES = Promises(changes=frozenset({0}), keeps_mode=True, keeps_gradients=True)
"""Of the model that is pruned; whether its values have changed is said in words of its own."""


def check_prune_model(prune_model: Callable) -> None:
    """`prune_model(model, amount, layers)`: a copy in which each named layer has lost its smallest weights.

    In every named layer exactly ⌊n·amount⌋ weights are 0, those of smallest magnitude, the others as they
    were; everything else is untouched: other layers, biases, buffers, and the model that was given. One
    model is pruned with several amounts in no order.

    Args:
        prune_model: The student's function.

    Raises:
        CheckFailed: With the amount and the layer that is wrong.
    """
    cases = [
        (_chain(), ["fc1"], (0.5, 0.2, 0.0)),
        (_chain(), ["fc2", "fc1"], (0.9, 0.25, 1.0, 0.03)),
        (_chain(), ["fc10"], (0.5,)),
        (_chain(), ["fc2", "fc10", "fc1"], (0.5,)),
        (_chain(), [], (0.5,)),
        (_convolutions(), ["features.0", "head"], (0.75, 0.3)),
        (_tied(), ["0", "2"], (0.5, 0.25)),
        (_hundred(), ["2", "0"], (0.29, 0.57, 0.01)),
        (_pruned_before(), ["0", "2"], (0.5, 0.25)),
        (_large(), ["0", "2"], (0.7, 0.05)),
        (_nested(), ["0"], (0.5,)),
        (_nested(), ["1.2", "0"], (0.4,)),
    ]
    for model, layers, amounts in cases:
        for amount, before, after in _pruned(prune_model, model, layers, amounts):
            where = f"prune_model(model, {amount}, {layers})"
            for layer in layers:
                w, pruned = before[f"{layer}.weight"], after[f"{layer}.weight"]
                problem = pruning_problem(w, pruned, pruned_count(w.numel(), amount))
                if problem:
                    raise CheckFailed(f"{where}: layer {layer!r}: {problem}")


def check_global_prune(global_prune: Callable) -> None:
    """`global_prune(model, amount, layers)`: one ranking of all weights of the named layers together.

    Exactly ⌊N·amount⌋ of their N weights are 0, the smallest by magnitude wherever they are.

    Args:
        global_prune: The student's function.

    Raises:
        CheckFailed: With the amount that is wrong.
    """
    cases = [
        (_chain(), ["fc1", "fc2"], (0.5, 0.2, 0.0)),
        (_chain(), ["fc10", "fc1", "fc2"], (0.9, 0.25, 1.0, 0.01)),
        (_chain(), ["fc2"], (0.5,)),
        (_convolutions(), ["features.0", "head"], (0.75, 0.25)),
        (_tied(), ["0", "2"], (0.5, 0.25)),
        (_hundred(), ["0", "2"], (0.29, 0.57, 0.005)),
        (_hundred(), ["0"], (0.29,)),
        (_pruned_before(), ["0", "2"], (0.5, 0.25)),
        (_large(), ["0", "2"], (0.7, 0.05)),
        (_nested(), ["0"], (0.5,)),
        (_nested(), ["1.2", "0"], (0.4,)),
    ]
    for model, layers, amounts in cases:
        for amount, before, after in _pruned(global_prune, model, layers, amounts):
            where = f"global_prune(model, {amount}, {layers})"
            w = torch.cat([before[f"{layer}.weight"].flatten() for layer in layers])
            pruned = torch.cat([after[f"{layer}.weight"].flatten() for layer in layers])
            if problem := pruning_problem(w, pruned, pruned_count(len(w), amount)):
                raise CheckFailed(f"{where}: all named layers together: {problem}")


def check_nonzero_parameters(count: Callable) -> None:
    """`count(model)` is the number of parameters, weights and biases, that are not exactly 0, as an int.

    Args:
        count: The student's function.

    Raises:
        CheckFailed: With the model and the number.
    """
    chain, convolutions, tiny, shared, frozen = _chain(), _convolutions(), nn.Linear(3, 2), _tied(), _chain()
    large, double = _large(), nn.Linear(3, 2).double()
    with torch.no_grad():
        double.weight.mul_(1e-200)
        chain.fc1.weight[1:3] = 0
        chain.fc2.bias[:2] = 0
        convolutions.head.weight.mul_(convolutions.head.weight > 0)
        tiny.weight.copy_(torch.tensor([[1e-40, 0.0, -1e-9], [-2.0, -0.0, 3.0]]))
        tiny.bias.copy_(torch.tensor([0.0, -1.0]))
        shared[2].weight = shared[0].weight
        shared[0].weight[0] = 0
        large[0].weight[:7, :9] = 0
        large[2].weight.mul_(1e-12)
    for parameter in frozen.fc1.parameters():
        parameter.requires_grad_(False)
    models = (tiny, chain, convolutions, shared, frozen, nn.ReLU(), large, double, *zoo())
    for call in call_many(count, [(model,) for model in models]):
        [model] = call.arguments
        value = kept(call).value
        right = sum(int((p != 0).sum()) for p in model.parameters())
        where = f"for the model {' '.join(str(model).split())[:240]}"
        if type(value) is not int:
            raise CheckFailed(f"{where}: expected an int, got {describe(value)}")
        if value != right:
            raise CheckFailed(f"{where}: got {value}, expected {right}")
    keeping(count, send_with_gradients(frozen), promises=ONLY_LOOKS)


def _pruned(
    function: Callable, model: nn.Module, layers: list[str], amounts: Sequence[float]
) -> Iterator[tuple]:
    """(amount, state before, state of the result) for each amount; all but the named weights are as they were."""
    before, student = state_of(model), send_with_gradients(model)
    looked = look_at(student)
    weights = {f"{layer}.weight" for layer in layers}
    for amount in amounts:
        where = f"pruning {layers} with amount {amount}"
        result = keeping(function, student, amount, list(layers), promises=BESIDE_VALUES)
        if not hasattr(result, "state_dict"):
            raise CheckFailed(f"{where}: expected a model, got {form(result)}: is the pruned copy returned?")
        after = state_of(result)
        if look := other_than_copied(looked, look_at(result)):
            raise CheckFailed(f"{where}: {look}")
        if amount == amounts[0] and not unchanged(before, state_of(student)):
            raise CheckFailed(f"{where}: the model that was given has changed; prune a deep copy of it")
        if after.keys() != before.keys():
            raise CheckFailed(
                f"{where}: the result has the parameters {sorted(after)[:12]}, expected those of the original"
            )
        for name, tensor in before.items():
            if name not in weights and not unchanged(tensor, after[name]):
                what = "bias" if name.endswith("bias") else "tensor"
                raise CheckFailed(
                    f"{where}: the {what} '{name}' changed; only the weights of the named layers may"
                )
        yield amount, before, after
    result.load_state_dict({name: torch.zeros_like(tensor) for name, tensor in before.items()})
    if not unchanged(before, state_of(student)):
        raise CheckFailed(f"pruning {layers}: the result shares tensors with the original; make a deep copy")


def spread_out(model: nn.Module, seed: int) -> nn.Module:
    """Weights of distinct magnitudes and mixed signs, layers of different sizes, very small biases."""
    generator = torch.Generator().manual_seed(seed)
    scale = 0.25
    with torch.no_grad():
        for p in model.parameters():
            signs = torch.randint(0, 2, p.shape, generator=generator) * 2 - 1
            ranks = torch.randperm(p.numel(), generator=generator).reshape(p.shape) + 1.0
            scale = scale * 2 if p.dim() > 1 else scale
            p.copy_(signs * ranks / p.numel() * (scale if p.dim() > 1 else 1e-3))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator))
    return model.eval()


def _chain() -> nn.Sequential:
    layers = OrderedDict(
        fc1=nn.Linear(6, 5), norm=nn.BatchNorm1d(5), act=nn.ReLU(), fc2=nn.Linear(5, 4), fc10=nn.Linear(4, 3)
    )
    return spread_out(nn.Sequential(layers), 41)


def _convolutions() -> nn.Sequential:
    features = nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU())
    layers = OrderedDict(features=features, flat=nn.Flatten(), head=nn.Linear(12, 2))
    return spread_out(nn.Sequential(layers), 42)


def _tied() -> nn.Sequential:
    """Magnitudes of which many are equal."""
    model = spread_out(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)), 43)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.sign() * (p.abs() * 3).ceil() / 4)
    return model


def _hundred() -> nn.Sequential:
    """Layers of 100 weights, of which 0.29 or 0.57 are a whole number but for rounding, and close magnitudes."""
    model = nn.Sequential(nn.Linear(10, 10), nn.Tanh(), nn.Linear(20, 5, bias=False))
    generator = torch.Generator().manual_seed(46)
    with torch.no_grad():
        for p in model.parameters():
            signs = torch.randint(0, 2, p.shape, generator=generator) * 2 - 1
            p.copy_(signs * (1 + 1e-5 * torch.randperm(p.numel(), generator=generator).reshape(p.shape)))
        model[2].weight.mul_(1e-12)
    return model.train()


def _pruned_before() -> nn.Sequential:
    """A third of the weights are 0 already, which count among all of them, and the biases are as good as 0."""
    model = spread_out(nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)), 47)
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() > 1:
                p.view(-1)[::3] = 0
            else:
                p.fill_(1e-9)
    return model


def _nested() -> nn.Sequential:
    """Layers whose names end alike: 0 and 1.0, 1.2 and 2."""
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
    return spread_out(nn.Sequential(nn.Linear(5, 4), inner, nn.Linear(3, 2)), 49)


def _large() -> nn.Sequential:
    """As many weights as code with a limit of its own does not go through, the first layer's frozen."""
    model = spread_out(nn.Sequential(nn.Linear(120, 90), nn.ReLU(), nn.Linear(90, 3)), 48)
    model[0].weight.requires_grad_(False)
    return model
