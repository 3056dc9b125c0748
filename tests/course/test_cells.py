"""What kind of cell a cell is, and which names it needs and defines."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course import cells
from tests import small_course


def kinds(identity: str) -> set[str]:
    cell = small_course.cell_of(small_course.source(), identity)
    return {name for name in ("is_test", "is_answer", "is_written") if getattr(cells, name)(cell)}


class TestKinds:
    @pytest.mark.parametrize(
        ("identity", "expected"),
        [
            ("intro-ja", set()),
            ("imports", set()),
            ("try-it", set()),
            ("reply", set()),
            ("scale", {"is_answer"}),
            ("test_scale", {"is_test"}),
            ("task", {"is_written"}),
        ],
    )
    def test_a_cell_is_of_one_kind(self, identity, expected):
        assert kinds(identity) == expected

    def test_a_graded_answer_is_written_and_no_test(self):
        cell = small_course.cell_of(small_course.source(), "test_scale")
        cell.metadata.nbgrader.solution = True
        assert cells.is_written(cell)
        assert not cells.is_test(cell)

    def test_the_language_comes_from_the_tag(self):
        found = [cells.language(cell) for cell in small_course.source().cells]
        assert found[:3] == ["ja", "en", None]

    def test_a_cell_without_metadata_of_nbgrader_has_no_id(self):
        assert cells.grade_id(small_course.cell_of(small_course.source(), "try-it")) == ""
        assert cells.grade_id(small_course.cell_of(small_course.source(), "task")) == "task"


class TestDefinedNames:
    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("def f(): x = 1", {"f"}),
            ("class A:\n    b = 1", {"A"}),
            ("async def f(): ...", {"f"}),
            ("a, (b, *c) = value", {"a", "b", "c"}),
            ("import torch.nn as nn, os.path", {"nn", "os"}),
            ("from a import b as c", {"c"}),
            ("for i in x: pass", {"i"}),
            ("if x:\n    y = 1\nelse:\n    z = 2", {"y", "z"}),
            ("with open(p) as file: pass", {"file"}),
            ("(n := 3)", {"n"}),
            ("print(a)", set()),
            ("", set()),
        ],
    )
    def test_top_level_names_are_found(self, source, names):
        assert cells.defined_names(source) == names

    def test_magics_and_shell_commands_hide_nothing(self):
        source = "%matplotlib inline\n!pip install x\nimport torch\nfiles = !ls\na, b = %magic"
        assert cells.defined_names(source) == {"torch", "files", "a", "b"}

    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("%%bash\nx=1", set()),
            ("%%timeit\nx = 1", set()),
            ("%%writefile x.py\nx = 1", set()),
            ("%%time\ndef f(): pass", {"f"}),
            ("\n%%time\nfiles = !ls\n%matplotlib inline", {"files"}),
            ("%%capture", set()),
            ("%%capture --no-stderr shown\ndef f(): pass\nf()", {"f", "shown"}),
        ],
    )
    def test_a_cell_magic_defines_what_stands_below_it_where_that_is_python(self, source, names):
        assert cells.defined_names(source) == names

    def test_a_cell_that_does_not_parse_is_read_for_functions_classes_and_assignments(self):
        assert cells.defined_names("\ufeffanswer = 3\nif answer == (4: pass\nanswer == 5\n  inner = 1") == {
            "answer"
        }
        assert cells.defined_names("def f(x:\n    return\nclass A: pass\n  def inner(): pass") == {"f", "A"}
        assert cells.defined_names("%matplotlib inline\ndef f(): pass") == {"f"}
        assert cells.defined_names("a = '\0'\ndef f(): pass") == {"a", "f"}


@pytest.mark.parametrize(
    ("id", "source", "name"),
    [
        ("answer", "x = 1", "answer"),
        ("added-5fa3-1", "\n  while True:\n    pass", "added cell 'while True:'"),
        ("added-5fa3-1", "", "added cell ''"),
        ("added-5fa3-1", "x" * 100, f"added cell '{'x' * 40}'"),
    ],
)
def test_a_cell_is_called_what_people_find_it_by(id, source, name):
    assert cells.called(nbformat.v4.new_code_cell(source, id=id)) == name


class TestFreeNames:
    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("assert f(1) == 2", {"f"}),
            ("import torch\nassert f(torch.ones(1))", {"f"}),
            ("x = 1\nassert f(x)", {"f"}),
            ("assert all(f(i) for i in range(3))", {"f"}),
            ("def check():\n    return f(1)\ncheck()", {"f"}),
            ("def check(f):\n    return f(1)", set()),
            ("def outer():\n    y = 1\n    def inner():\n        return y + f(1)\n    return inner", {"f"}),
            ("class A:\n    b = f(1)", {"f"}),
            ("lambda x: x + f(1)", {"f"}),
            ("print(len([1]), __name__)", set()),
            ("f.attribute.other", {"f"}),
            ("x = f(x)", {"f"}),
            ("def check(x: f = g) -> h: ...", {"f", "g", "h"}),
        ],
    )
    def test_names_that_are_neither_imported_nor_assigned_are_free(self, source, names):
        assert cells.free_names(source) == names

    @pytest.mark.parametrize(
        "source",
        [
            "%%time\nassert f(1)",
            "%matplotlib inline\nassert f(1)",
            "%%capture\nf(1)",
            "if f(1):\n    %time f(2)",
        ],
    )
    def test_magics_that_change_nothing_of_a_test_are_left_out(self, source):
        assert cells.free_names(source) == {"f"}

    @pytest.mark.parametrize("source", ["%run f.py", "assert", "!ls", "%%capture out\nf(1)", "%%bash\nls"])
    def test_a_test_cell_must_be_plain_python(self, source):
        with pytest.raises(SyntaxError):
            cells.free_names(source)
