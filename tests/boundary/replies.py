"""Replies of the student's kernel, as our agent writes them and as somebody else would."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings

from autograder.boundary import agent, encoding, wire

__all__ = ["forged", "handle", "quick", "sent_back"]

quick = settings(max_examples=120, deadline=None)


def handle(number: int, type_name: str) -> tuple:
    """Stands for a proxy in these tests."""
    return "handle", number, type_name


def sent_back(value: Any) -> Any:
    """A value of the student's, as the grader gets it."""
    encoder = encoding.Encoder(agent.Agent({}))
    return wire.decode(encoder.finish(encoder.encode(value)), handle)


def forged(structure: Any, tensors: bytes = b"", arrays: bytes = b"") -> list[bytes]:
    """A reply as somebody would write it who is not our agent."""
    return [json.dumps(structure).encode(), tensors, arrays]
