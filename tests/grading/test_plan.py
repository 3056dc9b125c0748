"""Cells that cannot matter are not executed, and no other ones."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.grading.plan import not_executed


def notebook(*sources: str, tests: tuple[str, ...] = ("f",)) -> NotebookNode:
    """Cells a, b, c … and behind them a test for each name."""
    cells = [
        nbformat.v4.new_code_cell(source, id=chr(ord("a") + number)) for number, source in enumerate(sources)
    ]
    entry = {"grade": True, "solution": False, "locked": True, "points": 1}
    for name in tests:
        metadata = {"nbgrader": {**entry, "grade_id": f"test-{name}"}}
        cells.append(
            nbformat.v4.new_code_cell(f"assert {name}(1) == 2", id=f"test-{name}", metadata=metadata)
        )
    return nbformat.v4.new_notebook(cells=cells)


def skipped(given: str, *sources: str, tests: tuple[str, ...] = ("f",)) -> str:
    """Which of the cells a, b, c … are not executed, where these are given and had been run."""
    return "".join(sorted(not_executed(notebook(*sources, tests=tests), given, given)))


ANSWER = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    ("given", "sources", "expected"),
    [
        ("b", (ANSWER, "print(f(1))"), "b"),
        ("b", (ANSWER, "import matplotlib.pyplot as plt\nplt.plot([f(1)])\nplt.show()"), "b"),
        ("a", ("import math", "def f(x):\n    return math.floor(x) + 1"), ""),
        ("a", ("import math", ANSWER), "a"),
        ("ab", ("K = 1", "def g(x):\n    return x + K", "def f(x):\n    return g(x)"), ""),
        ("b", ("def f(x):\n    return g(x)", "def g(x):\n    return x + 1"), ""),
        ("a", ("print(1)", "values = []", "def f(x):\n    return len(values)"), "a"),
    ],
)
def test_a_cell_is_left_out_where_nothing_needs_what_it_defines(given, sources, expected):
    assert skipped(given, *sources) == expected


NEEDS_STATE = "def f(x):\n    return state[0]"


@pytest.mark.parametrize(
    "change",
    [
        "state.append(2)",
        "state[0] = 2",
        "state += [2]",
        "del state[0]",
        "for part in state:\n    part.clear()",
        "other = state\nother.append(2)",
        "fill(state)",
        "result = fill(state)",
        "result = [fill(state) for _ in range(2)]",
        "with lock:\n    state.append(2)",
        "if True:\n    state = [2]",
        "fill(values=[state])",
        "nn.init.zeros_(state[0].weight)",
        "nn.utils.clip_grad_norm_(state[0].parameters(), 1.0)",
    ],
)
def test_a_cell_that_may_change_what_is_needed_is_executed(change):
    assert skipped("b", "state = [1]", change, NEEDS_STATE) == ""


@pytest.mark.parametrize(
    "look",
    [
        "print(len(state[:2]))",
        "total = sum(state[:1])",
        "state[0]",
        "x = state[0] + 1",
        "other = nn.Linear(1, 1)\nnn.init.zeros_(other.weight)\nprint(state[0])",
    ],
)
def test_a_cell_that_only_looks_is_not(look):
    assert skipped("b", "state = [1]", look, NEEDS_STATE) == "b"


@pytest.mark.parametrize(
    "given",
    [
        "torch.set_default_dtype(torch.float64)",
        "np.seterr(all='raise')",
        "os.environ['A'] = 'b'",
        "torch.backends.cudnn.deterministic = True",
        "open('table.csv', 'w').write('1')",
        "torch.save(1, 'model.pt')",
        "from math import *",
        "%run other.py",
        "!pip install tqdm",
    ],
)
def test_a_cell_that_acts_on_more_than_names_is_executed(given):
    assert skipped("a", given, ANSWER) == ""


@pytest.mark.parametrize("given", ["torch.manual_seed(0)", "%matplotlib inline\nprint(1)", "%%time\nx = 1"])
def test_seeds_and_harmless_magic_are_no_reason(given):
    assert skipped("a", given, ANSWER) == "a"


@pytest.mark.parametrize(
    "answer",
    [
        "def f(x):\n    return eval('K') + x",
        "def f(x):\n    return globals()['K'] + x",
        "f = lambda x: vars()['K'] + x",
        "import __main__\ndef f(x):\n    return __main__.K + x",
        "import sys\ndef f(x):\n    return sys.modules['__main__'].K + x",
        "def f(x):\n    return f.__globals__['K'] + x",
        "exec('def f(x): return x + K')",
        "y = _\ndef f(x):\n    return x + 1",
        "y = _3\ndef f(x):\n    return x + 1",
        "y = Out[3]\ndef f(x):\n    return x + 1",
        "get_ipython().run_line_magic('time', '1')\n" + ANSWER,
        "!ls\n" + ANSWER,
        "def f(x:\n",
        "import inspect\n" + ANSWER,
    ],
)
def test_when_in_doubt_everything_is_executed(answer):
    assert skipped("a", "K = 1", answer) == ""


@pytest.mark.parametrize(
    "answer",
    ["def f(x):\n    return sum(1 for _ in range(x + 1))", "for _ in range(2):\n    pass\n" + ANSWER],
)
def test_an_underscore_that_a_loop_binds_is_no_doubt(answer):
    assert skipped("a", "K = 1", answer) == "a"


def test_cells_of_the_students_are_always_executed():
    assert skipped("", ANSWER, "print(1)") == ""


def test_an_experiment_that_the_student_has_changed_is_read_as_a_students_code():
    ran = ["b"]
    harmless, reaching = notebook(ANSWER, "print(f(2))"), notebook(ANSWER, "exec('f = print')")
    assert not_executed(harmless, [], ran, changed=ran) == {"b"}
    assert not_executed(harmless, [], [], changed=ran) == frozenset()
    given = notebook(ANSWER, "exec('f = print')", "print(1)")
    assert not_executed(given, ["b", "c"], ["b", "c"]) == {"c"}
    assert not_executed(given, ["c"], ["b", "c"], changed=ran) == frozenset()
    assert not_executed(reaching, [], ran, changed=ran) == frozenset()
    endless = notebook(ANSWER, "x = " + "(" * 90 + "1" + ")" * 90 + " + 1" * 60_000)
    assert not_executed(endless, [], ran, changed=ran) == frozenset()


def test_without_submitted_outputs_everything_is_executed():
    assert not_executed(notebook(ANSWER, "print(1)"), ["b"], []) == frozenset()


def test_a_changed_object_counts_only_for_what_comes_after():
    """The table is read by its test; the figure behind it may do with it what it likes."""
    made = notebook("rows = [1]", tests=())
    entry = {"grade": True, "solution": False, "locked": True, "points": 1, "grade_id": "t"}
    made.cells.append(nbformat.v4.new_code_cell("assert rows", id="t", metadata={"nbgrader": entry}))
    made.cells.append(nbformat.v4.new_code_cell("draw(rows)", id="figure"))
    assert not_executed(made, ["figure"], ["figure"]) == {"figure"}
