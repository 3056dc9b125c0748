"""From a submitted file to a rebuilt notebook and the name of its result, without executing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.errors import SubmissionError
from autograder.grading import submissions
from autograder.grading.cache import execution_key
from autograder.grading.repair import Rebuilt, rebuild
from autograder.grading.submissions import Submission
from autograder.kernel.limits import Limits
from autograder.text import clean_text

__all__ = ["Prepared", "prepare", "read_and_rebuild"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A submission that can be executed.

    Attributes:
        submission: Where it was found.
        notebook: The rebuilt notebook.
        seed: Of the hidden inputs that it is tested with.
        key: Of its execution in the result cache.
        repairs: What was put right, one sentence each.
        questions: What only the instructor can decide, one sentence each.
    """

    submission: Submission
    notebook: NotebookNode
    seed: int
    key: str
    repairs: tuple[str, ...]
    questions: tuple[str, ...]


def prepare(
    course: Course, submission: Submission, limits: Limits, sandboxed: bool, everything: bool = False
) -> Prepared:
    """Read and rebuild a submission, and name its result.

    Args:
        course: The course folder.
        submission: What was found of it.
        limits: The bounds of its execution.
        sandboxed: Whether its kernel is closed off.
        everything: Whether cells that decide nothing are executed, too.

    Raises:
        SubmissionError: It cannot be graded; the message says why in one sentence.
    """
    path = submission.file()
    try:
        rebuilt = read_and_rebuild(course, submission)
        seed = course.secret.seed_of(submission.notebook, rebuilt.notebook)
        key = execution_key(
            rebuilt.notebook,
            course.template(submission.notebook).files,
            course.modules(rebuilt.notebook),
            course.kernel_setup,
            limits,
            sandboxed,
            seed,
            everything,
        )
    except SubmissionError:
        raise
    except Exception as error:  # whatever a student handed in, the others are graded
        what = clean_text(f"{path.name} cannot be rebuilt ({type(error).__name__}: {error})")
        raise SubmissionError(what) from error
    return Prepared(
        submission=submission,
        notebook=rebuilt.notebook,
        seed=seed,
        key=key,
        repairs=rebuilt.repairs,
        questions=rebuilt.questions,
    )


def read_and_rebuild(course: Course, submission: Submission) -> Rebuilt:
    """The rebuilt notebook of a submission; its repairs begin with what was unusual about the files.

    Raises:
        SubmissionError: It cannot be read as a notebook.
    """
    notebook, notes = submissions.read(submission.file())
    rebuilt = rebuild(course.template(submission.notebook), notebook)
    repairs = (*submission.notes, *notes, *rebuilt.repairs)
    rebuilt.notebook.metadata["autograder"]["repairs"] = list(repairs)  # which students read, too
    return replace(rebuilt, repairs=repairs)
