"""What a student added to a given cell is told apart from what was given."""

from __future__ import annotations

import pytest

from autograder.submission.additions import added_code, added_text, as_comments

GIVEN = '''import copy

import torch
from torch.utils.data import (
    DataLoader,
    TensorDataset,
)

EPOCHS = 30
torch.manual_seed(0)


def load(count,
         root="data"):
    """Images.

    As they are.
    """
    return torch.zeros(count)


for epoch in range(2):
    load(epoch)'''

RUNS = {
    "an import": "import numpy as np",
    "several imports": "import math, random\nfrom torch import nn, optim",
    "a device": 'device = torch.device("cpu")',
    "an annotated name": 'device: torch.device = torch.device("cpu")',
    "a choice": 'if torch.cuda.is_available():\n    device = "cuda"\nelse:\n    device = "cpu"',
    "a helper": "def helper(x):\n    # twice\n    y = 2 * x\n\n    return y",
    "a helper over several lines": "def helper(\n    x,\n    y=1,\n):\n    return x",
    "a class": "class Mine(torch.nn.Module):\n    EPOCHS = 3\n\n    def load(self):\n        pass",
    "a decorated helper": "@torch.no_grad()\n# mine\ndef helper(x):\n    return x",
    "a text of several lines": 'TEXT = """\nfirst\n\nsecond = 2\n"""',
    "a list of several lines": "SIZES = [\n    1,\n    2,\n]",
    "an attempt": "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None",
    "a magic": "%matplotlib inline",
    "a shell command": "!pip install tqdm",
    "a call": 'print("ready")',
    "a comparison": "assert copy == copy",
    "a setting": 'torch.set_printoptions(precision=3)\ntorch.backends.cudnn.benchmark = "x"',
}


@pytest.mark.parametrize("where", ["before", "after", "between"])
@pytest.mark.parametrize("name", RUNS)
def test_what_was_added_runs_and_nothing_is_kept_aside(name, where):
    added = RUNS[name]
    head, _, tail = GIVEN.partition("EPOCHS = 30\n")
    source = {
        "before": f"{added}\n{GIVEN}",
        "after": f"{GIVEN}\n\n{added}\n",
        "between": f"{head}{added}\nEPOCHS = 30\n{tail}",
    }[where]
    found = added_code(GIVEN, source)
    assert [line for line in found.run.splitlines() if line.strip()] == [
        line for line in added.splitlines() if line.strip()
    ]
    assert found.kept == ""


KEPT = {
    "another value": ("EPOCHS = 30", "EPOCHS = 3"),
    "another value with more": ("EPOCHS = 30", "EPOCHS, MINE = 3, 4"),
    "another value for two": ("EPOCHS = 30", "mine = EPOCHS = 3"),
    "an augmented value": ("EPOCHS = 30", "EPOCHS = 30\nEPOCHS += 1"),
    "another call": ("torch.manual_seed(0)", "torch.manual_seed(1)"),
    "another function": ("return torch.zeros(count)", "return torch.ones(count)"),
    "another head": ("def load(count,", "def load(count, more,"),
    "a given name set in a loop": ("EPOCHS = 30", "EPOCHS = 30\nwhile True:\n    EPOCHS = 3"),
    "a line inside": ("    load(epoch)", "    load(epoch)\n    print(epoch)"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_changes_given_code_does_not_run_and_is_kept(name):
    before, after = KEPT[name]
    found = added_code(GIVEN, GIVEN.replace(before, after))
    assert found.run == ""
    for line in after.splitlines():
        assert line in found.kept or line in GIVEN


def test_an_import_that_was_extended_runs():
    found = added_code(GIVEN, GIVEN.replace("    DataLoader,\n", "    DataLoader,\n    random_split,\n"))
    assert "random_split" in found.run
    assert found.kept == ""
    assert added_code(GIVEN, GIVEN.replace("import copy", "import copy, math")).run == "import copy, math"


def test_of_a_changed_test_only_imports_and_definitions_run():
    given = "assert total([1]) == 1"
    source = "import numpy as np\nassert True\nx = total([2])\nprint(x)"
    found = added_code(given, source, test=True)
    assert found.ahead == "import numpy as np"
    assert found.run == "x = total([2])"
    assert found.kept == "assert True\nprint(x)"


@pytest.mark.parametrize("source", ["", GIVEN, GIVEN + "\n\n\n", GIVEN.replace("\n", "  \n"), "EPOCHS = 30"])
def test_nothing_is_found_where_nothing_was_added(source):
    found = added_code(GIVEN, source)
    assert (found.run, found.kept) == ("", "")


@pytest.mark.parametrize(
    "source", ["x = 1\n" * 6_000, "a" * 500_000, "(" * 100_000, "=" * 100_000, " \n" * 9]
)
def test_anything_is_told_apart_in_a_short_time(source):
    found = added_code(GIVEN, source)
    assert found.run + found.kept == source.strip("\n") or found.run or not source.strip()


def test_comments_hide_every_line():
    assert as_comments("a\n\n  b\n") == "# a\n#\n#   b"


QUESTION = "### Discussion\n\nDid it overfit? Answer in about 5 lines.\n\n- quote two numbers\n- say why"


@pytest.mark.parametrize(
    "source",
    [
        f"{QUESTION}\n\nIt did.\nBy 3 points.",
        f"It did.\nBy 3 points.\n{QUESTION}",
        "### Discussion\nIt did.\nBy 3 points.",
        QUESTION.replace("- say why", "It did.\n\n- say why\nBy 3 points."),
    ],
)
def test_what_was_written_into_a_text_is_found(source):
    found = added_text(QUESTION, source)
    assert [line for line in found.new.splitlines() if line] == ["It did.", "By 3 points."]
    assert found.changed == ""


def test_a_line_that_is_nearly_the_given_one_is_no_answer():
    found = added_text(QUESTION, QUESTION.replace("about 5 lines", "about 6 lines"))
    assert (found.new, found.changed) == ("", "Did it overfit? Answer in about 6 lines.")


def test_an_answer_at_the_end_of_a_given_line_is_kept_with_it():
    answer = "Yes: the gap is 9.5 points at the end, and the loss rises from epoch 8 on, which means it does."
    found = added_text(QUESTION, QUESTION.replace("5 lines.", f"5 lines. {answer}"))
    assert answer in found.new
