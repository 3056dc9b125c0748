"""Read the archive that a learning management system gives, or a folder, without trusting a name in it.

Nothing is unpacked to a path that the archive names: entries are listed, and read into memory
one by one, within bounds.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.errors import ArchiveError, SubmissionError
from autograder.submission.reading import MAX_BYTES
from autograder.text import clean_text

__all__ = ["Archive", "ArchiveFile", "is_junk", "opened"]

MAX_ENTRIES = 50_000
MAX_TOTAL = 8 * 2**30
MAX_INNER = 256 * 2**20
"""Bytes of an archive that a student handed in."""
BEGINNING = 64
MAX_NAME, MAX_FOLDERS = 255, 64
"""Of a path that is read: what file systems take, and more than a person makes."""
JUNK_FILES = (".ds_store", "thumbs.db", "desktop.ini")
JUNK_FOLDERS = ("__macosx",)
NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of zip entries that have none."""
UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""What a damaged file raises; NotImplementedError, of these, where it is only compressed otherwise."""


@dataclass(frozen=True, kw_only=True)
class ArchiveFile:
    """One file of an archive.

    Attributes:
        parts: Its path: folders, then the name.
        saved: The date that the archive has for it, in an unknown time zone; None where it has none.
        problem: Why it is not read, in one sentence; None where it can be.
        key: How the archive finds it.
        within: The archive in the archive that holds it, where there is one.
    """

    parts: tuple[str, ...]
    saved: datetime | None
    problem: str | None
    key: Any
    within: ArchiveFile | None = None

    @property
    def shown(self) -> str:
        """The path, for messages."""
        return clean_text("/".join(self.parts))

    @property
    def name(self) -> str:
        """The file's name."""
        return self.parts[-1]


