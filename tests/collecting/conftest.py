"""Archives to collect from, and whom they may be of."""

from __future__ import annotations

import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.collecting import archive
from autograder.collecting.collect import collect
from autograder.collecting.naming import System
from autograder.collecting.sorting import Provenance
from autograder.course.roster import Person, Roster
from tests import small_course

ROSTER = Roster(
    [
        Person(id="s1", name="山田 花子", email="hanako@example.ac.jp", lms_user_id="71", participant="501"),
        Person(id="s2", name="Taro O'Brien", email="taro@example.ac.jp", lms_user_id="72", participant="502"),
        Person(id="s3", name="佐藤 健", lms_user_id="73", participant="503"),
        Person(id="s4", name="佐藤 健", lms_user_id="74", participant="504"),
    ]
)
NOON = (2026, 11, 5, 12, 0, 0)
LATER = (2026, 11, 6, 12, 0, 0)


def why(found) -> dict[str, str]:
    return {one.what: one.why for one in found.attention}


@pytest.fixture
def notebooks(course):
    """Notebooks of the assignment that differ."""

    def make(answer: str = "x * factor") -> bytes:
        answered = small_course.answered(course, scale=f"def scale(x, factor):\n    return {answer}")
        return nbformat.writes(answered).encode()

    return make


@pytest.fixture
def gather(course, tmp_path):
    """Makes an archive, and collects it; files are (name, content) or (name, content, date)."""

    def run(system: str, *files, roster=ROSTER, dry_run=False, replace=False, **known):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w") as written:
            for name, content, *date in files:
                written.writestr(zipfile.ZipInfo(name, date[0] if date else NOON), content)
        with archive.opened(path) as opened:
            origin = Provenance(system=System(system), roster=roster, **known)
            return collect(course, opened, origin, dry_run, replace)

    return run


def place(course, student: str) -> Path:
    return course.submitted / student / "small" / "small.ipynb"
