"""Archives: nothing is written where an archive says, and nothing is read without a bound."""

from __future__ import annotations

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from datetime import datetime

import pytest

from autograder.collecting import archive
from autograder.errors import ArchiveError, SubmissionError


def info(name: str, date=(2026, 11, 5, 12, 0, 0), mode: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, date)
    made.external_attr = mode << 16
    return made


@pytest.fixture
def zipped(tmp_path):
    def make(*files: tuple[zipfile.ZipInfo | str, bytes], compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "submissions.zip"
        with zipfile.ZipFile(path, "w", compression) as written:
            for name, data in files:
                written.writestr(name if isinstance(name, zipfile.ZipInfo) else info(name), data)
        return path

    return make


def listed(path) -> dict[str, str | None]:
    with archive.opened(path) as files:
        return {entry.shown: entry.problem for entry in files.entries}


def read(path, name: str, **options) -> bytes:
    with archive.opened(path) as files:
        [entry] = [entry for entry in files.entries if entry.name == name]
        return files.read(entry, **options)


class TestNames:
    def test_utf_8_is_read_whether_or_not_it_is_declared(self, zipped):
        path = zipped(("山田 花子/x.ipynb", b"1"))
        assert list(listed(path)) == ["山田 花子/x.ipynb"]
        undeclare(path)
        assert list(listed(path)) == ["山田 花子/x.ipynb"]
        assert read(path, "x.ipynb") == b"1"

    @pytest.mark.parametrize("name", ["山田 花子/課題.ipynb", "表計算ソフト/x.ipynb"])
    def test_windows_in_japanese_writes_cp932_and_says_nothing(self, tmp_path, name):
        path = tmp_path / "windows.zip"
        path.write_bytes(with_raw_name(name.encode("cp932"), b"2"))
        assert list(listed(path)) == [name]
        assert read(path, name.rpartition("/")[2]) == b"2"

    def test_old_european_names_are_read_as_cp437(self, tmp_path):
        path = tmp_path / "old.zip"
        path.write_bytes(with_raw_name(b"\x81\xff.ipynb", b"3"))
        assert len(listed(path)) == 1

    def test_what_systems_leave_behind_is_left_out(self, zipped):
        names = ["__MACOSX/._a.ipynb", ".DS_Store", "x/.DS_Store", "x/._a.ipynb", "Thumbs.db", "a.ipynb"]
        path = zipped(*((name, b"") for name in names))
        assert list(listed(path)) == ["a.ipynb"]
        with archive.opened(path) as opened:
            assert sorted(opened.junk) == sorted(names[:-1])

    def test_control_characters_of_a_name_do_not_reach_the_terminal(self, zipped):
        [shown] = listed(zipped(("a\x1b[31m\u202e.ipynb", b"")))
        assert shown == "a.ipynb"


class TestWhatIsNotRead:
    @pytest.mark.parametrize("name", [" " * 60_000 + ".ipynb", "x_" * 200 + ".ipynb", "a/" * 500 + "x.ipynb"])
    def test_a_name_that_no_computer_takes_is_left_alone_and_shortened(self, zipped, name):
        with archive.opened(zipped((name, b"1"))) as files:
            [entry] = files.entries
        assert "longer than any computer takes" in entry.problem
        assert sum(map(len, entry.parts)) <= 255 * 64

    @pytest.mark.parametrize(
        "name", ["../evil.ipynb", "a/../../evil.ipynb", "/etc/evil.ipynb", "C:/evil.ipynb"]
    )
    def test_a_path_that_leads_out(self, zipped, name):
        path = zipped((name, b"x"))
        [problem] = listed(path).values()
        assert "leads out of the archive" in problem
        with pytest.raises(SubmissionError, match="leads out"):
            read(path, "evil.ipynb")

    def test_a_path_that_leads_out_with_backslashes(self, tmp_path):
        (tmp_path / "x.zip").write_bytes(with_raw_name(b"..\\..\\evil.ipynb", b"x"))
        assert "leads out" in listed(tmp_path / "x.zip")["../../evil.ipynb"]

    def test_a_symbolic_link(self, zipped):
        path = zipped((info("a.ipynb", mode=stat.S_IFLNK | 0o777), b"/etc/passwd"))
        assert "symbolic link" in listed(path)["a.ipynb"]

    def test_an_encrypted_file(self, zipped):
        path = zipped(("a.ipynb", b"secret"))
        data = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + offset] |= 1
        path.write_bytes(data)
        assert "encrypted" in listed(path)["a.ipynb"]

    def test_a_bomb_is_read_only_up_to_the_bound(self, zipped):
        path = zipped(("a.ipynb", b"\0" * 5_000_000))
        with pytest.raises(SubmissionError, match="has more than 1 MB"):
            read(path, "a.ipynb", limit=2**20)

    def test_a_bomb_takes_little_memory(self, zipped):
        path = zipped(("a.ipynb", b"\0" * 50_000_000))
        tracemalloc.start()
        try:
            with pytest.raises(SubmissionError, match="has more than 1 MB"):
                read(path, "a.ipynb", limit=2**20)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()

    def test_a_bomb_that_lies_about_its_size_is_read_only_up_to_the_bound(self, zipped):
        path = zipped(("a.ipynb", b"\0" * 5_000_000))
        path.write_bytes(path.read_bytes().replace(struct.pack("<L", 5_000_000), struct.pack("<L", 10)))
        with pytest.raises(SubmissionError):
            read(path, "a.ipynb", limit=2**20)

    def test_many_files_that_are_large_together(self, zipped, monkeypatch):
        monkeypatch.setattr(archive, "MAX_TOTAL", 15)
        path = zipped(("a.ipynb", b"0123456789"), ("b.ipynb", b"0123456789"))
        with archive.opened(path) as files:
            files.read(files.entries[0])
            with pytest.raises(ArchiveError, match="unpacks to more than"):
                files.read(files.entries[1])

    def test_more_files_than_an_archive_of_submissions_has(self, zipped, monkeypatch):
        monkeypatch.setattr(archive, "MAX_ENTRIES", 1)
        with pytest.raises(ArchiveError, match="has 2 files"):
            listed(zipped(("a", b""), ("b", b"")))

    def test_a_damaged_file_is_one_sentence(self, zipped):
        path = zipped(("a.ipynb", b"0123456789" * 100), compression=zipfile.ZIP_STORED)
        path.write_bytes(path.read_bytes().replace(b"0123456789", b"9876543210", 1))
        with pytest.raises(SubmissionError, match="damaged in the archive"):
            read(path, "a.ipynb")

    @pytest.mark.parametrize("data", [b"", b"no archive", b"Rar!\x1a\x07\x00", b"PK\x03\x04 cut off"])
    def test_what_is_no_archive_is_refused_with_the_next_step(self, tmp_path, data):
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(ArchiveError, match="neither a zip archive nor a folder"):
            listed(tmp_path / "x.zip")

    def test_what_does_not_exist_is_refused(self, tmp_path):
        with pytest.raises(ArchiveError, match="does not exist"):
            listed(tmp_path / "x.zip")


