"""Collect an archive of a learning management system into submitted/, guessing nothing and losing nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.collecting.archive import Archive
from autograder.collecting.placing import Collected, place
from autograder.collecting.sorting import Provenance, sort
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.course.notebooks import chosen
from autograder.errors import CourseError
from autograder.gradebook import requests
from autograder.submission import submissions

__all__ = ["Collection", "collect"]


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What `collect` did, or would do.

    Attributes:
        attention: What a person has to look at.
        collected: Each submission.
        left_out: Older submissions and files beside notebooks: path and reason.
        requests: How many new questions about scores were kept.
        junk: The paths of files that macOS and Windows leave behind.
        missing: For each assignment of the archive that is expected of somebody on the roster, who has handed in nothing.
    """

    attention: tuple[Concern, ...]
    collected: tuple[Collected, ...]
    left_out: tuple[Concern, ...] = ()
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    junk: tuple[str, ...] = ()
    requests: int = 0


def collect(
    course: Course,
    archive: Archive,
    origin: Provenance,
    dry_run: bool = False,
    replace: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Collection:
    """Put each submission of an archive to submitted/<student>/<assignment>/<assignment>.ipynb.

    Args:
        replace: Take what the archive has where nothing says which of two notebooks is later.

    Raises:
        CourseError: There is no such assignment.
        ArchiveError: All files together are too large, are in a folder that may be a student's, or are
            plainly of another system.
        GraderBusy: A grader is at work in this course.
    """
    known = course.assignments()
    chosen([origin.assignment] if origin.assignment is not None else [], known)
    sorted_out = sort(course, archive, origin, progress)
    attention = [*sorted_out.attention, *submissions.elsewhere(course.submitted, known)]
    left_out = list(sorted_out.left_out)
    collected: list[Collected] = []
    times: dict[Path, datetime | None] = {}
    with contextlib.nullcontext() if dry_run else working_alone(course.state):
        read = len(archive.entries)
        for number, candidates in enumerate(sorted_out.submissions):
            progress(read + number, read + len(sorted_out.submissions))
            placed = place(course, archive, candidates, times, dry_run, origin.zone, replace)
            collected += placed.collected
            attention += placed.attention
            left_out += placed.left_out
    asked = 0
    for shown, student, text in () if dry_run else sorted_out.requests:
        try:
            # whose it is says the system, and not the text
            fields = {**requests.parse(text), "student": student}
            asked += requests.take(course, fields) is not None
        except CourseError as error:
            attention.append(Concern(shown, str(error)))
    return Collection(
        attention=tuple(dict.fromkeys(attention)),
        collected=tuple(collected),
        left_out=tuple(left_out),
        missing=_missing(course, collected, sorted_out.students, origin),
        junk=archive.junk,
        requests=asked,
    )


def _missing(
    course: Course,
    collected: Sequence[Collected],
    students: frozenset[str],
    origin: Provenance,
) -> dict[str, tuple[str, ...]]:
    if origin.roster is None:
        return {}
    seen = {(one.student, one.assignment) for one in collected}
    groups = course.groups()
    assignments = [origin.assignment] if origin.assignment else sorted({one.assignment for one in collected})
    if len(assignments) == 1:  # what could not be taken is asked about, and is not nothing
        seen |= {(student, assignments[0]) for student in students}
    expected = {
        name: [person for person in origin.roster.people if groups.expects(person.id, name)]
        for name in assignments
    }
    return {
        name: tuple(
            person.shown
            for person in people
            if (person.id, name) not in seen and submissions.find(course.submitted, person.id, name) is None
        )
        for name, people in expected.items()
        if people  # of a theme that nobody is known to have, nobody is missing, and nobody is all of them
    }
