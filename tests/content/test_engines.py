"""The reference in real kernels: the isolated engine, nbgrader's stock one, and a student's own."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from nbgrader import utils
from nbgrader.preprocessors import Execute
from packaging.requirements import Requirement

from autograder.course import cells
from autograder.grading.engine import Engine
from autograder.grading.task import Task
from autograder.kernel.setup import KernelSetup
from autograder.submission.repair import rebuild
from benchmarks import plain
from benchmarks.stock import prelude
from tests.content.answers import ASSIGNMENTS, COURSE, answered

STUDENT_LIBRARIES = ("torch", "torchvision", "numpy", "matplotlib", "scikit-learn", "ipykernel")
SECONDS = 300
THEMES_TAKE_LONG = [
    pytest.param(name, marks=[pytest.mark.slow_theme] if name.startswith("theme_") else [])
    for name in ASSIGNMENTS
]
"""In `make test` their references run in `test_mutants`, whose kernel is a namespace."""

pytestmark = [
    pytest.mark.kernel,
    # ipykernel and nbclient leave sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def engine():
    with Engine() as started:
        yield started


def full_points(notebook) -> dict[str, float]:
    return {cells.grade_id(cell): cells.points(cell) for cell in notebook.cells if cells.is_test(cell)}


@pytest.mark.parametrize("assignment", THEMES_TAKE_LONG)
def test_the_isolated_engine_gives_the_reference_full_points_in_every_cell(assignment, engine, setup):
    template = COURSE.template(assignment)
    notebook = rebuild(template, answered(assignment)).notebook
    isolated = engine.execute(
        Task(notebook=notebook, files=template.files, modules=COURSE.modules(notebook), setup=setup)
    )
    points = {result.cell: result.points for result in isolated.cells if result.points is not None}
    assert points == full_points(notebook)
    assert isolated.problems == ()


@pytest.mark.parametrize("assignment", THEMES_TAKE_LONG)
def test_nbgrader_itself_gives_the_reference_full_points_in_every_cell(assignment, setup, tmp_path):
    notebook = rebuild(COURSE.template(assignment), answered(assignment)).notebook
    assert stock_scores(notebook, setup, tmp_path) == full_points(notebook)


@pytest.mark.parametrize("assignment", THEMES_TAKE_LONG)
def test_a_solved_release_runs_where_only_the_students_libraries_are_installed(assignment, setup, tmp_path):
    notebook = answered(assignment)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(hide_other_packages() + prepared(setup)))
    plain.run(notebook, tmp_path, SECONDS)


def stock_scores(notebook, setup: KernelSetup, folder: Path) -> dict[str, float]:
    """nbgrader's own `Execute`, hidden tests in the student's kernel, and its own rules for grades."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(prepared(setup)))
    execute = Execute(timeout=SECONDS, kernel_manager_class=plain.PlainKernelManager, extra_arguments=[])
    resources = {"metadata": {"path": str(folder)}, "nbgrader": {}}
    with_root = os.pathsep.join([str(COURSE.root), os.environ.get("PYTHONPATH", "")])
    with utils.setenv(PYTHONPATH=with_root):
        notebook, _ = execute.preprocess(notebook, resources)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", f"{cell.id}: {output.get('evalue')}"
    return {
        cells.grade_id(cell): utils.determine_grade(cell)[0] for cell in notebook.cells if cells.is_test(cell)
    }


def prepared(setup: KernelSetup) -> str:
    """Code that lets a plain kernel find the course's data without a network."""
    return (
        prelude(setup)
        + "import warnings; warnings.simplefilter('ignore')\nimport torch; torch.set_num_threads(1)\n"
    )


def hide_other_packages() -> str:
    """Code after which a kernel can import only what the students' libraries need."""
    allowed = closure(STUDENT_LIBRARIES)
    hidden = sorted(
        name
        for name, distributions in metadata.packages_distributions().items()
        if not allowed.intersection(map(normal, distributions))
    )
    return (
        "import sys\n"
        f"_hidden = frozenset({[*hidden, 'autograder', 'solutions']!r})\n"
        "class _Finder:\n"
        "    def __init__(self, finder):\n"
        "        self.finder = finder\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] not in _hidden:\n"
        "            return self.finder.find_spec(name, path, target)\n"
        "    def __getattr__(self, name):\n"
        "        return getattr(self.finder, name)\n"
        "sys.meta_path[:] = [_Finder(finder) for finder in sys.meta_path if hasattr(finder, 'find_spec')]\n"
    )


def closure(names) -> set[str]:
    """Distributions that these need, with all that those need."""
    found: set[str] = set()
    pending = [normal(name) for name in names]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        pending += [
            normal(Requirement(requirement).name)
            for requirement in requirements
            if "extra ==" not in requirement
        ]
    return found


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-").strip()
