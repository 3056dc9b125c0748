"""Something has arrived when it is whole, and once."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.watch.arrivals import Arrivals, files_in, submissions_in


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class TestArrivals:
    def test_what_still_grows_has_not_arrived(self, tmp_path):
        arrivals = Arrivals(lambda: files_in(tmp_path))
        for length in range(1, 4):
            write(tmp_path / "a.zip", "x" * length)
            assert arrivals.new() == ()
        assert arrivals.new() == ("a.zip",)

    def test_what_was_taken_comes_again_only_when_it_changes(self, tmp_path):
        write(tmp_path / "a.zip", "1")
        arrivals = Arrivals(lambda: files_in(tmp_path))
        arrivals.new()
        assert arrivals.new() == arrivals.new() == ("a.zip",)
        arrivals.take("a.zip")
        assert arrivals.new() == ()
        write(tmp_path / "a.zip", "22")
        arrivals.new()
        assert arrivals.new() == ("a.zip",)

    def test_what_was_removed_is_no_arrival(self, tmp_path):
        write(tmp_path / "a.zip", "1")
        arrivals = Arrivals(lambda: files_in(tmp_path))
        arrivals.new()
        (tmp_path / "a.zip").unlink()
        assert arrivals.new() == ()


def test_files_that_come_in_are_not_looked_at(tmp_path):
    for name in ("a.zip", "b.zip.part", "c.crdownload", ".hidden", "~lock"):
        write(tmp_path / name, "x")
    assert set(files_in(tmp_path)) == {"a.zip"}


def test_a_folder_changes_with_what_is_in_it(tmp_path):
    write(tmp_path / "archive" / "ada" / "one.ipynb", "x")
    before = files_in(tmp_path)
    write(tmp_path / "archive" / "ada" / "one.ipynb", "xy")
    assert files_in(tmp_path) != before


def test_a_submission_is_a_folder_of_a_wanted_assignment(tmp_path):
    for name in ("ada/one/one.ipynb", "ada/two/two.ipynb", "bob/other/x", ".git/one/x", "file"):
        write(tmp_path / name, "x")
    assert set(submissions_in(tmp_path, ["one", "two"])) == {("ada", "one"), ("ada", "two")}
    assert submissions_in(tmp_path / "nowhere", ["one"]) == {}


def test_links_are_not_followed(tmp_path):
    write(tmp_path / "elsewhere" / "x", "x")
    (tmp_path / "in").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "in" / "link")
    before = files_in(tmp_path / "in")
    write(tmp_path / "elsewhere" / "y", "y")
    assert files_in(tmp_path / "in") == before
