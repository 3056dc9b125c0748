"""A source or a release that would do harm is refused, with the cell and what to write."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.course.regions import DEFAULT
from autograder.errors import ReleaseError, SourceError
from autograder.release.rules import check_release, check_source
from tests import small_course
from tests.small_course import cell_of


@pytest.fixture
def source() -> NotebookNode:
    return small_course.source()


def insert(notebook: NotebookNode, position: int, *cells: NotebookNode) -> None:
    notebook.cells[position:position] = cells


def text(identity: str, *tags: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell("text", id=identity, metadata={"tags": list(tags)})


class TestCheckSource:
    def refused(self, source: NotebookNode) -> str:
        with pytest.raises(SourceError) as caught:
            check_source(source, "small", DEFAULT)
        message = str(caught.value)
        assert message.startswith("source notebook 'small', cell '")
        return message.partition("', cell '")[2]

    def test_a_good_source_is_accepted(self, source):
        check_source(source, "small", DEFAULT)

    def test_a_test_may_not_use_a_name_that_nobody_defines(self, source):
        cell_of(source, "test_total").source = "assert total([1]) == helper(1) + other"
        message = self.refused(source)
        assert message.startswith("test_total'")
        assert "helper, other" in message
        assert "import it in the test cell" in message

    def test_what_an_earlier_test_cell_computes_counts_and_a_later_one_does_not(self, source):
        cell_of(source, "test_scale").source += "\nx = scale(torch.ones(1), 2)"
        cell_of(source, "test_total").source = "assert total([x]) == 1\ny = 1"
        check_source(source, "small", DEFAULT)
        cell_of(source, "test_scale").source += "\nassert y"
        assert "uses y" in self.refused(source)

    def test_what_an_earlier_test_cell_imports_or_defines_counts(self, source):
        cell_of(source, "test_scale").source += "\nimport math\ndef limit(x):\n    return x\nTOLERANCE = 1e-6"
        cell_of(source, "test_total").source = "assert abs(total([1]) - math.pi) < limit(TOLERANCE)"
        check_source(source, "small", DEFAULT)

    def test_what_a_later_test_cell_imports_does_not_count(self, source):
        cell_of(source, "imports").source = "FACTOR = 3"
        cell_of(source, "test_scale").source = "assert math.pi > scale(1, 2)"
        cell_of(source, "test_total").source += "\nimport math"
        assert "uses math" in self.refused(source)

    def test_an_autotest_is_refused_with_what_to_write(self, source):
        cell_of(source, "test_total").source = "### HASHED AUTOTEST total([1])"
        assert "write the comparison" in self.refused(source)

    def test_a_test_cell_must_be_plain_python(self, source):
        cell_of(source, "test_total").source = "%timeit total([1])"
        assert "leave that line out" in self.refused(source)
        cell_of(source, "test_total").source = "assert total([1]) = 1"
        assert "plain Python" in self.refused(source)

    def test_the_history_of_ipython_is_not_where_tests_run(self, source):
        cell_of(source, "test_total").source = "exec(In[-2])"
        assert "of the student's IPython" in self.refused(source)

    def test_a_test_cell_needs_points(self, source):
        cell_of(source, "test_total").metadata.nbgrader.points = -1
        assert "-1 is less than the minimum of 0" in self.refused(source)
        cell_of(source, "test_total").metadata.nbgrader.pop("points")
        assert "does not have points" in self.refused(source)

    def test_a_test_cell_may_give_no_points_at_all(self, source):
        cell_of(source, "test_total").metadata.nbgrader.points = 0
        check_source(source, "small", DEFAULT)

    def test_metadata_of_an_older_nbgrader_are_to_be_updated(self, source):
        cell_of(source, "total").metadata.nbgrader.schema_version = 1
        with pytest.raises(SourceError, match=r"version 1, expected 3.*run `nbgrader update .`"):
            check_source(source, "small", DEFAULT)

    def test_a_tag_that_only_a_test_can_have_is_refused_on_another_cell(self, source):
        small_course.cell_of(source, "test_scale").metadata.tags = ["follow-through"]
        check_source(source, "small", DEFAULT)
        small_course.cell_of(source, "scale").metadata.tags = ["follow-through"]
        with pytest.raises(SourceError, match="cell 'scale'.*'follow-through' is for test cells"):
            check_source(source, "small", DEFAULT)

    def test_what_nbgrader_would_refuse_is_refused_with_the_cell(self, source):
        del cell_of(source, "total").metadata.nbgrader["locked"]
        assert "nbgrader refuses its metadata: 'locked'" in self.refused(source)

    @pytest.mark.parametrize(
        ("region", "why"),
        [
            (
                "### BEGIN HIDDEN TESTS\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS",
                "nested begin hidden tests",
            ),
            ("### BEGIN HIDDEN TESTS\nassert total([1]) == 1", "no end hidden tests"),
            ("=== BEGIN MARK SCHEME ===\n4: good", "no end mark scheme"),
        ],
    )
    def test_regions_that_nbgrader_cannot_remove_are_refused_with_the_cell(self, source, region, why):
        cell_of(source, "test_total").source = region
        message = self.refused(source)
        assert message.startswith("test_total'")
        assert why in message.lower()

    def test_hidden_tests_belong_into_cells_that_give_points(self, source):
        cell_of(source, "imports").source += "\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"
        assert "non-grade cell" in self.refused(source)

    def test_two_cells_may_not_share_an_id(self, source):
        cell_of(source, "try-it").id = "total"
        assert "used by two cells" in self.refused(source)

    def test_two_cells_may_not_share_a_grade_id(self, source):
        cell_of(source, "total").metadata.nbgrader.grade_id = "scale"
        assert self.refused(source).startswith("scale'")

    def test_a_text_needs_a_language(self, source):
        insert(source, 0, text("lost"))
        message = self.refused(source)
        assert message.startswith("lost'")
        assert "lang-ja, lang-en" in message

    def test_a_text_in_one_language_needs_its_partner(self, source):
        insert(source, 2, text("alone", "lang-ja"))
        assert self.refused(source).startswith("alone'")

    def test_partners_stand_together_in_one_order(self, source):
        first, second = source.cells[6:8]
        source.cells[6:8] = [second, first]
        assert "stand together, in this order" in self.refused(source)

    def test_a_partner_at_the_end_is_missed(self, source):
        insert(source, len(source.cells), text("last", "lang-ja"))
        assert self.refused(source).startswith("last'")

    def test_a_message_that_students_of_one_language_cannot_read_is_refused_with_the_cell(self, source):
        test = cell_of(source, "test_scale")
        test.source = f"assert True, 'always'\n{test.source}"
        assert "expected 'Japanese / English'" in self.refused(source)
        test.source = test.source.replace("always", "いつも / always")
        check_source(source, "small", DEFAULT)

    def test_a_source_in_one_language_needs_no_tags(self, source):
        source.cells = [cell for cell in source.cells if cell.cell_type == "code"]
        insert(source, 0, text("free"))
        check_source(source, "small", DEFAULT)


class TestCheckRelease:
    @pytest.fixture
    def release(self, registered: Course) -> NotebookNode:
        notebook = copy.deepcopy(registered.template("small").in_language("en"))
        for cell in notebook.cells:
            cell.source = DEFAULT.public(cell.source)
        return notebook

    def test_a_good_release_is_accepted(self, release, source):
        check_release(release, source, "small", DEFAULT)

    @pytest.mark.parametrize(
        ("identity", "line"),
        [
            ("imports", "    scaled_by_reference = x * factor"),
            ("intro-en", "return summed_by_reference"),
            ("try-it", 'assert total([0.5, 0.25]) == 0.75, "total is wrong for fractions"'),
            ("reply", "Two points for any sensible answer that mentions adding."),
        ],
    )
    def test_a_line_of_a_solution_a_hidden_test_or_a_mark_scheme_is_found_anywhere(
        self, release, source, identity, line
    ):
        cell_of(release, identity).source += f"\n{line}"
        with pytest.raises(ReleaseError, match=f"cell '{identity}' shows a line"):
            check_release(release, source, "small", DEFAULT)

    @pytest.mark.parametrize("marker", DEFAULT.delimiters)
    def test_a_marker_that_is_left_is_found(self, release, source, marker):
        cell_of(release, "scale").source += f"\n# {marker}"
        with pytest.raises(ReleaseError, match=f"'{marker}' are still there"):
            check_release(release, source, "small", DEFAULT)

    def test_outputs_are_found(self, release, source):
        cell_of(release, "try-it").outputs = [nbformat.v4.new_output("stream", text="3.0")]
        with pytest.raises(ReleaseError, match="has outputs"):
            check_release(release, source, "small", DEFAULT)

    def test_a_short_line_that_stands_elsewhere_tells_nothing(self, release, source):
        cell_of(source, "scale").source += "\n### BEGIN SOLUTION\nreturn x\n### END SOLUTION"
        cell_of(release, "imports").source += "\nreturn x"
        check_release(release, source, "small", DEFAULT)

    def test_a_line_that_students_are_shown_anyway_is_no_secret(self, release, source):
        line = "torch.manual_seed(0)  # the same for all"
        cell_of(source, "imports").source += f"\n{line}"
        cell_of(source, "scale").source += f"\n### BEGIN SOLUTION\n{line}\n### END SOLUTION"
        cell_of(release, "imports").source += f"\n{line}"
        check_release(release, source, "small", DEFAULT)
