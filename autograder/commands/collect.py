"""What `autograder collect` does, and what it prints: first what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from autograder.collecting import archive, collect
from autograder.collecting.naming import System
from autograder.collecting.placing import Placement
from autograder.collecting.sorting import Provenance
from autograder.commands.console import (
    attention_table,
    columns,
    progress,
    say,
    say_attention,
    say_next,
    title,
    width_console,
)
from autograder.commands.done import Done
from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.roster import Roster
from autograder.course.times import local_zone, shown_time
from autograder.errors import CourseError
from autograder.gradebook import database, deadlines
from autograder.gradebook import roster as people
from autograder.submission import submissions
from autograder.text import clean_text, counted, listed

__all__ = ["collect_archive", "origin_of", "roster_of", "summary"]

MANY = 40
"""So many students are named in one sentence; the rest is counted."""


def collect_archive(
    folder: Path,
    path: Path,
    system: System,
    assignment: str | None,
    rosters: Sequence[Path],
    timezone: str | None,
    dry_run: bool,
    replace: bool,
) -> Done:
    """Collect, and print the summary."""
    course = Course(folder)
    with archive.opened(path) as files:
        origin = origin_of(course, system, assignment, rosters, timezone, dry_run)
        with progress("collecting") as update:
            found = collect.collect(course, files, origin, dry_run, replace, update)
    data = {
        "collected": [
            {"student": one.student, "assignment": one.assignment, "placement": one.placement}
            for one in found.collected
        ],
        "attention": found.attention,
        "left_out": found.left_out,
        "missing": found.missing,
        "requests": found.requests,
    }
    console = width_console()
    untimed = () if dry_run else tuple(_untimed(course, found))
    # only Moodle has the times elsewhere
    asked = (*found.attention, *(untimed if system is System.MOODLE else ()))
    data["attention"] = asked
    status = say_attention("file or submission", asked)
    console.print(summary(found))
    for one in untimed if system is not System.MOODLE else ():
        say(f"{one.what}: {one.why}")
    if found.requests:
        say(f"{counted(found.requests, 'question')} about scores: autograder request lists them.")
    if not found.collected and not found.attention and not found.requests:
        say(f"There is nothing to collect in {path}.", loud=True)
        return Done(status=1, data=data)
    if dry_run:
        say("Nothing was changed (--dry-run).")
    else:
        say_next(_next(found))
    return Done(status=status, data=data)


def _untimed(course: Course, found: collect.Collection) -> Iterator[Concern]:
    """Assignments with a deadline of which nothing says when they were handed in: nobody would be late."""
    due = deadlines.read(course)
    for assignment in sorted({one.assignment for one in found.collected}):
        until = due.get(assignment)
        folders = {course.submitted / one.student / assignment for one in found.collected}
        without = sum(folder.is_dir() and submissions.submitted_at(folder) is None for folder in folders)
        if until is not None and without:
            yield Concern(
                assignment,
                f"it is due on {shown_time(until, course.zone)}, and nothing says when "
                f"{counted(without, 'submission')} came in, so that none of these is late; Moodle's grading worksheet "
                "has the times (collect again with --roster WORKSHEET.csv), or write one into timestamp.txt beside "
                "the notebook",
            )


def _next(found: collect.Collection) -> str:
    """Grade what came; where nothing came, what can be done about the rest."""
    if found.collected:
        return f"autograder grade {' '.join(sorted({one.assignment for one in found.collected}))}"
    if found.attention:
        return "put right what needs attention, and collect again: what is there already stays"
    return "autograder request lists what students ask"


def origin_of(
    course: Course,
    system: System,
    assignment: str | None,
    rosters: Sequence[Path],
    timezone: str | None,
    dry_run: bool = False,
) -> Provenance:
    """What is known of where submissions come from; rosters that were given are written into the gradebook."""
    roster = roster_of(course, rosters)
    if rosters and roster is not None and not dry_run:
        people.fill(course, roster)
    zone = local_zone(timezone) if timezone else course.zone
    return Provenance(system=system, assignment=assignment, roster=roster, zone=zone)


def roster_of(course: Course, paths: Sequence[Path]) -> Roster | None:
    """Who may submit: the roster that was given, or the one in the gradebook; worksheets add to it.

    Raises:
        CourseError: More than one roster was given, or one of them cannot be read.
    """
    read = [tables.read_roster(path) for path in paths]
    worksheets = [roster for roster in read if any(person.participant for person in roster.people)]
    given = [roster for roster in read if roster not in worksheets]
    if len(given) > 1:
        raise CourseError(
            f"there are {len(given)} rosters; give one, and if you like a Moodle grading worksheet besides"
        )
    roster = given[0] if given else _known(course)
    for worksheet in worksheets:
        roster = roster.with_worksheet(worksheet) if roster is not None else worksheet
    return roster


def _known(course: Course) -> Roster | None:
    if not database.exists(course):
        return None
    roster = people.from_gradebook(course)
    return roster if len(roster) else None


def summary(found: collect.Collection) -> RenderableType:
    """What was collected; then who has handed in nothing."""
    parts: list[RenderableType] = []
    counts = Counter((one.assignment, one.placement) for one in found.collected)
    if counts:
        table = columns("assignment", *Placement)
        for assignment in sorted({one.assignment for one in found.collected}):
            table.add_row(
                escape(assignment), *(str(counts[assignment, placement] or "") for placement in Placement)
            )
        parts += [title("Collected"), table]
    changed = [one for one in found.collected if one.placement in (Placement.REPLACED, Placement.KEPT)]
    if changed:
        sentences = [
            Concern(f"{one.student}/{one.assignment}", f"{one.placement}: {one.note}") for one in changed
        ]
        parts += [title("Another notebook was there"), attention_table("submission", sentences)]
    if found.left_out:
        parts += [title("Left out"), attention_table("file", found.left_out)]
    if found.junk:
        files = counted(len(found.junk), "file")
        parts.append(Text(f"Not looked at: {files} that macOS and Windows leave behind ({found.junk[0]})."))
    late = [f"{one.student}/{one.assignment}" for one in found.collected if one.late]
    if late:
        parts.append(Text(f"Canvas marked {listed(late, MANY)} as late; it does not say when they came."))
    for assignment, missing in sorted(found.missing.items()):
        if missing:
            who = f"{counted(len(missing), 'student')}: {listed(missing, MANY)}"
            parts.append(Text(clean_text(f"Nothing for {assignment} from {who}")))
        elif not found.attention:
            parts.append(Text(f"Nobody is missing for {assignment}."))
    return Group(*parts)
