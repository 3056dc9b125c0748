"""What graded cells show in the executed notebook."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from autograder.text import clean_text
from autograder.verdict.verdict import Status, Verdict

__all__ = ["as_stdout", "error_output", "outputs_of"]

FOR_MARKERS = "[for markers only] "


def outputs_of(verdict: Verdict, message: str) -> list[NotebookNode]:
    """The outputs of a test cell beside what the student's functions have shown in it."""
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=text)
        for text in (verdict.printed, verdict.withheld and FOR_MARKERS + verdict.withheld)
        if text
    ]
    if verdict.points is not None:  # nbgrader reads partial credit here
        data = {"text/plain": repr(verdict.points)}
        outputs.append(nbformat.v4.new_output("execute_result", data=data, execution_count=1))
    elif verdict.status is not Status.PASSED:
        outputs.append(error_output(str(verdict.status), message, verdict.trace))
    return outputs


def error_output(name: str, message: str, trace: str = "") -> NotebookNode:
    """What is shown of an error: a student's traceback, where there is one, and the message."""
    lines = [*trace.rstrip().splitlines(), f"{name}: {message}"] if trace else [f"{name}: {message}"]
    return nbformat.v4.new_output("error", ename=name, evalue=clean_text(message), traceback=lines)


def as_stdout(output: NotebookNode) -> NotebookNode:
    """An output of a student's function that nbgrader does not take for a failure or a score."""
    if output.output_type == "stream":
        return nbformat.v4.new_output("stream", name="stdout", text=output.text)
    if output.output_type == "display_data":
        return output
    if output.output_type == "execute_result":
        return nbformat.v4.new_output("display_data", data=output.data)
    return nbformat.v4.new_output("stream", name="stdout", text="\n".join(output.get("traceback", [])))
