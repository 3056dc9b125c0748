"""What is handed in again, or several times: the later one counts, and none is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from nbgrader.utils import parse_utc

from autograder.collecting.placing import Placement
from autograder.course.roster import Person, Roster
from tests.collecting.conftest import LATER, NOON, place, why


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
