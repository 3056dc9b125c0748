"""Theme allocation: optimal, fair between equals, and clear about what cannot be served."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.report.themes import (
    allocate,
    read_allocation,
    read_preferences,
    write,
)

THEMES = ["theme_a_momentum", "theme_b_learning_rate_batch_size", "theme_c_pruning"]


def cost(allocations, preferences):
    return sum(
        (preferences.get(item.student, []).index(item.theme) ** 2) if item.choice else len(THEMES) ** 2
        for item in allocations
    )


class TestAllocate:
    def test_everybody_gets_the_first_choice_where_that_is_possible(self):
        wishes = {"1": [THEMES[2]], "2": [THEMES[0]], "3": [THEMES[1]]}
        given_themes = allocate(["1", "2", "3"], wishes, THEMES)
        assert [(item.theme, item.choice) for item in given_themes] == [(wishes[s][0], 1) for s in "123"]

    @given(st.lists(st.permutations(THEMES), min_size=1, max_size=5))
    def test_no_other_allocation_is_better(self, wishes):
        students = [str(number) for number in range(len(wishes))]
        preferences = dict(zip(students, wishes, strict=True))
        capacity = -(-len(students) // len(THEMES))
        best = min(
            sum(
                preferences[student].index(theme) ** 2
                for student, theme in zip(students, chosen, strict=True)
            )
            for chosen in itertools.product(THEMES, repeat=len(students))
            if max(Counter(chosen).values()) <= capacity
        )
        assert cost(allocate(students, preferences, THEMES), preferences) == best

    def test_the_capacity_is_kept(self):
        students = [str(number) for number in range(9)]
        given_themes = allocate(students, dict.fromkeys(students, THEMES), THEMES, capacity=4)
        assert max(Counter(item.theme for item in given_themes).values()) <= 4

    def test_the_seed_decides_between_equals_and_nothing_else_does(self):
        students = [str(number) for number in range(6)]
        wishes = dict.fromkeys(students, THEMES)
        winners = [
            frozenset(
                item.student for item in allocate(students, wishes, THEMES, seed=seed) if item.choice == 1
            )
            for seed in range(60)
        ]
        assert allocate(students, wishes, THEMES, seed=3) == allocate(students, wishes, THEMES, seed=3)
        assert set().union(*winners) == set(students)
        assert len(set(winners)) > 5

    def test_too_few_places_say_which_capacity_is_enough(self):
        with pytest.raises(CourseError, match="--capacity 2 is enough"):
            allocate(list("1234"), {}, THEMES, capacity=1)

    @pytest.mark.parametrize(
        ("students", "preferences", "themes", "said"),
        [
            (["1", "1"], {}, THEMES, "more than once"),
            (["1"], {"2": []}, THEMES, "not on the roster"),
            (["1"], {"1": ["theme_z"]}, THEMES, "theme_z"),
            (["1"], {"1": [THEMES[0]] * 2}, THEMES, "more than once"),
            (["1"], {}, [], "no themes"),
        ],
    )
    def test_what_cannot_be_served_is_refused_with_one_sentence(self, students, preferences, themes, said):
        with pytest.raises(CourseError, match=said):
            allocate(students, preferences, themes)


class TestFiles:
    def test_themes_are_named_by_letter_word_or_id(self, tmp_path):
        path = tmp_path / "wishes.csv"
        path.write_text("id,first,second,third\ns1,B,momentum,theme_c_pruning\ns2,theme_a,,\n")
        assert read_preferences(path, THEMES) == {
            "s1": [THEMES[1], THEMES[0], THEMES[2]],
            "s2": [THEMES[0]],
        }

    def test_an_unknown_theme_names_the_student_and_the_themes(self, tmp_path):
        path = tmp_path / "wishes.csv"
        path.write_text("id,first\ns1,quantum\n")
        with pytest.raises(CourseError, match="s1 prefers 'quantum'; the themes are theme_a_momentum"):
            read_preferences(path, THEMES)

    def test_what_is_written_is_read_again(self, tmp_path):
        given_themes = allocate(["s1", "s2"], {"s1": [THEMES[1]]}, THEMES)
        write(given_themes, tmp_path / "themes.csv")
        assert read_allocation(tmp_path) == {item.student: item.theme for item in given_themes}
        assert read_allocation(tmp_path / "nowhere") == {}

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (
                "student,theme,choice\ns1,theme_c_pruning,1\ns2,theme_z,1\n",
                "line 3: s2 has 'theme_z'.*theme_a",
            ),
            ("student,theme\ns1,small\n", "line 2: s1 has 'small'.*theme_c_pruning"),
            ("student,theme\ns1,theme_c_pruning\n\ns1,theme_a_momentum\n", "line 4: s1 has two lines"),
            ("id,theme\ns1,theme_c_pruning\n", "the columns 'student' and 'theme'"),
            ("", "the columns 'student' and 'theme'"),
        ],
    )
    def test_an_allocation_that_would_lose_points_is_refused(self, tmp_path, lines, said):
        (tmp_path / "themes.csv").write_text(lines)
        with pytest.raises(CourseError, match=said):
            read_allocation(tmp_path, [*THEMES, "small"])

    def test_spaces_and_students_without_a_theme_do_no_harm(self, tmp_path):
        (tmp_path / "themes.csv").write_text("student, theme\ns1, theme_c_pruning \ns2,\n\n")
        assert read_allocation(tmp_path, THEMES) == {"s1": THEMES[2]}
