"""A roster in nbgrader's gradebook."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook

from autograder.course.roster import Person, Roster
from autograder.errors import CourseError
from autograder.gradebook import roster as people
from tests.course.people import HANAKO, TARO, ids


class TestGradebook:
    def test_a_roster_fills_the_gradebook_and_is_found_there_again(self, registered):
        assert ids(people.fill(registered, Roster([HANAKO, TARO])).new) == [HANAKO.id, TARO.id]
        with Gradebook(registered.directory.db_url, registered.directory.course_id) as gradebook:
            hanako = gradebook.find_student("s1")
            assert (hanako.first_name, hanako.last_name) == ("花子", "山田")
            assert (hanako.email, hanako.lms_user_id) == ("Hanako@example.ac.jp", "71")
        again = people.from_gradebook(registered)
        assert ids(again.called("山田花子")) == ["s1"]
        assert ids(again.numbered("71", in_canvas=True)) == ["s1"]

    def test_what_a_later_roster_does_not_say_stays(self, registered):
        people.fill(registered, Roster([HANAKO]))
        people.fill(registered, Roster([Person(id="s1")]))
        assert people.from_gradebook(registered).people[0].email == "Hanako@example.ac.jp"

    def test_students_without_a_name_are_no_roster(self, registered):
        people.fill(registered, Roster([Person(id="s1")]))
        assert len(people.from_gradebook(registered)) == 0

    def test_nothing_is_written_where_one_id_cannot_be_used(self, registered):
        with pytest.raises(CourseError, match="cannot be a student's id"):
            people.fill(registered, Roster([HANAKO, Person(id="a/b", name="x")]))
        assert len(people.from_gradebook(registered)) == 0
