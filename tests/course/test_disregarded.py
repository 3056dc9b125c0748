"""What a course sets for nbgrader and this engine does otherwise is said, and nothing else is."""

from __future__ import annotations

import pytest
from nbgrader.preprocessors import SaveAutoGrades
from traitlets.config import Config

import autograder.course.disregarded as module
from autograder.config import configure
from autograder.course.disregarded import disregarded
from autograder.course.folder import Course
from autograder.errors import CourseError


def settings(config: Config) -> list[str]:
    return [name for name, _ in disregarded(config)]


def test_a_course_that_sets_nothing_is_told_nothing():
    config = Config()
    assert settings(config) == []
    configure(config)
    assert settings(config) == []


def test_what_is_not_obeyed_is_named():
    config = Config()
    config.Autograde.exclude_overwriting = {"ps1": ["helper.py"]}
    config.IgnorePattern.enabled = True
    config.Autograde.autograde_preprocessors = [SaveAutoGrades]
    assert settings(config) == [
        "Autograde.autograde_preprocessors",
        "Autograde.exclude_overwriting",
        "IgnorePattern.enabled",
    ]


def test_steps_of_the_engine_beside_the_courses_own_are_obeyed():
    config = Config()
    configure(config)
    config.Autograde.autograde_preprocessors = [*config.Autograde.autograde_preprocessors, SaveAutoGrades]
    assert settings(config) == []


def test_every_setting_that_is_named_exists_in_nbgrader():
    import nbgrader.converters as converters
    import nbgrader.preprocessors as preprocessors
    from nbgrader.converters.base import BaseConverter

    for name in module._IN_PLACE:
        owner, trait = name.split(".")
        found = getattr(preprocessors, owner, None) or getattr(converters, owner, BaseConverter)
        assert trait in found.class_traits(config=True), name


def test_students_whom_nbgrader_leaves_out_are_left_out(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.student_id_exclude = 'demo,test'\n"
    )
    for name in ("ann", "demo", "test"):
        (tmp_path / "submitted" / name).mkdir(parents=True)
    assert Course(tmp_path).students() == ["ann"]


def test_folders_in_another_order_are_refused(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.directory_structure = '{student_id}/{nbgrader_step}/{assignment_id}'\n"
    )
    with pytest.raises(CourseError, match="directory_structure"):
        Course(tmp_path)
