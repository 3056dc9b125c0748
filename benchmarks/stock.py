"""The same class for stock nbgrader: hidden tests in the student's kernel, one submission after another."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course.folder import CONFIG_FILE, Course
from autograder.kernel import torchvision
from autograder.kernel.setup import KernelSetup
from benchmarks.running import ROOT, command

__all__ = ["make_stock", "nbgrader", "prelude", "scores"]

CONFIG = """c = get_config()
c.CourseDirectory.course_id = "deep-learning-practicum"
c.ExecutePreprocessor.timeout = c.Execute.timeout = 600
"""
SITE = '''"""Sets a stock kernel up as the course's own kernels are, when torchvision is first imported."""
import sys


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(cls)
            exec({code!r}, {{}})


sys.meta_path.insert(0, Finder)
'''


def prelude(setup: KernelSetup) -> str:
    """Code that gives any kernel what a course puts into its own (and an odd torchvision its operators)."""
    operators = Path(torchvision.__file__).read_text(encoding="utf-8")
    return (
        f"_operators = {{}}\nexec({operators!r}, _operators)\n_operators['declare_missing_operators']()\n"
        f"exec({setup.startup!r}, {{'__name__': 'startup', 'DATA': {dict(setup.data)!r}}})\n"
    )


def make_stock(course: Course, folder: Path, assignment: str, students: list[str]) -> Course:
    """A copy of a course with nbgrader's default preprocessors, and some of its submissions."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("source", "solutions", "checks"):
        if (course.root / name).is_dir():  # solutions are built only where tests import them
            shutil.copytree(course.root / name, folder / name)
    shutil.copyfile(course.root / "gradebook.db", folder / "gradebook.db")
    (folder / CONFIG_FILE).write_text(CONFIG)
    for student in students:
        shutil.copytree(course.submitted / student / assignment, folder / "submitted" / student / assignment)
    site = folder / "site"
    site.mkdir()
    script = SITE.format(code=prelude(course.kernel_setup))
    (site / "sitecustomize.py").write_text(script, encoding="utf-8")
    return Course(folder)


def nbgrader(course: Course, *arguments: str) -> dict:
    """Run a command of nbgrader's in a course that `make_stock` made; see `benchmarks.running.command`."""
    path = os.pathsep.join(map(str, (course.root / "site", course.root, ROOT)))
    # one thread, as in the kit's kernels: on a small machine more of them only cost
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    program = [sys.executable, "-m", "nbgrader"]
    return command(*arguments, allowed=(0,), program=program, cwd=course.root, env=environment)


def scores(course: Course, assignment: str) -> dict[tuple[str, str], float | None]:
    """What the gradebook says of each student's cells."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            (submission.student.id, grade.name): grade.auto_score
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
