"""What every local worker needs, imported once by the process that they are forked from."""

from __future__ import annotations

import torch

import autograder.formats  # noqa: F401  # before nbformat
from autograder.grading import engine  # noqa: F401
from autograder.kernel.torchvision import declare_missing_operators

declare_missing_operators()

# The first optimizer imports half of torch.
torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1).zero_grad()
