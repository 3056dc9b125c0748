"""What nbgrader_config.py says of a course beside nbgrader's own settings."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from nbgrader.preprocessors import Execute
from traitlets import Bool, Dict, Enum, Int, List, TraitError, Unicode
from traitlets.config import Config, Configurable

from autograder.course.groups import Group
from autograder.errors import CourseError
from autograder.kernel.limits import Limits

__all__ = ["CourseSettings", "Told", "groups_of", "limits_of", "seconds_of", "settings_of"]


UNBOUNDED = 3600.0
"""Seconds for each cell where nbgrader's settings give it any time."""
CELLS = 5
"""How many cells of a submission may take all the time that nbgrader's settings give to each."""


class Told(StrEnum):
    """What feedback says of hidden tests before the deadline."""

    VISIBLE = "visible"
    NAMES = "names"
    MESSAGES = "messages"


class CourseSettings(Configurable):
    """The course's own part of the kernels, and how its assignments count."""

    everything = Bool(
        False, help="Execute all cells of every submission, also given ones that decide nothing"
    ).tag(config=True)
    preload = List(
        Unicode(),
        ["matplotlib.pyplot", "torch.optim"],
        help="Modules that are imported once, before any submission, where the code that is executed names them",
    ).tag(config=True)
    startup = Unicode(
        "",
        help="A Python file of the course that runs before student code; the folders of `data` are in DATA",
    ).tag(config=True)
    groups = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Groups of assignments of which one counts for each student: what one is called, and a pattern of "
        "their ids; with {'theme': 'theme_*'} the file themes.csv says which theme counts for whom",
    ).tag(config=True)
    files = List(
        Unicode(),
        help="Files beside source notebooks that go out though git does not track them, or though they are "
        "large: patterns such as lesson1/data/*.csv",
    ).tag(config=True)
    requests_to = Unicode(
        "", help="E-mail address for students' questions about scores; feedback has a link to it"
    ).tag(config=True)
    language = Unicode(
        "en", help="Language of pages for instructors and assistants, such as the report: en or ja"
    ).tag(config=True)
    timezone = Unicode(
        "", help="Zone of times that name none, such as Asia/Tokyo; this machine's where it is empty"
    ).tag(config=True)
    on_cpu = Bool(
        True,
        help="Whether student code that asks for a GPU ('cuda', 'mps') runs on the CPU; otherwise it fails",
    ).tag(config=True)
    before_deadline = Enum(
        [str(told) for told in Told],
        default_value=str(Told.MESSAGES),
        help="What feedback says of hidden tests before the deadline: 'messages' all; 'names' which test cells "
        "fail, and not why; 'visible' nothing, and their points wait",
    ).tag(config=True)
    attempts_per_day = Int(
        0,
        help="How many submissions to an assignment `autograder watch` grades for a student on one day before "
        "the deadline; 0 for all",
    ).tag(config=True)
    keep_better = Bool(
        False,
        help="When a submission is graded again by `autograder`, tests cost nobody points that they had: the better "
        "score stays, as far as the test still gives it",
    ).tag(config=True)
    limits = Dict(
        key_trait=Unicode(),
        help="Bounds on the execution of each submission that are not the usual ones, such as "
        "{'cell_seconds': 300}; the settings page of the documentation has them all",
    ).tag(config=True)
    limits_of = Dict(
        value_trait=Dict(key_trait=Unicode()),
        key_trait=Unicode(),
        help="Bounds for some assignments only: patterns of their ids, and what `limits` has for all, such as "
        "{'theme_*': {'test_seconds': 60}}",
    ).tag(config=True)
    data = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Folders of the course that student code may read: a name for each, and its path",
    ).tag(config=True)


def settings_of(config: Config) -> CourseSettings:
    """The settings of a course.

    Raises:
        CourseError: One of them is not of the right type.
    """
    try:
        return CourseSettings(config=config)
    except TraitError as error:
        raise CourseError(f"nbgrader_config.py: {error}") from None


def seconds_of(config: Config) -> float | None:
    """What a course gives each cell in nbgrader's own settings (`c.Execute.timeout`); None where it says nothing.

    Raises:
        CourseError: It is no number.
    """
    if not any(f"{section}.timeout" in config for section in Execute.section_names()):
        return None
    try:
        seconds = Execute(config=config).timeout
    except TraitError as error:
        raise CourseError(f"nbgrader_config.py: {error}") from None
    return UNBOUNDED if seconds is None or seconds < 0 else seconds


def limits_of(
    settings: CourseSettings, assignment: str | None = None, seconds: float | None = None
) -> Limits:
    """The bounds on the execution of each submission.

    Args:
        assignment: An assignment's id; None for the bounds of those that have none of their own.
        seconds: What nbgrader's settings give each cell; where they do, it is what there is to compute and to
            wait, for a cell and for a test.

    Raises:
        CourseError: There is no such bound, or it is no positive number.
    """
    named = [("limits", settings.limits)] + [
        (f"limits_of['{pattern}']", bounds)
        for pattern, bounds in settings.limits_of.items()
        if assignment is not None and fnmatchcase(assignment, pattern)
    ]
    kinds = {name: type(value) for name, value in asdict(Limits()).items()}
    found = Limits()
    if seconds is not None:
        found = replace(
            found,
            cell_seconds=seconds,
            test_seconds=seconds,
            waiting_seconds=seconds,
            check_seconds=max(found.check_seconds, seconds),
            notebook_seconds=max(found.notebook_seconds, CELLS * seconds),
        )
    for where, bounds in named:
        for name, value in bounds.items():
            if name not in kinds:
                raise CourseError(
                    f"nbgrader_config.py: CourseSettings.{where} has no bound '{name}'; there are {', '.join(kinds)}"
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise CourseError(
                    f"nbgrader_config.py: CourseSettings.{where}: {name} is {value!r}; expected a number above 0"
                )
            found = replace(found, **{name: kinds[name](value)})
    return found


def groups_of(config: Config) -> tuple[Group, ...]:
    """The groups of assignments of which one counts for each student.

    Raises:
        CourseError: See `settings_of`.
    """
    return tuple(Group(name=name, pattern=pattern) for name, pattern in settings_of(config).groups.items())
