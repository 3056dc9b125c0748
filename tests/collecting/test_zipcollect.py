"""nbgrader's own zip_collect with our extractor and naming rules."""

from __future__ import annotations

import zipfile

import nbformat
import pytest
from nbgrader.apps import ZipCollectApp

from tests import small_course

PLUGINS = "autograder.collecting.zipcollect"


@pytest.fixture
def collect(course, monkeypatch):
    monkeypatch.chdir(course.root)

    def run(collector: str, files: dict[str, bytes], *arguments: str) -> None:
        folder = course.root / "downloaded" / "small" / "archive"
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / "submissions.zip", "w") as written:
            for name, data in files.items():
                written.writestr(name, data)
        app = ZipCollectApp()
        app.initialize(
            [
                "small",
                f"--collector={PLUGINS}.{collector}",
                f"--extractor={PLUGINS}.BoundedExtractor",
                *arguments,
            ]
        )
        try:
            app.start()
        finally:
            for handler in list(app.log.handlers):
                handler.close()
            ZipCollectApp.clear_instance()

    return run


def test_files_of_canvas_find_their_students_and_nothing_leads_out(course, collect):
    data = nbformat.writes(small_course.answered(course)).encode()
    files = {"yamadahanako_71_9001_small-1.ipynb": data, "../evil.ipynb": b"x", "strange.ipynb": b"x"}
    collect("CanvasCollector", files)
    assert (course.submitted / "71" / "small" / "small.ipynb").read_bytes() == data
    assert [path.name for path in course.submitted.iterdir()] == ["71"]
    assert not list(course.root.rglob("evil.ipynb"))


def test_a_roster_gives_the_ids_and_a_name_the_time(course, collect):
    (course.root / "roster.csv").write_text("id,name\ns1,山田 花子\n", encoding="utf-8")
    files = {"small_山田花子_attempt_2026-11-05-12-30-00_x.ipynb": b"{}", "small_nobody.ipynb": b"{}"}
    collect("PlainCollector", files, "--SystemCollector.roster=roster.csv")
    assert [path.name for path in course.submitted.iterdir()] == ["s1"]
    stamp = course.submitted / "s1" / "small" / "timestamp.txt"
    assert stamp.read_text() == "2026-11-05 12:30:00"
