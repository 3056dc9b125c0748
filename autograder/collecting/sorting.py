"""Sort the files of an archive into submissions, and into what a person has to look at."""

from __future__ import annotations

import functools
import hashlib
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from nbformat import NotebookNode
from nbformat.warnings import MissingIDFieldWarning
from nbgrader.utils import parse_utc

from autograder.collecting import naming
from autograder.collecting.archive import Archive, Entry
from autograder.collecting.naming import Named, System
from autograder.course import cells
from autograder.course.attention import Attention
from autograder.course.folder import Course
from autograder.course.roster import Person, Roster, why_not_an_id
from autograder.errors import SubmissionError, UnclearName
from autograder.grading import submissions
from autograder.text import clean_text

__all__ = ["NOTEBOOK", "TIMESTAMP", "Candidate", "Sorted", "parsed_time", "sort", "student_of"]

NOTEBOOK = ".ipynb"
TIMESTAMP = "timestamp.txt"
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".lzh")


@dataclass(frozen=True)
class Candidate:
    """A notebook that may be a student's submission.

    Attributes:
        entry: Where it is in the archive.
        named: What its path says.
        student: nbgrader's id.
        assignment: The assignment's id.
        exact: Whether it is named after the assignment.
        digest: Of its content.
        age: Later submissions are greater.
        time: When it was submitted, where something says so.
    """

    entry: Entry
    named: Named
    student: str
    assignment: str
    exact: bool
    digest: str
    age: tuple
    time: datetime | None


@dataclass(frozen=True)
class Sorted:
    """What an archive holds.

    Attributes:
        submissions: For each student and assignment, its notebooks, the latest last.
        attention: What a person has to look at.
        left_out: Files beside notebooks.
    """

    submissions: tuple[tuple[Candidate, ...], ...]
    attention: tuple[Attention, ...]
    left_out: tuple[Attention, ...]


def sort(
    course: Course,
    archive: Archive,
    system: System,
    assignment: str | None = None,
    roster: Roster | None = None,
    zone: tzinfo = UTC,
) -> Sorted:
    """Decide for each file of an archive whose it is and of which assignment, and say where that is unclear.

    See `autograder.collecting.collect.collect` for the arguments.

    Raises:
        ArchiveError: All files together are too large, are in a folder that may be a student's, or are
            plainly of another system.
    """
    sorting = _Sorting(course, archive, system, assignment, roster, zone)
    sorting.run()
    found: dict[tuple[str, str], list[Candidate]] = {}
    for one in sorted(sorting.candidates, key=lambda one: one.age):
        found.setdefault((one.assignment, one.student), []).append(one)
    return Sorted(
        tuple(tuple(found[name]) for name in sorted(found)), tuple(sorting.attention), tuple(sorting.left_out)
    )


def student_of(named: Named, roster: Roster | None) -> str:
    """Whose file it is: the roster's id, or without a roster the system's own name or number.

    Raises:
        UnclearName: Nobody, or more than one person, is called so; near names are only suggested.
    """
    if roster is not None:
        return _person(named, roster).id
    if not named.certain:
        raise UnclearName(
            "its name does not say for certain whose it is; give a --roster with the students' names"
        )
    if named.number_stays:
        student = named.number
    elif named.names:
        student = "_".join(named.names[0].split())
    else:
        raise UnclearName(
            f"Moodle hides the name of participant {named.number}; give its grading worksheet with --roster"
        )
    if reason := why_not_an_id(student):
        raise UnclearName(reason)
    return student


