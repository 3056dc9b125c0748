"""What students get: built from the source, the same in both languages, and runnable anywhere."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course import cells
from autograder.course.regions import DEFAULT
from autograder.release import build
from autograder.release.rules import check_release
from autograder.submission.reading import reads
from autograder.submission.repair import rebuild
from tests.content.answers import (
    ASSIGNMENTS,
    COURSE,
    MARKERS,
    answered,
    blank,
    languages,
    proven,
    release,
    source,
)

LANGUAGES = ("ja", "en")
EACH = [(name, language) for name in ASSIGNMENTS for language in languages(name)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Everything, built anew."""
    folder = tmp_path_factory.mktemp("built")
    build.build(COURSE, into=folder)
    return folder


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_committed_release_and_solutions_are_fresh(assignment, built):
    names = [f"release/{language}/{assignment}/{assignment}.ipynb" for language in languages(assignment)]
    for name in [*names, f"solutions/{assignment}.py"]:
        assert (COURSE.root / name).read_bytes() == (built / name).read_bytes(), (
            f"run `autograder build`: {name}"
        )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_source_is_written_line_by_line_as_jupyter_writes_it(assignment):
    path = COURSE.source / assignment / f"{assignment}.ipynb"
    assert path.read_text(encoding="utf-8") == build.notebook_text(source(assignment)), (
        f"run `autograder build {assignment}`"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_committed_readme_for_students_is_fresh(language, built):
    name = f"release/{language}/README.md"
    assert (COURSE.root / name).read_bytes() == (built / name).read_bytes(), f"run `autograder build`: {name}"


def test_a_second_build_changes_no_byte(built):
    assert build.build(COURSE, into=built).changed == ()


@pytest.mark.parametrize(("assignment", "language"), EACH)
def test_a_release_shows_no_trace_of_a_solution_a_hidden_test_or_a_mark_scheme(assignment, language):
    notebook = release(assignment, language)
    check_release(notebook, source(assignment), assignment, DEFAULT)
    text = nbformat.writes(notebook)
    for word in (
        "BEGIN SOLUTION",
        "HIDDEN TESTS",
        "MARK SCHEME",
        "from checks",
        "import checks",
        "autograder",
        "solutions",
    ):
        assert word not in text


@pytest.mark.parametrize("assignment", [name for name in ASSIGNMENTS if len(languages(name)) == 2])
def test_both_languages_have_the_same_code_and_the_same_number_of_texts(assignment):
    japanese, english = (release(assignment, language) for language in LANGUAGES)
    assert [cell.cell_type for cell in japanese.cells] == [cell.cell_type for cell in english.cells]
    assert [cell.source for cell in japanese.cells if cell.cell_type == "code"] == [
        cell.source for cell in english.cells if cell.cell_type == "code"
    ]


@pytest.mark.parametrize(("assignment", "language"), EACH)
def test_answers_put_back_into_a_release_give_the_source_again(assignment, language):
    rebuilt = rebuild(COURSE.template(assignment), answered(assignment, language=language))
    assert rebuilt.repairs == ()
    assert rebuilt.questions == ()
    expected = [
        (cell.id, MARKERS.sub("", cell.source).rstrip() if cells.is_answer(cell) else cell.source)
        for cell in source(assignment).cells
        if cell.cell_type == "code" and cells.language(cell) in (None, language)
    ]
    assert [(cell.id, cell.source) for cell in rebuilt.notebook.cells if cell.cell_type == "code"] == expected


@pytest.mark.parametrize("assignment", proven())
def test_points_add_up_to_a_hundred(assignment):
    assert sum(cells.points(cell) for cell in source(assignment).cells if cells.grade_id(cell)) == 100


@pytest.mark.parametrize(("assignment", "language"), EACH)
def test_a_blank_release_is_read_as_it_was_handed_out(assignment, language):
    handed_in, notes = reads(nbformat.writes(blank(assignment, language)).encode())
    rebuilt = rebuild(COURSE.template(assignment), handed_in)
    assert (notes, rebuilt.repairs, rebuilt.questions) == ((), (), ())
