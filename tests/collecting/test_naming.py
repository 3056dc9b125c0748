"""Naming rules of each system: real names are read, and what they do not say is not guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autograder.collecting.naming import (
    System,
    check_system,
    common_folder,
    parse,
)
from autograder.collecting.stems import assignment_in, plain_stem
from autograder.course.times import read_time
from autograder.errors import ArchiveError, UnclearName

KNOWN = ["lesson1_overfitting", "lesson2_parameters", "theme_a"]


def named(system: str, path: str):
    return parse(System(system), path.split("/"), KNOWN)


class TestMoodle:
    @pytest.mark.parametrize(
        "path",
        [
            "山田 花子_501_assignsubmission_file/x.ipynb",
            "山田 花子_501_assignsubmission_file_/x.ipynb",
            "山田 花子_501_assignsubmission_file_x.ipynb",
            "Course-Lesson-7/山田 花子_501_assignsubmission_file/x.ipynb",
            "山田 花子_501_assignsubmission_file/folder/x.ipynb",
        ],
    )
    def test_with_and_without_folders(self, path):
        found = named("moodle", path)
        assert (found.names, found.number, found.file) == (("山田 花子",), "501", "x.ipynb")
        assert not found.number_stays

    def test_file_names_may_look_like_the_rule(self):
        found = named("moodle", "A B_5_assignsubmission_file_A_6_assignsubmission_file_x.ipynb")
        assert (found.names, found.number, found.file) == (("A B",), "5", "A_6_assignsubmission_file_x.ipynb")

    @pytest.mark.parametrize("name", ["Participant", "参加者"])
    def test_a_hidden_name_is_no_name(self, name):
        found = named("moodle", f"{name}_501_assignsubmission_file/x.ipynb")
        assert (found.names, found.number) == ((), "501")

    @pytest.mark.parametrize("path", ["x.ipynb", "山田 花子/x.ipynb", "山田_assignsubmission_file/x.ipynb"])
    def test_other_names_are_unclear(self, path):
        with pytest.raises(UnclearName, match="not named as Moodle"):
            named("moodle", path)


class TestCanvas:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("yamadahanako_71_9001_x.ipynb", ("yamadahanako", "71", 9001, "x.ipynb", False)),
            ("yamadahanako_LATE_71_9001_x.ipynb", ("yamadahanako", "71", 9001, "x.ipynb", True)),
            ("山田花子_71_9001_課題 1.ipynb", ("山田花子", "71", 9001, "課題 1.ipynb", False)),
            ("yamada_71_9001_5_6_x.ipynb", ("yamada", "71", 9001, "5_6_x.ipynb", False)),
            ("a_b_71_9001_x-1.ipynb", ("a_b", "71", 9001, "x-1.ipynb", False)),
            ("submissions/late_71_9001_x.ipynb", ("late", "71", 9001, "x.ipynb", False)),
        ],
    )
    def test_name_number_lateness_and_file(self, path, expected):
        found = named("canvas", path)
        assert (*found.names, found.number, found.order, found.file, found.late) == expected
        assert found.number_stays

    def test_text_that_was_typed_in_is_no_notebook_of_somebody(self):
        found = named("canvas", "yamada_71_text.html")
        assert (found.names, found.number, found.file) == (("yamada",), "71", "text.html")

    @pytest.mark.parametrize(
        "path", ["anon_x4Tz9_9001_x.ipynb", "anon_12345_9001_x.ipynb", "LATE_anon_a1b2c_9_x.ipynb"]
    )
    def test_anonymous_grading_hides_whose_it_is(self, path):
        with pytest.raises(UnclearName, match="anonymous grading"):
            named("canvas", path)

    @pytest.mark.parametrize("path", ["x.ipynb", "yamada_71_x.ipynb"])
    def test_other_names_are_unclear(self, path):
        with pytest.raises(UnclearName, match="not named as Canvas"):
            named("canvas", path)


class TestClassroom:
    def test_the_name_that_classroom_gives_a_copy_for_each_student_is_certain(self):
        found = named("classroom", "山田 花子 - lesson1_overfitting.ipynb")
        assert (found.names, found.certain) == (("山田 花子",), True)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("lesson1_overfitting_山田 花子.ipynb", "山田 花子"),
            ("s1_lesson1_overfitting のコピー.ipynb", "s1"),
            ("Copy of s1_answer.ipynb", "s1"),
            ("山田 花子/answer.ipynb", "山田 花子"),
            ("山田 花子 - my work (2).ipynb", "山田 花子"),
        ],
    )
    def test_names_that_students_gave_hold_candidates_for_a_roster_only(self, path, name):
        found = named("classroom", path)
        assert name in {one for names in (found.names, *found.otherwise) for one in names}
        assert not found.certain

    @pytest.mark.parametrize(
        "path",
        [
            "Copy of lesson1_overfitting.ipynb",
            "lesson1_overfitting のコピー.ipynb",
            "lesson1_overfitting (1).ipynb",
        ],
    )
    def test_a_copy_of_the_assignment_says_nothing(self, path):
        with pytest.raises(UnclearName, match="does not say whose it is"):
            named("classroom", path)


class TestPlain:
    @pytest.mark.parametrize(
        "path",
        [
            "s1/lesson1_overfitting.ipynb",
            "s1/lesson1_overfitting/lesson1_overfitting.ipynb",
            "s1/answer.ipynb",
            "s1_lesson1_overfitting.ipynb",
            "lesson1_overfitting_s1.ipynb",
            "s1.ipynb",
            "lesson1_overfitting_s1_attempt_2026-11-05-12-00-00_x.ipynb",
        ],
    )
    def test_folders_and_file_names(self, path):
        found = named("plain", path)
        assert found.names[0] == "s1"
        assert found.certain

    def test_the_time_of_an_attempt_is_read(self):
        found = named("plain", "lesson1_overfitting_s1_attempt_2026-11-05-12-00-00_x.ipynb")
        assert found.time == datetime(2026, 11, 5, 12, tzinfo=UTC)

    def test_a_file_that_is_named_after_the_assignment_alone_is_unclear(self):
        with pytest.raises(UnclearName, match="does not say whose it is"):
            named("plain", "lesson1_overfitting.ipynb")

    @pytest.mark.parametrize(
        ("paths", "depth"),
        [
            (["all/s1/x.ipynb", "all/s2/x.ipynb"], 1),
            (["all/s1_theme_a.ipynb", "all/s2_theme_a.ipynb"], 1),
            (["all/s1/x.ipynb"], 1),
            (["s1/x.ipynb", "s2/x.ipynb"], 0),
            (["s1/x.ipynb"], 0),
            (["s1/lesson1_overfitting/lesson1_overfitting.ipynb", "s1/theme_a/theme_a.ipynb"], 0),
            (["a/b/s1/x.ipynb", "a/b/s2/x.ipynb"], 2),
            ([], 0),
        ],
    )
    def test_a_folder_around_everything_is_not_a_student(self, paths, depth):
        assert common_folder([path.split("/") for path in paths], KNOWN) == depth

    def test_a_folder_around_several_files_may_be_a_student_s(self):
        with pytest.raises(
            ArchiveError, match="the folder 'all', which may be one student's or the archive's own"
        ):
            common_folder([["all", "s1.ipynb"], ["all", "s2.ipynb"]], KNOWN)

    @pytest.mark.parametrize(
        "path",
        [
            "12-345 - 山田 花子 - Nov 5, 2026 1203 PM - x.ipynb",
            "12-345 - 山田 花子 - 5 November, 2026 1203 PM - x.ipynb",
            "all/12-345 - 山田 花子 - Nov 5, 2026 1203 PM/x.ipynb",
        ],
    )
    def test_brightspace_writes_name_and_time(self, path):
        found = named("plain", path)
        assert (found.names, found.file) == (("山田 花子",), "x.ipynb")
        assert f"{read_time(found.local_time):%Y-%m-%d %H:%M}" == "2026-11-05 12:03"

    def test_teams_numbers_what_was_handed_in_again(self):
        paths = [f"Submitted files/山田 花子/Lesson 1/Version {number}/x.ipynb" for number in (9, 10)]
        first, second = (named("plain", path) for path in paths)
        assert first.names[0] == second.names[0] == "山田 花子"
        assert first.order < second.order

    def test_working_files_of_teams_have_not_been_handed_in(self):
        with pytest.raises(UnclearName, match="has not handed in"):
            named("plain", "Working files/山田 花子/Lesson 1/x.ipynb")

    def test_an_impossible_time_is_none(self):
        assert named("plain", "theme_a_s1_attempt_2026-99-05-12-00-00_x.ipynb").time is None


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("theme_a", "theme_a"),
        ("theme_a-2", "theme_a"),
        ("s1_theme_a-2", "s1_theme_a"),
        ("theme_a (3)", "theme_a"),
        ("theme_a（3）", "theme_a"),
        ("Copy of theme_a", "theme_a"),
        ("theme_a のコピー", "theme_a"),
        ("theme_a - コピー", "theme_a"),
        ("theme_a - Copy (2)", "theme_a"),
        ("theme_a-2 (1)", "theme_a"),
        ("theme_a-Copy1", "theme_a"),
        ("Copy of Copy of theme_a", "theme_a"),
        ("scopy", "scopy"),
        ("2026-11", "2026-11"),
        ("", ""),
    ],
)
def test_what_is_added_to_copies_is_taken_away(stem, expected):
    assert plain_stem(stem, KNOWN) == expected


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("theme_a", "theme_a"),
        ("theme_a_yamada", "theme_a"),
        ("yamada-theme_a", "theme_a"),
        ("theme_ab", None),
        ("theme_a and lesson2_parameters", None),
        ("answer", None),
    ],
)
def test_an_assignment_s_name_is_found_where_it_stands_by_itself(stem, expected):
    assert assignment_in(stem, KNOWN) == expected


def test_of_two_names_the_one_that_holds_the_other_counts():
    assert assignment_in("s1_lesson_1_b", ["lesson_1", "lesson_1_b"]) == "lesson_1_b"


MOODLE = ["山田 花子_501_assignsubmission_file/x.ipynb", "A B_502_assignsubmission_file_x.ipynb"]
CANVAS = ["yamadahanako_71_9001_x.ipynb", "b_LATE_72_9002_x.ipynb"]


class TestTheWrongSystem:
    @pytest.mark.parametrize(
        ("system", "paths", "other"),
        [
            ("canvas", MOODLE, "Moodle: use --from moodle"),
            ("classroom", MOODLE, "Moodle: use --from moodle"),
            ("plain", MOODLE, "Moodle: use --from moodle"),
            ("moodle", CANVAS, "Canvas: use --from canvas"),
        ],
    )
    def test_another_system_s_archive_is_refused_with_its_name(self, system, paths, other):
        with pytest.raises(ArchiveError, match=f"looks like an archive of {other}$"):
            check_system(System(system), [path.split("/") for path in paths])

    @pytest.mark.parametrize(
        ("system", "paths"),
        [
            ("moodle", MOODLE),
            ("canvas", CANVAS),
            ("moodle", [*MOODLE, *CANVAS]),
            ("canvas", [*MOODLE, *CANVAS]),
            ("canvas", [*MOODLE, "x.ipynb"]),
            ("plain", [*MOODLE, "s1/x.ipynb"]),
            ("plain", ["s1_2026_11_theme_a.ipynb"]),
            ("moodle", ["x.ipynb"]),
            ("canvas", []),
        ],
    )
    def test_what_may_be_the_system_s_own_is_not(self, system, paths):
        check_system(System(system), [path.split("/") for path in paths])


@pytest.mark.parametrize(
    "path", ["s1_課題１.ipynb", "s1_課題1.ipynb", "課題1_s1.ipynb", "課題１_s1 (1).ipynb"]
)
def test_an_assignment_in_wide_letters_is_found_in_narrow_ones(path):
    assert parse(System("plain"), [path], ["課題１", "課題１０"]).names == ("s1",)
    assert parse(System("plain"), ["s1_課題10.ipynb"], ["課題１", "課題１０"]).names == ("s1",)
