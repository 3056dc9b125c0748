"""Measure the numbers that notebooks and mark schemes quote.

    python -m benchmarks.numbers lesson3_compression            every seed of the assignment
    python -m benchmarks.numbers lesson3_compression --seeds 1  a first look; writes nothing
    python -m benchmarks.numbers lesson3_compression --time     how long a student waits for the whole notebook, on two CPUs
    python -m benchmarks.numbers theme_e_denoising --pictures   what its pictures show to every student (seconds)

What is measured stands in `benchmarks/measure/<assignment>.py` (`pictures.py` for the pictures), and the result goes to
`docs/numbers/<assignment>.json`: for each key its mean, its spread (standard deviation over the
seeds, n - 1), unit and number of seeds. What a seed gave is kept in `.autograder/numbers/` while neither
the notebook's code nor the measuring changes, so a run that was stopped goes on. `docs/numbers/<assignment>.yaml` lists where texts quote it:

    - cell: discussion_fewer_bits         # one cell, or a list of cells
      quote: "1 bit: {accuracy_1bit:.0f} ± {accuracy_1bit.spread:.0f} %"
    - cell: [intro-ja, intro-en]          # words that hold while a number stays within bounds
      quote: "118,282"
      where: {parameters: [118282, 118282]}
    - cell: discussion
      quote: "{accuracy:.1f} ± {accuracy.spread:.1f} %"
      times: 2                            # a mark scheme says it in two languages

`tests/content/test_numbers.py` compares the two with the notebooks.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import re
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from autograder.course import cells

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = ROOT / "docs" / "numbers"
KEPT = ROOT / ".autograder" / "numbers"
_SPREAD = ".spread"
_TIME = "notebook_minutes"
_QUIET = 5  # percent
_PICTURE = "picture."

__all__ = ["Measured", "Quote", "assignments", "drift", "quotes", "read"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number that was measured.

    Attributes:
        value: The mean over the seeds.
        spread: The standard deviation over the seeds (n - 1); 0 for one seed.
        unit: "%", "bytes", "s", ...; "" where it has none.
        seeds: How many.
    """

    value: float
    spread: float
    unit: str
    seeds: int


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A place where a text quotes measured numbers.

    Attributes:
        cells: The ids of the cells that must contain it.
        text: The words, with `{key:format}` for a mean and `{key.spread:format}` for a spread.
        where: The bounds (both included) between which some means or spreads must lie for the words to hold.
        times: In how many places each of the cells must contain it, at least.
    """

    cells: tuple[str, ...]
    text: str
    where: Mapping[str, tuple[float, float]]
    times: int = 1


def assignments() -> list[str]:
    """The assignments whose texts quote measured numbers."""
    return sorted(path.stem for path in NUMBERS.glob("*.yaml"))


def read(assignment: str) -> dict[str, Measured]:
    """What was measured for an assignment; empty where nothing was."""
    path = NUMBERS / f"{assignment}.json"
    if not path.is_file():
        return {}
    return {key: Measured(**entry) for key, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def quotes(assignment: str) -> list[Quote]:
    """Where the texts of an assignment quote measured numbers."""
    entries = yaml.safe_load((NUMBERS / f"{assignment}.yaml").read_text(encoding="utf-8"))
    return [
        Quote(
            cells=tuple([entry["cell"]] if isinstance(entry["cell"], str) else entry["cell"]),
            text=entry["quote"],
            where={key: (low, high) for key, (low, high) in entry.get("where", {}).items()},
            times=entry.get("times", 1),
        )
        for entry in entries
    ]


def drift(
    notebook: NotebookNode, assignment: str, quoted: list[Quote], numbers: Mapping[str, Measured]
) -> list[str]:
    """Each difference between what a notebook says and what was measured, in a sentence."""
    sources = {cell.id: cell.source for cell in notebook.cells}
    return [problem for quote in quoted for problem in _problems(quote, assignment, sources, numbers)]


def _problems(
    quote: Quote, assignment: str, sources: Mapping[str, str], numbers: Mapping[str, Measured]
) -> Iterator[str]:
    again = f"`python -m benchmarks.numbers {assignment}` measures it"
    keys = {name.removesuffix(_SPREAD) for _, name, _, _ in string.Formatter().parse(quote.text) if name}
    bounded = {name.removesuffix(_SPREAD) for name in quote.where}
    missing = sorted((keys | bounded) - set(numbers))
    if missing:
        yield f"{assignment}: {', '.join(missing)} was not measured, but {quote.text!r} quotes it; {again}"
        return
    for key, (low, high) in quote.where.items():
        value = _value(key, numbers)
        if not low <= value <= high:
            yield (
                f"{assignment}: {quote.text!r} (in {', '.join(quote.cells)}) holds while {key} lies between "
                f"{low:g} and {high:g}; it is {value:.6g}; change the text, or its bounds"
            )
    expected = _Numbers(numbers).format(quote.text)
    for cell in quote.cells:
        if cell not in sources:
            yield f"{assignment}: there is no cell {cell!r}, which is to say {expected!r}"
        elif sources[cell].count(expected) < quote.times:
            found = set(re.findall(_any_number(quote.text), sources[cell])) - {expected}
            says = f"it says {', '.join(map(repr, sorted(found)))}" if found else "it does not say so"
            places = f" in {quote.times} places" if quote.times > 1 else ""
            yield f"{assignment}, cell {cell!r}: expected {expected!r}{places} as measured; {says}; {again}"


class _Numbers(string.Formatter):
    """`{key:format}` is the mean of a key, `{key.spread:format}` its spread."""

    def __init__(self, numbers: Mapping[str, Measured]) -> None:
        self._numbers = numbers

    def get_field(self, field_name, args, kwargs):
        return _value(field_name, self._numbers), field_name


def _value(name: str, numbers: Mapping[str, Measured]) -> float:
    measured = numbers[name.removesuffix(_SPREAD)]
    return measured.spread if name.endswith(_SPREAD) else measured.value


def _any_number(text: str) -> str:
    return "".join(
        re.escape(words) + (r"[+\-−]?[\d,]*\.?\d+(?:e[+\-]?\d+)?" if name is not None else "")
        for words, name, _, _ in string.Formatter().parse(text)
    )


def measured(assignment: str, seeds: list[int], jobs: int) -> dict[str, Measured]:
    """Measure an assignment with every seed, each in a process of its own."""
    with ProcessPoolExecutor(jobs, initializer=_prepare) as pool:
        results = list(pool.map(partial(_measure, assignment), seeds))
    return _averaged(results)


def _averaged(results: list[dict]) -> dict[str, Measured]:
    """Mean and spread of each key over what the seeds gave: a number, or a number with its unit."""
    found: dict[str, Measured] = {}
    for key in dict.fromkeys(key for result in results for key in result):
        given = [result[key] for result in results if key in result]
        values = [float(value[0] if isinstance(value, (list, tuple)) else value) for value in given]
        found[key] = Measured(
            value=_rounded(statistics.fmean(values)),
            spread=_rounded(statistics.stdev(values) if len(values) > 1 else 0.0),
            unit=given[0][1] if isinstance(given[0], (list, tuple)) else "",
            seeds=len(values),
        )
    return found


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def _prepare() -> None:
    import torch

    from autograder.course.folder import Course
    from autograder.kernel.torchvision import declare_missing_operators

    torch.set_num_threads(1)
    declare_missing_operators()
    setup = Course(ROOT).kernel_setup
    exec(setup.startup, {"__name__": "startup", "DATA": dict(setup.data)})


def _measure(assignment: str, seed: int) -> dict:
    kept = KEPT / assignment / f"{seed}-{_digest(assignment)}.json"
    if not kept.is_file():
        start = time.perf_counter()
        result = importlib.import_module(f"benchmarks.measure.{assignment}").measure(seed)
        print(f"{assignment}, seed {seed}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(result), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def _digest(assignment: str) -> str:
    """Of all that decides what a seed gives: the notebook's code without tests, and what measures it."""
    notebook = nbformat.read(ROOT / "source" / assignment / f"{assignment}.ipynb", as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cells.is_test(cell)]
    measure = ROOT / "benchmarks" / "measure"
    sources += [
        path.read_text(encoding="utf-8") for path in (measure / f"{assignment}.py", measure / "themes.py")
    ]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]


