"""Nothing that a student wrote disappears: every line is somewhere in the rebuilt notebook."""

from __future__ import annotations

import copy

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course import cells
from autograder.course.template import Template
from autograder.submission.repair import Rebuilt, rebuild
from tests import small_course
from tests.small_course import ANSWERS, cell_of
from tests.submission.students import ACTS, STUB, Student


def lost_lines(student: Student, rebuilt: Rebuilt) -> list[str]:
    handed_in = "\n".join(cell.source for cell in student.notebook.cells)
    text = text_of(rebuilt)
    return [word for word in student.written if word in handed_in and word not in text]


def text_of(rebuilt: Rebuilt) -> str:
    return "\n".join(cell.source for cell in rebuilt.notebook.cells)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(ACTS), min_size=1, max_size=9), st.integers(0, 10**6))
def test_every_line_of_a_student_is_somewhere_in_the_rebuilt_notebook(template, acts, seed):
    student = Student(template, seed)
    for act in acts:
        getattr(student, act)()
    rebuilt = rebuild(template, student.hand_in())
    assert lost_lines(student, rebuilt) == []
    assert [c.id for c in rebuilt.notebook.cells if cells.is_test(c)] == ["test_scale", "test_total"]
    again = rebuild(template, rebuilt.notebook)
    assert again.notebook.cells == rebuilt.notebook.cells


@pytest.mark.parametrize("act", ACTS)
def test_each_way_alone_keeps_every_line(template, act):
    for seed in range(20):
        student = Student(template, seed)
        student.answer_in_place()
        getattr(student, act)()
        assert lost_lines(student, rebuild(template, student.hand_in())) == []


def assert_answered(rebuilt: Rebuilt, template: Template) -> None:
    """The code answers are in their places, and no placeholder comes after them."""
    for name in ("scale", "total"):
        assert ANSWERS[name] in cell_of(rebuilt.notebook, name).source
    assert "NotImplementedError" not in "".join(
        cell.source for cell in rebuilt.notebook.cells if cell.cell_type == "code" and not cells.is_test(cell)
    )


class TestThePlaceholderNeverBeatsTheAnswer:
    def test_answers_in_new_cells_at_the_end_are_found(self, template):
        student = Student(template)
        student.answer_at_the_end()
        rebuilt = rebuild(template, student.hand_in())
        assert_answered(rebuilt, template)
        assert "the place of answer 'scale' held none, and it was found by what it defines" in rebuilt.repairs
        assert rebuilt.questions == (
            "written answer 'reply': its place is as released, and the student has 1 text in other cells; "
            "read them when you mark",
        )

    def test_of_all_cells_twice_those_with_the_work_count(self, template):
        student = Student(template)
        student.copy_all_and_answer_the_copy()
        rebuilt = rebuild(template, student.hand_in())
        assert_answered(rebuilt, template)
        assert "mine_" in cell_of(rebuilt.notebook, "reply").source
        assert rebuilt.questions == ()

    def test_of_all_cells_twice_without_ids_those_with_the_work_count(self, template):
        student = Student(template)
        student.copy_all_and_answer_the_copy()
        student.lose_all_identities()
        assert_answered(rebuild(template, student.hand_in()), template)

    @pytest.mark.parametrize("left", [STUB, "x = 0\nraise NotImplementedError", "", "    "])
    def test_a_placeholder_that_was_touched_is_no_answer(self, template, left):
        student = Student(template)
        head = "def total(values):\n    " if left.strip() else ""
        cell_of(student.notebook, "total").source = head + left.replace("\n", "\n    ")
        student.notebook.cells.append(nbformat.v4.new_code_cell(student.answer("total")))
        rebuilt = rebuild(template, student.hand_in())
        assert ANSWERS["total"] in cell_of(rebuilt.notebook, "total").source

    def test_both_answers_in_one_new_cell_are_found(self, template):
        student = Student(template)
        source = f"{student.answer('total')}\n\n{student.answer('scale')}"
        student.notebook.cells.append(nbformat.v4.new_code_cell(source))
        rebuilt = rebuild(template, student.hand_in())
        assert "answer 'total' was missing, and was put back as released" not in rebuilt.repairs
        assert cell_of(rebuilt.notebook, "scale").source == source
        assert cell_of(rebuilt.notebook, "total").source == ""

    def test_a_helper_before_an_answer_at_the_end_comes_with_it(self, template):
        student = Student(template)
        for source in (
            "def helper(values):\n    return sum(values)",
            "def total(values): return helper(values)",
        ):
            student.notebook.cells.append(nbformat.v4.new_code_cell(source))
        found = [cell.source for cell in rebuild(template, student.hand_in()).notebook.cells]
        place = found.index("def total(values): return helper(values)")
        assert found[place - 1].startswith("def helper")

    def test_two_different_answers_elsewhere_are_asked_about(self, template):
        student = Student(template)
        for _ in range(2):
            student.notebook.cells.append(nbformat.v4.new_code_cell(student.answer("total")))
        rebuilt = rebuild(template, student.hand_in())
        assert "answer 'total': 2 cells define total and none is in its place" in rebuilt.questions[0]
        assert all(word in text_of(rebuilt) for word in student.written)

    def test_the_same_answer_twice_is_no_question(self, template):
        student = Student(template)
        answer = student.answer("total")
        student.notebook.cells += [nbformat.v4.new_code_cell(answer) for _ in range(2)]
        rebuilt = rebuild(template, student.hand_in())
        assert rebuilt.questions == ()
        assert cell_of(rebuilt.notebook, "total").source == answer


