"""What every local worker needs, imported once by the process that they are forked from."""

from __future__ import annotations

import os

os.nice(
    4
)  # the fork server that was launched beside this takes longer, and the first submission waits for it

import torch  # noqa: E402, F401

import autograder.formats  # noqa: E402, F401  # before nbformat
from autograder.checking.search import warm_up  # noqa: E402
from autograder.grading import engine  # noqa: E402, F401

warm_up()
