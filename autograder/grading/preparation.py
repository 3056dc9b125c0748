"""From a submitted file to what can be executed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.course.modules import Module
from autograder.errors import SubmissionError
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from autograder.submission import reading
from autograder.submission.repair import Rebuilt, rebuild
from autograder.submission.submissions import Submission
from autograder.text import clean_text

__all__ = ["Prepared", "prepare", "read_and_rebuild", "task_of"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A submission that can be executed.

    Attributes:
        submission: Where it was found.
        task: What executes it.
        repairs: What was put right, one sentence each.
        questions: What only the instructor can decide, one sentence each.
    """

    submission: Submission
    task: Task
    repairs: tuple[str, ...]
    questions: tuple[str, ...]


def task_of(
    course: Course,
    name: str,
    notebook: NotebookNode,
    limits: Limits,
    sandboxed: bool,
    seed: int,
    everything: bool = False,
    modules: tuple[Module, ...] | None = None,
) -> Task:
    """What executes a rebuilt notebook, with all of the course that decides what becomes of it.

    Args:
        name: The notebook's name.
        modules: Checks and solutions; those that its test cells import where they are not given.
    """
    template = course.template(name)
    return Task(
        notebook=notebook,
        files=template.files,
        modules=course.modules(notebook) if modules is None else modules,
        setup=course.kernel_setup,
        limits=limits,
        sandboxed=sandboxed,
        seed=seed,
        everything=everything,
        answers=template.answers,
    )


def prepare(
    course: Course, submission: Submission, limits: Limits, sandboxed: bool, everything: bool = False
) -> Prepared:
    """Read and rebuild a submission.

    Raises:
        SubmissionError: It cannot be graded; the message says why in one sentence.
    """
    path = submission.file()
    try:
        rebuilt = read_and_rebuild(course, submission)
        name, notebook = submission.notebook, rebuilt.notebook
        seed = course.secret.seed_of(name, notebook)
        task = task_of(course, name, notebook, limits, sandboxed, seed, everything)
    except SubmissionError:
        raise
    except Exception as error:  # whatever a student handed in, the others are graded
        what = clean_text(f"{path.name} cannot be rebuilt ({type(error).__name__}: {error})")
        raise SubmissionError(what) from error
    return Prepared(submission=submission, task=task, repairs=rebuilt.repairs, questions=rebuilt.questions)


def read_and_rebuild(course: Course, submission: Submission) -> Rebuilt:
    """The rebuilt notebook of a submission; its repairs begin with what was unusual about the files.

    Raises:
        SubmissionError: It cannot be read as a notebook.
    """
    notebook, notes = reading.read(submission.file())
    rebuilt = rebuild(course.template(submission.notebook), notebook)
    repairs = (*submission.notes, *notes, *rebuilt.repairs)
    rebuilt.notebook.metadata["autograder"]["repairs"] = list(repairs)  # which students read, too
    return replace(rebuilt, repairs=repairs)
