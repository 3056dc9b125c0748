"""Rosters: students are found by exactly what they are called, and near names are only suggested."""

from __future__ import annotations

import pytest

from autograder.course.roster import Person, Roster, matching_key, split_name, why_not_an_id
from tests.course.people import HANAKO, TARO, ids


class TestCalled:
    @pytest.mark.parametrize(
        "text",
        ["s1", "S１", "山田花子", "山田　花子", " 山田 花子 ", "花子 山田", "hanako@EXAMPLE.ac.jp"],
    )
    def test_width_case_spaces_and_the_order_of_names_do_not_matter(self, text):
        assert ids(Roster([HANAKO, TARO]).called(text)) == ["s1"]

    def test_a_name_from_a_mac_is_the_same_name(self):
        decomposed = "か\u3099く"
        assert ids(Roster([Person(id="s3", name="がく")]).called(decomposed)) == ["s3"]

    @pytest.mark.parametrize("text", ["", "山田", "山田 花", "s", "O Brien Taro"])
    def test_a_part_or_a_similar_name_is_nobody(self, text):
        assert Roster([HANAKO, TARO]).called(text) == []

    def test_two_people_of_one_name_are_both_found(self):
        assert ids(Roster([HANAKO, Person(id="s9", name="山田花子")]).called("山田 花子")) == ["s1", "s9"]

    def test_signs_are_left_out_only_where_a_system_does_so(self):
        roster = Roster([TARO])
        assert roster.called("obrientaro") == []
        assert ids(roster.called_in_words("obrientaro")) == ["s2"]

    def test_numbers_of_canvas_and_of_moodle_are_not_confused(self):
        roster = Roster([HANAKO, TARO])
        assert ids(roster.numbered("71", in_canvas=True)) == ["s1"]
        assert roster.numbered("71", in_canvas=False) == []
        assert ids(roster.numbered("72", in_canvas=False)) == ["s2"]
        assert roster.numbered("", in_canvas=True) == []

    @pytest.mark.parametrize(
        ("first", "last", "expected"),
        [("花子", "山田", "山田 花子 (s1)"), ("Ann", "Kato", "Ann Kato (s1)"), ("", "", "s1")],
    )
    def test_a_name_is_shown_in_the_order_of_its_script(self, first, last, expected):
        assert Person(id="s1", first_name=first, last_name=last).shown == expected

    def test_a_near_name_is_suggested_with_its_id_and_a_far_one_is_not(self):
        roster = Roster([HANAKO, TARO])
        assert roster.like("山田花孑") == "山田 花子 (s1)"
        assert roster.like("Someone Else") == ""


def test_a_worksheet_adds_numbers_and_times_to_those_it_names_for_certain():
    roster = Roster([HANAKO, TARO, Person(id="s3", name="佐藤 健"), Person(id="s4", name="佐藤 健")])
    worksheet = Roster(
        [
            Person(id="hanako@example.ac.jp", name="?", participant="501", submitted="yesterday"),
            Person(id="佐藤 健", name="佐藤 健", participant="502"),
            Person(id="stranger", participant="503"),
        ]
    )
    added = roster.with_worksheet(worksheet)
    assert ids(added.numbered("501", in_canvas=False)) == ["s1"]
    assert added.people[0].submitted == "yesterday"
    assert added.numbered("502", in_canvas=False) == []
    assert added.ids == roster.ids


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("O'Brien, Taro", ("Taro", "O'Brien")),
        ("山田 花子", ("花子", "山田")),
        ("Ada King Lovelace", ("Ada King", "Lovelace")),
        ("Plato", ("", "Plato")),
        ("", ("", "")),
    ],
)
def test_a_full_name_is_split_by_its_comma_or_its_script(name, expected):
    assert split_name(name) == expected


def test_a_key_does_not_change_when_it_is_made_again():
    for text in ("ﬁ Ｘ", "ẞ", "İ", "㌔"):
        assert matching_key(matching_key(text)) == matching_key(text)


class TestIds:
    @pytest.mark.parametrize("student", ["s1", "山田_花子", "a.b@example.ac.jp", "x-1", "12345"])
    def test_ordinary_ids_can_be_used(self, student):
        assert why_not_an_id(student) is None

    @pytest.mark.parametrize(
        "student",
        ["", " ", " s1", ".hidden", "..", "a/b", "a\\b", "[1]", "a*", "a+b", "a,b", "{id}", "a\n", "x" * 129],
    )
    def test_an_id_that_breaks_nbgrader_is_refused_with_one_sentence(self, student):
        reason = why_not_an_id(student)
        assert reason is not None
        assert "\n" not in reason