class TestWrittenAnswers:
    @pytest.mark.parametrize("place", ["task", "total-en"])
    def test_one_that_was_typed_under_its_question_is_put_in_its_place(self, template, place):
        student = Student(template)
        if place == "total-en":  # a heading directly above the question
            student.notebook.cells = [
                cell for cell in student.notebook.cells if cell.id not in ("total", "test_total")
            ]
        cell_of(student.notebook, place).source += "\n\nIt adds.\nAll of them."
        reply = cell_of(rebuild(template, student.hand_in()).notebook, "reply")
        if place == "task":
            assert reply.source == "It adds.\nAll of them."
        else:
            assert "It adds." not in reply.source  # code stands between them in the release

    def test_one_that_was_typed_there_beside_another_in_its_place_is_kept_below(self, template):
        student = Student(template)
        student.answer_in_place()
        cell_of(student.notebook, "task").source += "\n\nAlso this."
        rebuilt = rebuild(template, student.hand_in())
        order = [cell.source for cell in rebuilt.notebook.cells]
        task = [cell.id for cell in rebuilt.notebook.cells].index("task")
        assert order[task + 1] == "Also this."
        assert "what had been written into 'task' is kept in a cell after it" in rebuilt.repairs

    @pytest.mark.parametrize("kind", ["code", "raw", "heading"])
    def test_one_whose_cell_has_another_type_is_kept(self, template, kind):
        student = Student(template)
        student.answer_in_place()
        cell_of(student.notebook, "reply").cell_type = kind
        reply = cell_of(rebuild(template, student.hand_in()).notebook, "reply")
        assert (reply.cell_type, reply.source) == ("markdown", f"Because {student.written[-1]}.")

    def test_one_with_a_large_picture_is_kept_with_it(self, template):
        student = Student(template)
        picture = "A" * 3 * 2**20
        cell_of(student.notebook, "reply").source = f"See:\n![plot](data:image/png;base64,{picture})"
        reply = cell_of(rebuild(template, student.hand_in()).notebook, "reply")
        [(name, bundle)] = reply.attachments.items()
        assert reply.source == f"See:\n![plot](attachment:{name})"
        assert bundle == {"image/png": picture}

    def test_one_that_is_a_picture_in_the_place_of_a_given_one_is_kept(self, tmp_path):
        course = small_course.make(tmp_path)
        path = course.source / "small" / "small.ipynb"
        notebook = nbformat.read(path, as_version=4)
        cell_of(notebook, "total-en").source = "![a sum](data:image/png;base64,AAAA)"
        nbformat.write(notebook, path)
        given = course.template("small")
        student = Student(given)
        assert rebuild(given, student.hand_in()).repairs == ()
        cell_of(student.notebook, "total-en").source = "![a sum](data:image/png;base64,BBBB)"
        rebuilt = rebuild(given, student.hand_in())
        assert {"image/png": "BBBB"} in [
            bundle for cell in rebuilt.notebook.cells for bundle in cell.get("attachments", {}).values()
        ]

    @pytest.mark.parametrize(
        "code",
        [
            '"""A sum is what adding gives."""',
            "print('A sum is what adding numbers gives')",
            'answer = "A sum is what adding numbers gives"',
            "print('''\n和とは、数を足し合わせた結果のことである。\n''')",
            "# A sum is what\n# adding numbers gives.\nx = 1",
            "display(Markdown('''A sum is what adding numbers gives'''))",
            "from IPython import display\ndisplay.Markdown('A sum is what adding numbers gives')",
            'answer = "A sum is what adding numbers gives" #@param {type:"string"}',
            'print(f"""A sum of {x} is what adding numbers gives""")',
            "%%markdown\nIt adds.",
            "total([1, 2])\n# 足し算の結果が和になると考えられる。",
        ],
    )
    @pytest.mark.parametrize("place", ["new cell", "try-it", "total", "test_total", "imports"])
    def test_one_in_code_is_asked_about_where_its_place_is_as_released(self, template, code, place):
        student = Student(template)
        if place == "new cell":
            student.notebook.cells.insert(0, nbformat.v4.new_code_cell(code))
        elif code.startswith("%%"):
            pytest.skip("a cell magic stands at the beginning")
        else:
            cell_of(student.notebook, place).source += f"\n{code}"
        rebuilt = rebuild(template, student.hand_in())
        assert "the student has 1 text in other cells" in rebuilt.questions[0]
        [shown] = rebuilt.notebook.metadata.autograder.answered_elsewhere.texts
        source = cell_of(rebuilt.notebook, shown).source
        assert any(word in source for word in ("adding", "adds", "足"))

    @pytest.mark.parametrize("place", ["intro-en", "total-en"])
    def test_one_in_a_text_above_other_cells_is_asked_about(self, template, place):
        student = Student(template)
        cell_of(student.notebook, place).source += "\n\nIt adds."
        assert "the student has 1 text" in rebuild(template, student.hand_in()).questions[0]

    def test_one_that_was_added_to_the_line_of_its_question_is_asked_about(self, template):
        student = Student(template)
        task = cell_of(student.notebook, "task")
        task.source = task.source.replace("What is a sum?", "What is a sum? It adds.")
        assert "the student has 1 text" in rebuild(template, student.hand_in()).questions[0]

    @pytest.mark.parametrize(
        "code",
        [
            "plt.title('The loss of the model over all epochs')",
            "# learning rate\nlr = 0.1",
            "def f():\n    # this is a comment that explains what follows\n    return 1",
            "print(f'the loss is {loss} after all of the epochs')",
            "print('the loss after all of the epochs is', loss)",
            "# FACTOR = 4",
        ],
    )
    def test_labels_and_comments_of_code_are_none(self, template, code):
        for place in ("try-it", "imports"):
            student = Student(template)
            cell_of(student.notebook, place).source += f"\n{code}"
            assert rebuild(template, student.hand_in()).questions == ()

    def test_given_code_that_was_merged_into_one_cell_holds_none(self, template):
        student = Student(template)
        comment = "# This comment is a sentence of the teacher's own words."
        first, second = cell_of(student.notebook, "imports"), cell_of(student.notebook, "scale")
        released = copy.deepcopy(template)
        cell_of(
            released.notebook, "scale"
        ).source = f"{comment}\n{cell_of(released.notebook, 'scale').source}"
        first.source += f"\n{comment}\n{second.source}"
        student.notebook.cells.remove(second)
        assert rebuild(released, student.hand_in()).questions == ()

    def test_where_it_is_answered_nothing_is_asked(self, template):
        student = Student(template)
        student.answer_in_place()
        cell_of(student.notebook, "try-it").source += "\n# A sum is what adding numbers gives."
        assert rebuild(template, student.hand_in()).questions == ()

    def test_an_experiment_that_became_text_is_kept_as_text(self, template):
        student = Student(template)
        cell = cell_of(student.notebook, "try-it")
        cell.update(cell_type="markdown", source="I tried 3.")
        found = [c for c in rebuild(template, student.hand_in()).notebook.cells if c.source == "I tried 3."]
        assert [c.cell_type for c in found] == ["markdown"]


