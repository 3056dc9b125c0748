"""Every file of an archive is placed, left out with a reason, or asked about."""

from __future__ import annotations

import pytest

from autograder.collecting.archive import is_junk
from autograder.course.roster import Person, Roster
from autograder.errors import ArchiveError
from tests.collecting.conftest import LATER, NOON, ROSTER, why

METADATA = """---
submission_11:
  :submitters:
  - :name: Hanako Yamada
    :sid: s1
    :email: hanako@example.ac.jp
  :created_at: 2026-11-05 03:00:00.123456789 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Taro O'Brien
    :sid: ''
    :email: taro@example.ac.jp
  - :name: 佐藤 健
    :sid: s3
    :email: ''
  :created_at: 2026-11-05 12:00:00 +0900
submission_13:
  :submitters: []
"""


def assert_all_is_accounted_for(found, names) -> None:
    """Each file is in exactly one list, or its place in submitted/ is asked about."""
    placed = [one.source for one in found.collected]
    others = [one.what for one in (*found.attention, *found.left_out)]
    said = " ".join(one.why for one in found.attention)
    for name in names:
        if is_junk(name.split("/")):
            assert name in found.junk
        else:
            assert name in placed or name in others or name in said, name
    assert len(found.junk) == sum(is_junk(name.split("/")) for name in names)


