"""Run releases with the versions of libraries that Google Colab has.

    python3.11 -m venv /tmp/colab
    /tmp/colab/bin/pip install -r benchmarks/colab.txt
    python -m benchmarks.colab --python /tmp/colab/bin/python                      all assignments: more than an hour
    python -m benchmarks.colab lesson2_parameters --python /tmp/colab/bin/python

Each notebook is what students get, with the reference's answers in its answer cells, and runs from its first cell to its
last one in an ordinary kernel, the tests that students see among them. MNIST lies where torchvision would have put it, so
that nothing is downloaded. A newer Python than 3.11, such as Colab's, will do as well. Ends with status 1 where one fails.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbclient.exceptions import CellExecutionError, CellTimeoutError

from benchmarks import plain
from benchmarks.answers import ASSIGNMENTS, COURSE, answered, languages

__all__ = ["main"]

RAW = Path("data", "MNIST", "raw")
SECONDS = 1800
"""For a cell; the longest takes some minutes."""

VERSIONS = """
import sys
from importlib.metadata import version
print("Python", sys.version.split()[0], *(f"{name} {version(name)}" for name in sys.argv[1:]))
"""


def main() -> int:
    """Run what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("assignments", nargs="*", help="all where none is named")
    parser.add_argument("--python", type=Path, required=True, help="of the environment with Colab's versions")
    options = parser.parse_args()
    if unknown := set(options.assignments) - set(ASSIGNMENTS):
        parser.error(f"no assignment {', '.join(sorted(unknown))}; there are {', '.join(ASSIGNMENTS)}")
    names = ("torch", "torchvision", "numpy", "matplotlib", "scikit-learn")
    subprocess.run([options.python, "-c", VERSIONS, *names], check=True)
    failed = 0
    for assignment in options.assignments or ASSIGNMENTS:
        for language in languages(assignment):
            began = time.monotonic()
            problem = _problem(assignment, language, str(options.python))
            failed += problem is not None
            print(
                f"{assignment} ({language}): {problem or 'runs'}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    return int(failed > 0)


def _problem(assignment: str, language: str, python: str) -> str | None:
    """Why a release does not run to its end; None where it does."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / RAW
        raw.mkdir(parents=True)
        for packed in (COURSE.root / "datasets" / "mnist").glob("*.gz"):
            (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
        try:
            plain.run(answered(assignment, language=language), Path(folder), SECONDS, python)
        except (CellExecutionError, CellTimeoutError) as error:
            return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
