"""What of a submission's execution its student may see.

A function can keep what a hidden test calls it with. Whatever the student's code prints, draws or raises
from then on may carry hidden inputs, so it is for markers only; what the student's own session had shown,
what the teacher wrote into a test, and the kinds of exceptions are for the student, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from copy import deepcopy

from nbformat import NotebookNode

from autograder.boundary.withheld import kind_of_exception
from autograder.bounded import bounded
from autograder.course import cells, names
from autograder.kernel.kernel import CellRun
from autograder.text import clean_text

__all__ = ["about_package", "behind_tests", "for_students", "what_was_raised"]

_SINCE_312 = re.compile(
    r"^[ \t]*(?:type[ \t]+\w{1,100}[ \t]*[\[=]|(?:async[ \t]+)?(?:def|class)[ \t]+\w{1,100}\[)", re.MULTILINE
)
_NO_PACKAGE = re.compile(r"ModuleNotFoundError: No module named '\w{1,100}'$")
_MISSING = re.compile(r"(?:name|No module named) '(?P<name>\w{1,40})'(?: is not defined)?", re.ASCII)
_NO_MAGIC = re.compile(
    r"^UsageError: (?:Line|Cell) magic (?:function )?`(?P<name>%{1,2}\w{1,40})` not found(?: \(But (?:cell|line) magic "
    r"`%{1,2}\w{1,40}` exists, did you mean that instead\?\))?\.?$",
    re.MULTILINE | re.ASCII,
)
LONGEST = 300
"""Characters of an exception's message that are quoted in another cell's."""


def behind_tests(notebook: NotebookNode, submitted: Mapping[str, list]) -> dict[str, list]:
    """Of the outputs that a student handed in, by cell id, those that `for_students` needs."""
    found: dict[str, list] = {}
    tested = False
    for cell in notebook.cells:
        tested = tested or cells.is_test(cell)
        if tested and cell.id in submitted and not cells.is_test(cell):
            found[cell.id] = submitted[cell.id]
    return found


def for_students(notebook: NotebookNode) -> NotebookNode:
    """A graded notebook with the outputs that its student may see.

    Of a test that is its verdict. Other cells show what they gave when graded as far as the first test;
    behind it, only what the student handed in.

    Args:
        notebook: With all outputs; it is not changed.
    """
    told = deepcopy(notebook)
    submitted = told.metadata.get("autograder", {}).get("handed_in", {})
    tested = False
    for cell in told.cells:
        if cells.is_test(cell):
            tested = True
            cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
        elif tested and cell.cell_type == "code":
            cell.outputs = submitted.get(cell.id, [])
    return told


def what_was_raised(run: CellRun, tested: bool, source: str = "") -> str:
    """What stopped a cell of the student's, in words for the student.

    Args:
        tested: Whether a test has called the student's functions before; then only the kind is told, and what
            is wrong with the cell's own text, which no call has changed.
    """
    raised = next((output for output in reversed(run.outputs) if output.output_type == "error"), None)
    told = kind_of_exception(run.error or (raised.ename if raised is not None else ""))
    if run.error == "UsageError" and (wrong := _of_ipython(run, source)):
        return wrong
    if raised is not None and (not tested or _is_about(source, raised.evalue)):
        told = clean_text(f"{raised.ename}: {raised.evalue}")[:LONGEST]
    if raised is not None and raised.ename == "SyntaxError" and _is_of_a_newer_python(raised.evalue, source):
        version = ".".join(map(str, sys.version_info[:2]))
        return f"{told} (graded with Python {version}; this is written as newer versions allow it)"
    return told + about_package(told)


def _of_ipython(run: CellRun, source: str) -> str:
    """What IPython prints of a command in a cell that it does not take; "" where it is about something else."""
    for output in run.outputs:
        for found in _NO_MAGIC.finditer(output.get("text", "")):
            if re.search(rf"^[ \t]*{found['name']}\b", source, re.MULTILINE):
                return found[0].strip()
    return ""


def _is_about(source: str, message: str) -> bool:
    """Whether a message is what Python says of a cell that it cannot read, or of a name in it, and says nothing more."""
    if missing := _MISSING.fullmatch(message):
        return re.search(rf"\b{missing['name']}\b", source) is not None
    try:
        bounded(names.defined, source)
    except SyntaxError as error:
        whole = re.fullmatch(rf"{re.escape(error.msg or '')} \(\w+\.py, line {error.lineno}\)", message)
        return whole is not None and len(whole[0]) <= LONGEST
    except names.UNREADABLE:
        return False
    return False


def about_package(raised: str) -> str:
    """What is to be said behind an import that failed for want of a package; nothing behind anything else."""
    return " (this package is not installed where the work is graded)" if _NO_PACKAGE.search(raised) else ""


def _is_of_a_newer_python(message: str, source: str) -> bool:
    """Whether what this Python cannot read is likely to be what 3.12 has brought."""
    return sys.version_info < (3, 12) and bool(message.startswith("f-string") or _SINCE_312.search(source))
