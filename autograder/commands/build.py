"""What `autograder build` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import attention_table, progress, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import assignments as registered
from autograder.grading import reference
from autograder.release.build import build as build_releases
from autograder.release.language import release_folder, released_as
from autograder.release.oracles import changeable
from autograder.text import counted, listed

__all__ = ["build"]


def build(folder: Path, assignments: Sequence[str]) -> Done:
    """Build, and list what changed."""
    course = Course(folder)
    console = width_console()
    names = list(assignments) or _all(course)
    with progress("references") as update:
        reference.check(course, names, update)
    found = []
    with progress("building", len(names)) as update:
        for done, name in enumerate(names):
            update(done, len(names), name)
            registered.check_cells(course, name)
            known = registered.is_current(course, name)
            is_new = not known and not registered.is_registered(course, name)
            built = build_releases(course, [name])
            what = counted(len(built.changed), "file") + " changed" if built.changed else "unchanged"
            if not built.changed and is_new:
                what = "the release is unchanged; the gradebook has it now"
            elif not built.changed and not known:
                what = (
                    "the release is unchanged, its tests are not: the next `autograder grade` grades it again"
                )
            say(f"{name}: {what}")
            every = (cell for one in course.notebooks(name) for cell in course.template(one).notebook.cells)
            tests = filter(cells.is_test, every)
            dropped = [cells.grade_id(test) for test in tests if not cells.points(test)]
            if dropped:
                say(f"{name}: with 0 points, not counted: {listed(dropped, len(dropped))}")
            for one in course.notebooks(name):
                for test, expected in changeable(course.source_notebook(one), course.regions):
                    say(
                        f"{one}, cell '{cells.grade_id(test)}': it compares with {listed(expected, len(expected))}, made by a "
                        "given cell where students' code runs, so that an answer can change it; make it in the test cell"
                    )
            if built.left:
                console.print(attention_table("beside the notebook", built.left))
            found.append(
                {
                    "assignment": name,
                    "changed": built.changed,
                    "graded_again": not known and not is_new,
                    "not_counted": dropped,
                    "left": built.left,
                }
            )
    proves = "autograder prove shows that the tests are right; then " if _can_be_proven(course, names) else ""
    folders = sorted(
        {f"{release_folder(course, one)}/" for name in names for one in released_as(course, name)}
    )
    say_next(f"{proves}hand out {' or '.join(folders)}")
    return Done(data=found)


def _can_be_proven(course: Course, names: Sequence[str]) -> bool:
    """Whether known answers to one of these assignments are written."""
    return any(
        (course.root / "mistakes" / f"{one}.yaml").is_file()
        for name in names
        for one in course.notebooks(name)
    )


def _all(course: Course) -> list[str]:
    """The course's assignments.

    Raises:
        CourseError: There are none.
    """
    names = course.assignments()
    if not names:
        shown = course.directory.source_directory
        raise CourseError(f"there is no assignment in {course.source}: expected {shown}/<name>/<name>.ipynb")
    return names
