"""Late penalties by nbgrader's own plugin, worked out from the marks and rules of the moment."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.course.exceptions import read_exceptions
from autograder.course.folder import Course
from autograder.gradebook import database, deadlines
from autograder.gradebook.scores import Score

__all__ = ["LatePenalties", "bring_up_to_date", "refresh", "refresh_one"]


class LatePenalties:
    """What lateness costs in a course.

    Args:
        config: The course's configuration, which names nbgrader's plugin and its settings.
    """

    def __init__(self, config: Config) -> None:
        log = logging.getLogger("autograder.late")
        log.propagate = False
        self._step = AssignLatePenalties(config=config, log=log)
        self._step.init_plugin()
        self._rules = tuple(
            f"{name} {section!r}" for name, section in sorted(config.items()) if "Late" in name
        )

    def decided_by(self, seconds: float, points: float) -> tuple[str, ...]:
        """What a penalty is worked out from; empty where there is none."""
        return (f"{seconds:g} s", f"{points:g} points", *self._rules) if seconds else ()

    def assign(self, book: Gradebook, submission: SubmittedAssignment) -> Score:
        """Set the penalty of each notebook of a submission, as nbgrader's `AssignLatePenalties` does.

        Returns:
            The submission's points, penalty and lateness; nothing is committed.
        """
        late = submission.total_seconds_late
        points = penalties = 0.0
        for notebook in submission.notebooks:
            book.db.refresh(notebook)
            penalty = None
            if late > 0:
                penalty = self._step.plugin_inst.late_submission_penalty(
                    submission.student_id, notebook.score, late
                )
            if penalty is not None:
                penalty = self._step._check_late_penalty(notebook, penalty)
            notebook.late_submission_penalty = penalty
            points += notebook.score
            penalties += penalty or 0.0
        return Score(points=points, penalty=penalties, seconds_late=late)


def bring_up_to_date(
    book: Gradebook,
    directory: CourseDirectory,
    config: Config,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Work out extensions and penalties again: a person may have marked a submission, or given time, since.

    Args:
        book: The gradebook.
        directory: The course's folders.
        config: The course's configuration; that of nbgrader's `CourseDirectory` has not all of it.
        progress: Called with the number of submissions that are looked at, and of all.

    Returns:
        How many penalties have changed.
    """
    deadlines.extend_all(book, read_exceptions(Path(directory.root)))
    penalties, changed = LatePenalties(config), 0
    every = book.db.query(SubmittedAssignment).all()
    for number, submission in enumerate(every):
        progress(number, len(every))
        changed += _has_changed(book, submission, penalties)
    book.db.commit()
    return changed


def _has_changed(book: Gradebook, submission: SubmittedAssignment, penalties: LatePenalties) -> bool:
    due = submission.duedate is not None  # a penalty without one was entered by a person
    if submission.total_seconds_late > 0 or (due and submission.late_submission_penalty):
        before = submission.late_submission_penalty or 0.0
        return penalties.assign(book, submission).penalty != before
    return False


def refresh(course: Course, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """`bring_up_to_date` for a course folder; nothing where it has no gradebook yet."""
    if database.exists(course):
        with database.opened(course) as book:
            bring_up_to_date(book, course.directory, course.config, progress)


def refresh_one(course: Course, student: str, assignment: str) -> None:
    """`refresh` for one submission."""
    if database.exists(course):
        with database.opened(course) as book, contextlib.suppress(MissingEntry):
            submission = book.find_submission(assignment, student)
            deadlines.extend(submission, course.exceptions)
            _has_changed(book, submission, LatePenalties(course.config))
            book.db.commit()
