"""What counts as a student's own work in a submission, whatever the submission is."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.similarity.answers import ADDED, LONGEST_SUBMISSION, AnswerReader, Answers, read_class
from tests import small_course
from tests.small_course import cell_of

LONG_TOTAL = """def total(values):
    result = 0
    for number in values:
        result = result + number
    return result"""
REPLY = "和とは、いくつかの数を足し合わせた結果のことです。"


@pytest.fixture
def reader(course) -> AnswerReader:
    return AnswerReader(course.template("small"), small_course.source())


def submission(course, edit=None, **answers: str) -> NotebookNode:
    notebook = small_course.answered(course, **({"total": LONG_TOTAL, "reply": REPLY} | answers))
    if edit:
        edit(notebook)
    return notebook


def names(answers: Answers) -> list[str]:
    return [cell.cell for cell in answers.cells]


def sources(answers: Answers) -> dict[str, str]:
    return {cell.cell: cell.source for cell in answers.cells}


def test_answers_in_code_and_in_text_are_read(course, reader):
    answers = reader.read("ada", submission(course))
    assert answers.student == "ada"
    assert sources(answers) == {"scale": small_course.ANSWERS["scale"], "total": LONG_TOTAL, "reply": REPLY}
    assert [cell.written for cell in answers.cells] == [False, False, True]


def test_a_blank_submission_has_no_answers(course, reader):
    assert reader.read("ada", course.template("small").in_language("en")).cells == ()


def test_given_code_around_an_answer_leaves_no_fingerprint(course, reader):
    stub = cell_of(course.template("small").notebook, "total").source
    given = reader.read("ada", submission(course, total=f"{stub}  # try"))
    assert "total" not in names(given)


def test_what_was_given_is_no_answer_wherever_it_is_copied_to(course, reader):
    def copy_it(notebook):
        for name in ("test_total", "imports", "intro-en"):
            cell = copy.deepcopy(cell_of(notebook, name))
            cell.id = f"again-{name}"
            notebook.cells.append(cell)

    assert ADDED not in names(reader.read("ada", submission(course, copy_it)))


def test_an_experiment_counts_where_it_was_changed(course, reader):
    def change(notebook):
        cell_of(
            notebook, "try-it"
        ).source = "for factor in (1, 2, 3):\n    print(scale(torch.ones(2), factor))"

    assert "try-it" not in names(reader.read("ada", submission(course)))
    assert "try-it" in names(reader.read("ada", submission(course, change)))


def test_an_added_cell_counts(course, reader):
    own = nbformat.v4.new_code_cell("table = [(n, total(range(n))) for n in range(10)]\nprint(table)")
    added = reader.read("ada", submission(course, lambda notebook: notebook.cells.insert(3, own)))
    assert sources(added)[ADDED] == own.source


def test_added_cells_are_one_answer_and_added_texts_another(course, reader):
    own = [
        nbformat.v4.new_code_cell("table = [(n, total(range(n))) for n in range(10)]"),
        nbformat.v4.new_markdown_cell("和は個数の二乗に比例して大きくなりました。"),
        nbformat.v4.new_code_cell("print(max(value for n, value in table if n > 3))"),
    ]
    answers = reader.read("ada", submission(course, lambda notebook: notebook.cells.extend(own)))
    assert [(cell.source, cell.written) for cell in answers.cells if cell.cell == ADDED] == [
        (f"{own[0].source}\n\n{own[2].source}", False),
        (own[1].source, True),
    ]


def test_answers_that_were_moved_and_lost_their_ids_are_the_same_answers(course, reader):
    def shuffle(notebook):
        answers = [cell for cell in notebook.cells if cell.id in ("scale", "total")]
        for number, cell in enumerate(answers):
            notebook.cells.remove(cell)
            cell.id = f"lost-{number}"
            cell.metadata = {}
        notebook.cells[:0] = answers[::-1]

    moved = reader.read("ada", submission(course, shuffle))
    assert sources(moved) == sources(reader.read("ada", submission(course)))


def test_a_name_imported_in_one_cell_is_known_in_the_others(course, reader):
    def with_alias(name):
        def edit(notebook):
            notebook.cells.insert(1, nbformat.v4.new_code_cell(f"import numpy as {name}"))

        text = f"def total(values):\n    return float({name}.sum({name}.asarray(list(values), dtype=float)))"
        [cell] = [
            cell
            for cell in reader.read("ada", submission(course, edit, total=text)).cells
            if cell.cell == "total"
        ]
        return cell.prints

    assert with_alias("np") == with_alias("numbers")


def test_the_references_answer_is_expected(course, reader):
    [cell] = [
        cell
        for cell in reader.read(
            "ada",
            submission(
                course, total="def total(values):\n    everything = sum(values)\n    return everything"
            ),
        ).cells
        if cell.cell == "total"
    ]
    assert cell.prints <= reader.expected


def test_only_so_much_of_a_submission_is_read(course, reader):
    huge = [nbformat.v4.new_code_cell("x = y + 1\n" * 40_000) for _ in range(20)]
    answers = reader.read("eve", submission(course, lambda notebook: notebook.cells.extend(huge)))
    assert {"scale", "total"} <= set(names(answers))
    assert sum(len(cell.source) for cell in answers.cells) < 1.1 * LONGEST_SUBMISSION


class TestClass:
    def test_everybody_is_read_and_what_cannot_be_read_is_named(self, course, reader):
        small_course.submit(course, "ada")
        small_course.submit(course, "bob", b"no notebook")
        small_course.submit(course, "eve", total="def total(values:\n    return sum(values]")
        small_course.write(course.submitted / "fay" / "small" / "notes.txt", b"forgot it")
        (course.submitted / "gil").mkdir()
        seen: list[tuple[int, int]] = []
        found, left_out = read_class(course, "small", reader, lambda *done: seen.append(done))
        assert [answers.student for answers in found] == ["ada", "eve"]
        assert [one.student for one in left_out] == ["bob", "fay"]
        assert "not a notebook" in left_out[0].why
        assert "expected small.ipynb, found notes.txt" in left_out[1].why
        assert seen == [(number, 5) for number in range(5)]

    @pytest.mark.parametrize(
        "answer",
        [
            "def total(values):\n    return " + "(" * 5_000 + "0" + ")" * 5_000,
            "x = " + "-" * 50_000 + "1",
            "a" * 900_000,
            "x" * 5_000_000,
            "'\\d' if 0 is 1 else '''",
        ],
    )
    def test_a_hostile_answer_stops_nothing_and_says_nothing(self, course, reader, answer, capfd):
        small_course.submit(course, "ada")
        small_course.submit(course, "eve", total=answer)
        found, left_out = read_class(course, "small", reader)
        assert [answers.student for answers in found] == ["ada", "eve"]
        assert left_out == []
        assert capfd.readouterr() == ("", "")

    def test_an_accident_with_one_submission_stops_no_other(self, course, reader, monkeypatch):
        small_course.submit(course, "ada")
        small_course.submit(course, "bob")
        read = reader.read

        def accident(student, notebook):
            if student == "ada":
                raise RuntimeError("an \x1b[31maccident")
            return read(student, notebook)

        monkeypatch.setattr(reader, "read", accident)
        found, left_out = read_class(course, "small", reader)
        assert [answers.student for answers in found] == ["bob"]
        assert left_out[0].why == "RuntimeError: an accident"
