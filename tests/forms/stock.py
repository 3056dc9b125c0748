"""A test cell as nbgrader runs it: all cells in one namespace, points by nbgrader's own `determine_grade`."""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import inspect
import io
import itertools
import linecache
import random
import sys
import types
import warnings

import nbformat
import numpy as np
import torch
from nbgrader.utils import determine_grade

__all__ = ["points_of"]

AWAITING = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_numbers = itertools.count(1)


def points_of(cells: list[str], test: str, points: float) -> float:
    """The points of the test cell, run after these cells; what they raise goes unheeded, as in nbgrader."""
    main = types.ModuleType("__main__")
    vars(main)["__builtins__"] = builtins
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    before = sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        for source in cells:
            _run(source, vars(main))
        outputs = _run(test, vars(main))
    finally:
        sys.modules["__main__"] = before
    entry = {"grade": True, "solution": False, "points": points, "grade_id": "test"}
    cell = nbformat.v4.new_code_cell(test, outputs=outputs, metadata={"nbgrader": entry})
    return determine_grade(cell)[0]


def _value_of(code: types.CodeType, namespace: dict) -> object:
    """In an event loop where it awaits something, as IPython has it."""
    value = eval(code, namespace)
    return asyncio.run(value) if code.co_flags & inspect.CO_COROUTINE else value


def _run(source: str, namespace: dict) -> list:
    filename = f"<cell {next(_numbers)} of stock>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) and not source.rstrip().endswith(";") else None
    outputs, errors = [], io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(errors),
        warnings.catch_warnings(action="ignore"),
    ):
        try:
            value = _value_of(compile(ast.Module(body, []), filename, "exec", AWAITING, True), namespace)
            if last:
                value = _value_of(
                    compile(ast.Expression(last.value), filename, "eval", AWAITING, True), namespace
                )
        except BaseException as error:
            return [nbformat.v4.new_output("error", ename=type(error).__name__, evalue=str(error))]
    if errors.getvalue():
        outputs.append(nbformat.v4.new_output("stream", name="stderr", text=errors.getvalue()))
    if value is not None:
        outputs.append(nbformat.v4.new_output("execute_result", data={"text/plain": repr(value)}))
    return outputs
