"""Commands of IPython over an answer: harmless ones work, others are named in what the test says."""

from __future__ import annotations

import nbformat
import pytest

from autograder.grading.execution import execute
from autograder.grading.task import Task
from autograder.kernel.client import StudentKernel
from autograder.sentences import translated

pytestmark = pytest.mark.kernel

ANSWER = "def {}(x):\n    return 2 * x"
HARMLESS = ["%%time\n", "%%capture\n", "%%capture out\n", "%%prun\n", "\n%%capture --no-stderr\n"]
NO_PYTHON = {
    "%%writefile answer.py\n": "begins with '%%writefile'",
    "%%html\n": "begins with '%%html'",
    "%%bash\n": "begins with '%%bash'",
    "%%script python\n": "begins with '%%script'",
    "%%javascript\n": "begins with '%%javascript'",
    "%%timeit -n1 -r1\n": "begins with '%%timeit'",
    "\n%%cython\n": "begins with '%%cython'",
    "# mine\n%%time\n": "UsageError: Line magic function `%%time` not found.",
    "%writefile answer.py\n": "But cell magic `%%writefile` exists, did you mean that instead?",
    "%%capture\n1 / 0\n": "was stopped: ZeroDivisionError: division by zero",
}


def graded(number, source):
    cell = nbformat.v4.new_code_cell(source, id=f"test{number}")
    entry = {"grade": True, "solution": False, "task": False, "grade_id": f"test{number}", "points": 1}
    cell.metadata.nbgrader = nbformat.from_dict(entry)
    return cell


def test_each(server, limits):
    heads = [*HARMLESS, *NO_PYTHON]
    notebook = nbformat.v4.new_notebook()
    for number, head in enumerate(heads):
        source = head + ANSWER.format(f"double{number}")
        notebook.cells += [
            nbformat.v4.new_code_cell(source, id=f"answer{number}"),
            graded(number, f"assert double{number}(2) == 4"),
        ]
    execution = execute(Task(notebook=notebook), lambda _: StudentKernel(server, limits))
    said = dict(zip(heads, (result.message for result in execution.cells), strict=True))
    assert {head: said[head] for head in HARMLESS} == dict.fromkeys(HARMLESS, "")
    for head, words in NO_PYTHON.items():
        assert words in said[head]
        assert translated(said[head], "ja") != said[head]


def test_a_command_that_the_cell_does_not_hold_is_not_quoted(server, limits):
    source = (
        "from IPython.core.error import UsageError\nkept = '815'\n"
        "raise UsageError(f'Line magic function `%{kept}` not found.')\ndef f(): pass"
    )
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source, id="a"), graded(1, "f()")]
    [result] = execute(Task(notebook=notebook), lambda _: StudentKernel(server, limits)).cells
    assert "815" not in result.message
