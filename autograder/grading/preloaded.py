"""What every local worker needs, imported once by the process that they are forked from."""

from __future__ import annotations

import torch  # noqa: F401

import autograder.formats  # noqa: F401  # before nbformat
from autograder.checking import search  # noqa: F401
from autograder.grading import engine  # noqa: F401
