"""How often does a correct answer fail? Regrades correct answers with many seeds.

    python benchmarks/false_failures.py lesson1_overfitting --seeds 200

Correct answers are the reference solution and the right answers in other styles in
`mistakes/<assignment>.yaml`.
For each seed the hidden tests make other data and other initial weights (`autograder.checking.seeds`),
and torch's global random state, on which a student's model depends, starts from that seed too.
All of it runs in one process, with the student's functions called directly.

Prints one line for each test cell; ends with status 1 where a cell fails more often than
once in 1000 gradings.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import linecache
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from autograder.checking.seeds import seeded  # noqa: E402
from autograder.course.folder import Course  # noqa: E402
from autograder.kernel.torchvision import declare_missing_operators  # noqa: E402
from autograder.mistakes.reading import load  # noqa: E402
from autograder.mistakes.reference import Reference  # noqa: E402

ALLOWED = 1 / 1000


def main() -> int:
    """Read the command line, regrade, print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment")
    parser.add_argument("--seeds", type=int, default=200, help="number of seeds (default: 200)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--cells", nargs="*", help="ids of the test cells; default: all of them")
    options = parser.parse_args()

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    declare_missing_operators()
    source = ROOT / "source" / options.assignment / f"{options.assignment}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    reference = Reference.of(notebook)
    tests = {cell.id: cell.source for cell in cells if _is_test(cell)}
    if options.cells:
        tests = {name: tests[name] for name in options.cells}

    with tempfile.TemporaryDirectory() as folder:
        setup = Course(ROOT).kernel_setup
        exec(setup.startup, {"__name__": "startup", "DATA": dict(setup.data)})
        os.chdir(folder)
        answers = [("reference", _student(cells, {}), list(tests))]
        for right in load(ROOT / "mistakes", options.assignment).right:
            # The other cells are the reference's own, which is graded anyway.
            own = [name for name in tests if name == reference.own_test[right.cell]]
            answer = right.answer(reference.answers[right.cell])
            answers.append((right.name, _student(cells, {right.cell: answer}), own))
        regrade(answers, tests, range(options.first, options.first + options.seeds))
        os.chdir(ROOT)
    return int(any(FAILED[name] > ALLOWED * GRADED[name] for name in tests))


GRADED: Counter[str] = Counter()
FAILED: Counter[str] = Counter()


def regrade(answers: list[tuple[str, dict, list[str]]], tests: dict[str, str], seeds: range) -> None:
    """Run the tests of every answer with every seed, count the failures, and print them.

    Args:
        answers: For each answer its name, the student's global names, and the ids of the tests to run.
        tests: The sources of the test cells, by id.
        seeds: The seeds.
    """
    seconds: Counter[str] = Counter()
    compiled = {name: _compiled(source, name) for name, source in tests.items()}
    for seed in seeds:
        for answer, student, names in answers:
            for name in names:
                start = time.process_time()
                torch.manual_seed(seed)
                try:
                    with seeded(seed), _silent():
                        exec(compiled[name], dict(student))
                except Exception as error:
                    FAILED[name] += 1
                    print(f"seed {seed}, {answer}, {name}: {type(error).__name__}: {error}", flush=True)
                GRADED[name] += 1
                seconds[name] += time.process_time() - start
        print(f"\rseed {seed} done", end="", file=sys.stderr, flush=True)
    print(f"\n{'test cell':34} {'answers':>7} {'gradings':>8} {'failed':>6} {'rate':>8} {'CPU s':>7}")
    for name in tests:
        count = sum(name in names for _, _, names in answers)
        rate, cost = FAILED[name] / GRADED[name], seconds[name] / GRADED[name]
        print(f"{name:34} {count:7} {GRADED[name]:8} {FAILED[name]:6} {rate:8.2%} {cost:7.3f}")


def _student(cells: list, answers: dict[str, str]) -> dict[str, Any]:
    """The global names of a student who wrote this; experiments are left out, and so are plots of them."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if _is_test(cell) or not cell.metadata.get("nbgrader"):
            continue
        source = answers.get(cell.id, cell.source)
        try:
            with _silent():
                exec(_compiled(source, cell.id), names)
        except NameError:
            if cell.metadata.nbgrader.solution:
                raise
        finally:
            matplotlib.pyplot.close("all")
    return names


def _is_test(cell: Any) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _compiled(source: str, name: str) -> Any:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return compile(source, name, "exec")


@contextlib.contextmanager
def _silent():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


if __name__ == "__main__":
    sys.exit(main())