def parsed_time(text: str) -> datetime | None:
    """A timestamp of nbgrader, which is in UTC where it does not say otherwise; None where it is none."""
    try:
        parsed = parse_utc(clean_text(text).strip()) if text.strip() else None
    except (ValueError, OverflowError, TypeError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed else None


def _person(named: Named, roster: Roster) -> Person:
    found: dict[str, Person] = {}
    for name in named.names:
        people = roster.called(name) or (roster.called_in_words(name) if named.only_words else [])
        found.update((person.id, person) for person in people)
    by_number = roster.numbered(named.number, named.number_stays)
    if len(by_number) == 1:
        [person] = by_number
        if found and person.id not in found:
            others = " or ".join(other.shown for other in found.values())
            raise UnclearName(
                f"its number is that of {person.shown} and its name that of {others}; check the roster"
            )
        return person
    if len(found) == 1:
        return next(iter(found.values()))
    called = " / ".join(named.names[:3]) or f"participant {named.number}"
    if found:
        people = ", ".join(person.shown for person in found.values())
        raise UnclearName(f"'{called}' may be any of {people}; {_how_to_tell(named)}")
    near = next(filter(None, (roster.like(name) for name in named.names)), "")
    raise UnclearName(f"nobody on the roster is called '{called}'" + (f"; is it {near}?" if near else ""))


def _how_to_tell(named: Named) -> str:
    if named.number_stays:
        return f"put Canvas's number {named.number} into the roster's column lms_user_id"
    if named.number:
        return "give Moodle's grading worksheet with another --roster"
    return "rename the file after the student's id"


class _Sorting:
    def __init__(
        self,
        course: Course,
        archive: Archive,
        system: System,
        wanted: str | None,
        roster: Roster | None,
        zone: tzinfo,
    ) -> None:
        self.course = course
        self.archive = archive
        self.system = system
        self.wanted = wanted
        self.known = course.assignments()
        self.roster = roster
        self.zone = zone
        self.attention: list[Attention] = []
        self.left_out: list[Attention] = []
        self.candidates: list[Candidate] = []
        self.beside: list[tuple[Entry, str, str]] = []

    def run(self) -> None:
        paths = [entry.parts for entry in self.archive.entries]
        naming.check_system(self.system, [path for path in paths if path[-1].lower().endswith(NOTEBOOK)])
        alone = self.system is System.PLAIN and self.roster is None
        depth = naming.common_folder(paths, self.known) if alone else 0
        stamps = {
            entry.parts[:-1]: self.stamp(entry)
            for entry in self.archive.entries
            if entry.name == TIMESTAMP and len(entry.parts) > 1
        }
        for entry in self.archive.entries:
            if entry.name == TIMESTAMP and entry.parts[:-1] in stamps:
                continue
            try:
                self.file(entry, depth, stamps.get(entry.parts[:-1]))
            except (UnclearName, SubmissionError) as error:
                self.attention.append(Attention(entry.shown, str(error)))
        submitted = {one.student for one in self.candidates}
        for entry, student, why in self.beside:
            where = self.left_out if student in submitted else self.attention
            where.append(Attention(entry.shown, why))
        if self.roster is None:
            self.refuse_namesakes()

    def file(self, entry: Entry, depth: int, stamp: datetime | None) -> None:
        if entry.problem is not None:
            raise UnclearName(entry.problem)
        named = naming.parse(self.system, entry.parts[depth:], self.known)
        student = student_of(named, self.roster)
        lower = entry.name.lower()
        if lower.endswith(ARCHIVES):
            raise UnclearName(
                f"it is an archive that {student} handed in; unpack it, and collect its folder with --from plain"
            )
        if not lower.endswith(NOTEBOOK):
            self.beside.append((entry, student, _why_no_notebook(entry.name)))
            return
        data = self.archive.read(entry)
        stem = naming.plain_stem(named.file[: -len(NOTEBOOK)], self.known)
        assignment, doubt = self.assignment(stem, named, data)
        if doubt:
            self.attention.append(Attention(entry.shown, doubt))
        time = named.time or stamp or self.time_of(student)
        # Moodle and Canvas date entries when they make the archive
        saved = entry.saved if self.system in (System.CLASSROOM, System.PLAIN) else None
        age = (time or datetime.min.replace(tzinfo=UTC), named.order, saved or datetime.min)
        digest = hashlib.sha256(data).hexdigest()
        exact = naming.assignment_in(stem, [assignment]) is not None
        self.candidates.append(Candidate(entry, named, student, assignment, exact, digest, age, time))

    def assignment(self, stem: str, named: Named, data: bytes) -> tuple[str, str]:
        """Which assignment a notebook is of, and what is strange about it."""
        called = naming.assignment_in(stem, self.known) or named.folder or None
        try:
            notebook, _ = submissions.reads(data, clean_text(named.file))
        except SubmissionError as error:
            holds, strange = None, f"collected, but it cannot be graded: {error}"
        else:
            holds, strange = self.held(notebook), ""
        if holds and self.wanted and holds != self.wanted:
            raise UnclearName(
                f"it holds the cells of {holds}, not of {self.wanted}; was it handed in in the wrong place?"
            )
        if holds and not self.wanted and called and called != holds:
            raise UnclearName(
                f"it is named after {called} and holds the cells of {holds}; ask the student which it is"
            )
        if not holds and self.wanted and called and called != self.wanted:
            raise UnclearName(f"it is named after {called}, not after {self.wanted}")
        assignment = self.wanted or holds or called
        if assignment is None:
            raise UnclearName(
                "neither its name nor its cells say which assignment it is; name it with --assignment"
            )
        if not holds and not strange:
            strange = f"collected as {assignment}, but none of its cells is of this assignment"
        return assignment, strange

    @functools.cached_property
    def assignment_of_cell(self) -> dict[str, str]:
        """For each cell id that only one assignment has, that assignment."""
        having: dict[str, set[str]] = {}
        for assignment in self.known:
            with warnings.catch_warnings():
                # cells without an id are told apart by their grade_id
                warnings.simplefilter("ignore", MissingIDFieldWarning)
                template = self.course.template(assignment)
            for cell in template.notebook.cells:
                for identity in _ids(cell):
                    having.setdefault(identity, set()).add(assignment)
        return {identity: next(iter(names)) for identity, names in having.items() if len(names) == 1}

    def held(self, notebook: NotebookNode) -> str | None:
        """The assignment of most of a notebook's cells."""
        counts: dict[str, int] = {}
        for cell in notebook.cells:
            for assignment in {self.assignment_of_cell.get(identity) for identity in _ids(cell)} - {None}:
                counts[assignment] = counts.get(assignment, 0) + 1
        return max(sorted(counts), key=counts.__getitem__, default=None)

    def stamp(self, entry: Entry) -> datetime | None:
        try:
            return parsed_time(self.archive.read(entry, 200).decode("utf-8", "replace"))
        except SubmissionError:
            return None

    def time_of(self, student: str) -> datetime | None:
        people = self.roster.people if self.roster is not None else ()
        said = next((person.submitted for person in people if person.id == student), "")
        return naming.read_time(said, self.zone)

    def refuse_namesakes(self) -> None:
        """Two participants of one name are two people; without a roster nobody can tell them apart."""
        numbers: dict[str, set[str]] = {}
        for one in self.candidates:
            numbers.setdefault(one.student, set()).add(one.named.number)
        for student, several in sorted(numbers.items()):
            if len(several) > 1:
                why = f"{len(several)} participants have this name ({', '.join(sorted(several))}); give a --roster"
                self.attention.append(Attention(student, why))
        self.candidates = [one for one in self.candidates if len(numbers[one.student]) == 1]


def _why_no_notebook(name: str) -> str:
    if NOTEBOOK in name.lower():
        renamed = name[: name.lower().index(NOTEBOOK)] + NOTEBOOK
        return f"it is not a notebook by its name; if it is one, rename it to {clean_text(renamed)}"
    return "it is not a notebook"


def _ids(cell: NotebookNode) -> set[str]:
    return {identity for identity in (cells.grade_id(cell), cell.get("id")) if identity}
