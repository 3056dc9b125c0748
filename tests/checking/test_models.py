"""The zoo has what code about parameters forgets, and all of it can be sent."""

from __future__ import annotations

import pytest
import torch

from autograder.boundary import packing
from autograder.checking.models import zoo

MISTAKES = {
    "leaves only": lambda m: [
        p for each in m.modules() if not list(each.children()) for p in each.parameters()
    ],
    "weight and bias": lambda m: [
        p for n, p in m.named_parameters() if n.rpartition(".")[2] in ("weight", "bias")
    ],
    "float32": lambda m: [p for p in m.parameters() if p.dtype == torch.float32],
    "different values": lambda m: list({str(p.tolist()): p for p in m.parameters()}.values()),
    "trainable": lambda m: [p for p in m.parameters() if p.requires_grad],
    "some dimension": lambda m: [p for p in m.parameters() if p.dim() > 0],
    "no underscore": lambda m: [p for n, p in m.named_parameters() if "_" not in n],
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_each_rule_that_usually_holds_is_broken_somewhere(kind):
    assert any(len(MISTAKES[kind](model)) != len(list(model.parameters())) for model in zoo())


def test_layers_are_not_always_in_alphabetical_order():
    names = [[name for name, _ in model.named_parameters()] for model in zoo()]
    assert any(each != sorted(each) for each in names)


def test_every_model_can_be_sent():
    assert all(packing.pack(model) for model in zoo())
