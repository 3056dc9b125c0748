"""nbgrader exporters: `nbgrader export --exporter autograder.export.exporters.CanvasExporter`.

Each writes what one system imports; `autograder export` runs the same classes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin, ExportPlugin
from traitlets import Bool, Dict, Enum, Instance, Unicode, default

from autograder.course import cells, tables
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import qualified
from autograder.course.settings import Told
from autograder.errors import CourseError
from autograder.export import canvas, gradescope, moodle, sheets
from autograder.files import write_whole
from autograder.gradebook import late, marks, scores
from autograder.gradebook.early import graded_notebooks, left_out, notebook_told, waiting
from autograder.gradebook.marks import Marks
from autograder.text import clean_text, counted, listed

__all__ = [
    "CanvasExporter",
    "CsvExporter",
    "GradescopeExporter",
    "LmsExporter",
    "MoodleExporter",
    "NbgraderExporter",
]


class LmsExporter(ExportPlugin):
    """What all exporters have in common: which marks go out, and what a person should look at first.

    Attributes:
        attention: After `export`: what a person should look at before the file is imported.
        written: After `export`: the files.
    """

    missing = Enum(
        ["empty", "zero"], "empty", help="The score of who has handed in nothing: none, or zero."
    ).tag(config=True)
    unfinished = Enum(
        ["empty", "partial"],
        "empty",
        help="The score of what a person has still to mark: none, or the points so far.",
    ).tag(config=True)
    coursedir = Instance(CourseDirectory, allow_none=True, help="The course's folders.")
    target: ClassVar[str] = "grades.csv"
    encoding: ClassVar[str] = "utf-8"

    def __init__(self, **settings) -> None:
        super().__init__(**settings)
        self.attention: tuple[Concern, ...] = ()
        self.written: tuple[Path, ...] = ()
        self.progress: Callable[[int, int], None] = lambda done, total: None

    def export(self, gradebook: Gradebook) -> None:
        """Write the file, and log what a person should look at."""
        target = Path(self.to or self.target)
        try:
            course = _course_of(self)
            late.refresh(course, self.progress)
            found = marks.read(course, self.assignment, self.student, self.missing, self.unfinished)
            more = self.write(found, course, target)
        except CourseError as error:
            if hasattr(self.parent, "fail"):  # nbgrader's application ends with one sentence
                self.parent.fail(str(error))
            raise
        self.attention = (*found.attention, *more)
        for one in self.attention:
            self.log.warning(clean_text(f"{one.what}: {one.why}"))
        self.log.info("Exported to %s", target)

    def write(self, found: Marks, course: Course, target: Path) -> tuple[Concern, ...]:
        """Write marks; returns what a person should look at besides."""
        raise NotImplementedError

    def save(self, sheet: sheets.Sheet, target: Path) -> tuple[Concern, ...]:
        """Write one CSV file."""
        write_whole(target, sheet.text().encode(self.encoding))
        self.written = (*self.written, target)
        return sheet.attention

    def template_lines(self, template: str, target: Path) -> list[list[str]]:
        """The cells of a file to fill in, which is never written over."""
        if Path(template).resolve() == target.resolve():
            raise CourseError(
                f"{template} is the template; write to another file with --output (nbgrader: --to)"
            )
        return tables.read_lines(Path(template))


class CsvExporter(LmsExporter):
    """nbgrader's own columns, quoted, in one file; and each grade cell in a second one, `…-cells.csv`.

    As in nbgrader's own file, who has handed in nothing has zero, and written answers that nobody
    has marked count as zero so far. Excel reads names in Japanese only where a CSV file starts with a
    byte order mark.
    """

    encoding: ClassVar[str] = "utf-8-sig"

    @default("missing")
    def _missing_default(self) -> str:
        return "zero"

    @default("unfinished")
    def _unfinished_default(self) -> str:
        return "partial"

    def write(self, found: Marks, course: Course, target: Path) -> tuple[Concern, ...]:
        cells_file = target.with_name(f"{target.stem}-cells{target.suffix or '.csv'}")
        self.save(sheets.nbgrader_csv(found), target)
        self.save(sheets.cells_csv(found), cells_file)
        return ()


class CanvasExporter(LmsExporter):
    """A gradebook for Canvas: the one that Canvas exported, filled in, or a new one."""

    template = Unicode(
        "", help="The gradebook exported from Canvas (CSV); its students and columns are filled in."
    ).tag(config=True)
    columns = Dict(help="For an assignment, the title or number of its column in Canvas.").tag(config=True)
    scale = Bool(False, help="Convert scores to the points possible in Canvas.").tag(config=True)
    target: ClassVar[str] = "grades-canvas.csv"

    def write(self, found: Marks, course: Course, target: Path) -> tuple[Concern, ...]:
        if not self.template:
            return self.save(canvas.new(found), target)
        lines = self.template_lines(self.template, target)
        return self.save(canvas.filled(lines, found, self.columns, self.scale), target)


class MoodleExporter(LmsExporter):
    """A file for Moodle's grade import; or an assignment's grading worksheet, filled in."""

    template = Unicode("", help="The grading worksheet of one assignment, from Moodle; it is filled in.").tag(
        config=True
    )
    identifier = Enum(["id", "email"], "id", help="Without a worksheet: by what Moodle finds a student.").tag(
        config=True
    )
    scale = Bool(False, help="Convert scores to the worksheet's maximum grade.").tag(config=True)
    target: ClassVar[str] = "grades-moodle.csv"

    def write(self, found: Marks, course: Course, target: Path) -> tuple[Concern, ...]:
        if not self.template:
            return self.save(moodle.new(found, self.identifier), target)
        lines = self.template_lines(self.template, target)
        return self.save(moodle.filled(lines, found, self.scale), target)


class GradescopeExporter(LmsExporter):
    """Gradescope's results.json for each submission: `<to>/<assignment>/<student>/results.json`.

    What an earlier export wrote for these assignments, and this one does not, is removed, as it would
    be uploaded with the others.
    """

    visibility = Enum(
        list(gradescope.VISIBILITIES), "after_published", help="When students see the results."
    ).tag(config=True)
    target: ClassVar[str] = "gradescope"

    def write(self, found: Marks, course: Course, target: Path) -> tuple[Concern, ...]:
        told, attention, written = Told(course.settings.before_deadline), [], set()
        for number, ((student, assignment), mark) in enumerate(found.by_name.items()):
            self.progress(number, len(found.by_name))
            if mark.graded is None or mark.score is None:
                continue
            messages: dict[str, str] = {}
            language = "en"
            is_early = (student, assignment) in found.waits
            try:
                for name, notebook in graded_notebooks(course, student, assignment):
                    language = cells.language_of(notebook)
                    of_cells = gradescope.messages_of(notebook_told(notebook, told) if is_early else notebook)
                    messages |= {qualified(assignment, name, cell): text for cell, text in of_cells.items()}
            except (OSError, ValueError):
                why = "its autograded notebook is missing; run `autograder grade`: exported without messages"
                attention.append(Concern(f"{student}/{assignment}", why))
            content = gradescope.result(mark, messages, self.visibility, language)
            file = target / assignment / student / "results.json"
            write_whole(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
            written.add(file)
        attention += self._remove_others(found, target, written)
        self.written = tuple(sorted(written))
        return tuple(attention)

    def _remove_others(self, found: Marks, target: Path, written: set[Path]) -> list[Concern]:
        """Remove results that are not exported any more; what somebody else wrote there is only named."""
        removed, attention = [], []
        files = [
            file for name in found.assignments for file in sorted((target / name).glob("*/results.json"))
        ]
        for file in files:
            student, assignment = file.parent.name, file.parent.parent.name
            if file in written or (self.student and student not in found.roster.ids):
                continue
            try:
                own = gradescope.is_result_of(
                    json.loads(file.read_text(encoding="utf-8")), student, assignment
                )
            except (OSError, ValueError):
                own = False
            if not own:
                why = "this export did not write it, and it is no result of an earlier one; move it before you upload"
                attention.append(Concern(str(file), why))
                continue
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
            removed.append(f"{student}/{assignment}")
        if removed:
            why = (
                f"{counted(len(removed), 'result')} of an earlier export removed, as this one has no score there: "
                f"{listed(removed)}; if Gradescope has them already, look at them there"
            )
            attention.append(Concern(str(target), why))
        return attention


class NbgraderExporter(CsvExportPlugin):
    """nbgrader's own table, with late penalties by the marks and rules of the moment.

    Points that may not be told before a deadline (`CourseSettings.before_deadline`) are left out of it, too.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Work out the penalties again, then write it."""
        course = _course_of(self)
        late.refresh(course)
        early = {name: cells for name, cells in waiting(course, scores.read(course).scores).items() if cells}
        with left_out(gradebook, early):
            super().export(gradebook)
        if early:
            self.log.warning(
                "Without the points of hidden tests, which students are not told before the deadline "
                "(CourseSettings.before_deadline): %s",
                listed(["/".join(name) for name in early]),
            )


def _course_of(plugin: ExportPlugin) -> Course:
    """That of a plugin's own folders, or of nbgrader's application, which is the parent of its plugins."""
    directory = getattr(plugin, "coursedir", None) or getattr(plugin.parent, "coursedir", None)
    return Course((directory or CourseDirectory(parent=plugin)).root, plugin.config)
