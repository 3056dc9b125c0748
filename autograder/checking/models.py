"""Models for hidden tests: a zoo of what parameters can be like, made of library layers so that it can be sent."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

__all__ = ["zoo"]


def zoo() -> list[nn.Module]:
    """Models that code about parameters gets wrong when it takes the usual for a rule; the simplest first.

    Parameters of the model's own beside its layers', buffers of a layer's own, names other than weight and bias,
    none or many dimensions, float64, equal values in different tensors, containers that hold
    parameters, layers in no alphabetical order. They are made to be looked at, not to be run.
    """
    own = nn.Sequential(nn.Linear(2, 3))
    own.register_parameter("scale", nn.Parameter(torch.ones(5)))
    masked = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    masked[0].register_buffer("mask", torch.ones(3, 2))
    single = nn.Sequential(nn.Linear(2, 2, bias=False))
    single.register_parameter("temperature", nn.Parameter(torch.tensor(0.5)))
    frozen = nn.Sequential(nn.LSTM(2, 3), nn.Linear(3, 1))
    frozen[0].bias_hh_l0.requires_grad_(False)
    inner = nn.Sequential(nn.PReLU(3))
    inner.register_parameter("_offset", nn.Parameter(torch.zeros(2, 2)))
    return [
        own,
        masked,
        single,
        nn.Sequential(nn.BatchNorm1d(3), nn.ReLU(), nn.BatchNorm1d(3)),
        frozen,
        nn.Sequential(
            OrderedDict(zeta=nn.Linear(2, 2), alpha=nn.Linear(2, 1), b10=nn.PReLU(), b9=nn.PReLU())
        ),
        nn.ModuleDict({"out": nn.ModuleList([nn.Linear(1, 2), nn.Sequential(nn.Linear(2, 1))]), "a": inner}),
        nn.Sequential(nn.MultiheadAttention(4, 2), nn.LayerNorm(4)),
        nn.ParameterDict({"q": torch.ones(2), "p": nn.ParameterList([torch.zeros(3, 1)])}),
        nn.Sequential(nn.Linear(3, 2, dtype=torch.float64), nn.Bilinear(2, 3, 4)),
        nn.Sequential(nn.Conv3d(1, 2, (1, 2, 3)), nn.ConvTranspose2d(2, 1, 3), nn.GroupNorm(1, 2)),
    ]
