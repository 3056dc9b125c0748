"""All that decides what grading finds beside what a student handed in."""

from __future__ import annotations

import hashlib
from itertools import chain

from autograder.course.folder import Course
from autograder.course.notebooks import path_in
from autograder.grading.preparation import task_of
from autograder.kernel.limits import Limits

__all__ = ["circumstances"]

ANY_SEED = 0
"""Of the hidden inputs: a submission has its own, and another secret is no reason to grade it again."""


def circumstances(course: Course, name: str, limits: Limits, sandboxed: bool, everything: bool) -> str:
    """The hash of a notebook's source, checks and what they say, solutions, data, limits, and of the engine and its libraries.

    A submission whose content and circumstances have not changed has the same result.
    """
    template = course.template(name)
    task = task_of(course, name, template.notebook, limits, sandboxed, ANY_SEED, everything)
    translations = [course.root.glob(f"checks/{language}/*.yaml") for language in template.languages]
    read = [path_in(course.source, name), *sorted(chain.from_iterable(translations))]
    return hashlib.sha256(task.key.encode() + b"".join(path.read_bytes() for path in read)).hexdigest()
