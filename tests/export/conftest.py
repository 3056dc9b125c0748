"""What tests of exports share."""

from __future__ import annotations

import pytest

from autograder.course.roster import Person, Roster
from autograder.gradebook import roster as people
from tests.export.classes import grade, open_gradebook


@pytest.fixture
def course(registered):
    """Four students: one done, one who waits for a person, one late with extra credit, one who has handed in nothing."""
    people.fill(
        registered,
        Roster(
            [
                Person(id="s1", name="山田 花子", email="h@example.jp", lms_user_id="71"),
                Person(id="s2", name="O'Brien, Taro"),
                Person(id="s3", name="佐藤 健"),
                Person(id="s4", name="Nobody, Yet"),
            ]
        ),
    )
    with open_gradebook(registered) as gradebook:
        grade(gradebook, "s1", test_scale=2.0, test_total=0.0, task=3.0)
        grade(gradebook, "s2", test_scale=2.0, test_total=3.0, task=None)
        grade(gradebook, "s3", test_scale=2.0, test_total=3.0, task=4.0)
        gradebook.find_grade("test_total", "small", "small", "s3").extra_credit = 1.0
        gradebook.find_submission("small", "s3").notebooks[0].late_submission_penalty = 2.5
        gradebook.find_comment("task", "small", "small", "s1").manual_comment = "gut, だから"
        gradebook.db.commit()
    return registered
