"""Read a submitted notebook, whatever it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.encodings import japanese
from autograder.errors import SubmissionError
from autograder.kernel.outputs import MEGAPIXELS
from autograder.submission import outputs
from autograder.submission.pictures import not_shown, with_attachments
from autograder.submission.submissions import shown
from autograder.text import clean_text

__all__ = ["MAX_BYTES", "read", "reads"]

MAX_BYTES = 30 * 2**20
MAX_CELLS = 2_000
MAX_SOURCE = 2**20
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read(path: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a submitted notebook, following no link and waiting for no pipe.

    Returns:
        The notebook (only what grading uses of it), and notes.

    Raises:
        SubmissionError: It cannot be read as a notebook.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionError(f"{shown(path)} cannot be opened ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SubmissionError(f"{shown(path)} is not a file")
        if status.st_size > MAX_BYTES:
            raise SubmissionError(
                f"{shown(path)} has {status.st_size / 2**20:.0f} MB, the limit is {MAX_BYTES // 2**20} MB; "
                "ask the student to clear all outputs and submit again"
            )
        return reads(file.read(MAX_BYTES + 1), shown(path))


def reads(data: bytes, name: str = "the notebook") -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a notebook from bytes; see `read`."""
    if not data.strip():
        raise SubmissionError(f"{name} is empty")
    if data[:4] == b"PK\x03\x04":
        raise SubmissionError(f"{name} is a zip archive; unpack it")
    text, notes = _decode(data, name)
    try:
        content = json.loads(text.rstrip("\0"))  # what a disk that was synchronised may pad a file with
    except RecursionError:
        raise SubmissionError(f"{name} is nested too deeply to be a notebook") from None
    except ValueError as error:
        start = " ".join(text[:200].split())[:40]
        why = error if start.startswith("{") else f"it begins with '{clean_text(start)}'"
        raise SubmissionError(f"{name} is not a notebook, or was cut off: {why}") from None
    return _notebook(content, name, notes)


def _decode(data: bytes, name: str) -> tuple[str, list[str]]:
    encoding: str = json.detect_encoding(data)
    text = ""
    with contextlib.suppress(UnicodeDecodeError):
        text = data.decode(encoding)
    if not text:
        text, encoding = japanese(data)
    if not text:
        return data.decode("latin-1"), [f"{name} is not valid UTF-8 and was read as Latin-1"]
    return text, [] if encoding == "utf-8" else [f"{name} was saved as {encoding} and read as such"]


def _notebook(content: Any, name: str, notes: list[str]) -> tuple[NotebookNode, tuple[str, ...]]:
    if not isinstance(content, dict):
        raise SubmissionError(
            f"{name} is not a notebook: expected a JSON object, got {type(content).__name__}"
        )
    major = content.get("nbformat")
    if major == 3 and "worksheets" in content:
        try:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception as error:
            raise SubmissionError(
                f"{name} is in the old format 3 and cannot be converted: {clean_text(str(error))}"
            ) from None
        notes.append(f"{name} was in the old format 3 and was converted")
    elif major != 4 and "cells" not in content:
        if content.keys() & {"doc_id", "url"}:
            raise SubmissionError(
                f"{name} is a link, such as Google Drive leaves, and no notebook; ask for the file itself"
            )
        raise SubmissionError(f"{name} is not a notebook of format 4 (nbformat is {str(major)[:20]})")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise SubmissionError(f"{name} has no list of cells")
    if len(cells) > MAX_CELLS:
        raise SubmissionError(f"{name} has {len(cells):,} cells, the limit is {MAX_CELLS:,}")
    kept = [_cell(cell, number, notes) for number, cell in enumerate(cells, 1)]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": kept}
    return nbformat.from_dict(notebook), tuple(notes)


def _cell(cell: Any, number: int, notes: list[str]) -> dict:
    """Of a submitted cell: type, source, id, grade_id, pasted pictures, harmless outputs. Nothing else is used."""
    if not isinstance(cell, dict):
        cell = {"source": cell}
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "raw"
    if not isinstance(source, str):
        notes.append(f"cell {number} is not as notebooks have it, and is kept as text")
        kind, source = "raw", "" if source is None else json.dumps(source, ensure_ascii=False)
    attachments = cell["attachments"] if isinstance(cell.get("attachments"), dict) else {}
    if kind != "code":
        source, pictures = with_attachments(source)
        attachments = {**attachments, **pictures}
    if len(source) > MAX_SOURCE:
        notes.append(
            f"cell {number} has {len(source):,} characters, the limit is {MAX_SOURCE:,}; the rest of it is only "
            "in the submitted notebook, look there"
        )
        source = source[:MAX_SOURCE]
    kept = {
        "cell_type": kind,
        "source": source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode(),
        "metadata": {},
    }
    if kind == "code" and outputs.has_run(cell):
        kept["outputs"] = outputs.harmless(cell)
        kept["execution_count"] = 1
    identity = cell.get("id")
    if isinstance(identity, str) and _ID.fullmatch(identity):
        kept["id"] = identity
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(entry, dict) and isinstance(entry.get("grade_id"), str):
        kept["metadata"] = {"nbgrader": {"grade_id": entry["grade_id"]}}
    if attachments:
        kept["attachments"] = attachments
        if others := not_shown(attachments):
            notes.append(
                f"cell {number} holds {', '.join(others)}: only PNG and JPEG pictures are shown to whoever marks it, of "
                f"at most {MEGAPIXELS} megapixels; look at the submitted notebook"
            )
    return kept
