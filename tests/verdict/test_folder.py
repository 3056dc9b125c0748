"""Test cells read what the assignment ships, as the instructor has it, wherever the grader was started."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.boundary.named_files import NamedFiles
from autograder.course.given import Surroundings
from autograder.errors import BoundaryError
from autograder.verdict.folder import folder_of, working_in
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status
from tests.fakes import InProcessKernel


def judged(test: str, student: str, tmp_path: Path, files: dict[str, bytes], **given: tuple[str, ...]):
    """The verdict on a student whose copies of the files are other ones."""
    mine = tmp_path / "kernel"
    mine.mkdir(exist_ok=True)
    kernel = InProcessKernel(student, folder=mine, files=[(name, b"0,0\n") for name in files])
    with folder_of(list(files.items())) as folder:
        return run_test_cell(test, kernel, folder=folder, shipped=files, given=Surroundings(**given))


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


def test_a_test_cell_imports_from_folders_that_given_cells_put_on_the_path(tmp_path):
    files = {"code/my_checks.py": b"def check(function):\n    assert function(2) == 4, 'not doubled'\n"}
    test = "from my_checks import *\ncheck(f)"
    assert judged(test, "def f(x): return 2 * x", tmp_path, files, folders=("code",)).status is Status.PASSED
    assert judged(test, "def f(x): return x", tmp_path, files, folders=("code",)).message == "not doubled"
    assert "my_checks" not in sys.modules


def test_a_shipped_file_that_an_answer_writes_is_read_as_the_student_left_it(tmp_path):
    test = "assert open('out.csv').read() == '1,5\\n'\nassert open('data.csv').read() == '1,5\\n'"
    files = {"out.csv": b"1,5\n", "data.csv": b"1,5\n"}
    right = "open('out.csv', 'w').write('1,5\\n')"
    for student, status in [(right, Status.PASSED), ("pass", Status.FAILED)]:
        assert judged(test, student, tmp_path, files, written=("out.csv",)).status is status
    assert judged(test, "pass", tmp_path, files).status is Status.PASSED


class TestModulesBesideANotebook:
    MODULE = (
        b"class Meta(type): pass\nclass Shape(metaclass=Meta): pass\n"
        b"def check(p):\n    assert p._x == 1 and not isinstance(p, (Shape, int)) and isinstance(p, object)\n"
        b"def called(p): return callable(p.f), isinstance(p.f, list), repr(p)\n"
    )
    STUDENT = "class P:\n    def __init__(self): self._x = 1\n    def f(self): return 2\n    def __repr__(self): return 'P!'\np = P()"

    def test_they_read_private_names_and_ask_what_a_students_object_is(self, tmp_path):
        test = "import helper\nhelper.check(p)\nassert helper.called(p) == (True, False, 'P!')"
        verdict = judged(test, self.STUDENT, tmp_path, {"helper.py": self.MODULE})
        assert verdict.status is Status.PASSED, verdict.message

    def test_those_of_a_package_do_so_too(self, tmp_path):
        files = {"kit/__init__.py": b"from kit.deep import check", "kit/deep.py": self.MODULE}
        verdict = judged("from kit import check\ncheck(p)", self.STUDENT, tmp_path, files)
        assert verdict.status is Status.PASSED, verdict.message

    def test_libraries_do_not_read_them(self, tmp_path):
        test = "import operator\ntry:\n    operator.attrgetter('_repr_html_')(p)\nexcept AttributeError:\n    pass"
        test += "\nimport pandas\nassert pandas.isna(p) is False"
        student = "asked = []\nclass P:\n    def __getattr__(self, name):\n        asked.append(name)\n        return 1\np = P()"
        kernel = InProcessKernel(student)
        with folder_of([]) as folder:
            run_test_cell(test, kernel, folder=folder)
        assert set(kernel.namespace["asked"]) <= {"_repr_html_"}


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


class TestFilesThatATestNames:
    def judged(self, test: str, student: str, tmp_path: Path, files: dict[str, bytes] | None = None):
        kernel = InProcessKernel(student, folder=tmp_path)
        with folder_of(list((files or {}).items())) as folder:
            verdict = run_test_cell(test, kernel, folder=folder, shipped=files or {})
            return verdict, sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))

    @pytest.mark.parametrize(
        "test",
        [
            "f([1, 2])\nassert open('out.csv').read() == '1,2\\n'",
            "f([1, 2])\nimport csv\nassert next(csv.reader(open('out.csv'))) == ['1', '2']",
            "import numpy as np\nf([1, 2])\nassert np.loadtxt('out.csv', delimiter=',').tolist() == [1, 2]",
            "import os\nassert not os.path.exists('out.csv')\nf([1])\nassert os.path.exists('out.csv')",
            "import os\nf([1])\nassert open(os.path.join('.', 'out.csv')).read() == open('./out.csv').read() == '1\\n'",
            "import os\nplace = os.getcwd()\nf([1])\nassert open(f'{place}/out.csv').read() == '1\\n'",
            "from pathlib import Path\nf([3])\nassert Path('out.csv').read_text() == '3\\n'\nf([4, 5])\n"
            "assert Path('out.csv').read_text() == '4,5\\n'",
        ],
    )
    def test_what_the_students_code_writes_is_read(self, test, tmp_path):
        student = "def f(xs):\n    with open('out.csv', 'w') as file:\n        print(*xs, sep=',', file=file)"
        verdict, _ = self.judged(test, student, tmp_path)
        assert verdict.status is Status.PASSED, verdict.message

    def test_what_a_cell_wrote_before_the_test_is_read(self, tmp_path):
        verdict, _ = self.judged(
            "assert open('a.txt').read() == 'hé'", "open('a.txt', 'w').write('hé')", tmp_path
        )
        assert verdict.status is Status.PASSED, verdict.message

    def test_what_the_test_writes_the_students_code_reads(self, tmp_path):
        student = "def f(name):\n    with open(name) as file:\n        return len(file.read().split())"
        test = (
            "with open('in.txt', 'w') as file:\n    file.write('one two')\nassert f('in.txt') == 2\n"
            "with open('in.txt', 'a') as file:\n    file.write(' three')\nassert f('in.txt') == 3"
        )
        verdict, _ = self.judged(test, student, tmp_path)
        assert verdict.status is Status.PASSED, verdict.message

    def test_saved_arrays_are_read(self, tmp_path):
        student = (
            "import numpy as np\ndef f(n):\n    np.save('a.npy', np.arange(n))\n"
            "    np.savez('b.npz', x=np.ones(n), names=np.array(['u', 'v']))"
        )
        test = (
            "import numpy as np\nf(3)\nassert np.load('a.npy').tolist() == [0, 1, 2]\nboth = np.load('b.npz')\n"
            "assert both['x'].sum() == 3 and both['names'].tolist() == ['u', 'v']"
        )
        verdict, _ = self.judged(test, student, tmp_path)
        assert verdict.status is Status.PASSED, verdict.message

    @pytest.mark.parametrize(
        "arrays", ["np.array([Evil()], dtype=object)", "np.array([1, 'a', None], dtype=object)"]
    )
    def test_arrays_of_objects_do_not_come(self, arrays, tmp_path):
        student = (
            "import numpy as np\nclass Evil:\n    def __reduce__(self): return print, ('unpickled',)\n"
            f"np.save('a.npy', {arrays}, allow_pickle=True)\ndef f(): pass"
        )
        verdict, there = self.judged("assert callable(f) and 'a.npy'", student, tmp_path)
        assert (verdict.status, there) == (Status.PASSED, [])

    def test_a_picture_is_there_but_nothing_of_it_is(self, tmp_path):
        student = "open('plot.png', 'wb').write(b'what a decoder would choke on')"
        test = "import os\nassert os.path.getsize('plot.png') == 29\nassert not any(open('plot.png', 'rb').read())"
        verdict, _ = self.judged(test, student, tmp_path)
        assert verdict.status is Status.PASSED, verdict.message

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("model.pkl", "cos\\nsystem"),
            ("helper.py", "import os"),
            ("array.npy", "x"),
            ("arrays.npz", "cos\\nsystem"),
            ("conftest.py", "import os"),
            ("noname", "x"),
            ("../up.txt", "x"),
            ("/tmp/absolute.txt", "x"),
            (".hidden.txt", "x"),
            ("binary.txt", "\\0"),
            ("other.txt", "x" * (2**22 + 1)),
        ],
    )
    def test_nothing_comes_that_could_be_loaded_or_lies_elsewhere(self, name, content, tmp_path):
        student = f"import os\nos.chdir({str(tmp_path)!r})\ntry:\n    open({name!r}, 'w').write('{content}')\nexcept OSError:\n    pass"
        verdict, there = self.judged(
            f"name = {name!r}\nassert callable(f)", student + "\ndef f(): pass", tmp_path
        )
        assert (verdict.status, there) == (Status.PASSED, [])

    def test_what_no_test_names_does_not_come(self, tmp_path):
        _, there = self.judged("assert callable(f)", "open('a.txt', 'w').write('x')\ndef f(): pass", tmp_path)
        assert there == []

    def test_the_instructors_copy_stays(self, tmp_path):
        student = "def f():\n    open('data.csv', 'w').write('0')"
        test = "f()\nassert open('data.csv').read() == '1'"
        verdict, _ = self.judged(test, student, tmp_path, {"data.csv": b"1"})
        assert verdict.status is Status.PASSED, verdict.message

    @pytest.mark.parametrize(
        "claim", [3, {"b.txt": b""}, {"a.txt": "text"}, {"a.txt": bytes(2**22 + 1)}, [b"a"]]
    )
    def test_what_is_forged_is_refused(self, claim, tmp_path):
        files = NamedFiles(["a.txt"], tmp_path)
        with pytest.raises(BoundaryError):
            files.receive(claim)
        assert not list(tmp_path.iterdir())
