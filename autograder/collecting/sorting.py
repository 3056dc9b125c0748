"""Sort the files of an archive into submissions, and into what a person has to look at."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from autograder.collecting import naming
from autograder.collecting.archive import Archive, ArchiveFile
from autograder.collecting.gradescope import METADATA, GradescopeSubmission, read_metadata
from autograder.collecting.naming import Named, System
from autograder.collecting.stems import NOTEBOOK, assignment_in, is_notebook, notebook_stem, plain_stem
from autograder.collecting.which import NotebookFinder
from autograder.collecting.whose import student_of
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, split
from autograder.course.roster import Roster
from autograder.course.times import read_time
from autograder.errors import ArchiveError, SubmissionError, UnclearName
from autograder.submission import reading
from autograder.submission.submissions import TIMESTAMP
from autograder.text import clean_text, listed

__all__ = ["Candidate", "Provenance", "Sorted", "sort"]

REQUEST = "request.txt"
"""What the file of a student's question about a score ends with; systems put names in front."""
CHECKPOINTS = ".ipynb_checkpoints"
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".lzh")

DEEPEST = 3
"""Archives in an archive that a student handed in, one in the other."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where submissions come from.

    Attributes:
        system: The learning management system.
        assignment: The one that all of them are of; None where each file's name or cells say it.
        roster: Who may submit; without one, the system's names or numbers are the ids.
        zone: Of the times in a Moodle worksheet, and of those that are printed.
    """

    system: System
    assignment: str | None = None
    roster: Roster | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A notebook that may be a student's submission.

    Attributes:
        entry: Where it is in the archive.
        exact: Whether it is named after it.
        doubt: Why it may not be gradable; "" where it is.
        digest: Of its content.
        saved: The date of the file, where that is a student's.
        time: When it was submitted, where something says so.
    """

    entry: ArchiveFile
    named: Named
    student: str
    notebook: str
    exact: bool
    doubt: str
    digest: str
    saved: datetime | None
    time: datetime | None

    @property
    def rank(self) -> tuple:
        """The one that counts is greatest: one that can be graded, the latest, one that is named as it should be."""
        when = self.time or datetime.min.replace(tzinfo=UTC)
        return not self.doubt, when, self.exact, self.named.order, self.saved or datetime.min

    @property
    def assignment(self) -> str:
        """The assignment's id."""
        return assignment_of(self.notebook)


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """What an archive holds.

    Attributes:
        submissions: For each student and notebook of an assignment, what was handed in, the one that counts last.
        attention: What a person has to look at.
        left_out: Files beside notebooks.
        students: Of whom the archive has any file.
        requests: Questions about scores: the file, the student and the text.
    """

    submissions: tuple[tuple[Candidate, ...], ...]
    attention: tuple[Concern, ...]
    left_out: tuple[Concern, ...]
    students: frozenset[str]
    requests: tuple[tuple[str, str, str], ...] = ()


