"""Collecting: each notebook to its student, nothing guessed, nothing lost, and the same again the second time."""

from __future__ import annotations

import copy
import json
import os
import zipfile

import nbformat
import pytest

from autograder.collecting import archive
from autograder.collecting.collect import collect
from autograder.collecting.naming import System
from autograder.collecting.placing import Placement
from autograder.collecting.sorting import Provenance
from autograder.errors import ArchiveError, CourseError
from tests import small_course
from tests.collecting.conftest import ROSTER, place, why


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
            ("small.ipynb.txt", "it is not a notebook"),
            ("small.zip", "unpack it, and collect its notebook, renamed to s1.ipynb, with --from plain"),
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
        found = collect(course, opened, Provenance(system=System.PLAIN, roster=ROSTER))
    assert [one.student for one in found.collected] == ["s2"]
    assert "damaged" in why(found)["s1/small.ipynb"]
    assert not os.path.lexists(place(course, "s1"))
