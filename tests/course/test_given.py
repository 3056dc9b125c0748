"""What the grader itself takes from the instructor's other cells, and what stays the student's."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course.given import Surroundings, surroundings
from autograder.course.regions import DEFAULT


def notebook(*cells: tuple[str, str]) -> NotebookNode:
    made = []
    for number, (kind, source) in enumerate(cells):
        flags = {"grade": kind == "test", "solution": kind == "answer", "locked": kind in ("given", "test")}
        entry = {"grade_id": f"{kind}-{number}", "points": 1, **flags}
        metadata = {} if kind == "plain" else {"nbgrader": entry}
        made.append(nbformat.v4.new_code_cell(source, id=f"c{number}", metadata=metadata))
    return nbformat.v4.new_notebook(cells=made)


def last(*cells: tuple[str, str]) -> Surroundings:
    """Of the last cell, which is a test."""
    return list(surroundings(notebook(*cells), DEFAULT).values())[-1]


ANSWER = ("answer", "def f(x):\n    return x")


class TestPrelude:
    def test_only_what_the_test_needs_is_taken(self):
        given = ("given", "import numpy as np\nimport torch\nfrom math import pi, tau")
        assert (
            last(given, ANSWER, ("test", "np.testing\npi\nf")).prelude
            == "import numpy as np\nfrom math import pi"
        )

    def test_a_helper_takes_what_it_needs_with_it(self):
        given = ("plain", "import math\ndef close(a, b):\n    return math.isclose(a, b)")
        assert last(given, ANSWER, ("test", "assert close(f(1), 1)")).prelude.splitlines()[0] == "import math"

    @pytest.mark.parametrize(
        "given",
        [
            "def help():\n    return f(1)",
            "def help():\n    return value\nvalue = compute()",
            "def help(): pass\nhelp = 3 if f else 4",
            "class help: pass",
            "help = compute()",
        ],
    )
    def test_what_needs_the_student_or_only_running_tells_is_the_students(self, given):
        assert last(("given", given), ANSWER, ("test", "help")).prelude == ""

    def test_what_an_answer_defines_is_never_the_graders(self):
        assert last(("given", "def f(x): pass"), ANSWER, ("test", "f(1)")).prelude == ""

    def test_a_module_that_only_an_answer_imports_is_the_graders(self):
        answer = ("answer", "import numpy as np\ndef f(x):\n    return np.sum(x)")
        assert last(answer, ("test", "np.allclose(f([1]), 1)")).prelude == "import numpy as np"

    def test_pyplot_holds_the_figures_of_the_students_process(self):
        given = ("given", "import matplotlib.pyplot as plt\nfrom matplotlib import pyplot")
        assert last(given, ANSWER, ("test", "plt.gca(), pyplot.gca()")).prelude == ""

    def test_constants_are_taken_from_cells_that_students_cannot_change(self):
        assert last(("given", "EPS = 1e-3"), ANSWER, ("test", "EPS")).prelude == "EPS = 0.001"
        assert last(("plain", "EPS = 1e-3"), ANSWER, ("test", "EPS")).prelude == ""

    def test_of_a_star_import_comes_only_what_no_cell_defines(self):
        star = ("given", "from math import *")
        assert last(star, ("given", "picture = open('a.png')"), ANSWER, ("test", "f(picture)")).prelude == ""
        assert last(star, ("plain", "x = [f]"), ANSWER, ("test", "f(x)")).prelude == ""
        assert last(star, ANSWER, ("test", "isclose(f(1), 1)")).prelude == "from math import *"

    def test_data_that_other_cells_use_may_have_been_changed(self):
        given = ("given", "data = [3, 1]")
        assert last(given, ANSWER, ("test", "data")).prelude == "data = [3, 1]"
        assert last(given, ("plain", "data.sort()"), ANSWER, ("test", "data")).prelude == ""

    def test_what_an_earlier_test_defines_is_the_graders_though_it_uses_the_students(self):
        earlier = ("test", "import math\ndef check(x):\n    assert math.isclose(f(x), x)")
        assert last(ANSWER, earlier, ("test", "check(2)")).prelude.startswith("import math\ndef check")

    def test_what_stands_later_is_not_there_yet(self):
        cells = [ANSWER, ("test", "math"), ("given", "import math")]
        assert next(iter(surroundings(notebook(*cells), DEFAULT).values())).prelude == ""

    def test_a_cell_with_magics_is_read(self):
        given = ("given", "%matplotlib inline\nimport numpy as np")
        assert last(given, ANSWER, ("test", "np")).prelude == "import numpy as np"

    def test_an_import_that_is_tried_is_taken_whole(self):
        given = ("given", "try:\n    import ujson as json\nexcept ImportError:\n    import json")
        assert last(given, ANSWER, ("test", "json")).prelude.startswith("try:")


class TestReplaced:
    @pytest.mark.parametrize(
        "test",
        [
            "old = f\ndel f\nf = old",
            "def f(x):\n    return 2",
            "from unittest import mock\nwith mock.patch('__main__.f'):\n    pass",
            "import sys\nfrom unittest import mock\nmock.patch.object(sys.modules[__name__], 'f')",
        ],
    )
    def test_a_function_of_the_students_that_the_test_replaces_is_known(self, test):
        assert last(ANSWER, ("test", test)).replaced == ("f",)

    def test_pythons_own_and_those_of_modules_too(self):
        test = (
            "from unittest.mock import patch\npatch('builtins.input')\npatch('random.randint')\nprint = len"
        )
        assert last(ANSWER, ("test", test)).replaced == ("input", "print", "random.randint")

    def test_data_of_the_test_replaces_nothing(self):
        assert last(("answer", "value = 3"), ("test", "value = 4")).replaced == ()


class TestLeft:
    def test_what_students_see_imported_in_a_test_is_there_for_their_later_cells(self):
        test = "import math\ndef check(): pass\nx = 1\n### BEGIN HIDDEN TESTS\nimport random\n### END HIDDEN TESTS"
        assert last(ANSWER, ("test", test)).left == "import math\n\ndef check():\n    pass".replace(
            "\n\n", "\n"
        )

    def test_what_another_cell_imports_too_is_not_imported_twice(self):
        assert last(("given", "import math"), ANSWER, ("test", "import math")).left == ""


class TestNamesThatOnlyTestsSet:
    READS = ("answer", "def f(x):\n    return A @ x")

    def test_those_that_functions_of_answers_read_are_handed_over(self):
        found = last(self.READS, ("test", "A = 1\nb = 2\nassert f(3) == b"))
        assert (found.handed, found.left_values) == (("A",), ("A",))

    def test_those_of_an_earlier_test_are_kept_for_it(self):
        found = last(self.READS, ("test", "A = 1\nassert f(1)"), ("test", "assert f(3) == 3"))
        assert (found.handed, found.carried) == (("A",), ("A",))

    def test_those_that_later_cells_read_are_left_to_them_and_not_handed_over_before(self):
        found = last(ANSWER, ("answer", "z = 2 * y"), ("test", "y = 4\nassert f(4) == y"))
        assert (found.handed, found.left_values) == ((), ("y",))

    def test_what_an_answer_sets_is_not_the_tests_to_hand_over(self):
        found = last(("answer", "A = 0"), self.READS, ("test", "A = 1\nassert f(1)"))
        assert (found.handed, found.left_values) == ((), ())

    @pytest.mark.parametrize("also", [("given", "A = 0"), ("plain", "A = g()")])
    def test_what_a_given_cell_sets_too_is_handed_over_by_the_test_that_sets_it(self, also):
        found = last(also, self.READS, ("test", "A = 1\nassert f(1)"), ("test", "assert f(2)"))
        assert (found.handed, found.left_values) == ((), ())
        found = last(also, self.READS, ("test", "A = 1\nassert f(1)"))
        assert (found.handed, found.left_values) == (("A",), ())

    @pytest.mark.parametrize("answer", ["def f(A):\n    return A", "def f(x):\n    A = x\n    return A"])
    def test_names_of_an_answers_own_are_nothing_to_hand_over(self, answer):
        assert last(("answer", answer), ("test", "A = 1\nassert f(A) == A")).handed == ()


def test_a_file_that_an_answer_writes_and_the_test_names_is_the_students():
    answer = ("answer", "np.save('out.npy', x)\nnp.save('other.npy', x)")
    given = ("given", "np.save('given.npy', x)")
    found = last(given, answer, ("test", "np.load('out.npy'), np.load('given.npy')"))
    assert found.written == ("out.npy",)
