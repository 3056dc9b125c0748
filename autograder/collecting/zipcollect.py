"""Plugins for `nbgrader zip_collect`: archives read within bounds, and the naming rules of each system.

    nbgrader zip_collect lesson1 --extractor=autograder.collecting.zipcollect.BoundedExtractor \\
        --collector=autograder.collecting.zipcollect.CanvasCollector

`autograder collect` has the same rules, and also keeps what is later, never replaces without saying so,
and lists what is unclear; nbgrader logs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Unicode

from autograder.collecting import archive, naming
from autograder.collecting.naming import System
from autograder.collecting.sorting import CHECKPOINTS
from autograder.collecting.stems import NOTEBOOK, assignment_in, is_notebook, plain_stem
from autograder.collecting.whose import student_of
from autograder.course import tables
from autograder.errors import ArchiveError, SubmissionError, UnclearName
from autograder.files import write_whole

__all__ = [
    "BoundedExtractor",
    "CanvasCollector",
    "ClassroomCollector",
    "MoodleCollector",
    "PlainCollector",
    "SystemCollector",
]


class BoundedExtractor(ExtractorPlugin):
    """Unpacks zip archives within bounds: no path that leads out, no link, no file that is too large."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack all archives of a folder, and copy its other files."""
        for path in sorted(Path(archive_path).iterdir()):
            if path.suffix == ".zip":
                with archive.opened(path) as files:
                    self._write(files, Path(extracted_path))
        with archive.opened(Path(archive_path)) as files:
            loose = [entry for entry in files.entries if not entry.name.endswith(".zip")]
            self._write(files, Path(extracted_path), loose)

    def _write(self, files: archive.Archive, target: Path, entries=None) -> None:
        for entry in files.entries if entries is None else entries:
            try:
                data = files.read(entry)
            except SubmissionError as error:
                self.log.warning("Skipped %s: %s", entry.shown, error)
                continue
            path = target.joinpath(*entry.parts)
            if path.exists():
                raise ArchiveError(f"two archives hold {entry.shown}; collect them one after the other")
            write_whole(path, data)


class SystemCollector(FileNameCollectorPlugin):
    """Knows whose a file is by the naming rule of one system."""

    roster = Unicode("", help="A CSV file with id, name and email: only these students are collected.").tag(
        config=True
    )
    system: ClassVar[System]

    def collect(self, submitted_file: str) -> dict | None:
        """Whose this file is; None, with the reason in the log, where that is not certain."""
        if not is_notebook(submitted_file):
            return None
        assignment = self.parent.coursedir.assignment_id
        root = Path(self.parent._format_collect_path(self.parent.extracted_directory))
        parts = Path(submitted_file).relative_to(root).parts
        if CHECKPOINTS in parts:
            return None
        roster = tables.read_roster(Path(self.roster)) if self.roster else None
        try:
            named = naming.parse(self.system, parts, [assignment])
            student = student_of(named, roster)
        except UnclearName as reason:
            self.log.warning("Skipped %s: %s", "/".join(parts), reason)
            return None
        stem = plain_stem(named.file[: -len(NOTEBOOK)], [assignment])
        # nbgrader fails where two files of a student have one name; other names stay apart
        found = {
            "student_id": student,
            "file_id": assignment if assignment_in(stem, [assignment]) else stem,
        }
        if named.time is not None:
            found["timestamp"] = named.time.replace(tzinfo=None).isoformat(" ")
        return found


class MoodleCollector(SystemCollector):
    """Files of an assignment in Moodle."""

    system = System.MOODLE


class CanvasCollector(SystemCollector):
    """Files of an assignment in Canvas."""

    system = System.CANVAS


class ClassroomCollector(SystemCollector):
    """Files of an assignment in Google Classroom."""

    system = System.CLASSROOM


class PlainCollector(SystemCollector):
    """One folder for each student, or students' ids in file names."""

    system = System.PLAIN
