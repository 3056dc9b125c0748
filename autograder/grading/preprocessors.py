"""The kit's nbgrader preprocessors for grading: rebuild, execute in isolation, escape names."""

from __future__ import annotations

import functools
import html
from pathlib import Path

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Bool
from traitlets.config import Config

from autograder.course.folder import Course
from autograder.course.notebooks import name_of
from autograder.errors import CourseError
from autograder.grading import preload
from autograder.grading.cache import ResultCache
from autograder.grading.circumstances import circumstances
from autograder.grading.preparation import Prepared, read_and_rebuild, task_of
from autograder.grading.record import Record, Records, made_of
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.grading.worker import run_task
from autograder.kernel import bubblewrap
from autograder.kernel.ahead import Wanted, take_from
from autograder.submission.outputs import shown
from autograder.submission.repair import rebuild
from autograder.submission.replies import is_answered_elsewhere
from autograder.submission.submissions import COMPANIONS, Submission, find
from autograder.verdict.disclosure import behind_tests

__all__ = ["CoursePreprocessor", "EscapeNames", "IsolatedExecute", "RebuildSubmission", "show"]


class CoursePreprocessor(NbGraderPreprocessor):
    """A step that knows the course."""

    def course(self) -> Course:
        """The course that is converted, as the command's own options have it."""
        return _course(str(Path(self.root()).absolute()), Above(self.config))

    def submission(self, resources: dict) -> Submission | None:
        """What was handed in, as `autograder grade` finds it."""
        names = resources["nbgrader"]
        course, name = self.course(), name_of(names["assignment"], names["notebook"])
        return find(course.submitted, names["student"], name, course.notebooks(names["assignment"]))

    def root(self) -> str:
        """nbgrader converts with the course folder as its working directory."""
        return "."


class Above(Config):
    """A configuration that tells courses apart, for a cache."""

    def __hash__(self) -> int:
        return hash(repr(self))


@functools.lru_cache(maxsize=8)
def _course(root: str, above: Above) -> Course:
    return Course(root, above)


class RebuildSubmission(CoursePreprocessor):
    """First in `Autograde.sanitize_preprocessors`: structure from the source, answers from the student."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        student, assignment = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        template = self.course().template(name_of(assignment, resources["nbgrader"]["notebook"]))
        submission = self.submission(resources)
        # from the file itself, of which nbgrader's reader keeps other things than ours
        result = rebuild(template, nb) if submission is None else read_and_rebuild(self.course(), submission)
        for text in (*result.repairs, *result.questions):
            self.log.warning("%s: %s", student, text)
        self.remove_other_files(student, assignment, {name for name, _ in template.files})
        return result.notebook, resources

    def remove_other_files(self, student: str, assignment: str, given: set[str]) -> None:
        """Of what nbgrader has copied beside the notebook, leave what is the course's.

        Formgrader serves that folder, a page of the student's included, as its own.
        """
        directory = self.course().directory
        folder = Path(directory.format_path(directory.autograded_directory, student, assignment))
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.suffix != ".ipynb" and name not in given and name not in COMPANIONS and not path.is_dir():
                self.log.info("Removing %s: nothing of a submission is used but its notebook", name)
                path.unlink()


class EscapeNames(Preprocessor):
    """In `HTMLExporter.preprocessors`: formgrader's page of a submission shows names as they are."""

    enabled = Bool(True, help="Whether names are escaped").tag(config=True)
    names = ("first_name", "last_name", "notebook_path", "student")

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        for name in self.names:
            if isinstance(resources.get(name), str):
                resources[name] = html.escape(resources[name])
        return nb, resources


class IsolatedExecute(CoursePreprocessor):
    """In the place of nbgrader's `Execute`: student code in a sandbox, test cells in the grader.

    A result that is already in the cache is used again; a new one is put there, and the
    submission's record is kept, as `autograder grade` does.
    """

    require_sandbox = Bool(False, help="Refuse to run student code where no sandbox can be made").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        course, names = self.course(), resources["nbgrader"]
        everything = course.settings.everything
        sandboxed = self.require_sandbox or bubblewrap.why_unavailable() is None
        cache = ResultCache.of(course)
        name = name_of(names["assignment"], names["notebook"])
        seed = course.secret.seed_of(name, nb)
        limits = course.limits(names["assignment"])
        task = task_of(course, name, nb, limits, sandboxed, seed, everything)
        execution = cache.read(task.key)
        if execution is None and not Execute(config=self.config).enabled:
            raise CourseError(
                f"what '{names['student']}' has handed in for '{name}' was not executed yet, and --no-execute would take the "
                "points from the outputs in that file; leave it out"
            )
        if execution is None:
            if not sandboxed:
                self.log.warning(
                    "Student code runs WITHOUT a sandbox on this machine; see `autograder doctor`"
                )
            execution = _execute(task)
            cache.write(task.key, execution)
        execution = execution.in_languages(course.template(name).languages, course.root / "checks")
        submission = self.submission(resources)
        if submission is not None:
            notes = nb.metadata.get("autograder", {})
            prepared = Prepared(
                submission=submission,
                task=task,
                repairs=tuple(notes.get("repairs", ())),
                questions=tuple(notes.get("questions", ())),
            )
            decided_by = circumstances(course, name, limits, sandboxed, everything)
            self.keep_record(made_of(prepared, execution, decided_by))
        show(execution, nb)
        return nb, resources

    def keep_record(self, record: Record) -> None:
        """As `autograder grade`; the points themselves are nbgrader's to keep."""
        Records.of(self.course()).write(record)


def _execute(task: Task) -> Execution:
    """Execute in this process; the first fork server imports while this process imports torch."""
    ahead = preload.ahead()
    if not ahead.number:
        ahead.launch(Wanted(setup=task.setup, sandboxed=task.sandboxed, limits=task.limits))
        take_from(ahead.source)
    return run_task(task)


def show(execution: Execution, notebook: NotebookNode) -> None:
    """Put outputs into the notebook: those of tests, from which nbgrader reads grades, and what the student saw."""
    notes = notebook.metadata.setdefault("autograder", {})
    submitted = notes.pop("submitted_outputs", {})
    notes["handed_in"] = behind_tests(notebook, submitted)
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            cell.outputs = shown(submitted.get(cell.id), execution.outputs.get(cell.id))
            cell.execution_count = count
        elif is_answered_elsewhere(notebook, cell):  # nbgrader would give 0 points for what nobody has read
            cell.metadata.get("nbgrader", {}).pop("checksum", None)
    notes["sandboxed"] = execution.sandboxed
    notes["problems"] = list(execution.problems)
    notes["not_executed"] = list(execution.not_executed)
    notes["cells"] = {
        result.cell: {
            "status": str(result.status),
            "points": result.points,
            "message": result.message,
            "hidden": result.hidden,
            "replaced": list(result.replaced),
        }
        for result in execution.cells
    }