class TestGivenCells:
    def test_what_was_added_to_given_code_runs_after_it(self, template):
        student = Student(template)
        student.answer_in_place()
        given_cell = cell_of(student.notebook, "imports")
        given_cell.source = f"import math\n{given_cell.source}\ndevice = 'cpu'\nFACTOR = 4"
        rebuilt = rebuild(template, student.hand_in())
        order = [cell.id for cell in rebuilt.notebook.cells]
        given_code, added, kept = rebuilt.notebook.cells[order.index("imports") :][:3]
        assert given_code.source == "import torch\n\nFACTOR = 3"
        assert added.source == "import math\ndevice = 'cpu'"
        assert kept.source.splitlines()[1:] == ["# FACTOR = 4"]
        assert "what had been added to 'imports' runs in a cell after it" in rebuilt.repairs


class TestGpus:
    @pytest.mark.parametrize(
        ("source", "noted"),
        [
            ("def total(values):\n    return sum(values).cuda()", True),
            ('def total(values):\n    device = "cuda" if torch.cuda.is_available() else "cpu"', False),
        ],
    )
    def test_code_that_needs_a_gpu_is_noted(self, template, source, noted):
        student = Student(template)
        cell_of(student.notebook, "total").source = source
        repairs = rebuild(template, student.hand_in()).repairs
        assert ("its code asks for a GPU; where the course lets it, it runs on the CPU" in repairs) == noted
