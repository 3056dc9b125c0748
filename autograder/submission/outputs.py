"""What cells put out: as the student saw it, as grading saw it, and how both are shown to a marker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.kernel.limits import Limits
from autograder.kernel.outputs import OutputCollector

__all__ = ["AS_GRADED", "AS_SUBMITTED", "LABELS", "harmless", "has_run", "shown"]

AS_SUBMITTED = "── 提出時 / as submitted ──\n"
AS_GRADED = "── 採点時 / when graded ──\n"
LABELS = {
    AS_SUBMITTED: {"ja": "提出時の出力", "en": "As submitted"},
    AS_GRADED: {"ja": "採点時の出力", "en": "When graded"},
}
"""What a page in one language says in their place."""
MOST_BYTES = Limits.output_bytes
"""Of one cell's outputs; the rest is cut, and it says so."""


def has_run(cell: Mapping[str, Any]) -> bool:
    """Whether a submitted code cell had been run before it was handed in."""
    return bool(cell.get("outputs")) or isinstance(cell.get("execution_count"), int)


def harmless(cell: Mapping[str, Any], limit: int = MOST_BYTES) -> list[NotebookNode]:
    """The outputs of a submitted cell, made anew: text and pictures, bounded; nothing that a browser would run."""
    outputs = cell.get("outputs")
    collector = OutputCollector(limit)
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            content = {name: _joined(value) for name, value in output.items() if name != "traceback"}
            if isinstance(output.get("data"), dict):
                content["data"] = {mime: _joined(value) for mime, value in output["data"].items()}
            content |= {"traceback": output.get("traceback"), "execution_count": 0}
            collector.add({"header": {"msg_type": output.get("output_type")}, "content": content})
    return collector.outputs


def _joined(value: Any) -> Any:
    """A text of several lines as one; files hold it as a list."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value


def shown(submitted: Sequence[Mapping] | None, graded: Sequence[Mapping] | None) -> list[NotebookNode]:
    """The outputs of one cell as a marker and the student see them.

    Args:
        submitted: What the student saw; None where the cell had not been run.
        graded: What it put out when it was executed by grading; None where it was not executed.

    Returns:
        The one that there is; where both are there and differ, both, each under a label.
    """
    if not submitted or graded is None:
        return [nbformat.from_dict(output) for output in (submitted if graded is None else graded) or []]
    if not graded or list(map(_essence, submitted)) == list(map(_essence, graded)):
        return [nbformat.from_dict(output) for output in submitted]
    return [
        nbformat.v4.new_output("stream", name="stdout", text=AS_SUBMITTED),
        *map(nbformat.from_dict, submitted),
        nbformat.v4.new_output("stream", name="stdout", text=AS_GRADED),
        *map(nbformat.from_dict, graded),
    ]


def _essence(output: Mapping[str, Any]) -> str:
    """What makes two outputs the same: not how often cells were run, nor where a traceback leads."""
    kept = {
        key: value
        for key, value in output.items()
        if key not in ("execution_count", "metadata", "traceback", "transient")
    }
    if kept.get("output_type") == "execute_result":
        kept["output_type"] = "display_data"
    return json.dumps(kept, sort_keys=True)
