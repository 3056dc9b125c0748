"""The course folder: nbgrader's configuration of it, its assignments and its students."""

from __future__ import annotations

import functools
import os
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from autograder.course import STATE, cells, modules, notebooks, secret
from autograder.course.exceptions import Exceptions, read_exceptions
from autograder.course.groups import Group, Groups, read_groups
from autograder.course.modules import Module
from autograder.course.regions import Regions
from autograder.course.released import given_before
from autograder.course.secret import Secret
from autograder.course.settings import CourseSettings, groups_of, limits_of, seconds_of, settings_of
from autograder.course.shipping import Shipping, shipping
from autograder.course.template import Stubs, Template, load, read_source
from autograder.course.times import local_zone
from autograder.errors import CourseError
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup

__all__ = ["CONFIG_FILE", "Course"]

CONFIG_FILE = "nbgrader_config.py"
_NOT_IN_NAMES = frozenset("+*?[]")
"""What separates names in nbgrader's exchange, and what its file patterns are made of."""


class Course:
    """An ordinary nbgrader course folder.

    Args:
        root: The folder that holds `nbgrader_config.py`. Where that file names another one inside it
            (`c.CourseDirectory.root = "course"`), that is the course's.
        above: What counts more than that file, such as the options of a command of nbgrader's (`--db`); a
            course of nbgrader's own commands may have its settings elsewhere, and no file.

    Attributes:
        root: The course's folder.
        file: The `nbgrader_config.py` that was read.

    Raises:
        CourseError: There is none, or it cannot be read.
    """

    def __init__(self, root: Path | str = ".", above: Config | None = None) -> None:
        self.root = Path(root).absolute()
        self.file = self.root / CONFIG_FILE
        self.config = Config()
        if self.file.is_file():
            try:
                self.config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
            except Exception as error:
                raise CourseError(f"{self.file} cannot be read: {error}") from error
            self.root = _root_of(self.config, self.root)
        elif not above:
            raise CourseError(
                f"{self.root} is not a course folder: it has no {CONFIG_FILE}; go to the course folder, "
                "or name it with --course"
            )
        self.config.merge(above or {})
        _put_scripts_on_path()
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)
        if self.directory.directory_structure != CourseDirectory.directory_structure.default_value:
            raise CourseError(
                f"nbgrader_config.py: CourseDirectory.directory_structure is '{self.directory.directory_structure}'; "
                f"expected nbgrader's own, '{CourseDirectory.directory_structure.default_value}', by which folders are found"
            )
        self._templates: dict[str, tuple[Template, Template]] = {}  # without, and with files beside it

    @property
    def source(self) -> Path:
        """Where instructors edit."""
        return self.root / self.directory.source_directory

    @property
    def submitted(self) -> Path:
        """Where students' files are collected."""
        return self.root / self.directory.submitted_directory

    @property
    def releases(self) -> Path:
        """The folder in which releases are built, in each language."""
        return self.root / Path(self.directory.release_directory).parts[0]

    @property
    def solutions(self) -> Path:
        """Where the reference implementations are built."""
        return self.root / "solutions"

    @property
    def state(self) -> Path:
        """Where results and other files of the kit's own are kept."""
        return self.root / STATE

    @functools.cached_property
    def secret(self) -> Secret:
        """What decides the hidden inputs; made where there is none."""
        return secret.read_or_make(self.state)

    @functools.cached_property
    def settings(self) -> CourseSettings:
        """What nbgrader_config.py says beside nbgrader's own settings."""
        return settings_of(self.config)

    @functools.cached_property
    def kernel_setup(self) -> KernelSetup:
        """What the course puts into the kernels in which its students' code runs.

        Raises:
            CourseError: A file or folder that the settings name does not exist.
        """
        data = {name: self.root / path for name, path in self.settings.data.items()}
        for name, folder in data.items():
            if not folder.is_dir():
                raise CourseError(f"CourseSettings.data names '{name}': {folder} is not a folder")
        startup = self.root / self.settings.startup
        if self.settings.startup and not startup.is_file():
            raise CourseError(f"CourseSettings.startup: {startup} does not exist")
        return KernelSetup(
            preload=tuple(self.settings.preload),
            on_cpu=self.settings.on_cpu,
            startup=startup.read_text(encoding="utf-8") if self.settings.startup else "",
            data=tuple((name, str(folder)) for name, folder in sorted(data.items())),
        )

    def limits(self, assignment: str | None = None) -> Limits:
        """The bounds on the execution of each submission, of all assignments or of one.

        Raises:
            CourseError: The settings name a bound that there is not; see `limits_of`.
        """
        return limits_of(self.settings, assignment, seconds_of(self.config))

    @functools.cached_property
    def group_settings(self) -> tuple[Group, ...]:
        """The groups of assignments of which one counts for each student."""
        return groups_of(self.config)

    def groups(self, known: Iterable[str] | None = None) -> Groups:
        """Which assignments count for whom, as the groups' files say now.

        Args:
            known: The ids of all assignments, where a choice that is none of them is to be refused.

        Raises:
            CourseError: A file cannot be used; see `read_groups`.
        """
        return read_groups(self.root, self.group_settings, known)

    def modules(self, notebook: NotebookNode) -> tuple[Module, ...]:
        """The checks and solutions that the test cells of a notebook import."""
        return modules.needed(self.root, (cell.source for cell in notebook.cells if cells.is_test(cell)))

    @functools.cached_property
    def regions(self) -> Regions:
        """The delimiters of solutions, hidden tests and mark schemes."""
        return Regions.of(self.config)

    @functools.cached_property
    def stubs(self) -> Stubs:
        """What stands in the place of solutions."""
        return Stubs.of(self.config)

    def assignments(self) -> list[str]:
        """The ids of all assignments, in alphabetical order.

        Raises:
            CourseError: One has a name that nbgrader takes for no assignment's.
        """
        names = sorted(
            {
                path.parent.name
                for path in self.source.glob("*/*.ipynb")
                if not path.parent.name.startswith(".")
            }
        )
        for name in names:
            if not _NOT_IN_NAMES.isdisjoint(name) or name != name.strip():
                raise CourseError(
                    f"nbgrader takes no assignment called '{name}' (one of + * ? [ ] in it, or a space at an end): rename "
                    f"{self.source.name}/{name} and the notebook in it"
                )
        return names

    def chosen(self, names: Sequence[str]) -> list[str]:
        """The assignments that are named; all where none is.

        Raises:
            CourseError: There is no such assignment.
        """
        return notebooks.chosen(names, self.assignments())

    def notebooks(self, assignment: str) -> list[str]:
        """The names of an assignment's notebooks; see `autograder.course.notebooks`.

        Raises:
            CourseError: There is no such assignment.
        """
        found = notebooks.names_in(self.source, assignment)
        if not found:
            raise CourseError(
                f"there is no assignment '{assignment}': {self.source / assignment} holds no notebook"
            )
        return found

    def all_notebooks(self) -> list[str]:
        """The names of the notebooks of all assignments."""
        return [name for assignment in self.assignments() for name in self.notebooks(assignment)]

    def template(self, name: str) -> Template:
        """The trusted side of one notebook of an assignment.

        Raises:
            CourseError: There is no such notebook.
        """
        alone = load(notebooks.path_in(self.source, name), self.stubs, self.regions)
        if name not in self._templates or self._templates[name][0] is not alone:
            assignment = notebooks.assignment_of(name)
            files = tuple(
                (path.as_posix(), (self.source / assignment / path).read_bytes())
                for path in self.shipping(assignment).files
            )
            before = given_before(self.releases, self.state, name)
            self._templates[name] = alone, replace(alone, files=files, given_before=before)
        return self._templates[name][1]

    def shipping(self, assignment: str) -> Shipping:
        """Which files beside the source notebook go out with it."""
        return shipping(self.source, assignment, self.settings.files)

    def source_notebook(self, name: str) -> NotebookNode:
        """The instructor's notebook of a name, with the reference's solutions.

        Raises:
            CourseError: There is no such notebook.
        """
        return read_source(notebooks.path_in(self.source, name))

    def autograded(self, student: str, name: str) -> Path:
        """Where a student's graded notebook is, or would be."""
        assignment, notebook = notebooks.split(name)
        folder = self.directory.format_path(self.directory.autograded_directory, student, assignment)
        return self.root / folder / f"{notebook}.ipynb"

    @property
    def exceptions(self) -> Exceptions:
        """What was agreed with single students, as the file says now."""
        return read_exceptions(self.root)

    @functools.cached_property
    def zone(self) -> tzinfo:
        """The zone of times that name none."""
        return local_zone(self.settings.timezone)

    def students(self) -> list[str]:
        """The ids of the students who have submitted something, but for those who have left the course."""
        if not self.submitted.is_dir():
            return []
        left = self.exceptions.left | set(self.directory.student_id_exclude.split(","))
        return sorted(
            path.name
            for path in self.submitted.iterdir()
            if path.is_dir() and not path.is_symlink() and path.name not in left
        )


def _root_of(config: Config, folder: Path) -> Path:
    """The course's folder: the one inside `folder` that the settings name; an absolute path is another machine's."""
    named = Path(config.CourseDirectory.root if "CourseDirectory.root" in config else "")
    return folder if named.is_absolute() or not (folder / named).is_dir() else (folder / named).resolve()


def _put_scripts_on_path() -> None:
    """nbgrader calls `alembic` by name, which a virtual environment that is not activated hides."""
    scripts = sysconfig.get_path("scripts")
    path = os.environ.get("PATH", "").split(os.pathsep)
    if scripts not in path:
        os.environ["PATH"] = os.pathsep.join([scripts, *path])
