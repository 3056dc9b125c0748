"""What `autograder feedback` does and prints: first what needs attention."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.collecting.naming import System
from autograder.commands.console import progress, say, say_attention, say_next
from autograder.commands.done import Done
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of
from autograder.errors import CourseError
from autograder.feedback import delivery, term, writer
from autograder.feedback.delivery import Delivered
from autograder.gradebook import attempts, late
from autograder.text import clean_text, counted, listed

__all__ = ["feedback"]

HOW_TO_DELIVER = {
    System.MOODLE: "in Moodle open the assignment, its Submissions (View all submissions), the menu of grading actions, "
    "Upload multiple feedback files in a zip, and choose {file}; where the menu lacks it, tick Feedback files "
    "among the feedback types of the assignment's settings",
    System.CANVAS: "in Canvas open the assignment, Re-Upload Submissions (it is there once submissions were "
    "downloaded), and choose {file}; each page becomes a comment of its student's",
    None: "open {file} in the mail merge of your mail program: email is the address, file the page to attach",
}
"""Where a file is handed to the students; None is the table for a mail merge."""


def feedback(
    folder: Path,
    assignments: Sequence[str],
    jobs: int,
    destination: System | None,
    names: Path | None,
    mail_merge: bool,
) -> Done:
    """Write feedback for graded assignments, and say where it is."""
    course = Course(folder)
    with progress("late penalties") as update:
        late.refresh(course, update)
    course.chosen(assignments)
    if destination is not None and len(assignments) != 1:
        raise CourseError(f"--zip {destination} packs one assignment: name it")
    if (destination is None) != (names is None):
        raise CourseError(
            "--zip and --names go together: the names of files come from the archive of submissions that the "
            "system gave (for Moodle its grading worksheet will do)"
        )
    with progress("feedback") as update:
        # the pages of the term need those of all assignments; what has not changed costs nothing
        every = writer.write(
            course,
            jobs=jobs or os.cpu_count() or 1,
            progress=update,
        )
    chosen = _only(every, assignments)
    for assignment in assignments:
        if not any(assignment_of(name[1]) == assignment for name in (*chosen.pages, *chosen.failed)):
            raise CourseError(
                f"nothing of '{assignment}' has been graded; run `autograder grade {assignment}` first"
            )
    if not every.pages and not every.failed:
        raise CourseError("nothing has been graded yet; run `autograder grade` first")
    terms = term.write(course, every)
    files = []
    if destination is not None and names is not None:
        target = course.root / course.directory.feedback_directory / f"{assignments[0]}-{destination}.zip"
        files.append(delivery.zipped(course, chosen, assignments[0], destination, names, target))
    if mail_merge:
        target = course.root / course.directory.feedback_directory / "mail-merge.csv"
        files.append(delivery.mail_merge(course, chosen, target))
    attention = _attention(course, chosen, files)
    status = say_attention("submission", attention)
    _say(course, every, chosen, len(terms), files)
    for step in _next(chosen, files):
        say_next(step)
    return Done(
        status=status,
        data={
            "pages": [
                {
                    "student": name[0],
                    "assignment": assignment_of(name[1]),
                    "page": path,
                    "new": name in chosen.new,
                    "waits": _waits(every, name),
                }
                for name, path in sorted(chosen.pages.items())
            ],
            "files": [{"file": file.path, "pages": file.pages} for file in files],
            "attention": attention,
        },
    )


def _next(chosen: writer.WrittenPages, files: Sequence[Delivered]) -> Iterator[str]:
    """Where what was written goes."""
    for file in files:
        yield HOW_TO_DELIVER[file.to].format(file=file.path.name)
    if not files:
        yield (
            "autograder feedback ASSIGNMENT --zip moodle (or canvas) --names ARCHIVE packs the pages for your system, "
            "--mail-merge lists whom to send them"
        )
    yield "autograder export writes the points for your system"


def _only(every: writer.WrittenPages, assignments: Sequence[str]) -> writer.WrittenPages:
    """Of what was written, some assignments."""
    if not assignments:
        return every
    return writer.WrittenPages(
        pages={name: path for name, path in every.pages.items() if assignment_of(name[1]) in assignments},
        new=frozenset(name for name in every.new if assignment_of(name[1]) in assignments),
        failed={name: why for name, why in every.failed.items() if assignment_of(name[1]) in assignments},
        transcripts=every.transcripts,
    )


def _attention(course: Course, chosen: writer.WrittenPages, files: Sequence[Delivered]) -> list[Concern]:
    failed = [
        Concern("/".join(name), f"its page could not be made ({clean_text(why)})")
        for name, why in sorted(chosen.failed.items())
    ]
    again = [
        Concern(
            "/".join(name), "it was handed in again and not graded since; the page is about the one before"
        )
        for name in sorted({(student, assignment_of(notebook)) for student, notebook in chosen.pages})
        if attempts.is_newer(course, *name)
    ]
    return [*failed, *again, *(one for file in files for one in file.attention)]


def _waits(every: writer.WrittenPages, name: tuple[str, str]) -> bool:
    """Whether a page has no final score yet."""
    transcript = every.transcripts.get(name)
    return transcript is not None and bool(transcript.waiting)


def _say(course: Course, every, chosen, terms: int, files: Sequence[Delivered]) -> None:
    folder = course.root / course.directory.feedback_directory
    say(
        f"feedback is in {folder}: {counted(len(chosen.pages), 'page')}, "
        f"{len(chosen.new) or 'none'} of them new or changed; and feedback/<student>/index.html for "
        f"{counted(terms, 'student')}."
    )
    for file in files:
        say(f"{file.path}: {counted(file.pages, 'page')}")
    waiting = sorted("/".join(name) for name in chosen.pages if _waits(every, name))
    if waiting:
        say(
            f"Without a final score yet: {counted(len(waiting), 'page')} ({listed(waiting, 5)}). `autograder mark` opens what waits for a person."
        )