def pictured(assignment: str) -> dict[str, Measured]:
    """Measure what the pictures of an assignment show, which no seed of a student changes."""
    _prepare()
    return _averaged([importlib.import_module("benchmarks.measure.pictures").measure(assignment)])


def timed(assignment: str) -> dict[str, Measured]:
    """Run the reference's whole notebook as a student does, on two CPUs, and measure how long that takes.

    It is the clock's time, from the start of the first cell to the end of the last, with the threads that torch
    takes by itself: other work on this machine would be measured, too, and is refused. The notebook with its
    outputs and figures is kept, to be looked at.
    """
    import psutil

    from benchmarks import plain
    from benchmarks.answers import COURSE, answered
    from benchmarks.stock import prelude

    if (busy := psutil.cpu_percent(interval=3)) > _QUIET:
        raise SystemExit(f"{busy:.0f} % of this machine is busy: measure times when nothing else runs on it")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    notebook = answered(assignment)
    begin = "import time\n_began = time.perf_counter()\n" + prelude(COURSE.kernel_setup)
    end = "import torch\nprint(time.perf_counter() - _began, torch.get_num_threads())"
    notebook.cells = [nbformat.v4.new_code_cell(begin), *notebook.cells, nbformat.v4.new_code_cell(end)]
    with tempfile.TemporaryDirectory() as folder:
        plain.run(notebook, Path(folder), seconds=1800)
    seconds, threads = notebook.cells.pop().outputs[0].text.split()
    if threads != "2":
        raise SystemExit(f"torch took {threads} threads, expected 2: two CPUs, and OMP_NUM_THREADS not set")
    del notebook.cells[0]
    KEPT.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, KEPT / f"{assignment}.ipynb")
    return {_TIME: Measured(value=_rounded(float(seconds) / 60), spread=0.0, unit="min", seeds=1)}


