"""People on a roster."""

from __future__ import annotations

from autograder.course.roster import Person

__all__ = ["HANAKO", "TARO", "ids"]


HANAKO = Person(id="s1", name="山田 花子", email="Hanako@example.ac.jp", lms_user_id="71")


TARO = Person(id="s2", first_name="Taro", last_name="O'Brien", participant="72")


def ids(found):
    return [person.id for person in found]
