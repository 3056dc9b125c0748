"""Notebooks as a student runs them: the release with the reference's answers, in an ordinary Jupyter kernel."""

from __future__ import annotations

import copy
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.course import cells

ROOT = Path(__file__).resolve().parents[1]

__all__ = ["answered", "run"]

_REGION = {
    "solution": re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[^\n]*\n?", re.MULTILINE),
    "hidden": re.compile(r"^### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?", re.MULTILINE | re.DOTALL),
    "scheme": re.compile(r"^=== BEGIN MARK SCHEME.*?=== END MARK SCHEME ===\n?", re.MULTILINE | re.DOTALL),
}

_SETUP = """import os, sys, torch
torch.set_num_threads({threads})
sys.path.insert(0, {root!r})
from autograder.kernel.torchvision import declare_missing_operators
declare_missing_operators()
sys.path.remove({root!r})
DATA = {{"mnist": {data!r}}}
exec(open({startup!r}).read())
del DATA"""


def answered(source: NotebookNode, language: str) -> NotebookNode:
    """What a student has in front of them who wrote what the reference writes, without hidden tests."""
    notebook = copy.deepcopy(source)
    notebook.cells = [cell for cell in notebook.cells if cells.language(cell) in (None, language)]
    for cell in notebook.cells:
        for region in _REGION.values():
            cell.source = region.sub("", cell.source)
        cell.source = cell.source.rstrip()
    return notebook


def run(notebook: NotebookNode, threads: int = 2, timeout: float = 3600) -> NotebookNode:
    """Run a notebook from top to bottom with the course's data, in a folder of its own.

    Args:
        notebook: It gets its outputs.
        threads: Of torch.
        timeout: For each cell, in seconds.

    Returns:
        The notebook.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    setup = nbformat.v4.new_code_cell(
        _SETUP.format(
            threads=threads,
            root=str(ROOT),
            data=str(ROOT / "datasets" / "mnist"),
            startup=str(ROOT / "datasets" / "mnist" / "startup.py"),
        )
    )
    notebook.cells.insert(0, setup)
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        NotebookClient(
            notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    del notebook.cells[0]
    return notebook
