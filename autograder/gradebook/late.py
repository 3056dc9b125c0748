"""Late penalties by nbgrader's own plugin, worked out from the marks and rules of the moment."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.course.exceptions import Exceptions
from autograder.course.folder import Course
from autograder.gradebook import database, deadlines
from autograder.gradebook.scores import Score

__all__ = ["LatePenalties", "refresh", "refresh_one"]


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
        """Set the penalty of each notebook of a submission, as nbgrader's `AssignLatePenalties` does for what is marked.

        Returns:
            The submission's points, penalty and lateness; nothing is committed.
        """
        late = submission.total_seconds_late
        points = penalties = 0.0
        for notebook in submission.notebooks:
            book.db.refresh(notebook)
            penalty = None
            earned = database.decided_points(book, notebook)
            if late > 0:
                penalty = self._step.plugin_inst.late_submission_penalty(submission.student_id, earned, late)
            if penalty is not None:
                penalty = self._step._check_late_penalty(notebook, penalty)
            notebook.late_submission_penalty = penalty
            points += earned
            penalties += penalty or 0.0
        return Score(points=points, penalty=penalties, seconds_late=late)


def refresh(course: Course, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Work out extensions and penalties again: a person may have marked a submission, or given time, since."""
    if database.exists(course):
        with database.opened(course) as book:
            penalties, exceptions = LatePenalties(course.config), course.exceptions
            every = book.db.query(SubmittedAssignment).all()
            for number, submission in enumerate(every):
                progress(number, len(every))
                _refresh(book, submission, exceptions, penalties)
            book.db.commit()


def refresh_one(course: Course, student: str, assignment: str) -> None:
    """`refresh` for one submission."""
    if database.exists(course):
        with database.opened(course) as book, contextlib.suppress(MissingEntry):
            submission = book.find_submission(assignment, student)
            _refresh(book, submission, course.exceptions, LatePenalties(course.config))
            book.db.commit()


def _refresh(
    book: Gradebook, submission: SubmittedAssignment, exceptions: Exceptions, penalties: LatePenalties
) -> None:
    deadlines.extend(submission, exceptions)
    due = submission.duedate is not None  # a penalty without one was entered by a person
    if submission.total_seconds_late > 0 or (due and submission.late_submission_penalty):
        penalties.assign(book, submission)
