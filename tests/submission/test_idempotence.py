"""What was rebuilt once is not changed by being rebuilt again: two engines must see one notebook."""

from __future__ import annotations

import copy

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.template import Template
from autograder.submission.repair import rebuild
from tests.small_course import ANSWERS
from tests.submission.rebuilding import GRADED, answered


def merge(notebook: NotebookNode) -> None:
    """Put every second cell into the one before."""
    for first, second in zip(notebook.cells[::2], notebook.cells[1::2], strict=False):
        first.source += "\n" + second.source
    del notebook.cells[1::2]


WAYS = {
    "reverse": lambda notebook: notebook.cells.reverse(),
    "lose the ids": lambda notebook: [cell.pop("id", None) for cell in notebook.cells],
    "lose the metadata": lambda notebook: [cell.update(metadata={}) for cell in notebook.cells],
    "double every cell": lambda notebook: notebook.cells.extend(copy.deepcopy(notebook.cells)),
    "delete every third": lambda notebook: notebook.cells.__delitem__(slice(None, None, 3)),
    "make all markdown": lambda notebook: [cell.update(cell_type="markdown") for cell in notebook.cells],
    "make all code": lambda notebook: [cell.update(cell_type="code") for cell in notebook.cells],
    "empty every other": lambda notebook: [cell.update(source="") for cell in notebook.cells[::2]],
    "one id for all": lambda notebook: [cell.update(id="scale") for cell in notebook.cells],
    "add code": lambda notebook: notebook.cells.insert(
        4, nbformat.v4.new_code_cell("def total(v):\n    return 1")
    ),
    "add text": lambda notebook: notebook.cells.insert(9, nbformat.v4.new_markdown_cell("## mine")),
    "merge": lambda notebook: merge(notebook),
    "edit all": lambda notebook: [cell.update(source=cell.source + "\n# mine") for cell in notebook.cells],
}


SCALE = {"source": ANSWERS["scale"]}


class TestIdempotence:
    """What was rebuilt once is not changed by being rebuilt again: two engines must see one notebook."""

    def assert_stable(self, template: Template, notebook: NotebookNode) -> None:
        once = rebuild(template, notebook)
        twice = rebuild(template, once.notebook)
        assert [(c.id, c.cell_type, c.source, c.metadata) for c in twice.notebook.cells] == [
            (c.id, c.cell_type, c.source, c.metadata) for c in once.notebook.cells
        ]
        # and as nbgrader sees it: written to a file and read again
        read = nbformat.reads(nbformat.writes(once.notebook), as_version=4)
        assert rebuild(template, read).notebook.cells == twice.notebook.cells

    @pytest.mark.parametrize("way", WAYS)
    def test_each_way_to_break_a_notebook_is_repaired_once(self, template, submission, way):
        WAYS[way](submission)
        self.assert_stable(template, submission)

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.sampled_from(sorted(WAYS)), min_size=2, max_size=5), st.sampled_from(["ja", "en"]))
    def test_several_ways_together_are_repaired_once(self, template, ways, language):
        notebook = answered(template, language)
        for way in ways:
            WAYS[way](notebook)
        self.assert_stable(template, notebook)

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    "source": st.sampled_from([*ANSWERS.values(), "x = 1", "", "## text"])
                    | st.text(max_size=20)
                },
                optional={
                    "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]),
                    "id": st.sampled_from([*GRADED, "reply", "x"]),
                    "metadata": st.sampled_from([{}, {"nbgrader": {"grade_id": "total"}}]),
                },
            ),
            max_size=10,
        )
    )
    @example([SCALE, {**SCALE, "cell_type": "code", "id": "test_scale"}, {"source": "1", "id": "scale"}])
    @example([SCALE, {**SCALE, "metadata": {"nbgrader": {"grade_id": "total"}}}])
    @example(
        [SCALE, {**SCALE, "metadata": {"nbgrader": {"grade_id": "total"}}}, {"source": "1", "id": "scale"}]
    )
    def test_any_list_of_cells_is_rebuilt_to_a_valid_notebook_with_all_graded_cells(
        self, template, given_cells
    ):
        notebook = nbformat.from_dict({"cells": given_cells, "metadata": {}})
        rebuilt = rebuild(template, notebook)
        nbformat.validate(rebuilt.notebook)
        assert [cells.grade_id(c) for c in rebuilt.notebook.cells if cells.is_test(c)] == [
            "test_scale",
            "test_total",
        ]
        self.assert_stable(template, notebook)
