"""The demo's students: their answers have places, and what they quote is in their own notebooks."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from benchmarks.attempts import ATTEMPTS
from benchmarks.classroom import DEMO, STUDENTS, worked, written_up
from benchmarks.replies import REPLIES
from tests.content.answers import release

PRINTED = {
    "lesson2_parameters": """bits   accuracy of your MLP
  32     91.2 %
   8     91.2 %
   4     90.9 %
   2     83.2 %
   1     80.8 %
claims = {"my_width": 120, "parameters_mlp": 95410, "parameters_cnn": 9098, "accuracy_mlp": 91.2, "accuracy_cnn": 95.3, \
"accuracy_mlp_shuffled": 91.2, "accuracy_cnn_shuffled": 85.8, "code": "aaef7f"}
""",
    "lesson3_compression": """1 bits:    6.3 kB  max error 0.4574  RMSE 0.3832  accuracy 65.7 %  cosine 0.665
2 bits:   12.6 kB  max error 0.1525  RMSE 0.0959  accuracy 80.8 %  cosine 0.726
3 bits:   18.8 kB  max error 0.0653  RMSE 0.0366  accuracy 91.3 %  cosine 0.925
4 bits:   25.1 kB  max error 0.0305  RMSE 0.0176  accuracy 91.7 %  cosine 0.981
8 bits:   50.2 kB  max error 0.0018  RMSE 0.0010  accuracy 91.9 %  cosine 1.000
k = 16:   6.5 kB  RMSE 0.0410  accuracy 91.4 %  cosine 0.890
k = 64:  10.4 kB  RMSE 0.0299  accuracy 91.6 %  cosine 0.943
pruned  98%:  10.3 kB  RMSE 0.0812  accuracy 38.9 %  cosine 0.433
rank  4:  13.6 kB  RMSE 0.0653  accuracy 51.8 %  cosine 0.689
rank  8:  27.1 kB  RMSE 0.0480  accuracy 83.0 %  cosine 0.846
your budget for discussion 2: 14 kB
claims = {"middle": -0.48, "accuracy_1bit": 65.7, "accuracy_middle0": 85.4, "cosine_middle0": 0.74, \
"rmse_middle0": 0.395, "accuracy_pruned95": 66.9, "cosine_pruned95": 0.59, "rmse_pruned95": 0.073, "code": "f84a7b"}
""",
}
"""The lines that a run of the reference prints, as far as replies quote them."""
WORKING = [student for student in STUDENTS if student.number]
HANDED_IN = [(student, lesson) for student in WORKING for lesson in student.lessons]


def ran(lesson: str, notebook: NotebookNode) -> NotebookNode:
    """A notebook that has printed what the reference prints."""
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text=PRINTED[lesson])]
    return notebook


@pytest.mark.parametrize("lesson", DEMO)
def test_answers_have_their_places_in_both_languages(lesson):
    programmed = {cell for attempts in ATTEMPTS[lesson].values() for cell in attempts}
    for language in ("ja", "en"):
        places = {cell.id for cell in release(lesson, language).cells}
        assert programmed | set(REPLIES[lesson]) <= places


@pytest.mark.parametrize(
    ("student", "lesson"), HANDED_IN, ids=[f"{student.id}-{lesson}" for student, lesson in HANDED_IN]
)
def test_no_placeholder_is_left_where_a_student_has_answered(student, lesson):
    notebook = worked(student, lesson)
    attempts = ATTEMPTS[lesson].get(student.id, {})
    assert not [
        cell.id for cell in notebook.cells if cell.id in attempts and "NotImplementedError" in cell.source
    ]
    written = {cell.id: cell.source for cell in written_up(student, lesson, ran(lesson, notebook)).cells}
    for place, replies in REPLIES[lesson].items():
        assert (student.id in replies) == ("YOUR ANSWER HERE" not in written[place])


@pytest.mark.parametrize("lesson", DEMO)
def test_numbers_are_quoted_and_claimed_as_they_were_printed(lesson):
    student = WORKING[0]
    written = {
        cell.id: cell.source
        for cell in written_up(student, lesson, ran(lesson, worked(student, lesson))).cells
    }
    assert written["claims"] in PRINTED[lesson].splitlines()
    quoted = {
        "lesson2_parameters": {
            "discussion-1-reply": ["95,410 個から 377,650 個", "CNN が 95.3 %"],
            "discussion-2-reply": ["24.0 GB", "4.0 GB 残ります", "90.9 %"],
        },
        "lesson3_compression": {
            "discussion2-reply": ["予算は 14 kB", "6.5 kB、91.4 %", "10.3 kB で 38.9 %"],
            "discussion1-reply": ["0.0176"],
            "one_bit_answer-reply": ["予想の 60 %", "-0.48 標準偏差"],
        },
    }[lesson]
    for place, texts in quoted.items():
        assert not [text for text in texts if text not in written[place]]
