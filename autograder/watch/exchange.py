"""nbgrader's exchange from the instructor's side: collect what came in, release feedback."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.submission.submissions import COMPANIONS
from autograder.watch.arrivals import Arrivals, files_in

__all__ = ["ExchangeInbox"]


class ExchangeInbox:
    """The inbox of a course in nbgrader's exchange, which must be a folder of this machine.

    Raises:
        CourseError: The exchange has no such course, or another kind of exchange is configured.
    """

    def __init__(self, course: Course) -> None:
        self._course = course
        self._factory = ExchangeFactory(config=course.config)
        root = getattr(self._factory.exchange(config=course.config), "root", "")
        inbox = Path(root, course.directory.course_id, "inbound")
        if not root or not course.directory.course_id or not inbox.is_dir():
            raise CourseError(
                f"nbgrader's exchange has no inbox of this course: {inbox} is not a folder; see Exchange.root and "
                "CourseDirectory.course_id in nbgrader_config.py, and release an assignment first"
            )
        self._arrivals = Arrivals(lambda: files_in(inbox))

    def collect(self) -> dict[str, str]:
        """Collect the assignments of which something has come in.

        Returns:
            For each assignment that could not be collected, why.
        """
        new = self._arrivals.new()
        of = {name: name.rsplit("+", 3)[1] for name in new if name.count("+") >= 2}
        failed = {}
        for assignment in sorted(set(of.values()) & set(self._course.assignments())):
            try:
                self._do("Collect", assignment, update=True)
            except ExchangeError as error:
                failed[assignment] = str(error)
        for name in new:
            self._arrivals.take(name)
        return failed

    def release(
        self, pages: Mapping[tuple[str, str], Path], names: Iterable[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """Let students fetch their pages.

        Args:
            pages: For each (student, assignment), its page.

        Returns:
            Those that were released; what did not come through the exchange cannot be.
        """
        released = []
        for student, assignment in sorted(names):
            if all((pages[student, assignment].parent / name).is_file() for name in COMPANIONS):
                self._do("ReleaseFeedback", assignment, student)
                released.append((student, assignment))
        return released

    def _do(self, step: str, assignment: str, student: str = "*", **settings: object) -> None:
        config = self._course.config.copy()
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.student_id = student
        directory = CourseDirectory(config=config)
        done = getattr(self._factory, step)(
            coursedir=directory, authenticator=Authenticator(config=config), config=config
        )
        for name, value in settings.items():
            setattr(done, name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # nbgrader leaves it to Python to close files
            done.start()
