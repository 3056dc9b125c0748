"""Groups of assignments of which one counts for each student, such as research themes."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.exceptions import Exceptions, read_exceptions
from autograder.course.tables import read_rows
from autograder.errors import CourseError

__all__ = ["Group", "Groups", "Line", "read_groups", "read_lines_of"]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Assignments of which one counts for each student.

    Attributes:
        name: What one of them is called, such as "theme".
        pattern: Matches the ids of the assignments, such as "theme_*".
    """

    name: str
    pattern: str

    @property
    def file(self) -> str:
        """The file in the course folder that says which one counts for whom."""
        return f"{self.name}s.csv"

    @property
    def prefix(self) -> str:
        """What all ids begin with."""
        return self.pattern.partition("*")[0]

    def __contains__(self, assignment: str) -> bool:
        return fnmatch.fnmatchcase(assignment, self.pattern)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a group's file.

    Attributes:
        student: The student's id.
        assignment: The assignment that counts.
        choice: 1 for the student's first choice, and so on; None where it was none of them.
    """

    student: str
    assignment: str
    choice: int | None = None


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Which assignments count for which student: the one answer that every part of the kit gives.

    Attributes:
        groups: The groups of the course.
        chosen: For each group's name and each student in its file, the assignment that counts.
        exceptions: What was agreed with single students.
    """

    groups: tuple[Group, ...] = ()
    chosen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exceptions: Exceptions = Exceptions()

    def of(self, assignment: str) -> Group | None:
        """The group that an assignment belongs to; None for one that counts for everybody."""
        return next((group for group in self.groups if assignment in group), None)

    def instead(self, student: str, assignment: str) -> str:
        """The assignment of the same group that counts for a student; the assignment itself where none is chosen."""
        group = self.of(assignment)
        return self.chosen.get(group.name, {}).get(student, assignment) if group else assignment

    def counts(self, student: str, assignment: str) -> bool:
        """Whether an assignment counts for a student; where none is chosen for them yet, all of a group do."""
        return self.instead(student, assignment) == assignment and not self.excused(student, assignment)

    def excused(self, student: str, assignment: str) -> bool:
        """Whether an assignment is neither expected of a student nor counted: an excuse, or they have left."""
        return (student, assignment) in self.exceptions.excused or student in self.exceptions.left

    def expects(self, student: str, assignment: str) -> bool:
        """Whether a student has to submit an assignment; of a group, only what was chosen for them."""
        group = self.of(assignment)
        theirs = group is None or self.chosen.get(group.name, {}).get(student) == assignment
        return theirs and not self.excused(student, assignment)

    def decided(self, group: Group) -> bool:
        """Whether the group's file chooses anything for anybody."""
        return bool(self.chosen.get(group.name))

    @property
    def students(self) -> frozenset[str]:
        """Everybody for whom something was chosen, but for those who have left."""
        chosen = {student for chosen in self.chosen.values() for student in chosen}
        return frozenset(chosen - self.exceptions.left)


def read_groups(folder: Path, groups: Sequence[Group], known: Iterable[str] | None = None) -> Groups:
    """Read what the course's files choose.

    Args:
        folder: Holds the files; a group without a file chooses nothing.
        known: The ids of the course's assignments; where they are given, every choice must be one of them.

    Raises:
        CourseError: A file has other columns, a student twice, or an unknown assignment (see also
            `read_exceptions`). A misspelt one
            would otherwise take all points for it from the student without a word.
    """
    assignments = None if known is None else list(known)
    return Groups(
        groups=tuple(groups),
        chosen={
            group.name: {line.student: line.assignment for line in read_lines_of(folder, group, assignments)}
            for group in groups
            if (folder / group.file).is_file()
        },
        exceptions=read_exceptions(folder),
    )


def read_lines_of(folder: Path, group: Group, known: Iterable[str] | None = None) -> list[Line]:
    """The lines of a group's file; none where there is no such file.

    Raises:
        CourseError: See `read_groups`.
    """
    path = folder / group.file
    if not path.is_file():
        return []
    columns = ("student", group.name, "choice")
    assignments = None if known is None else sorted(name for name in known if name in group)
    found: dict[str, Line] = {}
    for number, row in read_rows(path, columns[:2], columns):
        student, assignment, choice = (row.get(name, "").strip() for name in columns)
        if not student or not assignment:
            continue
        if student in found:
            raise CourseError(f"{path}, line {number}: {student} has two lines; remove one of them")
        if assignments is not None and assignment not in assignments:
            raise CourseError(
                f"{path}, line {number}: {student} has '{assignment}', which is no {group.name} of this course; "
                f"the {group.name}s are {', '.join(assignments) or 'none'}"
            )
        found[student] = Line(
            student=student, assignment=assignment, choice=int(choice) if choice.isdecimal() else None
        )
    return list(found.values())
