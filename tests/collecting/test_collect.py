"""Collecting: each notebook to its student, nothing guessed, nothing lost, and the same again the second time."""

from __future__ import annotations

import copy
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import nbformat
import pytest
from nbgrader.utils import parse_utc

from autograder.collecting import archive
from autograder.collecting.collect import collect
from autograder.collecting.naming import System
from autograder.collecting.placing import Placement
from autograder.course.roster import Person, Roster
from autograder.errors import ArchiveError, CourseError
from tests import small_course
from tests.collecting.conftest import LATER, NOON, ROSTER, why


def place(course, student: str) -> Path:
    return course.submitted / student / "small" / "small.ipynb"


class TestWhoseItIs:
    @pytest.mark.parametrize(
        ("system", "path"),
        [
            ("moodle", "山田 花子_501_assignsubmission_file/small.ipynb"),
            ("moodle", "山田　花子_999_assignsubmission_file_small.ipynb"),
            ("canvas", "山田花子_71_9001_small.ipynb"),
            ("canvas", "hanakoyamada_71_9001_small-2.ipynb".replace("hanakoyamada", "花子山田")),
            ("classroom", "山田 花子 - small.ipynb"),
            ("classroom", "small_hanako@example.ac.jp のコピー.ipynb"),
            ("plain", "S1/small/small.ipynb"),
            ("plain", "山田花子_small.ipynb"),
            ("plain", "hanako@example.ac.jp.ipynb"),
        ],
    )
    def test_the_roster_s_id_is_the_folder(self, course, gather, notebooks, system, path):
        data = notebooks()
        found = gather(system, (path, data))
        assert why(found) == {}
        assert place(course, "s1").read_bytes() == data
        assert [(one.student, one.placement) for one in found.collected] == [("s1", Placement.NEW)]

    def test_moodle_drops_signs_of_names(self, course, gather, notebooks):
        gather("moodle", ("Taro OBrien_700_assignsubmission_file/small.ipynb", notebooks()))
        assert place(course, "s2").is_file()

    @pytest.mark.parametrize(
        ("system", "path", "words"),
        [
            ("moodle", "山田 華子_9_assignsubmission_file/small.ipynb", "nobody on the roster is called '山田 華子'; is it 山田 花子 (s1)?"),
            ("moodle", "佐藤 健_9_assignsubmission_file/small.ipynb", "'佐藤 健' may be any of 佐藤 健 (s3), 佐藤 健 (s4)"),
            ("moodle", "参加者_9_assignsubmission_file/small.ipynb", "nobody on the roster is called 'participant 9'"),
            ("canvas", "山田花子_72_9001_small.ipynb", "its number is that of Taro O'Brien (s2) and its name that of 山田 花子 (s1)"),
            ("canvas", "佐藤健_9_9001_small.ipynb", "lms_user_id"),
            ("classroom", "small.ipynb", "does not say whose it is"),
            ("classroom", "s1_s2_small.ipynb", "may be any of"),
            ("plain", "s1/s2_small.ipynb", "may be any of"),
            ("plain", "s9/small.ipynb", "nobody on the roster"),
        ],
    )  # fmt: skip
    def test_what_is_not_certain_is_listed_and_not_collected(
        self, course, gather, notebooks, system, path, words
    ):
        found = gather(system, (path, notebooks()))
        assert words in why(found)[path]
        assert found.collected == ()
        assert not course.submitted.exists()

    def test_moodle_s_worksheet_tells_two_people_of_one_name_apart(self, course, gather, notebooks):
        gather("moodle", ("佐藤 健_504_assignsubmission_file/small.ipynb", notebooks()))
        assert place(course, "s4").is_file()

    def test_a_hidden_name_is_known_by_its_number(self, course, gather, notebooks):
        gather("moodle", ("Participant_503_assignsubmission_file/small.ipynb", notebooks()))
        assert place(course, "s3").is_file()

    @pytest.mark.parametrize(
        ("system", "path", "student"),
        [
            ("moodle", "山田 花子_501_assignsubmission_file/small.ipynb", "山田_花子"),
            ("canvas", "yamadahanako_71_9001_small.ipynb", "71"),
            ("classroom", "山田 花子 - small.ipynb", "山田_花子"),
            ("plain", "s1/small.ipynb", "s1"),
        ],
    )
    def test_without_a_roster_it_is_the_system_s_name_or_number(
        self, course, gather, notebooks, system, path, student
    ):
        assert why(gather(system, (path, notebooks()), roster=None)) == {}
        assert place(course, student).is_file()

    @pytest.mark.parametrize(
        ("system", "path", "words"),
        [
            ("moodle", "Participant_501_assignsubmission_file/small.ipynb", "grading worksheet"),
            ("classroom", "small_hanako.ipynb", "--roster"),
            ("plain", "a[1]/small.ipynb", "cannot be a student's id in nbgrader"),
            ("plain", "a+b_small.ipynb", "cannot be a student's id in nbgrader"),
        ],
    )
    def test_without_a_roster_less_is_certain(self, course, gather, notebooks, system, path, words):
        assert words in why(gather(system, (path, notebooks()), roster=None))[path]
        assert not course.submitted.exists()

    def test_without_a_roster_namesakes_are_not_one_person(self, course, gather, notebooks):
        found = gather(
            "moodle",
            ("佐藤 健_503_assignsubmission_file/small.ipynb", notebooks()),
            ("佐藤 健_504_assignsubmission_file/small.ipynb", notebooks("1")),
            roster=None,
        )
        assert (
            "2 participants have this name (503, 504)"
            in why(found)["佐藤 健_503_assignsubmission_file/small.ipynb"]
        )
        assert not course.submitted.exists()


