"""What the themes' modules share: the reference's functions, and its scores with the seeds of a student."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.notebooks import Session

__all__ = ["SEEDS", "also_as_student", "scores", "session"]

SEEDS = range(5)
"""Added to the seed of the reference's student; the first three are the student's own `SEEDS`."""

_OF_THE_STUDENT = 3


def session(assignment: str) -> Session:
    """The notebook with the reference's answers, run until `run` is there, without its pictures."""
    notebook = Session(assignment)
    pictures = tuple(cell for cell in notebook.cells if cell.endswith("_picture"))
    notebook.run_until("run", without=pictures)
    return notebook


def scores(notebook: Session, index: int, settings: Mapping[str, dict], unit: str = "%") -> dict:
    """The score of each setting, given as changes of BASE_CONFIG, with the seed of this index."""
    run, base = notebook["run"], notebook["BASE_CONFIG"]
    seed = notebook["MY_SEED"] + index
    return {key: (run({**base, **changes}, seed)["score"], unit) for key, changes in settings.items()}


def also_as_student(numbers: dict, index: int, *, single: tuple[str, ...] = ()) -> dict:
    """The numbers, and those of the reference's student once more, whose mean and spread are of three seeds.

    Args:
        numbers: What was measured with the seed of this index.
        index: Of `SEEDS`.
        single: Keys that are quoted as the result of one run, too: that of the student's first seed.
    """
    found = dict(numbers)
    if index < _OF_THE_STUDENT:
        found |= {f"student.{key}": value for key, value in numbers.items()}
    if index == 0:
        found |= {f"single.{key}": numbers[key] for key in single}
    return found
