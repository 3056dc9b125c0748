"""What students have been given by earlier releases: it is not theirs, whatever the source notebook says now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from autograder.course import notebooks
from autograder.files import write_whole

__all__ = ["given_before", "remember"]

FOLDER = "released"


def given_before(release: Path, state: Path, name: str) -> frozenset[str]:
    """The sources of all cells of a notebook's releases: those that lie there, and those that `remember` has seen.

    Args:
        release: The folder that holds releases, in folders of languages or not.
        state: Where the kit keeps files of its own.
        name: The notebook's name.
    """
    kept = _kept(state, name)
    before = json.loads(kept.read_bytes()) if kept.is_file() else ()
    return frozenset([*before, *_in_folder(release, name)])


def remember(release: Path, state: Path, name: str) -> None:
    """Keep what the releases that lie there give, before others take their place."""
    every = json.dumps(sorted(given_before(release, state, name)), ensure_ascii=False, indent=0)
    kept = _kept(state, name)
    if not kept.is_file() or kept.read_text(encoding="utf-8") != every:
        write_whole(kept, every)


def _kept(state: Path, name: str) -> Path:
    return state / FOLDER / f"{name}.json"


def _in_folder(release: Path, name: str) -> Iterator[str]:
    for path in sorted(release.rglob(str(notebooks.path_in(Path(), name)))):
        try:
            every = json.loads(path.read_bytes())["cells"]
            yield from ("".join(cell["source"]) for cell in every)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # no notebook: nobody can have been given it