def write(assignment: str, numbers: Mapping[str, Measured]) -> Path:
    """Write docs/numbers/<assignment>.json; returns its path."""
    NUMBERS.mkdir(parents=True, exist_ok=True)
    path = NUMBERS / f"{assignment}.json"
    lines = [f" {json.dumps(key)}: {json.dumps(asdict(numbers[key]))}" for key in sorted(numbers)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def main() -> int:
    """Read the command line, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment")
    parser.add_argument("--seeds", type=int, help="only the first so many seeds: print, write nothing")
    parser.add_argument(
        "--time", action="store_true", help="measure how long the whole notebook takes on two CPUs"
    )
    parser.add_argument("--pictures", action="store_true", help="measure what pictures show to every student")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="seeds at the same time")
    options = parser.parse_args()
    before = read(options.assignment)
    if options.time:
        numbers = before | timed(options.assignment)
    elif options.pictures:
        numbers = {key: value for key, value in before.items() if not key.startswith(_PICTURE)}
        numbers |= pictured(options.assignment)
    else:
        seeds = list(importlib.import_module(f"benchmarks.measure.{options.assignment}").SEEDS)
        numbers = measured(options.assignment, seeds[: options.seeds], options.jobs)
        kept = {key for key in before if key == _TIME or key.startswith(_PICTURE)}
        numbers |= {key: before[key] for key in kept}
    for key, number in sorted(numbers.items()):
        print(f"{key:44} {number.value:>12.6g} ± {number.spread:<10.4g} {number.unit} ({number.seeds})")
    if options.seeds is None:
        print(write(options.assignment, numbers).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
