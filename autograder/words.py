"""What pages say, in the languages of their readers: `words.yaml` in the folder of who shows it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["LOADER", "read", "words"]

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Every text stays the text that was written."""


@functools.cache
def read(path: Path) -> Any:
    """A file of texts, in which nothing is a number or a truth value."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)


def words(module: str) -> Mapping[str, Mapping[str, str]]:
    """For each language, the texts of the module's folder by their names.

    Args:
        module: Its `__file__`.
    """
    return read(Path(module).with_name("words.yaml"))
