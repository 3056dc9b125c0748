"""Copies stand out from a class, and honest students who solved a short exercise alike do not."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from autograder.similarity import comparison as similarity
from autograder.similarity.answers import ADDED, AnswerReader, Answers, WrittenCell
from autograder.similarity.comparison import compare
from autograder.similarity.fingerprints import of_code, of_text
from tests.content import answers as course_answers
from tests.similarity.copies import disguised, disguised_cell, honest
from tests.similarity.long_answers import long_answer

SOLUTIONS = [
    "def total(values):\n    result = 0\n    for number in values:\n        result += number\n    return result",
    "def total(values):\n    s = 0.0\n    for i in range(len(values)):\n        s = s + values[i]\n    return s",
    "def total(values):\n    return sum(values)",
]
"""What honest students write where there is little to choose."""


def student(name: str, *sources: str, text: str = "") -> Answers:
    made = [
        WrittenCell(cell=f"cell{number}", source=source, prints=of_code(source, {}))
        for number, source in enumerate(sources)
    ]
    if text:
        made.append(WrittenCell(cell="reply", source=text, prints=of_text(text), written=True))
    return Answers(name, tuple(made))


def listed(comparison) -> set[tuple[str, str]]:
    return {(pair.first, pair.second) for pair in comparison.pairs}


class TestCopies:
    def test_one_long_answer_is_enough(self):
        everybody = [student(f"s{seed:02}", long_answer(seed), SOLUTIONS[seed % 3]) for seed in range(12)]
        everybody.append(student("thief", disguised_cell(long_answer(5)), SOLUTIONS[0]))
        comparison = compare(everybody)
        assert listed(comparison) == {("s05", "thief")}
        [pair] = comparison.pairs
        assert pair.cells[0].cell == "cell0"
        assert pair.cells[0].score > 0.95
        assert pair.cells[0].found_in <= 3
        assert pair.cells[0].common > 100
        assert pair.cells[0].first_source == long_answer(5)
        assert pair.cells[0].second_source == disguised_cell(long_answer(5))

    def test_in_a_class_of_two_a_long_copy_is_found(self):
        copied = [student("ada", long_answer(1)), student("bob", disguised_cell(long_answer(1)))]
        assert listed(compare(copied)) == {("ada", "bob")}
        assert listed(compare([student("ada", long_answer(1)), student("bob", long_answer(2))])) == set()

    def test_an_answer_that_was_moved_to_another_cell_is_found_and_shown(self):
        everybody = [student(f"s{seed:02}", SOLUTIONS[0], long_answer(seed)) for seed in range(8)]
        everybody.append(student("thief", disguised_cell(long_answer(3)), SOLUTIONS[1]))
        [pair] = compare(everybody).pairs
        assert (pair.first, pair.second) == ("s03", "thief")
        assert (pair.cells[0].cell, pair.cells[0].second_cell) == ("cell1", "cell0")

    def test_padding_does_not_hide_a_copy(self):
        everybody = [student(f"s{seed:02}", long_answer(seed)) for seed in range(8)]
        padded = "\n".join([long_answer(99), disguised_cell(long_answer(3)), long_answer(98)])
        assert listed(compare([*everybody, student("thief", padded)])) == {("s03", "thief")}

    def test_a_group_of_four_is_six_pairs(self):
        everybody = [student(f"s{seed:02}", long_answer(seed)) for seed in range(20)]
        everybody += [student(f"t{number}", disguised_cell(long_answer(7), number)) for number in range(3)]
        assert len(compare(everybody).pairs) == 6

    def test_a_copied_text_is_found_in_either_language(self):
        japanese = (
            "ビット数を減らすと量子化の幅は二倍ずつ広くなり、丸め誤差も同じ割合で増えるので、精度は三ビットの辺りから急に落ちました。"
            "予想では八ビットから少しずつ落ちると考えていたので、六ビットまで九十五パーセントのままだったことに驚きました。"
        )
        english = "With every bit less the steps are twice as wide, the rounding errors double too, and from three bits on the accuracy fell suddenly."
        own = [student(f"s{seed}", text=f"{seed} 番の答え。{long_answer(seed)}") for seed in range(6)]
        for text in (japanese, english):
            everybody = [*own, student("t1", text=text), student("t2", text="まず、" + text.upper())]
            assert listed(compare(everybody)) == {("t1", "t2")}


class TestHonestStudents:
    @pytest.mark.parametrize("size", [2, 3, 10, 60])
    def test_natural_solutions_of_a_short_exercise_are_not_listed(self, size):
        everybody = [student(f"s{number:02}", SOLUTIONS[number % 3]) for number in range(size)]
        assert compare(everybody).pairs == ()
        assert compare([student(f"s{number:02}", SOLUTIONS[0]) for number in range(size)]).pairs == ()

    def test_a_long_answer_that_everybody_has_is_not_listed(self):
        everybody = [student(f"s{number:02}", long_answer(0)) for number in range(30)]
        assert compare(everybody).pairs == ()

    def test_an_answer_like_the_references_tells_less(self):
        pair = [student("ada", long_answer(1)), student("bob", long_answer(1))]
        expected = of_code(long_answer(1), {})
        assert compare(pair, expected).closest.score < compare(pair).closest.score

    def test_a_short_text_is_not_listed(self):
        everybody = [student(f"s{number}", text="It is what adding gives.") for number in range(2)]
        assert compare(everybody).pairs == ()


class TestClass:
    def test_the_class_says_what_is_usual(self):
        everybody = [student(f"s{seed:02}", long_answer(seed)) for seed in range(20)]
        comparison = compare([*everybody, student("thief", long_answer(3))])
        assert comparison.compared == 21
        assert comparison.typical < comparison.high < comparison.closest.score
        assert comparison.closest == comparison.pairs[0]

    def test_without_a_pair_above_the_threshold_the_closest_is_still_known(self):
        comparison = compare([student("ada", long_answer(1)), student("bob", long_answer(1))], threshold=1.0)
        assert comparison.pairs == ()
        assert (comparison.closest.first, comparison.closest.second) == ("ada", "bob")

    @pytest.mark.parametrize("everybody", [[], [student("ada", long_answer(1))]])
    def test_nobody_to_compare_with(self, everybody):
        comparison = compare(everybody)
        assert (comparison.compared, comparison.pairs, comparison.closest) == (len(everybody), (), None)

    def test_a_class_that_has_written_nothing(self):
        comparison = compare([student("ada"), student("bob"), student("eve")])
        assert (comparison.pairs, comparison.closest, comparison.typical) == ((), None, 0.0)

    def test_the_closest_pairs_are_kept_where_there_are_too_many(self, monkeypatch):
        monkeypatch.setattr(similarity, "LISTED", 2)
        everybody = [student(f"s{seed:02}", long_answer(seed)) for seed in range(20)]
        everybody += [student(f"t{number}", long_answer(7)) for number in range(3)]
        comparison = compare(everybody)
        assert (len(comparison.pairs), comparison.more) == (2, 4)

    def test_the_order_of_students_does_not_matter(self):
        everybody = [student(f"s{seed:02}", long_answer(seed % 9)) for seed in range(12)]
        scores = {(pair.first, pair.second): pair.score for pair in compare(everybody).pairs}
        mixed = {frozenset((pair.first, pair.second)): pair.score for pair in compare(everybody[::-1]).pairs}
        assert len(scores) == 3
        assert mixed == {frozenset(pair): score for pair, score in scores.items()}


class TestAlikeClass:
    """Scores of pairs are given: which class is alike depends on exercises that nobody can foresee."""

    ALIKE = (0.82, 0.82, 0.81, 0.81, 0.79, 0.79, 0.78, 0.77, 0.77, 0.76, 0.76, 0.75, 0.74, 0.72, 0.7)

    def compared(self, monkeypatch, scores, size, **options):
        table = np.zeros((size, size))
        table[np.triu_indices(size, 1)] = scores
        monkeypatch.setattr(similarity, "_scores", lambda *_: table)
        return compare([student(f"s{n}", long_answer(n)) for n in range(size)], **options)

    def test_usual_pairs_are_not_listed(self, monkeypatch):
        found = self.compared(monkeypatch, self.ALIKE, 6)
        assert found.pairs == ()
        assert 0.82 < found.usual < 0.9

    def test_a_pair_that_stands_out_is(self, monkeypatch):
        found = self.compared(monkeypatch, (*self.ALIKE[:-1], 0.97), 6)
        assert listed(found) == {("s4", "s5")}

    def test_who_has_written_nothing_hides_no_pair(self, monkeypatch):
        scores = np.zeros((7, 7))
        scores[:6, :6][np.triu_indices(6, 1)] = (*self.ALIKE[:-1], 0.97)
        found = self.compared(monkeypatch, scores[np.triu_indices(7, 1)], 7)
        assert listed(found) == {("s4", "s5")}

    def test_equal_scores_are_all_usual(self, monkeypatch):
        assert self.compared(monkeypatch, [0.8] * 15, 6).pairs == ()

    def test_a_threshold_of_ones_own_decides_alone(self, monkeypatch):
        found = self.compared(monkeypatch, self.ALIKE, 6, threshold=0.8)
        assert (len(found.pairs), found.usual) == (4, None)

    def test_all_pairs_of_a_few_students_are_listed(self, monkeypatch):
        found = self.compared(monkeypatch, self.ALIKE[:10], 5)
        assert (len(found.pairs), found.usual) == (10, None)

    def test_a_class_that_is_not_alike_is_measured_by_the_threshold(self, monkeypatch):
        found = self.compared(monkeypatch, [0.6, *[0.2] * 14], 6)
        assert (listed(found), found.usual) == ({("s0", "s1")}, None)


@functools.cache
def comparison_of(assignment: str):
    """Forty honest students, six copies of whole notebooks and six of half of them."""
    template = course_answers.COURSE.template(assignment)
    reader = AnswerReader(template, course_answers.source(assignment))
    notebooks = {f"s{seed:02}": honest(assignment, seed) for seed in range(40)}
    for seed in range(6):
        notebooks[f"s{seed:02}-copy"] = disguised(notebooks[f"s{seed:02}"], seed)
    everybody = [reader.read(name, notebook) for name, notebook in sorted(notebooks.items())]
    return compare(everybody, reader.expected)


@pytest.mark.parametrize("assignment", ["lesson2_parameters", "lesson3_compression", "theme_d_quantization"])
class TestCourse:
    def test_every_copy_is_listed(self, assignment):
        copies = {(f"s{seed:02}", f"s{seed:02}-copy") for seed in range(6)}
        assert copies <= listed(comparison_of(assignment))

    def test_no_two_honest_students_are_listed(self, assignment):
        honest_pairs = {
            (first, second)
            for first, second in listed(comparison_of(assignment))
            if "-" not in first + second
        }
        assert honest_pairs == set()


def test_what_students_added_is_compared_as_a_whole():
    def with_added(name, *sources):
        return Answers(
            name,
            tuple(WrittenCell(cell=ADDED, source=source, prints=of_code(source, {})) for source in sources),
        )

    everybody = [with_added(f"s{seed:02}", long_answer(seed), SOLUTIONS[0]) for seed in range(8)]
    everybody.append(with_added("thief", SOLUTIONS[1], long_answer(2)))
    assert listed(compare(everybody)) == {("s02", "thief")}