class Archive:
    """The files of a zip archive or of a folder; `opened` makes one.

    Attributes:
        entries: All files but those that systems leave behind, in the order of their paths.
        junk: The paths of those.
    """

    def __init__(self, entries: Sequence[ArchiveFile], source: zipfile.ZipFile | Path) -> None:
        self.entries = tuple(
            sorted((entry for entry in entries if not is_junk(entry.parts)), key=lambda entry: entry.parts)
        )
        self.junk = tuple(sorted(entry.shown for entry in entries if is_junk(entry.parts)))
        self._source = source
        self._read = 0
        self._inner: tuple[ArchiveFile, zipfile.ZipFile] | None = None

    def read(self, entry: ArchiveFile, limit: int = MAX_BYTES) -> bytes:
        """The content of a file, which is bounded whatever the archive says of its size.

        Raises:
            SubmissionError: It cannot be read, or is too large.
            ArchiveError: All files together are too large.
        """
        if entry.problem is not None:
            raise SubmissionError(entry.problem)
        try:
            with self._open(entry) as file:
                data = file.read(limit + 1)
        except NotImplementedError:
            raise SubmissionError(
                f"{entry.shown} is compressed in a way that is not understood; unpack it"
            ) from None
        except UNREADABLE as error:
            raise SubmissionError(
                f"{entry.shown} is damaged in the archive ({clean_text(str(error))})"
            ) from None
        if len(data) > limit:
            cure = (
                "ask the student to clear all outputs and submit again" if limit == MAX_BYTES else "unpack it"
            )
            raise SubmissionError(f"{entry.shown} has more than {limit // 2**20} MB; {cure}")
        self._read += len(data)
        if self._read > MAX_TOTAL:
            raise ArchiveError(
                f"the archive unpacks to more than {MAX_TOTAL // 2**30} GB; unpack it and look at it"
            )
        return data

    def begins_like_a_notebook(self, entry: ArchiveFile) -> bool:
        """Whether a file begins as JSON objects do; its content is not read."""
        start = self._beginning(entry)
        return start.lstrip(b"\xef\xbb\xbf\xff\xfe\0\t\r\n ").startswith(b"{")

    def begins_like_an_archive(self, entry: ArchiveFile) -> bool:
        """Whether a file begins as zip archives do; its content is not read."""
        return self._beginning(entry).startswith(b"PK\3\4")

    def _beginning(self, entry: ArchiveFile) -> bytes:
        if entry.problem is not None:
            return b""
        try:
            with self._open(entry) as file:
                return file.read(BEGINNING)
        except UNREADABLE:
            return b""

    def inside(self, entry: ArchiveFile) -> tuple[ArchiveFile, ...] | None:
        """The files of a zip archive in this one, but for those that systems leave behind; None where it is none.

        Raises:
            SubmissionError: It cannot be read, or has too many files.
        """
        try:
            infos = _files(self._opened(entry))
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            return None
        if len(infos) > MAX_ENTRIES:
            raise SubmissionError(f"it has {len(infos):,} files, the limit is {MAX_ENTRIES:,}")
        found = [_in_zip(info, name) for info, name in zip(infos, _decoded(infos), strict=True)]
        return tuple(
            replace(one, parts=(*entry.parts, *one.parts), within=entry)
            for one in found
            if not is_junk(one.parts)
        )

    def _opened(self, entry: ArchiveFile) -> zipfile.ZipFile:
        """A zip archive in this one; the last one is kept, for its files are read one after the other."""
        if self._inner is None or self._inner[0] is not entry:
            self._inner = (entry, zipfile.ZipFile(io.BytesIO(self.read(entry, MAX_INNER))))
        return self._inner[1]

    def _open(self, entry: ArchiveFile):
        if entry.within is not None:
            return self._opened(entry.within).open(entry.key)
        if isinstance(self._source, zipfile.ZipFile):
            return self._source.open(entry.key)
        descriptor = os.open(entry.key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        return os.fdopen(descriptor, "rb")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a zip archive, or a folder into which one was unpacked.

    Raises:
        ArchiveError: It is neither, or has too many entries.
    """
    if path.is_dir():
        yield Archive(_in_folder(path), path)
        return
    try:
        source = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ArchiveError(f"{path} does not exist") from None
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ArchiveError(
            f"{path} is neither a zip archive nor a folder ({error}); download it again, or unpack it and name the folder"
        ) from None
    with source:
        infos = _files(source)
        if len(infos) > MAX_ENTRIES:
            raise ArchiveError(f"{path} has {len(infos):,} files, the limit is {MAX_ENTRIES:,}")
        names = _decoded(infos)
        yield Archive([_in_zip(info, name) for info, name in zip(infos, names, strict=True)], source)


def is_junk(parts: Sequence[str]) -> bool:
    """Whether macOS or Windows left it behind."""
    name = parts[-1].lower()
    return (
        name in JUNK_FILES
        or name.startswith("._")
        or any(part.lower() in JUNK_FOLDERS for part in parts[:-1])
    )


def _files(source: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in source.infolist() if not info.is_dir()]


def _in_zip(info: zipfile.ZipInfo, name: str) -> ArchiveFile:
    name = name.replace("\\", "/")
    path = PurePosixPath(name)
    parts = tuple(part for part in path.parts if part != "/") or ("",)
    kind = stat.S_IFMT(info.external_attr >> 16)
    problem = None
    if len(parts) > MAX_FOLDERS or max(map(len, parts)) > MAX_NAME:
        problem = "its name is longer than any computer takes; it was left alone"
        parts = tuple(part[:MAX_NAME] for part in parts[:MAX_FOLDERS])
    elif name.startswith("/") or ".." in parts or parts[0].endswith(":") or not parts[-1]:
        problem = "its path leads out of the archive; it was left alone"
    elif info.flag_bits & 0x1:
        problem = "it is encrypted; unpack the archive with its password and name the folder"
    elif kind == stat.S_IFLNK:
        problem = "it is a symbolic link, and is not followed; ask the student for the file itself"
    elif kind not in (0, stat.S_IFREG):
        problem = "it is no ordinary file"
    return ArchiveFile(parts=parts, saved=_date(info.date_time), problem=problem, key=info)


def _date(date_time: tuple[int, ...]) -> datetime | None:
    try:
        return None if date_time[:6] == NO_DATE else datetime(*date_time[:6])  # type: ignore[arg-type]  # six numbers
    except ValueError:
        return None


def _decoded(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names; where an archive does not say how they are encoded, the first encoding that fits them all.

    Windows in Japanese writes cp932 and does not say so; Python reads all such names as cp437.
    """
    undeclared = [info.orig_filename.encode("cp437") for info in infos if not info.flag_bits & 0x800]
    for encoding in ("utf-8", "cp932", "cp437"):
        try:
            for name in undeclared:
                name.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    return [
        info.orig_filename if info.flag_bits & 0x800 else info.orig_filename.encode("cp437").decode(encoding)
        for info in infos
    ]


def _in_folder(root: Path) -> list[ArchiveFile]:
    entries = []
    for folder, folders, files in os.walk(root):
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*files, *linked]:
            path = Path(folder, name)
            status = path.lstat()
            problem = None
            if stat.S_ISLNK(status.st_mode):
                problem = "it is a symbolic link, and is not followed; put the file itself there"
            elif not stat.S_ISREG(status.st_mode):
                problem = "it is no ordinary file"
            saved = datetime.fromtimestamp(int(status.st_mtime))
            parts = tuple(map(_as_text, path.relative_to(root).parts))
            entries.append(ArchiveFile(parts=parts, saved=saved, problem=problem, key=path))
            if len(entries) > MAX_ENTRIES:
                raise ArchiveError(
                    f"{root} has more than {MAX_ENTRIES:,} files; name the folder of one assignment"
                )
    return entries


def _as_text(name: str) -> str:
    """A file name as it was meant, where `unzip` wrote cp932 to a file system that expects UTF-8."""
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return os.fsencode(name).decode("cp932", "replace")
