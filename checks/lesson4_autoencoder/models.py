"""Small models of library layers for hidden tests: autoencoders, encoders, with outputs of every size."""

from __future__ import annotations

import torch
from torch import nn

from checks.shared.models import made_with_seed

__all__ = [
    "cell_model",
    "encoder_model",
    "errors_of",
    "linear_model",
    "loud_model",
    "nested_dropout",
    "normalised_model",
    "partly_frozen",
    "small_model",
]


def small_model(n_pixels: int, seed: int) -> nn.Sequential:
    """A small autoencoder of library layers with a wide spread of outputs."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, 8), nn.ReLU(), nn.Linear(8, n_pixels), nn.Sigmoid())
        with torch.no_grad():
            model[2].weight.mul_(4)
        return model

    return made_with_seed(build, seed)


def cell_model(n_pixels: int, seed: int) -> nn.Sequential:
    """A model whose parameters have no usual names: weight_ih, bias_hh and so on."""
    return made_with_seed(lambda: nn.Sequential(nn.RNNCell(n_pixels, 16), nn.RNNCell(16, n_pixels)), seed)


def linear_model(n_pixels: int, seed: int, zero: bool = False) -> nn.Sequential:
    """A single linear layer, of PyTorch's weights or of zeros."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, n_pixels))
        if zero:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.zero_()
        return model

    return made_with_seed(build, seed)


def partly_frozen(n_pixels: int, seed: int) -> nn.Sequential:
    """A model without a sigmoid, of large outputs, whose first layer is frozen."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, n_pixels), nn.Tanh(), nn.Linear(n_pixels, n_pixels))
        model[0].requires_grad_(False)
        with torch.no_grad():
            model[2].weight.mul_(20)
        return model

    return made_with_seed(build, seed)


def loud_model(n_inputs: int, n_outputs: int, seed: int) -> nn.Sequential:
    """A model whose outputs are large, of both signs: hundreds of thousands."""

    def build():
        model = nn.Sequential(nn.Linear(n_inputs, 9), nn.Tanh(), nn.Linear(9, n_outputs))
        with torch.no_grad():
            model[2].weight.mul_(1e6)
        return model

    return made_with_seed(build, seed)


def normalised_model(n_pixels: int, seed: int) -> nn.Sequential:
    """A model with batch normalisation, in training mode, whose statistics fit no batch."""
    norm = nn.BatchNorm1d(n_pixels)
    norm.running_mean.fill_(0.3)
    norm.running_var.fill_(0.2)
    return nn.Sequential(norm, small_model(n_pixels, seed))


def encoder_model(n_pixels: int, width: int, seed: int) -> nn.Sequential:
    return made_with_seed(lambda: nn.Sequential(nn.Linear(n_pixels, 9), nn.Tanh(), nn.Linear(9, width)), seed)


def errors_of(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return ((model.eval()(images) - images) ** 2).mean(dim=1)


def nested_dropout(model: nn.Module) -> nn.Sequential:
    """A model behind dropout that lies two containers deep: its mode is that of every layer."""
    return nn.Sequential(nn.Sequential(nn.Sequential(nn.Dropout(0.5))), model)
