"""Test cells read what the assignment ships, as the instructor has it, wherever the grader was started."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.grading.beside import folder_of, working_in
from autograder.grading.results import Status
from autograder.grading.testcell import run_test_cell
from tests.fakes import InProcessKernel


def judged(test: str, student: str, tmp_path: Path, files: dict[str, bytes]):
    """The verdict on a student whose copies of the files are other ones."""
    mine = tmp_path / "kernel"
    mine.mkdir(exist_ok=True)
    kernel = InProcessKernel(student, folder=mine, files=[(name, b"0,0\n") for name in files])
    with folder_of(list(files.items())) as folder:
        return run_test_cell(test, kernel, folder=folder)


@pytest.mark.parametrize(
    "test",
    [
        "assert f() == [float(x) for x in open('data.csv').read().split(',')]",
        "from pathlib import Path\nassert f()[0] == float(Path('data.csv').read_text().split(',')[0])",
        "import csv\nwith open('data.csv') as file:\n    assert f() == [float(x) for x in next(csv.reader(file))]",
        "import numpy as np\nnp.testing.assert_allclose(f(), np.loadtxt('data.csv', delimiter=','))",
        "import numpy as np\nnp.testing.assert_allclose(f(), np.load('deep/array.npy'))",
        "import os\nassert os.listdir('deep') == ['array.npy'] and f()[1] == 5",
    ],
)
def test_a_test_cell_reads_the_instructors_copy(test, tmp_path):
    np.save(tmp_path / "array.npy", [1.0, 5.0])
    files = {"data.csv": b"1,5\n", "deep/array.npy": (tmp_path / "array.npy").read_bytes()}
    assert judged(test, "def f(): return [1.0, 5.0]", tmp_path, files).status is Status.PASSED
    assert judged(test, "def f(): return [0.0, 0.0]", tmp_path, files).status is not Status.PASSED


def test_a_test_cell_imports_shipped_modules_and_the_next_assignment_has_its_own(tmp_path):
    student = "def f(x): return 2 * x\ndef check(function): pass"
    first = {"my_checks.py": b"def check(function):\n    assert function(2) == 4, 'not doubled'\n"}
    other = {"my_checks.py": b"def check(function):\n    assert function(2) == 5, 'not five'\n"}
    test = "from my_checks import check\ncheck(f)"
    assert judged(test, student, tmp_path, first).status is Status.PASSED
    verdict = judged(test, student, tmp_path, other)
    assert (verdict.status, verdict.message) == (Status.FAILED, "not five")
    assert "my_checks" not in sys.modules


def test_what_a_test_cell_writes_goes_with_its_folder_and_nothing_else_changes(tmp_path):
    place, path = Path.cwd(), sys.path[:]
    with folder_of([]) as folder:
        run_test_cell("open('left.txt', 'w').close()\n1 / 0", InProcessKernel(), folder=folder)
        assert (folder / "left.txt").is_file()
    assert not folder.exists()
    assert (Path.cwd(), sys.path) == (place, path)


def test_the_folder_in_which_the_grader_was_started_is_not_imported_from(tmp_path, monkeypatch):
    (tmp_path / "stray_module.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    with folder_of([]) as folder, working_in(folder), pytest.raises(ImportError):
        __import__("stray_module")
