"""How often does a correct answer fail? Regrades correct answers with many seeds.

    python -m benchmarks.false_failures lesson1_overfitting --seeds 200

Correct answers are the reference solution and the right answers in other styles in
`mistakes/<assignment>.yaml`.
For each seed the hidden tests make other data and other initial weights (`autograder.checking.seeds`),
and torch's global random state, on which a student's model depends, starts from that seed too.
All of it runs in one process, with the student's functions called directly. With `--in-turn` each seed
regrades one of a cell's answers, the next seed the next one: a part of the time.

What was found goes to `benchmarks/results/false_failures/<assignment>.json` after each seed. A run goes on from
there; a cell begins anew where its test, the code that it needs, its right answers or what it uses of the checks changes.

Prints one line for each test cell; ends with status 1 where a cell fails more often than
once in 1000 gradings.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import linecache
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import torch
from nbformat import NotebookNode

from autograder.checking.seeds import seeded
from autograder.course.folder import Course
from autograder.course.modules import needed
from autograder.course.regions import DEFAULT
from autograder.kernel.torchvision import declare_missing_operators
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference, needed_cells
from benchmarks.used_code import code, used

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "false_failures"
ALLOWED = 1 / 1000


def main() -> int:
    """Read the command line, regrade, print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment")
    parser.add_argument("--seeds", type=int, default=200, help="number of seeds (default: 200)")
    parser.add_argument("--in-turn", action="store_true", help="one answer of each cell a seed")
    parser.add_argument("--cells", nargs="*", help="ids of the test cells (default: all of them)")
    options = parser.parse_args()

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    declare_missing_operators()
    path = ROOT / "source" / options.assignment / f"{options.assignment}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    reference = Reference.of(notebook, DEFAULT)
    tests = {cell.id: cell for cell in cells if _is_test(cell)}
    kept = RESULTS / f"{options.assignment}.json"
    known = load(ROOT / "mistakes", options.assignment).right
    right = [(answer, answer.answer(reference.answers[answer.cell])) for answer in known]
    digests = {}
    for name in tests:
        own = [source for answer, source in right if reference.own_test[answer.cell] == name]
        digests[name] = _digest(cells[: _place(cells, name)], tests[name], own)
    found = _Found(digests, kept)
    if options.cells:
        if unknown := sorted(set(options.cells) - set(tests)):
            parser.error(f"{options.assignment} has no test cell {', '.join(unknown)}")
        tests = {name: test for name, test in tests.items() if name in options.cells}
    below = next((cell.id for cell in cells[_place(cells, list(tests)[-1]) + 1 :]), None)

    with tempfile.TemporaryDirectory() as folder:
        setup = Course(ROOT).kernel_setup
        exec(setup.startup, {"__name__": "startup", "DATA": dict(setup.data)})
        os.chdir(folder)
        answers = [("reference", _student(cells, {}, below), list(tests))]
        for answer, source in right:
            # The other cells are the reference's own, which is graded anyway.
            own = reference.own_test[answer.cell]
            if own in tests:
                answers.append((answer.name, _student(cells, {answer.cell: source}, own), [own]))
        regrade(answers, tests, options.seeds, found, in_turn=options.in_turn)
        os.chdir(ROOT)
    print(found.table())
    return int(any(cell["failed"] > ALLOWED * cell["gradings"] for cell in found.cells.values()))


class _Found:
    """What was found so far, kept in a file.

    Attributes:
        cells: For each test cell what decides it, its seeds, answers, gradings and failures, the CPU time of a grading
            in seconds, and a sentence for each failure.
    """

    def __init__(self, digests: Mapping[str, str], path: Path) -> None:
        self._path = path
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        nothing = {"seeds": 0, "answers": 0, "gradings": 0, "failed": 0, "cpu_s": 0.0}
        self.cells = {
            name: before[name]
            if name in before and before[name]["digest"] == digest
            else {"digest": digest, **nothing, "failures": []}
            for name, digest in digests.items()
        }

    def add(self, cell: str, failure: str | None, seconds: float) -> None:
        """Count a grading of a cell."""
        counts = self.cells[cell]
        mean = (counts["cpu_s"] * counts["gradings"] + seconds) / (counts["gradings"] + 1)
        counts["gradings"] += 1
        counts["cpu_s"] = round(mean, 4)
        if failure is not None:
            counts["failed"] += 1
            counts["failures"].append(failure)

    def graded(self, seed: int, answers: Mapping[str, int]) -> None:
        """Keep what was found up to this seed for some cells, each with the number of its answers."""
        for name, number in answers.items():
            self.cells[name] |= {"seeds": seed, "answers": number}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.cells, indent=1, ensure_ascii=False)
        self._path.write_text(text + "\n", encoding="utf-8")

    def table(self) -> str:
        """A line for each test cell."""
        lines = [
            f"{'test cell':34} {'seeds':>5} {'answers':>7} {'gradings':>8} {'failed':>6} {'rate':>8} {'CPU s':>7}"
        ]
        lines += [
            f"{name:34} {cell['seeds']:5} {cell['answers']:7} {cell['gradings']:8} {cell['failed']:6} "
            f"{cell['failed'] / max(1, cell['gradings']):8.2%} {cell['cpu_s']:7.3f}"
            for name, cell in self.cells.items()
        ]
        return "\n".join(lines)


def regrade(
    answers: list[tuple[str, dict, list[str]]],
    tests: Mapping[str, NotebookNode],
    seeds: int,
    found: _Found,
    *,
    in_turn: bool,
) -> None:
    """Run the tests of the answers with every seed, and count the failures.

    Args:
        answers: For each answer its name, the student's global names, and the ids of the tests to run.
        tests: The test cells, by id.
        seeds: How many, from 1.
        found: Counts; seeds that a cell has are left out.
        in_turn: Run a test of one answer a seed, instead of all.
    """
    compiled = {name: _compiled(cell.source, name) for name, cell in tests.items()}
    answers_of = {name: [answer for answer in answers if name in answer[2]] for name in tests}
    for seed in range(1, seeds + 1):
        open_cells = {name: len(answers_of[name]) for name in tests if found.cells[name]["seeds"] < seed}
        for name, number in open_cells.items():
            chosen = [answers_of[name][seed % number]] if in_turn else answers_of[name]
            for answer, student, _ in chosen:
                start, failure = time.process_time(), None
                torch.manual_seed(seed)
                try:
                    with seeded(seed), _silent():
                        exec(compiled[name], dict(student))
                except Exception as error:
                    failure = f"seed {seed}, {answer}, {name}: {type(error).__name__}: {error}"
                    print(failure, flush=True)
                found.add(name, failure, time.process_time() - start)
        if open_cells:
            found.graded(seed, open_cells)


def _digest(before: list[NotebookNode], test: NotebookNode, right: Iterable[str]) -> str:
    """Of all that decides whether an answer passes a test: it, the code that it needs, the answers, what it uses of its modules."""
    sources = [test.source, *(before[place].source for place in sorted(needed_cells(before, test))), *right]
    decides = [*map(code, sources), used(needed(ROOT, [test.source]), [test.source])]
    return hashlib.sha256("\0".join(decides).encode()).hexdigest()[:16]


def _student(cells: list, answers: dict[str, str], until: str | None = None) -> dict[str, Any]:
    """The global names, at a test cell, of a student who wrote this; plots of experiments are left out."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if cell.id == until:
            break
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


def _place(cells: list, name: str) -> int:
    return next(place for place, cell in enumerate(cells) if cell.id == name)


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
