"""Theme allocation: optimal, fair between equals, and clear about what cannot be served."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.commands import themes as commands
from autograder.course import allocation
from autograder.course.allocation import Written
from autograder.course.folder import CONFIG_FILE
from autograder.course.groups import Group, Line, read_groups, read_lines_of
from autograder.errors import CourseError
from tests import small_course

NOW = datetime.datetime(2026, 11, 24, 9, 30)
GROUP = Group(name="theme", pattern="theme_*")
THEMES = ["theme_a_momentum", "theme_b_learning_rate_batch_size", "theme_c_pruning"]


def allocate(*arguments, **options):
    return allocation.allocate(GROUP, *arguments, **options)


def read_preferences(path, themes):
    return allocation.read_preferences(path, GROUP, themes)


def write(lines, path, now):
    assert path.name == GROUP.file
    return allocation.write(lines, path.parent, GROUP, now)


def read_allocation(folder, known=None):
    return dict(read_groups(folder, [GROUP], known).chosen.get("theme", {}))


def read_kept(folder, known):
    return read_lines_of(folder, GROUP, known)


def Allocation(student, theme, choice):
    return Line(student=student, assignment=theme, choice=choice)


def cost(allocations, preferences):
    return sum(
        (preferences.get(item.student, []).index(item.assignment) ** 2) if item.choice else len(THEMES) ** 2
        for item in allocations
    )


class TestAllocate:
    def test_everybody_gets_the_first_choice_where_that_is_possible(self):
        wishes = {"1": [THEMES[2]], "2": [THEMES[0]], "3": [THEMES[1]]}
        given_themes = allocate(["1", "2", "3"], wishes, THEMES)
        assert [(item.assignment, item.choice) for item in given_themes] == [(wishes[s][0], 1) for s in "123"]

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
        assert max(Counter(item.assignment for item in given_themes).values()) <= 4

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
            (["1"], {"2": []}, THEMES, "^preferences of 2, who is not on the roster$"),
            (["1"], {"2": [], "3": []}, THEMES, "of 2, 3, who are not on the roster$"),
            (["s01", "s02"], {"S01": []}, THEMES, r"not on the roster; is S01 meant to be s01\?$"),
            (["20261234"], {"20261243": []}, THEMES, r"is 20261243 meant to be 20261234\?$"),
            (["1"], {"1": ["theme_z"]}, THEMES, "theme_z"),
            (["1"], {"1": [THEMES[0]] * 2}, THEMES, "more than once"),
            (["1"], {}, [], "there is no theme: no assignment's id is like"),
        ],
    )
    def test_what_cannot_be_served_is_refused_with_one_sentence(self, students, preferences, themes, said):
        with pytest.raises(CourseError, match=said):
            allocate(students, preferences, themes)


class TestKeeping:
    KEPT = (Allocation("s2", THEMES[0], 2), Allocation("gone", THEMES[0], None))

    def test_kept_lines_stay_and_take_places(self):
        students = ["s1", "s2", "s3", "s4"]
        wishes = dict.fromkeys(students, THEMES)
        given_themes = allocate(students, wishes, THEMES, kept=self.KEPT)
        assert [item.student for item in given_themes] == [*students, "gone"]
        assert given_themes[1] == self.KEPT[0]
        assert given_themes[-1] == self.KEPT[1]
        assert Counter(item.assignment for item in given_themes) == dict(zip(THEMES, (2, 2, 1), strict=True))

    def test_a_theme_with_more_kept_lines_than_places_gets_nobody_else(self):
        given_themes = allocate(["s1", "s2"], {"s1": THEMES}, THEMES, capacity=1, kept=self.KEPT)
        assert given_themes[0] == Allocation("s1", THEMES[1], 2)

    def test_the_capacity_that_is_enough_counts_kept_lines(self):
        with pytest.raises(CourseError, match="2 free places for 4 students; --capacity 2 is enough"):
            allocate(list("1234"), {}, THEMES, capacity=1, kept=self.KEPT)

    def test_who_has_a_theme_keeps_it_where_nobody_is_new(self):
        assert allocate(["s2"], {}, THEMES, kept=self.KEPT) == list(self.KEPT)


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
        with pytest.raises(
            CourseError, match="s1 prefers 'quantum' in column 'first'; the themes are theme_a"
        ):
            read_preferences(path, THEMES)

    def test_columns_that_a_form_adds_are_named(self, tmp_path):
        path = tmp_path / "wishes.csv"
        path.write_text("Timestamp,id,first\n2026/11/01,s1,A\n")
        with pytest.raises(CourseError, match="'2026/11/01' in column 'Timestamp'.*read as choices: remove"):
            read_preferences(path, THEMES)

    def test_what_is_written_is_read_again(self, tmp_path):
        given_themes = allocate(["s1", "s2"], {"s1": [THEMES[1]]}, THEMES)
        assert write(given_themes, tmp_path / "themes.csv", NOW) == Written(None, {})
        assert read_allocation(tmp_path) == {item.student: item.assignment for item in given_themes}
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
            ("id,theme\ns1,theme_c_pruning\n", "the columns student, theme, and may have choice"),
            ("", "the columns student, theme, and may have choice"),
        ],
    )
    def test_an_allocation_that_would_lose_points_is_refused(self, tmp_path, lines, said):
        (tmp_path / "themes.csv").write_text(lines)
        with pytest.raises(CourseError, match=said):
            read_allocation(tmp_path, [*THEMES, "small"])

    def test_spaces_and_students_without_a_theme_do_no_harm(self, tmp_path):
        (tmp_path / "themes.csv").write_text("student, theme\ns1, theme_c_pruning \ns2,\n\n")
        assert read_allocation(tmp_path, THEMES) == {"s1": THEMES[2]}


class TestReplacing:
    OLD = f"student,theme,choice\ns1,{THEMES[0]},1\ns2,{THEMES[1]},1\ngone,{THEMES[2]},1\n"

    def test_the_old_file_is_kept_and_the_changes_are_told(self, tmp_path):
        path = tmp_path / "themes.csv"
        path.write_text(self.OLD)
        new = [
            Allocation("s1", THEMES[0], 1),
            Allocation("s2", THEMES[2], None),
            Allocation("s3", THEMES[1], 1),
        ]
        written = write(new, path, NOW)
        assert written.copy == tmp_path / "themes-20261124-093000.csv"
        assert written.copy.read_text() == self.OLD
        assert written.changes == {"gone": (THEMES[2], ""), "s2": (THEMES[1], THEMES[2])}
        assert read_allocation(tmp_path) == {item.student: item.assignment for item in new}

    def test_a_second_copy_of_the_same_second_replaces_none(self, tmp_path):
        path = tmp_path / "themes.csv"
        path.write_text("first\n")
        write([], path, NOW)
        path.write_text("second\n")
        write([], path, NOW)
        assert [copy.read_text() for copy in sorted(tmp_path.glob("themes-*"))] == ["second\n", "first\n"]

    def test_the_same_allocation_again_makes_no_copy(self, tmp_path):
        given_themes = allocate(["s1"], {}, THEMES)
        write(given_themes, tmp_path / "themes.csv", NOW)
        assert write(given_themes, tmp_path / "themes.csv", NOW) == Written(None, {})
        assert len(list(tmp_path.iterdir())) == 1

    def test_an_unreadable_theme_cannot_be_kept(self, tmp_path):
        (tmp_path / "themes.csv").write_text("student,theme\ns1,theme_z\n")
        with pytest.raises(CourseError, match="line 2: s1 has 'theme_z'"):
            read_kept(tmp_path, THEMES)


class TestCommand:
    @pytest.fixture
    def folder(self, tmp_path):
        small_course.write(
            tmp_path / CONFIG_FILE, b"c = get_config()\nc.CourseSettings.groups = {'theme': 'theme_*'}\n"
        )
        for theme in THEMES:
            small_course.write(tmp_path / "source" / theme / f"{theme}.ipynb", b"{}")
        (tmp_path / "roster.csv").write_text("id\ns1\ns2\ns3\n")
        (tmp_path / "wishes.csv").write_text("id,first\ns1,a\ns2,b\ns3,c\n")
        (tmp_path / "themes.csv").write_text(
            f"student,theme,choice\ns1,{THEMES[1]},\n[b]gone,{THEMES[0]},1\n"
        )
        return tmp_path

    def run(self, folder, capsys, **options):
        commands.themes(folder, folder / "roster.csv", folder / "wishes.csv", None, 0, **options)
        return capsys.readouterr().out

    def test_it_says_who_has_another_theme_now(self, folder, capsys):
        said = self.run(folder, capsys)
        assert f"s1: {THEMES[1]} -> {THEMES[0]}\n" in said
        assert f"[b]gone: {THEMES[0]} -> none, not on the roster\n" in said
        assert "the old file is kept: " in said
        assert read_allocation(folder)["s1"] == THEMES[0]

    def test_it_hands_back_who_has_which_theme(self, folder):
        done = commands.themes(folder, folder / "roster.csv", folder / "wishes.csv", None, 0)
        assert done.data["file"] == folder / "themes.csv"
        assert {one.student: one.assignment for one in done.data["allocated"]} == dict(
            zip(("s1", "s2", "s3"), THEMES, strict=False)
        )
        assert {"student": "s1", "before": THEMES[1], "now": THEMES[0]} in done.data["changes"]

    def test_with_keep_nobody_has(self, folder, capsys):
        said = self.run(folder, capsys, keep=True)
        assert "->" not in said
        assert "kept as they were: 2 students" in said
        assert "kept, though not on the roster: [b]gone;" in said
        allocated = read_allocation(folder)
        assert (allocated["s1"], allocated["[b]gone"]) == (THEMES[1], THEMES[0])
        assert set(allocated) == {"s1", "s2", "s3", "[b]gone"}
