"""What nbgrader_config.py says of a course beside nbgrader's own settings."""

from __future__ import annotations

from traitlets import Bool, Dict, List, TraitError, Unicode
from traitlets.config import Config, Configurable

from autograder.course.groups import Group
from autograder.errors import CourseError

__all__ = ["CourseSettings", "groups_of", "settings_of"]


class CourseSettings(Configurable):
    """The course's own part of the kernels, and how its assignments count."""

    everything = Bool(
        False, help="Execute all cells of every submission, also given ones that decide nothing"
    ).tag(config=True)
    preload = List(
        Unicode(), help="Modules that are imported once, before any submission, because many need them"
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
    on_cpu = Bool(
        True,
        help="Whether student code that asks for a GPU ('cuda', 'mps') runs on the CPU; otherwise it fails",
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


def groups_of(config: Config) -> tuple[Group, ...]:
    """The groups of assignments of which one counts for each student.

    Raises:
        CourseError: See `settings_of`.
    """
    return tuple(Group(name=name, pattern=pattern) for name, pattern in settings_of(config).groups.items())
