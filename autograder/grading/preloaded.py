"""What every local worker needs, imported once by the process that they are forked from."""

from __future__ import annotations

import torch

from autograder import mnist

mnist.declare_missing_operators()

import torchvision.datasets  # noqa: E402
import torchvision.transforms  # noqa: E402, F401

from autograder.grading import engine  # noqa: E402, F401

# The first optimizer imports half of torch.
torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1).zero_grad()
