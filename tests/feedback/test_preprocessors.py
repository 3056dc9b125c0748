"""What `nbgrader generate_feedback` shows is what the gradebook says that the command names."""

from __future__ import annotations

import shutil

from traitlets.config import Config

from autograder.course.folder import Course
from autograder.feedback.exporter import KEY
from autograder.feedback.preprocessors import StudentFeedback
from tests.feedback import graded


def test_the_gradebook_is_the_one_that_the_command_names(registered, monkeypatch):
    course = registered
    monkeypatch.chdir(course.root)
    shutil.copyfile(course.root / "gradebook.db", course.root / "other.db")
    elsewhere = Config(CourseDirectory=Config(db_url=f"sqlite:///{course.root}/other.db"))
    graded.grade(Course(course.root, elsewhere), "ada", task=1)
    resources = {"nbgrader": {"assignment": "small", "student": "ada", "notebook": "small"}}
    for config, known in ((elsewhere, True), (Config(), False)):
        _, made = StudentFeedback(config=config).preprocess(graded.notebook(course), dict(resources))
        assert (made[KEY]["transcript"] is not None) == known
