"""Regions are read with the delimiters that the course configures, in one place."""

from __future__ import annotations

import nbformat
import pytest
from traitlets.config import Config

from autograder.course.regions import DEFAULT, Regions
from autograder.course.template import Stubs, load
from autograder.errors import CourseError

SOURCE = """def f():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION
### BEGIN HIDDEN TESTS
assert f() == 1
### END HIDDEN TESTS
print(f())
"""


class TestReleased:
    def test_hidden_tests_are_left_out(self):
        source = "assert a\n### BEGIN HIDDEN TESTS\nassert b\n### END HIDDEN TESTS"
        assert DEFAULT.released(source) == "assert a"

    def test_mark_schemes_are_left_out(self):
        source = "Why?\n\n=== BEGIN MARK SCHEME ===\nBecause.\n=== END MARK SCHEME ==="
        assert DEFAULT.released(source) == "Why?"
        assert DEFAULT.without_scheme(source) == "Why?"

    def test_what_stands_after_them_stays(self):
        source = "assert a\n### BEGIN HIDDEN TESTS\nassert b\n### END HIDDEN TESTS\nassert c\n"
        assert DEFAULT.released(source) == "assert a\nassert c"

    def test_two_regions_are_two(self):
        region = "### BEGIN HIDDEN TESTS\nassert b\n### END HIDDEN TESTS\n"
        assert DEFAULT.released(f"{region}assert a\n{region}") == "assert a"

    def test_what_is_not_closed_is_no_region(self):
        source = "a = 1\n# BEGIN HIDDEN TESTS\nassert b"
        assert DEFAULT.released(source) == source


def test_a_region_of_another_kind_inside_is_removed_with_it():
    assert DEFAULT.public(SOURCE) == "def f():\nprint(f())"


def test_a_solution_is_kept_without_its_delimiters():
    assert DEFAULT.answered(SOURCE).startswith("def f():\n    return 1\n###")


def test_the_lines_within_regions_are_the_secret_ones():
    assert [line.strip() for line in DEFAULT.secret_lines(SOURCE)] == ["return 1", "assert f() == 1"]


def test_the_first_hidden_line_is_counted_from_one():
    assert DEFAULT.first_hidden_line(SOURCE) == 5
    assert DEFAULT.first_hidden_line("a\nb") == 3


def test_a_line_that_only_speaks_of_autotests_is_none():
    assert DEFAULT.autotests("### HASHED AUTOTEST f(1)") == ["f(1)"]
    assert DEFAULT.autotests("    # AUTOTEST f(1); f(2)") == ["f(1)", "f(2)"]
    assert not DEFAULT.autotests("AUTOTEST = 1")


@pytest.fixture
def french() -> Regions:
    config = Config()
    config.ClearSolutions.begin_solution_delimeter = "DEBUT CORRIGE"
    config.ClearSolutions.end_solution_delimeter = "FIN CORRIGE"
    config.ClearHiddenTests.begin_test_delimeter = "DEBUT TESTS"
    config.ClearHiddenTests.end_test_delimeter = "FIN TESTS"
    config.ClearMarkScheme.begin_mark_scheme_delimeter = "DEBUT BAREME"
    config.ClearMarkScheme.end_mark_scheme_delimeter = "FIN BAREME"
    config.InstantiateTests.autotest_delimiter = "TESTAUTO"
    return Regions.of(config)


def test_a_course_may_have_words_of_its_own(french):
    source = "x\n# DEBUT TESTS\ny\n# FIN TESTS\n# DEBUT BAREME\nz\n# FIN BAREME"
    assert french.released(source) == "x"
    assert french.without_scheme(source).endswith("FIN TESTS")
    assert french.answered("# DEBUT CORRIGE\na\n# FIN CORRIGE") == "a"
    assert french.autotests("# TESTAUTO f(1)")
    assert french.released(SOURCE) == SOURCE.rstrip()


def test_a_notebook_carries_the_words_of_its_course(french):
    assert Regions.of_notes({"regions": french.noted()}) == french
    assert DEFAULT.noted() == {}
    assert Regions.of_notes({}) == DEFAULT


def test_a_mark_scheme_is_read_with_the_words_of_the_course(french):
    assert french.scheme_of("Why?\nDEBUT BAREME\n**1** a\nFIN BAREME\nx") == "**1** a\n"
    assert DEFAULT.scheme_of("Why?") == ""


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["x = 1", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"], "nested"),
        (["x = 1", "### BEGIN SOLUTION\nx = 1"], "no end solution"),
    ],
)
def test_a_region_that_cannot_be_cleared_is_named_with_its_cell(tmp_path, sources, said):
    entry = {"grade": False, "solution": True, "locked": False, "schema_version": 3}
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                source, id=f"q{number}", metadata={"nbgrader": {**entry, "grade_id": f"q{number}"}}
            )
            for number, source in enumerate(sources)
        ]
    )
    nbformat.write(notebook, tmp_path / "hw.ipynb")
    with pytest.raises(CourseError, match=rf"{said}.*cell 'q1'.*a line of its own"):
        load(tmp_path / "hw.ipynb", Stubs.of(Config()), Regions())


def test_a_solution_where_nbgrader_takes_no_answer_is_named_with_its_cell(tmp_path):
    cell = nbformat.v4.new_code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", id="plain")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "hw.ipynb")
    with pytest.raises(CourseError, match="cell 'plain'.*that nbgrader knows as an answer"):
        load(tmp_path / "hw.ipynb", Stubs.of(Config()), Regions())
