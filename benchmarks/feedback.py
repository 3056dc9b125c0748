"""Feedback for forty submissions, side by side with nbgrader's own page: `python -m benchmarks.feedback demo`.

The graded submissions of a course (that of `make demo`) are copied to as many students as are wanted, in a
copy of the course. Seconds are CPU seconds of one process, without its imports.
"""

from __future__ import annotations

import logging
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.course.folder import Course
from autograder.feedback import writer

STUDENTS = 40


def main() -> None:
    """Measure and print."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m benchmarks.feedback COURSE   (graded, such as demo)")
    warnings.filterwarnings("ignore", category=SAWarning)
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="feedback-") as folder:
        course = crowded(Path(sys.argv[1]), Path(folder) / "course")
        assignment = course.assignments()[0]
        print(f"{STUDENTS} submissions of {assignment}, CPU seconds a page, and size of the page")
        for name, work in (
            ("nbgrader's page", lambda: stock(course, assignment)),
            ("ours, new", lambda: writer.write(course, [assignment])),
            ("ours, unchanged", lambda: writer.write(course, [assignment])),
        ):
            seconds = timed(work)
            print(f"{name:18} {seconds / STUDENTS:8.4f} s  {size(course, assignment) / 1000:6.0f} kB")
            if name.startswith("nbgrader"):
                shutil.rmtree(course.root / course.directory.feedback_directory)


def crowded(source: Path, target: Path) -> Course:
    """A copy of a course with one assignment, whose graded submissions are those of many students."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("feedback", ".autograder"))
    course = Course(target)
    assignment = course.assignments()[0]
    graded = sorted((target / "autograded").glob(f"*/{assignment}/{assignment}.ipynb"))
    notebooks = [path.read_text(encoding="utf-8") for path in graded]
    shutil.rmtree(target / "autograded")
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        for number in range(STUDENTS):
            student, text = f"student-{number:02}", notebooks[number % len(notebooks)]
            path = target / "autograded" / student / assignment / f"{assignment}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            record(gradebook, student, assignment, nbformat.v4.reads(text).metadata.autograder["cells"])
    return course


def record(gradebook: Gradebook, student: str, assignment: str, results: dict) -> None:
    """The points of one submission."""
    gradebook.update_or_create_student(student)
    submission = gradebook.update_or_create_submission(assignment, student)
    for grade in submission.notebooks[0].grades:
        passed = results[grade.name]["status"] == "passed"
        grade.auto_score = grade.max_score if passed else 0.0
        grade.needs_manual_grade = results[grade.name]["status"] == "manual"
    gradebook.db.commit()


def stock(course: Course, assignment: str) -> None:
    """As `nbgrader generate_feedback` does it where nothing is configured."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.db_url = course.directory.db_url
    config.CourseDirectory.assignment_id = assignment
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, force=True).start()


def timed(work: Callable[[], object]) -> float:
    """CPU seconds."""
    started = time.process_time()
    work()
    return time.process_time() - started


def pages(course: Course, assignment: str) -> Iterator[Path]:
    yield from (course.root / course.directory.feedback_directory).glob(f"*/{assignment}/{assignment}.html")


def size(course: Course, assignment: str) -> float:
    """Bytes of a page, the median of all."""
    return statistics.median(path.stat().st_size for path in pages(course, assignment))


if __name__ == "__main__":
    main()