def sort(
    course: Course,
    archive: Archive,
    origin: Provenance,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sorted:
    """Decide for each file of an archive whose it is and of which assignment, and say where that is unclear.

    Raises:
        ArchiveError: All files together are too large, are in a folder that may be a student's, or are
            plainly of another system.
    """
    sorting = _Sorting(course, archive, origin)
    sorting.run(progress)
    found: dict[tuple[str, str], list[Candidate]] = {}
    for one in sorted(sorting.candidates, key=lambda one: one.rank):
        found.setdefault((one.notebook, one.student), []).append(one)
    return Sorted(
        submissions=tuple(tuple(found[name]) for name in sorted(found)),
        attention=tuple(sorting.attention),
        left_out=tuple(sorting.left_out),
        students=frozenset(sorting.students),
        requests=tuple(sorting.requests),
    )


class _Sorting:
    def __init__(self, course: Course, archive: Archive, origin: Provenance) -> None:
        self.archive = archive
        self.origin = origin
        self.system = origin.system
        self.roster = origin.roster
        self.notebooks = NotebookFinder(course, origin.assignment)
        self.known = self.notebooks.words
        self.attention: list[Concern] = []
        self.left_out: list[Concern] = []
        self.requests: list[tuple[str, str, str]] = []
        self.candidates: list[Candidate] = []
        self.students: set[str] = set()
        self.beside: list[tuple[ArchiveFile, tuple[str, ...], str]] = []
        self.handed: dict[str, GradescopeSubmission] = {}

    def run(self, progress: Callable[[int, int], None]) -> None:
        paths = [entry.parts for entry in self.archive.entries if CHECKPOINTS not in entry.parts]
        naming.check_system(self.system, [path for path in paths if is_notebook(path[-1])])
        alone = self.system is System.PLAIN and self.roster is None
        self.depth = naming.common_folder(paths, self.known) if alone else 0
        self.stamps = self.read_stamps() if self.system is System.PLAIN else {}
        if self.system is System.GRADESCOPE:
            self.handed = self.read_handed()
        for number, entry in enumerate(self.archive.entries):
            progress(number, len(self.archive.entries))
            if entry.parts[:-1] in self.stamps and entry.name == TIMESTAMP:
                continue
            if self.system is System.GRADESCOPE and entry.name == METADATA:
                continue
            try:
                self.file(entry)
            except (UnclearName, SubmissionError) as error:
                self.attention.append(Concern(entry.shown, str(error)))
        submitted = {one.student for one in self.candidates}
        for entry, students, why in self.beside:
            where = self.left_out if submitted.issuperset(students) else self.attention
            where.append(Concern(entry.shown, why))
        if self.roster is None:
            self.refuse_namesakes()

    def read_stamps(self) -> dict[tuple[str, ...], datetime]:
        """The times that nbgrader's exchange has written beside notebooks, by folder.

        Only where the folders may be nbgrader's: in a system's archive such a file is a student's own.
        """
        notebooks = {entry.parts[:-1] for entry in self.archive.entries if is_notebook(entry.name)}
        found = {}
        for entry in self.archive.entries:
            if entry.name == TIMESTAMP and entry.parts[:-1] in notebooks:
                with contextlib.suppress(SubmissionError):
                    time = read_time(self.archive.read(entry, 200).decode("utf-8", "replace"))
                    if time is not None:
                        found[entry.parts[:-1]] = time
        return found

    def read_handed(self) -> dict[str, GradescopeSubmission]:
        for entry in self.archive.entries:
            if entry.name == METADATA:
                return read_metadata(self.archive.read(entry))
        raise ArchiveError(
            f"there is no {METADATA}, in which Gradescope says whose the submissions are; give the whole export"
        )

    def file(self, entry: ArchiveFile) -> None:
        if entry.problem is not None:
            raise UnclearName(entry.problem)
        named = naming.parse(self.system, entry.parts[min(self.depth, len(entry.parts) - 1) :], self.known)
        owners = {student_of(one, self.roster): one for one in self.owners(named)}
        self.students.update(owners)
        if self.is_archive(entry):
            self.archive_of(entry, owners)
        else:
            self.file_of(entry, owners)

    def is_archive(self, entry: ArchiveFile) -> bool:
        """Whether a file is an archive by its name, or by its content where it is named after the notebook in it."""
        name = entry.name.lower()
        return name.endswith(ARCHIVES) or (is_notebook(name) and self.archive.begins_like_an_archive(entry))

    def archive_of(self, entry: ArchiveFile, owners: Mapping[str, Named], depth: int = 0) -> None:
        """The notebooks in an archive that a student handed in, and in the archives in it."""
        found = self.archive.inside(entry)
        if found is None:
            who = ", ".join(owners)
            raise UnclearName(
                f"it is an archive that {who} handed in; unpack it, and collect its notebook, renamed to {who}{NOTEBOOK}, "
                "with --from plain"
            )
        archives = [one for one in found if self.is_archive(one)] if depth < DEEPEST else []
        found = tuple(one for one in found if one not in archives)
        for one in archives:
            try:
                self.archive_of(one, owners, depth + 1)
            except (UnclearName, SubmissionError) as error:
                self.attention.append(Concern(one.shown, str(error)))
        notebooks = [one for one in found if CHECKPOINTS not in one.parts and self.is_notebook(one)]
        others = [
            clean_text("/".join(one.parts[len(entry.parts) :])) for one in found if one not in notebooks
        ]
        if others:
            beside = "beside its notebooks" if notebooks else "and no notebook"
            why = f"it holds {listed(others, 5)} {beside}; grading uses nothing but the notebook"
            self.beside.append((entry, tuple(owners), why))
        elif not notebooks and not archives:
            raise UnclearName("it is an empty archive")
        for one in notebooks:
            try:
                self.file_of(one, {name: replace(owner, file=one.name) for name, owner in owners.items()})
            except (UnclearName, SubmissionError) as error:
                self.attention.append(Concern(one.shown, str(error)))

    def is_notebook(self, entry: ArchiveFile) -> bool:
        """Whether a file is a notebook by its name, or by its content: systems and browsers change names."""
        if is_notebook(entry.name) or not self.archive.begins_like_a_notebook(entry):
            return is_notebook(entry.name)
        try:
            reading.reads(self.archive.read(entry))
        except SubmissionError:
            return NOTEBOOK in entry.name.lower()  # it was cut off
        return True

    def file_of(self, entry: ArchiveFile, owners: Mapping[str, Named]) -> None:
        """A file that some students have handed in."""
        lower = entry.name.lower()
        if lower.endswith(REQUEST) and CHECKPOINTS not in entry.parts[:-1]:
            text = self.archive.read(entry).decode("utf-8-sig", "replace")
            self.requests += [(entry.shown, student, text) for student in owners]
            return
        if CHECKPOINTS in entry.parts[:-1] or not self.is_notebook(entry):
            self.beside.append((entry, tuple(owners), _why_beside(entry)))
            return
        data = self.archive.read(entry)
        named = next(iter(owners.values()))
        stem = plain_stem(notebook_stem(named.file), self.known)
        notebook, doubt = self.notebooks.find(stem, named, data)
        # Moodle and Canvas date entries when they make the archive
        saved = entry.saved if self.system in (System.CLASSROOM, System.PLAIN) else None
        digest = hashlib.sha256(data).hexdigest()
        exact = is_notebook(entry.name) and assignment_in(stem, [split(notebook)[1]]) is not None
        folder = (entry.within or entry).parts[:-1]
        for student, owner in owners.items():
            said = owner.time or read_time(owner.local_time, self.origin.zone)
            time = said or self.time_of(student) or self.stamps.get(folder)
            self.candidates.append(
                Candidate(
                    entry=entry,
                    named=owner,
                    student=student,
                    notebook=notebook,
                    exact=exact,
                    doubt=doubt,
                    digest=digest,
                    saved=saved,
                    time=time,
                )
            )

    def owners(self, named: Named) -> list[Named]:
        """Whose a file is; more than one student's only where Gradescope says so."""
        if self.system is not System.GRADESCOPE:
            return [named]
        handed = self.handed.get(named.number)
        if handed is None or not handed.submitters:
            raise UnclearName(f"{METADATA} does not say whose submission {named.number} is")
        return [
            replace(
                named,
                names=names[:1],
                otherwise=tuple((name,) for name in names[1:]),
                number="",
                time=handed.time,
            )
            for names in handed.submitters
        ]

    def time_of(self, student: str) -> datetime | None:
        people = self.roster.people if self.roster is not None else ()
        submitted = next((person.submitted for person in people if person.id == student), "")
        time = read_time(submitted, self.origin.zone)
        if submitted and time is None:
            why = (
                f"the worksheet's time of its submission, '{clean_text(submitted)}', is none that is understood, and "
                "whether it is late is not known; set Moodle to English or Japanese, and export the worksheet again"
            )
            self.attention += [one for one in [Concern(student, why)] if one not in self.attention]
        return time

    def refuse_namesakes(self) -> None:
        """What only a roster can tell: two participants of one name, and names behind those of teams."""
        numbers: dict[str, set[str]] = {}
        teams: dict[tuple[str, str], set[str]] = {}
        for one in self.candidates:
            numbers.setdefault(one.student, set()).add(one.named.number)
            if one.named.team:
                teams.setdefault(_team(one), set()).add(one.named.number)
        kept = []
        for one in self.candidates:
            several = numbers[one.student]
            if len(several) > 1:
                why = f"{len(several)} participants have this name ({', '.join(sorted(several))}); give a --roster"
            elif len(teams.get(_team(one), ())) > 1:
                why = (
                    f"{one.named.names[0]} and others handed in the same file, and Moodle writes a team's name before "
                    "a student's; give a --roster"
                )
            else:
                kept.append(one)
                continue
            self.attention.append(Concern(one.entry.shown, why))
        self.candidates = kept


def _team(one: Candidate) -> tuple[str, str]:
    return "".join(one.named.names[:1]).partition("-")[0], one.digest


def _why_beside(entry: ArchiveFile) -> str:
    """Why a file is not collected, whoever handed it in."""
    if CHECKPOINTS in entry.parts[:-1]:
        return "it is Jupyter's own copy of a notebook"
    if entry.name == TIMESTAMP:
        return "it says no time that is known to be nbgrader's, and is not used"
    return "it is not a notebook; grading uses nothing but the notebook"