class TestDates:
    def test_they_are_those_of_the_archive(self, zipped):
        with archive.opened(zipped(("a.ipynb", b""))) as files:
            assert files.entries[0].saved == datetime(2026, 11, 5, 12)

    @pytest.mark.parametrize(
        "date", [(1980, 1, 1, 0, 0, 0), (1980, 0, 0, 0, 0, 0), (2026, 13, 40, 25, 61, 0)]
    )
    def test_an_archive_may_have_none(self, zipped, date):
        made = info("a.ipynb")
        made.date_time = date
        with archive.opened(zipped((made, b""))) as files:
            assert files.entries[0].saved is None


class TestFolder:
    def test_an_unpacked_archive_is_read_as_well(self, tmp_path):
        (tmp_path / "山田").mkdir()
        (tmp_path / "山田" / "x.ipynb").write_bytes(b"1")
        (tmp_path / ".DS_Store").write_bytes(b"")
        assert listed(tmp_path) == {"山田/x.ipynb": None}
        assert read(tmp_path, "x.ipynb") == b"1"

    def test_links_and_pipes_are_listed_and_not_followed(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret.ipynb").write_bytes(b"secret")
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "linked").symlink_to(outside)
        (folder / "a.ipynb").symlink_to(outside / "secret.ipynb")
        os.mkfifo(folder / "b.ipynb")
        found = listed(folder)
        assert set(found) == {"linked", "a.ipynb", "b.ipynb"}
        assert all(found.values())

    def test_a_file_that_becomes_a_link_meanwhile_is_not_followed(self, tmp_path):
        (tmp_path / "secret").write_bytes(b"secret")
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "a.ipynb").write_bytes(b"1")
        with archive.opened(folder) as files:
            (folder / "a.ipynb").unlink()
            (folder / "a.ipynb").symlink_to(tmp_path / "secret")
            with pytest.raises(SubmissionError):
                files.read(files.entries[0])

    def test_names_that_unzip_left_in_cp932_are_read_as_they_were_meant(self, tmp_path):
        name = os.fsdecode("山田.ipynb".encode("cp932"))
        (tmp_path / name).write_bytes(b"1")
        assert listed(tmp_path) == {"山田.ipynb": None}
        assert read(tmp_path, "山田.ipynb") == b"1"


def with_raw_name(name: bytes, data: bytes) -> bytes:
    """An archive with one entry, whose name is bytes that are not declared to be UTF-8."""
    placeholder = "x" * len(name)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr(info(placeholder), data)
    return written.getvalue().replace(placeholder.encode(), name)


def undeclare(path) -> None:
    """Clear the flag that says that names are UTF-8, everywhere."""
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        start = data.find(signature)
        while start >= 0:
            data[start + offset] &= ~0x08
            start = data.find(signature, start + 1)
    path.write_bytes(data)