JUNK = ["__MACOSX/x/._a.ipynb", "all/.DS_Store"]
ARCHIVES = {
    "a list beside the students' folders": ("plain", ["all/README.txt", "all/s1/small.ipynb", "all/s2/small.ipynb"]),
    "a list beside the archive's own folder": ("plain", ["README.txt", "all/s1/small.ipynb", "all/s2/small.ipynb"]),
    "data, modules and more beside a notebook": (
        "plain",
        ["s1/small.ipynb", "s1/helper.py", "s1/data/x.csv", "s1/draft.ipynb", "s2/notes.txt", "s1/more.zip"],
    ),
    "checkpoints": ("plain", ["s1/small.ipynb", "s1/.ipynb_checkpoints/small-checkpoint.ipynb",
                              "s2/.ipynb_checkpoints/small-checkpoint.ipynb"]),
    "several notebooks": ("plain", ["s1/small.ipynb", "s1/small (1).ipynb", "s1/small-Copy1.ipynb", "s2/a.ipynb", "s2/b.ipynb"]),
    "attempts": (
        "plain",
        [f"small_s1_attempt_2026-11-0{day}-12-00-00_small.ipynb" for day in (4, 5, 6)] + ["small_s1.ipynb"],
    ),
    "Moodle": (
        "moodle",
        ["山田 花子_501_assignsubmission_file/small.ipynb", "山田 花子_501_assignsubmission_file/plot.png",
         "山田 花子_501_assignsubmission_onlinetext/onlinetext.html",
         "Taro OBrien_502_assignsubmission_file/work.pdf", "Participant_77_assignsubmission_file/small.ipynb",
         "佐藤 健_503_assignsubmission_file/sub/small.ipynb", "佐藤 健_503_assignsubmission_file/timestamp.txt"],
    ),
    "Canvas": (
        "canvas",
        ["山田花子_71_9001_small.ipynb", "山田花子_71_9002_small-1.ipynb", "山田花子_71_9003_helper.py",
         "anon_abc_1_9004_small.ipynb", "佐藤健_LATE_73_9005_small.ipynb", "佐藤健_73_text.html", "x.ipynb"],
    ),
    "Google Classroom": (
        "classroom",
        ["山田 花子 - small.ipynb", "small.ipynb", "山田 花子 - small (1).ipynb", "Taro O'Brien - data.csv"],
    ),
    "Gradescope": (
        "gradescope",
        ["e/submission_metadata.yml", "e/submission_11/small.ipynb", "e/submission_11/helper.py",
         "e/submission_12/small.ipynb", "e/submission_13/small.ipynb", "e/submission_14/small.ipynb"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("with_roster", [True, False])
@pytest.mark.parametrize("name", ARCHIVES)
def test_each_file_is_placed_left_out_or_asked_about(gather, notebooks, name, with_roster, same):
    system, names = ARCHIVES[name]
    contents = {
        path: notebooks("1" if same else str(number)) if path.endswith(".ipynb") else b"something"
        for number, path in enumerate(names)
    }
    if name == "Gradescope":
        contents[names[0]] = METADATA.encode()
    files = [*contents.items(), *((path, b"") for path in JUNK)]
    found = gather(system, *files, roster=ROSTER if with_roster else None)
    accounted = [path for path in contents if not path.endswith("submission_metadata.yml")]
    assert_all_is_accounted_for(found, [*accounted, *JUNK])


class TestAFolderAroundTheStudents:
    @pytest.mark.parametrize("extra", ["all/README.md", "all/grades.csv", "README.md", "all/list/names.txt"])
    def test_a_file_beside_their_folders_does_not_make_one_student_of_them(
        self, course, gather, notebooks, extra
    ):
        data = notebooks()
        gather(
            "plain", (extra, b"x"), ("all/s1/small.ipynb", data), ("all/s2/small.ipynb", data), roster=None
        )
        assert sorted(path.name for path in course.submitted.iterdir()) == ["s1", "s2"]

    def test_a_checkpoint_is_nobodys_folder(self, course, gather, notebooks):
        data = notebooks()
        gather(
            "plain",
            ("s1/small.ipynb", data),
            ("s1/.ipynb_checkpoints/small-checkpoint.ipynb", data),
            roster=None,
        )
        assert sorted(path.name for path in course.submitted.iterdir()) == ["s1"]


class TestMoodlesTeams:
    @pytest.mark.parametrize("team", ["Team 1", "Group-A", "班", "Default group"])
    def test_the_team_before_a_name_is_not_the_student(self, course, gather, notebooks, team):
        data = notebooks()
        found = gather(
            "moodle",
            (f"{team}-山田 花子_901_assignsubmission_file/small.ipynb", data),
            (f"{team}-Taro OBrien_902_assignsubmission_file/small.ipynb", data),
        )
        assert why(found) == {}
        assert sorted(one.student for one in found.collected) == ["s1", "s2"]

    def test_without_a_roster_a_team_is_asked_about(self, course, gather, notebooks):
        data = notebooks()
        found = gather(
            "moodle",
            ("Team 1-Ada L_901_assignsubmission_file/small.ipynb", data),
            ("Team 1-Bob M_902_assignsubmission_file/small.ipynb", data),
            roster=None,
        )
        assert len(found.attention) == 2
        assert "Moodle writes a team's name before a student's; give a --roster" in found.attention[0].why
        assert not course.submitted.exists()

    def test_a_name_with_a_hyphen_is_a_name(self, course, gather, notebooks):
        gather("moodle", ("Mary-Ann Smith_9_assignsubmission_file/small.ipynb", notebooks()), roster=None)
        assert (course.submitted / "Mary-Ann_Smith").is_dir()


class TestGradescope:
    def export(self, gather, notebooks, metadata=METADATA, **options):
        data = notebooks()
        files = [(f"e/submission_{number}/small.ipynb", data) for number in (11, 12, 13, 14)]
        return gather("gradescope", ("e/submission_metadata.yml", metadata), *files, **options)

    def test_its_own_file_says_whose_they_are_and_when_they_came(self, course, gather, notebooks):
        found = self.export(gather, notebooks)
        assert sorted(one.student for one in found.collected) == ["s1", "s2", "s3"]
        stamps = [
            (course.submitted / student / "small" / "timestamp.txt").read_text() for student in ("s1", "s2")
        ]
        assert stamps == ["2026-11-05 03:00:00 UTC"] * 2
        assert "does not say whose submission 13 is" in why(found)["e/submission_13/small.ipynb"]
        assert "does not say whose submission 14 is" in why(found)["e/submission_14/small.ipynb"]

    def test_without_a_roster_the_schools_number_is_the_id(self, gather, notebooks):
        found = self.export(gather, notebooks, roster=None)
        assert sorted(one.student for one in found.collected) == ["s1", "s3", "taro@example.ac.jp"]

    @pytest.mark.parametrize("metadata", ["[1, 2]", "a: b: c", "x", "submission_1: 3", "\x00"])
    def test_another_file_of_that_name_is_refused(self, gather, notebooks, metadata):
        with pytest.raises(ArchiveError, match="not as Gradescope writes it"):
            self.export(gather, notebooks, metadata=metadata)

    def test_without_it_the_export_is_refused(self, gather, notebooks):
        with pytest.raises(ArchiveError, match="give the whole export"):
            gather("gradescope", ("submission_1/small.ipynb", notebooks()))

    def test_taken_for_plain_folders_it_is_refused_with_its_name(self, gather, notebooks):
        with pytest.raises(ArchiveError, match="use --from gradescope"):
            gather("plain", ("e/submission_1/small.ipynb", notebooks()))


class TestTimes:
    def test_a_students_own_timestamp_says_nothing_in_a_systems_archive(self, course, gather, notebooks):
        found = gather(
            "moodle",
            ("山田 花子_501_assignsubmission_file/small.ipynb", notebooks()),
            ("山田 花子_501_assignsubmission_file/timestamp.txt", b"2020-01-01 00:00:00 UTC"),
        )
        assert not (course.submitted / "s1" / "small" / "timestamp.txt").exists()
        assert "is not used" in found.left_out[0].why

    def test_moodles_worksheet_goes_before_a_timestamp(self, course, gather, notebooks):
        submitted = "Thursday, 5 November 2026, 11:59 PM"
        roster = Roster([Person(id="s1", submitted=submitted)])
        gather(
            "plain",
            ("s1/small/small.ipynb", notebooks()),
            ("s1/small/timestamp.txt", b"2020-01-01 00:00:00 UTC"),
            roster=roster,
        )
        stamp = course.submitted / "s1" / "small" / "timestamp.txt"
        assert stamp.read_text() == "2026-11-05 23:59:00 UTC"

    @pytest.mark.parametrize(
        ("text", "stored"),
        [
            ("2026-11-05 21:00:00 JST", "2026-11-05 12:00:00 UTC"),
            ("2026-11-05 21:00:00 +0900", "2026-11-05 12:00:00 UTC"),
            ("2026-11-05 12:00:00.000000 UTC", "2026-11-05 12:00:00 UTC"),
        ],
    )
    def test_the_zone_of_a_timestamp_is_understood(self, course, gather, notebooks, text, stored):
        gather("plain", ("s1/small/small.ipynb", notebooks()), ("s1/small/timestamp.txt", text.encode()))
        assert (course.submitted / "s1" / "small" / "timestamp.txt").read_text() == stored

    @pytest.mark.parametrize("text", ["soon", "", "12", "2026-11-05 12:00 CST"])
    def test_a_timestamp_that_is_no_time_is_left_out_with_a_reason(self, course, gather, notebooks, text):
        found = gather(
            "plain", ("s1/small/small.ipynb", notebooks()), ("s1/small/timestamp.txt", text.encode())
        )
        assert [one.what for one in found.left_out] == ["s1/small/timestamp.txt"]
        assert not (course.submitted / "s1" / "small" / "timestamp.txt").exists()


def test_older_notebooks_beside_two_that_may_both_be_the_latest_are_named(gather, notebooks):
    found = gather(
        "plain",
        ("s1/a.ipynb", notebooks("1"), NOON),
        ("s1/b.ipynb", notebooks("2"), LATER),
        ("s1/c.ipynb", notebooks("3"), LATER),
    )
    assert sorted(one.what for one in found.attention) == ["s1/b.ipynb", "s1/c.ipynb"]
    assert [one.what for one in found.left_out] == ["s1/a.ipynb"]
