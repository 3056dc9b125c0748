"""Put a student's notebook in its place in submitted/, unless a later one is there."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path

from autograder.collecting import beforehand
from autograder.collecting.archive import Archive
from autograder.collecting.sorting import Candidate
from autograder.collecting.stems import NOTEBOOK
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import path_in
from autograder.errors import SubmissionError
from autograder.files import write_whole
from autograder.submission import reading
from autograder.submission.submissions import TIMESTAMP, submitted_at

__all__ = ["Collected", "Placed", "Placement", "place"]


A_DAY = timedelta(days=1)
"""By which times of unknown zones may be ahead."""


class Placement(StrEnum):
    """What became of a submission."""

    NEW = "new"
    REPLACED = "replaced another one"
    UNCHANGED = "already there"
    KEPT = "older, not taken"


@dataclass(frozen=True, kw_only=True)
class Collected:
    """One submission that the archive holds.

    Attributes:
        source: Its path in the archive.
        placement: What became of it.
        late: Whether the system marked it as late.
        note: Why one of the two notebooks was preferred, where there were two.
    """

    student: str
    assignment: str
    source: str
    placement: Placement
    late: bool = False
    note: str = ""


@dataclass(frozen=True)
class Placed:
    """What became of one student's notebooks for one assignment.

    Attributes:
        collected: The submission, where there is one.
        attention: What a person has to look at.
        left_out: Older notebooks: path and reason.
    """

    collected: tuple[Collected, ...] = ()
    attention: tuple[Concern, ...] = ()
    left_out: tuple[Concern, ...] = ()


def place(
    course: Course,
    archive: Archive,
    candidates: Sequence[Candidate],
    times: dict[Path, datetime | None],
    dry_run: bool = False,
    zone: tzinfo = UTC,
    replace: bool = False,
) -> Placed:
    """Put the one that counts of what a student handed in for one notebook of an assignment in its place.

    A notebook that is replaced is kept in `.autograder/replaced`; one that cannot be graded replaces none that can.

    Args:
        candidates: The one that counts last; see `Candidate.rank`.
        times: When what lies in each folder was submitted; read before anything is put there.
        zone: The zone of the times of submission.
        replace: Take what the archive has where nothing says which is later.
    """
    latest = candidates[-1]
    rivals = [one for one in candidates if one.rank == latest.rank and one.digest != latest.digest]
    if rivals:
        why = (
            f"{latest.student} has {len(rivals) + 1} notebooks for {latest.notebook}, and nothing says which "
            "is later; none was collected: remove those that do not count"
        )
        asked = [*rivals, latest]
        older = [one for one in candidates if one not in asked]
        return Placed(
            attention=tuple(Concern(one.entry.shown, why) for one in asked),
            left_out=tuple(Concern(one.entry.shown, _why_not(one, latest)) for one in older),
        )
    left_out = tuple(
        Concern(one.entry.shown, _why_not(one, latest)) for one in candidates if one is not latest
    )
    collected = _put(course, archive, latest, times, dry_run, zone, replace)
    if not dry_run and beforehand.questions(course.template(latest.notebook)):
        taken = isinstance(collected, Collected) and collected.placement is not Placement.KEPT
        for one in candidates:
            counts = taken and one is latest
            beforehand.note(course, one.student, one.notebook, archive.read(one.entry), one.time, counts)
    doubtful = [Concern(one.entry.shown, _why_not(one, latest)) for one in candidates[:-1] if one.doubt]
    if isinstance(collected, Concern):
        return Placed((), (*doubtful, collected), left_out)
    if latest.doubt:
        doubtful.append(Concern(latest.entry.shown, f"collected as {latest.notebook}, but {latest.doubt}"))
    return Placed((collected,), tuple(doubtful), left_out)


def _why_not(one: Candidate, latest: Candidate) -> str:
    if one.digest == latest.digest:
        return f"it is the same as {latest.entry.shown}"
    if one.doubt and not latest.doubt:
        return f"{one.doubt}; {latest.entry.shown} counts"
    if one.rank[1] == latest.rank[1] and latest.exact and not one.exact:
        return f"{latest.entry.shown} is named after the assignment"
    return f"{latest.entry.shown} is later"


def _put(
    course: Course,
    archive: Archive,
    one: Candidate,
    times: dict[Path, datetime | None],
    dry_run: bool,
    zone: tzinfo,
    replace: bool,
) -> Collected | Concern:
    target = path_in(course.submitted / one.student, one.notebook)
    folder = target.parent
    name = f"{one.student}/{one.notebook}"

    def result(placement: Placement, note: str = "") -> Collected:
        return Collected(
            student=one.student,
            assignment=one.assignment,
            source=one.entry.shown,
            placement=placement,
            late=one.named.late,
            note=note,
        )

    if _is_odd(folder.parent, folder, target):
        return Concern(
            name, f"what is in submitted/ is no ordinary file or folder; {one.entry.shown} was not taken"
        )
    if folder not in times:
        times[folder] = submitted_at(folder)
    placement, note = Placement.NEW, ""
    if target.exists():
        if hashlib.sha256(target.read_bytes()).hexdigest() == one.digest:
            placement = Placement.UNCHANGED
        else:
            later, note = _counts_more(one, times[folder], target, zone)
            if later is None and not replace:
                return Concern(
                    name,
                    f"{note}; {one.entry.shown} was not taken: --replace takes it, and keeps the other one",
                )
            if later is False:
                return result(Placement.KEPT, note)
            placement = Placement.REPLACED
    if not dry_run:
        if placement is Placement.REPLACED:
            if one.time is None and times[folder] is not None:
                note += "; when it was handed in is not known, and it counts as in time"
            note += f"; it is kept in {_keep(course, target, one).relative_to(course.root)}"
        if placement is not Placement.UNCHANGED:
            saved = one.entry.saved
            write_whole(target, archive.read(one.entry), saved.timestamp() if saved is not None else None)
        _write_time(folder / TIMESTAMP, one.time, placement)
    return result(placement, note)


def _is_odd(student: Path, folder: Path, target: Path) -> bool:
    """Whether something stands where nothing can be written without following or destroying it."""
    return (
        any(path.is_symlink() for path in (student, folder, target))
        or any(path.exists() and not path.is_dir() for path in (student, folder))
        or (target.exists() and not target.is_file())
    )


def _counts_more(
    one: Candidate, there: datetime | None, target: Path, zone: tzinfo
) -> tuple[bool | None, str]:
    """Whether it counts more than the one that is there, and a sentence; None where a person decides.

    Times of submission are compared with each other, and dates of files with each other; clocks of
    students' machines that are ahead say nothing.
    """
    if _is_readable(target) != (not one.doubt):
        if not one.doubt:
            return True, "the one in submitted/ cannot be read as a notebook"
        return (
            None,
            f"submitted/ has a notebook that can be read, and this one may be no better: {one.doubt}",
        )
    new, old, kind = one.time, there, "submitted"
    if new is None and old is None:
        new, old, kind = one.entry.saved, datetime.fromtimestamp(int(target.stat().st_mtime)), "saved"
        if new is not None and max(new, old) > datetime.now() + A_DAY:
            new = None
    if new is None or old is None or new == old:
        return None, "submitted/ has another notebook, and nothing says which is later"
    return new > old, f"{kind} {_shown(new, zone)}, the one in submitted/ {_shown(old, zone)}"


def _is_readable(path: Path) -> bool:
    try:
        reading.read(path)
    except SubmissionError:
        return False
    return True


def _shown(time: datetime, zone: tzinfo) -> str:
    """A time in a zone, with its name; dates of files are of an unknown one, and stay as they are."""
    if time.tzinfo is not None:
        with contextlib.suppress(OverflowError):  # at the ends of the calendar
            time = time.astimezone(zone)
    return f"{time:%Y-%m-%d %H:%M:%S %Z}".strip()


def _keep(course: Course, target: Path, one: Candidate) -> Path:
    """Keep the notebook that is about to be replaced."""
    folder = course.state / "replaced" / one.student / one.notebook
    folder.mkdir(parents=True, exist_ok=True)
    moment = time.strftime("%Y%m%d-%H%M%S")
    names = itertools.chain([moment], (f"{moment}-{number}" for number in itertools.count(2)))
    kept = next(path for name in names if not (path := folder / f"{name}{NOTEBOOK}").exists())
    shutil.copy2(target, kept)
    return kept


def _write_time(stamp: Path, when: datetime | None, placement: Placement) -> None:
    """The time of submission, where nbgrader reads it; that of a notebook that was replaced is removed."""
    if when is not None:
        text = f"{when:%Y-%m-%d %H:%M:%S} UTC"
        if (
            stamp.is_symlink()
            or not stamp.exists()
            or stamp.read_text(encoding="utf-8", errors="replace") != text
        ):
            write_whole(stamp, text)
    elif placement is Placement.REPLACED:
        stamp.unlink(missing_ok=True)