class TestWhichAssignment:
    @pytest.fixture
    def two(self, course):
        """A second assignment, with cells of its own."""
        other = copy.deepcopy(small_course.source())
        for cell in other.cells:
            cell.id = f"other-{cell.id}"
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.grade_id = cell.id
        (course.source / "other").mkdir()
        nbformat.write(other, course.source / "other" / "other.ipynb")
        return course

    @pytest.fixture
    def blank(self):
        return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])).encode()

    def test_cells_say_it_where_the_name_does_not(self, two, gather, notebooks):
        assert why(gather("plain", ("s1/my homework.ipynb", notebooks()))) == {}
        assert place(two, "s1").is_file()

    def test_a_notebook_of_another_assignment_is_not_collected(self, two, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb", notebooks()), assignment="other")
        assert "holds the cells of small, not of other" in why(found)["s1/small.ipynb"]
        assert found.collected == ()

    def test_a_name_that_contradicts_the_cells_is_not_collected(self, two, gather, notebooks):
        found = gather("plain", ("s1/other.ipynb", notebooks()))
        assert "named after other and holds the cells of small" in why(found)["s1/other.ipynb"]
        assert found.collected == ()

    def test_a_notebook_without_cells_of_the_course_is_collected_where_it_was_handed_in_and_listed(
        self, two, gather, blank
    ):
        found = gather("plain", ("s1/small.ipynb", blank))
        assert "none of its cells is of this assignment" in why(found)["s1/small.ipynb"]
        assert place(two, "s1").is_file()

    def test_nothing_says_which_assignment(self, two, gather, blank):
        found = gather("plain", ("s1/homework.ipynb", blank))
        assert "--assignment" in why(found)["s1/homework.ipynb"]
        assert found.collected == ()

    def test_a_notebook_that_was_cut_off_is_collected_for_the_record_and_listed(
        self, course, gather, notebooks
    ):
        found = gather("plain", ("s1/small.ipynb", notebooks()[:200]))
        assert "it cannot be graded" in why(found)["s1/small.ipynb"]
        assert place(course, "s1").is_file()

    def test_an_unknown_assignment_is_a_wrong_call(self, gather):
        with pytest.raises(CourseError, match="there is no assignment 'smal'; there are small"):
            gather("plain", assignment="smal")


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("report.pdf", "it is not a notebook"),
            ("small.ipynb.txt", "rename it to small.ipynb"),
            ("small.zip", "unpack it, and collect its folder with --from plain"),
        ],
    )
    def test_they_need_attention_where_there_is_no_notebook(self, course, gather, name, words):
        found = gather("plain", (f"s1/{name}", b"PK"))
        assert words in why(found)[f"s1/{name}"]

    def test_an_archive_needs_attention_also_beside_a_notebook(self, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb", notebooks()), ("s1/newer.zip", b"PK"))
        assert list(why(found)) == ["s1/newer.zip"]

    def test_beside_a_notebook_they_are_only_listed(self, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb", notebooks()), ("s1/figure.png", b"x"))
        assert why(found) == {}
        assert [one.what for one in found.left_out] == ["s1/figure.png"]

    def test_text_typed_into_moodle_is_not_taken_for_a_file(self, gather, notebooks):
        found = gather(
            "moodle",
            ("山田 花子_501_assignsubmission_file/small.ipynb", notebooks()),
            ("山田 花子_501_assignsubmission_onlinetext/onlinetext.html", b"x"),
            ("Taro OBrien_502_assignsubmission_onlinetext/onlinetext.html", b"x"),
        )
        assert list(why(found)) == ["Taro OBrien_502_assignsubmission_onlinetext/onlinetext.html"]


class TestSeveral:
    def test_canvas_s_latest_attachment_counts(self, course, gather, notebooks):
        found = gather(
            "canvas",
            ("山田花子_71_9002_small-1.ipynb", notebooks("2")),
            ("山田花子_71_9001_small.ipynb", notebooks("1")),
            ("山田花子_71_9003_small-2.ipynb", notebooks("3")),
        )
        assert place(course, "s1").read_bytes() == notebooks("3")
        assert [one.what for one in found.left_out] == [
            "山田花子_71_9001_small.ipynb",
            "山田花子_71_9002_small-1.ipynb",
        ]
        assert all("9003" in one.why for one in found.left_out)

    def test_the_later_date_counts_where_a_person_made_the_archive(self, course, gather, notebooks):
        gather("plain", ("s1/a.ipynb", notebooks("2"), LATER), ("s1/b.ipynb", notebooks("1"), NOON))
        assert place(course, "s1").read_bytes() == notebooks("2")

    def test_dates_of_moodle_s_archive_say_nothing_about_submissions(self, course, gather, notebooks):
        folder = "山田 花子_501_assignsubmission_file"
        found = gather(
            "moodle",
            (f"{folder}/a.ipynb", notebooks("1"), NOON),
            (f"{folder}/b.ipynb", notebooks("2"), LATER),
        )
        assert set(why(found)) == {f"{folder}/a.ipynb", f"{folder}/b.ipynb"}
        assert "nothing says which is later" in why(found)[f"{folder}/a.ipynb"]
        assert found.collected == ()

    def test_the_one_that_is_named_after_the_assignment_counts(self, course, gather, notebooks):
        folder = "山田 花子_501_assignsubmission_file"
        gather("moodle", (f"{folder}/small.ipynb", notebooks("1")), (f"{folder}/draft.ipynb", notebooks("2")))
        assert place(course, "s1").read_bytes() == notebooks("1")

    @pytest.mark.parametrize("copied", ["small (1)", "small - コピー (2)", "Copy of small (2)", "small-1"])
    def test_a_copy_s_mark_does_not_say_that_it_is_later(self, course, gather, notebooks, copied):
        folder = "山田 花子_501_assignsubmission_file"
        paths = (f"{folder}/small.ipynb", f"{folder}/{copied}.ipynb")
        found = gather("moodle", (paths[0], notebooks("1")), (paths[1], notebooks("2")))
        assert set(why(found)) == set(paths)
        assert all("nothing says which is later; none was collected" in text for text in why(found).values())
        assert found.collected == found.left_out == ()
        assert not place(course, "s1").exists()

    def test_a_copy_of_the_same_content_is_left_out(self, course, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb", notebooks()), ("s1/small (1).ipynb", notebooks()))
        assert why(found) == {}
        assert len(found.collected) == len(found.left_out) == 1
        assert place(course, "s1").read_bytes() == notebooks()

    def test_the_same_file_twice_is_no_question(self, course, gather, notebooks):
        found = gather("plain", ("s1/a.ipynb", notebooks()), ("s1/b.ipynb", notebooks()))
        assert why(found) == {}
        assert place(course, "s1").is_file()


class TestAgain:
    def test_the_second_time_nothing_changes(self, course, gather, notebooks):
        files = [("s1/small.ipynb", notebooks("1")), ("s2/small.ipynb", notebooks("2"))]
        gather("plain", *files)
        before = {path: path.stat().st_mtime_ns for path in course.submitted.rglob("*")}
        found = gather("plain", *files)
        assert {one.placement for one in found.collected} == {Placement.UNCHANGED}
        assert {path: path.stat().st_mtime_ns for path in course.submitted.rglob("*")} == before

    def test_a_later_one_replaces_an_older_one_which_is_kept(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1"), NOON))
        found = gather("plain", ("s1/small.ipynb", notebooks("2"), LATER))
        [one] = found.collected
        assert one.placement is Placement.REPLACED
        assert "saved 2026-11-06 12:00:00, the one in submitted/ 2026-11-05 12:00:00" in one.note
        assert place(course, "s1").read_bytes() == notebooks("2")
        [kept] = (course.state / "replaced").rglob("*.ipynb")
        assert kept.read_bytes() == notebooks("1")
        assert str(kept.relative_to(course.root)) in one.note

    def test_a_timestamp_that_nobody_can_read_does_not_outlive_its_notebook(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1"), NOON))
        stamp = place(course, "s1").with_name("timestamp.txt")
        stamp.write_text("some day")
        gather("plain", ("s1/small.ipynb", notebooks("2"), LATER))
        assert place(course, "s1").read_bytes() == notebooks("2")
        assert not stamp.exists()

    def test_an_older_one_does_not_replace_a_later_one(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("2"), LATER))
        [one] = gather("plain", ("s1/small.ipynb", notebooks("1"), NOON)).collected
        assert one.placement is Placement.KEPT
        assert place(course, "s1").read_bytes() == notebooks("2")

    def test_where_nothing_says_which_is_later_the_one_that_is_there_stays(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1"), NOON))
        found = gather("plain", ("s1/small.ipynb", notebooks("2"), NOON))
        assert "nothing says which is later" in why(found)["s1/small"]
        assert place(course, "s1").read_bytes() == notebooks("1")

    def test_replace_takes_the_one_of_the_archive_there_and_keeps_the_other(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1"), NOON), ("s2/small.ipynb", notebooks("1"), LATER))
        found = gather(
            "plain",
            ("s1/small.ipynb", notebooks("2"), NOON),
            ("s2/small.ipynb", notebooks("2"), NOON),
            replace=True,
        )
        assert found.attention == ()
        assert {one.student: one.placement for one in found.collected} == {
            "s1": Placement.REPLACED,
            "s2": Placement.KEPT,  # here the dates say it
        }
        assert place(course, "s1").read_bytes() == notebooks("2")
        [kept] = (course.state / "replaced" / "s1" / "small").iterdir()
        assert kept.read_bytes() == notebooks("1")

    def test_a_time_of_submission_is_not_compared_with_a_date_of_a_file(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1"), NOON))
        place(course, "s1").with_name("timestamp.txt").write_text("2026-11-01 00:00:00 UTC")
        found = gather("plain", ("s1/small.ipynb", notebooks("2"), LATER))
        assert "nothing says which is later" in why(found)["s1/small"]

    def test_a_dry_run_says_the_same_and_changes_nothing(self, course, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb", notebooks()), dry_run=True)
        assert [one.placement for one in found.collected] == [Placement.NEW]
        assert not course.submitted.exists()
        assert not course.state.exists()

    def test_links_in_submitted_are_not_followed(self, course, gather, notebooks, tmp_path):
        outside = tmp_path / "outside.ipynb"
        outside.write_bytes(b"precious")
        place(course, "s1").parent.mkdir(parents=True)
        place(course, "s1").symlink_to(outside)
        (course.submitted / "s2").symlink_to(tmp_path)
        found = gather("plain", ("s1/small.ipynb", notebooks()), ("s2/small.ipynb", notebooks()))
        assert set(why(found)) == {"s1/small", "s2/small", "submitted/s2"}
        assert outside.read_bytes() == b"precious"
        assert not (tmp_path / "small").exists()


class TestTimes:
    def stamp(self, course) -> datetime:
        text = place(course, "s1").with_name("timestamp.txt").read_text()
        return parse_utc(text).replace(tzinfo=UTC)

    def test_a_timestamp_beside_the_notebook_is_taken_over(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks()), ("s1/timestamp.txt", b"2026-11-05 12:30:00 UTC"))
        assert self.stamp(course) == datetime(2026, 11, 5, 12, 30, tzinfo=UTC)

    def test_the_time_in_a_name_is_written(self, course, gather, notebooks):
        gather("plain", ("small_s1_attempt_2026-11-05-12-30-00_x.ipynb", notebooks()))
        assert self.stamp(course) == datetime(2026, 11, 5, 12, 30, tzinfo=UTC)

    def test_the_time_in_moodle_s_worksheet_is_written(self, course, gather, notebooks):
        roster = Roster([Person(id="s1", name="A B", submitted="Thursday, 5 November 2026, 12:30 PM")])
        gather("moodle", ("A B_501_assignsubmission_file/small.ipynb", notebooks()), roster=roster)
        assert self.stamp(course) == datetime(2026, 11, 5, 12, 30, tzinfo=UTC)

    def test_dates_of_an_archive_are_no_times_of_submission(self, course, gather, notebooks):
        gather("canvas", ("山田花子_71_9001_small.ipynb", notebooks()))
        assert not place(course, "s1").with_name("timestamp.txt").exists()

    def test_times_of_submission_decide_which_is_later(self, course, gather, notebooks):
        name = "small_s1_attempt_2026-11-{}-12-30-00_x.ipynb"
        gather("plain", (name.format("05"), notebooks("1"), LATER), (name.format("06"), notebooks("2"), NOON))
        assert place(course, "s1").read_bytes() == notebooks("2")
        [one] = gather("plain", (name.format("05"), notebooks("1"), LATER)).collected
        assert one.placement is Placement.KEPT
        gather("plain", (name.format("07"), notebooks("3"), NOON))
        assert place(course, "s1").read_bytes() == notebooks("3")
        assert self.stamp(course) == datetime(2026, 11, 7, 12, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("zone", "words"),
        [
            (UTC, "submitted 2026-11-06 12:30:00 UTC, the one in submitted/ 2026-11-05 12:30:00 UTC"),
            (
                ZoneInfo("Asia/Tokyo"),
                "submitted 2026-11-06 21:30:00 JST, the one in submitted/ 2026-11-05 21:30:00 JST",
            ),
        ],
    )
    def test_times_are_said_in_the_zone_that_was_named(self, gather, notebooks, zone, words):
        name = "small_s1_attempt_2026-11-{}-12-30-00_x.ipynb"
        gather("plain", (name.format("05"), notebooks("1")))
        [one] = gather("plain", (name.format("06"), notebooks("2")), zone=zone).collected
        assert one.note.startswith(words)

    def test_a_time_at_the_end_of_the_calendar_is_said_as_it_is(self, gather, notebooks):
        gather("plain", ("s1/small.ipynb", notebooks("1")), ("s1/timestamp.txt", b"2026-11-05 12:30:00 UTC"))
        end = ("s1/timestamp.txt", b"9999-12-31 23:59:59 UTC")
        [one] = gather(
            "plain", ("s1/small.ipynb", notebooks("2")), end, zone=ZoneInfo("Asia/Tokyo")
        ).collected
        assert one.note.startswith("submitted 9999-12-31 23:59:59 UTC, ")


def test_an_archive_of_another_system_is_refused_with_one_sentence(course, gather, notebooks):
    files = [
        ("山田 花子_501_assignsubmission_file/small.ipynb", notebooks("1")),
        ("Taro OBrien_502_assignsubmission_file/small.ipynb", notebooks("2")),
        ("Taro OBrien_502_assignsubmission_onlinetext/onlinetext.html", b"x"),
    ]
    with pytest.raises(ArchiveError, match="this looks like an archive of Moodle: use --from moodle"):
        gather("canvas", *files)
    assert not course.submitted.exists()


class TestMissing:
    def test_whom_the_roster_names_and_who_has_handed_in_nothing_is_listed(self, course, gather, notebooks):
        small_course.submit(course, "s4")
        found = gather("plain", ("s1/small.ipynb", notebooks()))
        assert found.missing == {"small": ("Taro O'Brien (s2)", "佐藤 健 (s3)")}

    def test_without_a_roster_nobody_is_missing(self, gather, notebooks):
        assert gather("plain", ("s1/small.ipynb", notebooks()), roster=None).missing == {}


def test_cells_without_ids_are_no_news_of_collecting(course, gather, notebooks):
    data = notebooks()
    path = course.source / "small" / "small.ipynb"
    source = json.loads(path.read_text(encoding="utf-8"))
    submitted = json.loads(data)
    for cell in [*source["cells"], *submitted["cells"]]:
        cell.pop("id", None)
    path.write_text(json.dumps(source), encoding="utf-8")
    found = gather("plain", ("s1/homework.ipynb", json.dumps(submitted)))  # warnings are errors here
    assert why(found) == {}
    assert place(course, "s1").is_file()


def test_one_damaged_file_does_not_stop_the_others(course, tmp_path, notebooks):
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as written:
        written.writestr("s1/small.ipynb", notebooks("1"))
        written.writestr("s2/small.ipynb", notebooks("2"))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"return 1", b"return 7", 1))
    with archive.opened(path) as opened:
        found = collect(course, opened, System.PLAIN, roster=ROSTER)
    assert [one.student for one in found.collected] == ["s2"]
    assert "damaged" in why(found)["s1/small.ipynb"]
    assert not os.path.lexists(place(course, "s1"))
