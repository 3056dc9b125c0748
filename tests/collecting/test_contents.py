"""What a file is says its content; whose it is, all words of its path; which one counts, when it came."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile

import pytest

from autograder.collecting import archive
from autograder.course.roster import Person, Roster
from tests import small_course
from tests.collecting.conftest import LATER, NOON, ROSTER, place, why

IDS = Roster(
    [
        Person(id="2024001", name="山田 花子", username="hanako"),
        Person(id="2024002", name="Taro O'Brien"),
        Person(id="12", name="Ada Lovelace"),
    ]
)


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, data in files.items():
            written.writestr(name, data)
    return content.getvalue()


class TestANotebookByAnotherName:
    @pytest.mark.parametrize(
        "name",
        ["small.ipynb.txt", "small.ipynb.json", "small.json", "small", "small.ipynb_", "answers.IPYNB.TXT"],
    )
    def test_is_collected(self, course, gather, notebooks, name):
        data = notebooks()
        found = gather("plain", (f"s1/{name}", data))
        assert why(found) == {}
        assert place(course, "s1").read_bytes() == data

    def test_a_byte_order_mark_does_not_hide_it(self, course, gather, notebooks):
        gather("plain", ("s1/small.txt", notebooks().decode().encode("utf-16")))
        assert place(course, "s1").is_file()

    def test_one_that_was_cut_off_is_said_to_be_one(self, gather, notebooks):
        found = gather("plain", ("s1/small.ipynb.txt", notebooks()[:300]))
        assert "collected as small, but it cannot be graded" in why(found)["s1/small.ipynb.txt"]

    @pytest.mark.parametrize("data", [b'{"a": 1}', b"{", b"[1]", b"id,x\n1,2\n", b"\xff\xfe{", b""])
    def test_data_are_none(self, course, gather, notebooks, data):
        found = gather("plain", ("s1/small.ipynb", notebooks()), ("s1/data.json", data))
        assert [one.what for one in found.left_out] == ["s1/data.json"]
        assert place(course, "s1").is_file()

    @pytest.mark.parametrize("rival", [b"{}", b"", b"%PDF-1.7", b'{"nbformat": 4, "cells": []}', b"Rar!\x1a"])
    @pytest.mark.parametrize("name", ["SMALL.ipynb", "small (1).ipynb", "draft/small.ipynb"])
    def test_one_that_cannot_be_graded_is_left_out_beside_one_that_can(
        self, course, gather, notebooks, rival, name
    ):
        found = gather("plain", ("s1/small.ipynb", notebooks()), (f"s1/{name}", rival))
        [said] = why(found).values()
        assert said.endswith("; s1/small.ipynb counts")
        assert "collected" not in said
        assert [one.what for one in found.left_out] == [f"s1/{name}"]
        assert place(course, "s1").read_bytes() == notebooks()

    def test_two_whose_names_differ_in_case_only_are_asked_about(self, course, gather, notebooks):
        found = gather("plain", ("s1/Small.ipynb", notebooks("1")), ("s1/small.ipynb", notebooks("2")))
        assert len(found.attention) == 2
        assert not place(course, "s1").exists()

    def test_of_two_the_one_that_is_named_as_a_notebook_counts(self, course, gather, notebooks):
        good = notebooks()
        gather("plain", ("s1/small.ipynb", good), ("s1/small.ipynb.txt", notebooks("1")))
        assert place(course, "s1").read_bytes() == good


class TestAnArchiveThatAStudentHandedIn:
    @pytest.mark.parametrize(
        ("system", "path"),
        [
            ("moodle", "山田 花子_501_assignsubmission_file/work.zip"),
            ("canvas", "yamadahanako_71_9001_work.zip"),
            ("classroom", "山田 花子 - small.zip"),
            ("plain", "s1/work.zip"),
            ("plain", "s1.zip"),
            ("plain", "s1_small.ZIP"),
        ],
    )
    def test_its_notebook_is_theirs(self, course, gather, notebooks, system, path):
        data = notebooks()
        found = gather(system, (path, zipped(**{"work/small.ipynb": data, "__MACOSX/._small.ipynb": b"x"})))
        assert why(found) == {}
        assert place(course, "s1").read_bytes() == data

    @pytest.mark.parametrize("name", ["s1/small.ipynb", "s1/work.zip"])
    @pytest.mark.parametrize("times", [1, 2, 3])
    def test_so_is_one_in_an_archive_in_it_or_in_one_that_is_named_as_a_notebook(
        self, course, gather, notebooks, name, times
    ):
        data = notebooks()
        content = zipped(**{"small.ipynb": data})
        for _ in range(times):
            content = zipped(**{"inner.zip": content})
        found = gather("plain", (name, content))
        assert why(found) == {}
        assert place(course, "s1").read_bytes() == data

    def test_an_archive_deep_in_others_is_asked_about(self, gather):
        content = zipped()
        for _ in range(6):
            content = zipped(**{"inner.zip": content})
        assert "it holds inner.zip and no notebook" in " ".join(
            why(gather("plain", ("s1/work.zip", content))).values()
        )

    def test_what_else_is_in_it_is_one_line(self, gather, notebooks):
        files = {f"venv/lib/{number}.py": b"" for number in range(300)}
        found = gather("plain", ("s1/work.zip", zipped(**{"small.ipynb": notebooks(), **files})))
        [left] = found.left_out
        assert left.what == "s1/work.zip"
        assert "venv/lib/0.py" in left.why
        assert "295" in left.why

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (zipped(**{"report.pdf": b"x"}), "it holds report.pdf and no notebook"),
            (zipped(), "it is an empty archive"),
            (b"Rar!\x1a\x07", "unpack it, and collect its notebook, renamed to s1.ipynb, with --from plain"),
        ],
    )
    def test_one_without_a_notebook_is_asked_about(self, gather, data, words):
        assert words in why(gather("plain", ("s1/work.zip", data)))["s1/work.zip"]

    def test_two_notebooks_in_it_are_asked_about(self, course, gather, notebooks):
        both = {"small.ipynb": notebooks("1"), "old/small.ipynb": notebooks("2")}
        found = gather("moodle", ("山田 花子_501_assignsubmission_file/work.zip", zipped(**both)))
        assert len(found.attention) == 2
        assert not place(course, "s1").exists()

    def test_a_path_that_leads_out_of_it_is_left_alone(self, course, gather, notebooks):
        found = gather("plain", ("s1/work.zip", zipped(**{"../../s2/small.ipynb": notebooks()})))
        assert "leads out of the archive" in str(why(found))
        assert not course.submitted.exists()

    def test_one_that_is_too_large_is_asked_about(self, gather, notebooks, monkeypatch):
        monkeypatch.setattr(archive, "MAX_INNER", 1000)
        found = gather("plain", ("s1/work.zip", zipped(**{"small.ipynb": notebooks()})))
        assert "unpack it" in why(found)["s1/work.zip"]

    def test_the_way_that_is_named_for_others_works(self, course, gather, notebooks):
        gather("plain", ("71.ipynb", notebooks()), roster=None)
        assert place(course, "71").is_file()


class TestWordsOfAPath:
    @pytest.mark.parametrize(
        "path",
        [
            "2024001_山田花子/small.ipynb",
            "report/2024001@山田 花子/課題.ipynb",
            "001_2024001 山田花子/small.ipynb",
            "山田 花子（2024001）/small.ipynb",
            "Yamada Hanako (2024001)/hw/small.ipynb",
            "２０２４００１　山田花子/small.ipynb",
            "small-2024001-hanako.ipynb",
            "2024001_第12回.ipynb",
            "week_12_2024001.ipynb",
            "Small task_2024001_attempt_2026-11-05-12-00-00_x.ipynb",
        ],
    )
    def test_one_that_is_somebodys_tells_whose_it_is(self, course, gather, notebooks, path):
        assert why(gather("plain", (path, notebooks()), roster=IDS)) == {}
        assert place(course, "2024001").is_file()

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("2024001_2024002/small.ipynb", "may be any of"),
            ("2024001_Taro O'Brien/small.ipynb", "may be any of"),
            ("week_12.ipynb", "nobody on the roster"),
            ("12 answers/small.ipynb", "nobody on the roster"),
            ("2024009_山田/small.ipynb", "nobody on the roster"),
        ],
    )
    def test_nothing_is_guessed(self, course, gather, notebooks, path, words):
        assert words in why(gather("plain", (path, notebooks()), roster=IDS))[path]
        assert not course.submitted.exists()

    def test_without_a_roster_the_title_before_a_student_is_not_taken_for_one(
        self, course, gather, notebooks
    ):
        path = "Small task_ada_attempt_2026-11-05-12-00-00_x.ipynb"
        found = gather("plain", (path, notebooks()), roster=None)
        assert "give a --roster" in why(found)[path]
        gather("plain", ("small_ada_attempt_2026-11-05-12-00-00_x.ipynb", notebooks()), roster=None)
        assert place(course, "ada").is_file()


class TestWhichOneCounts:
    def test_the_latest_attempt_counts_whatever_its_name(self, course, gather, notebooks):
        final = notebooks("2")
        first, second = (f"small_s1_attempt_2026-11-0{day}-12-00-00" for day in (4, 5))
        found = gather("plain", (f"{first}_small.ipynb", notebooks("1")), (f"{second}_final.ipynb", final))
        assert place(course, "s1").read_bytes() == final
        assert found.left_out[0].why == f"{second}_final.ipynb is later"

    @pytest.mark.parametrize("bad", [b"", b"{", b"PK", b'{"cells": []'])
    def test_a_later_one_that_cannot_be_read_does_not_beat_one_that_can(self, course, gather, notebooks, bad):
        good = notebooks()
        found = gather("canvas", ("a_71_9001_small.ipynb", good), ("a_71_9002_small-1.ipynb", bad))
        assert place(course, "s1").read_bytes() == good
        assert "cannot be graded" in why(found)["a_71_9002_small-1.ipynb"]
        assert found.left_out[0].what == "a_71_9002_small-1.ipynb"

    def test_one_without_any_cell_of_the_assignment_does_not_beat_one_that_has_them(
        self, course, gather, notebooks
    ):
        good, other = notebooks(), json.dumps({"nbformat": 4, "metadata": {}, "cells": []}).encode()
        gather("plain", ("s1/small.ipynb", good, NOON), ("s1/small (1).ipynb", other, LATER))
        assert place(course, "s1").read_bytes() == good

    def test_what_is_in_submitted_stays_until_a_person_says_otherwise(self, course, gather, notebooks):
        good = notebooks()
        gather("plain", ("s1/small.ipynb", good, NOON))
        found = gather("plain", ("s1/small.ipynb", b"{", LATER))
        assert "--replace takes it" in why(found)["s1/small"]
        assert place(course, "s1").read_bytes() == good
        gather("plain", ("s1/small.ipynb", b"{", LATER), replace=True)
        assert place(course, "s1").read_bytes() == b"{"

    def test_an_older_one_replaces_what_cannot_be_read(self, course, gather, notebooks):
        gather("plain", ("s1/small.ipynb", b"{", LATER))
        found = gather("plain", ("s1/small.ipynb", notebooks(), NOON))
        assert place(course, "s1").read_bytes() == notebooks()
        assert "cannot be read as a notebook" in found.collected[0].note

    def test_a_clock_that_is_ahead_decides_nothing(self, course, gather, notebooks):
        ahead = (time.localtime().tm_year + 1, 1, 2, 12, 0, 0)
        gather("plain", ("s1/small.ipynb", notebooks("1"), ahead))
        found = gather("plain", ("s1/small.ipynb", notebooks("2"), LATER))
        assert "nothing says which is later" in why(found)["s1/small"]

    def test_all_that_are_replaced_within_a_second_are_kept(self, course, gather, notebooks):
        for number in range(4):
            gather("plain", ("s1/small.ipynb", notebooks(str(number)), LATER), replace=True)
            os.utime(place(course, "s1"), (0, 0))
        kept = list((course.state / "replaced" / "s1" / "small").iterdir())
        assert {path.read_bytes() for path in kept} == {notebooks(str(number)) for number in range(3)}


def test_a_time_of_the_worksheet_that_is_not_understood_is_said(course, gather, notebooks):
    people = [Person(id="s1", participant="501", submitted="Donnerstag, 5. November 2026, 23:59")]
    found = gather("moodle", ("A_501_assignsubmission_file/small.ipynb", notebooks()), roster=Roster(people))
    assert "whether it is late is not known" in why(found)["s1"]
    assert place(course, "s1").is_file()


def test_who_has_handed_in_what_cannot_be_taken_is_not_among_the_missing(gather, notebooks):
    found = gather(
        "plain", ("s1/small.ipynb", notebooks()), ("s2/report.pdf", b"x"), assignment=small_course.ASSIGNMENT
    )
    assert found.missing == {"small": ("佐藤 健 (s3)", "佐藤 健 (s4)")}
    assert ROSTER.ids == ["s1", "s2", "s3", "s4"]
