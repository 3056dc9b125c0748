"""Results are kept under the hash of everything that decides them, and of nothing else."""

from __future__ import annotations

import copy
import dataclasses
import os
from pathlib import Path

import nbformat
import pytest

from autograder.grading.cache import ResultCache
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup
from autograder.submission.repair import rebuild
from autograder.verdict.verdict import Status
from tests import small_course
from tests.small_course import cell_of

RESULT = Execution(
    cells=(
        CellResult(
            cell="t",
            status=Status.PASSED,
            points=1.0,
            max_points=2.0,
            message="和😀",
            trace="trace",
            seconds=0.5,
            records={"sweep": [{"value": "\ud800", "score": 0.5}]},
        ),
        CellResult(cell="m", status=Status.MANUAL, points=None, max_points=4.0),
    ),
    outputs={"t": [nbformat.v4.new_output("stream", name="stdout", text="printed")]},
    seconds=1.5,
    cell_seconds=1.25,
    sandboxed=False,
    problems=("a problem",),
)


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "results")


class TestKey:
    @pytest.fixture
    def notebook(self, course):
        return rebuild(course.template("small"), small_course.answered(course)).notebook

    def key(self, course, notebook, setup=None, files=(), limits=None, sandboxed=True, seed=1) -> str:
        task = Task(
            notebook=notebook,
            files=files,
            modules=course.modules(notebook),
            setup=setup or KernelSetup(),
            limits=limits or Limits(),
            sandboxed=sandboxed,
            seed=seed,
        )
        return task.key

    def test_the_same_submission_has_the_same_key(self, course, notebook):
        assert self.key(course, notebook) == self.key(course, copy.deepcopy(notebook))

    def test_it_survives_nbgraders_reading_and_writing(self, course, notebook):
        read = nbformat.reads(nbformat.writes(notebook), as_version=4)
        for cell in read.cells:
            if "points" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader.points = float(cell.metadata.nbgrader.points)
                cell.metadata.nbgrader.checksum = "set by nbgrader"
        assert self.key(course, read) == self.key(course, notebook)

    @pytest.mark.parametrize(
        "change",
        [
            lambda notebook: cell_of(notebook, "scale").update(source="def scale(x, factor):\n    return x"),
            lambda notebook: cell_of(notebook, "test_scale").update(source="assert True"),
            lambda notebook: cell_of(notebook, "test_scale").metadata.nbgrader.update(points=99),
            lambda notebook: cell_of(notebook, "imports").update(source="import os"),
            lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell("1", id="x")),
            lambda notebook: notebook.cells.reverse(),
            lambda notebook: notebook.metadata.autograder.update(tests_of_missing_answers=["test_scale"]),
        ],
        ids=["answer", "test", "points", "given code", "added cell", "order", "missing answers"],
    )
    def test_what_decides_a_result_changes_it(self, course, notebook, change):
        before = self.key(course, notebook)
        change(notebook)
        assert self.key(course, notebook) != before

    @pytest.mark.parametrize(
        "change",
        [
            lambda notebook: cell_of(notebook, "reply").update(source="Another reply."),
            lambda notebook: cell_of(notebook, "intro-en").update(source="Another text."),
            lambda notebook: cell_of(notebook, "scale").update(outputs=[], execution_count=7),
            lambda notebook: notebook.metadata.update(kernelspec={"name": "other"}),
        ],
        ids=["reply", "text", "outputs", "metadata"],
    )
    def test_what_decides_nothing_does_not(self, course, notebook, change):
        before = self.key(course, notebook)
        change(notebook)
        assert self.key(course, notebook) == before

    def test_the_surroundings_change_it(self, course, notebook, tmp_path):
        keys = {
            self.key(course, notebook),
            self.key(course, notebook, KernelSetup(startup="x = 1")),
            self.key(course, notebook, KernelSetup(startup="import json")),
            self.key(course, notebook, KernelSetup(data=(("tables", str(tmp_path)),))),
            self.key(course, notebook, files=[("data.csv", b"1")]),
            self.key(course, notebook, files=[("data.csv", b"2")]),
            self.key(course, notebook, limits=Limits(cell_seconds=1)),
            self.key(course, notebook, sandboxed=False),
        }
        (course.solutions / "small.py").write_text("FACTOR = 4\n")
        keys.add(self.key(course, notebook))
        (tmp_path / "table.csv").write_text("1")
        keys.add(self.key(course, notebook, KernelSetup(data=(("tables", str(tmp_path)),))))
        assert len(keys) == 10

    def test_every_limit_is_part_of_it(self, course, notebook):
        keys = {self.key(course, notebook)}
        for field in dataclasses.fields(Limits):
            changed = dataclasses.replace(Limits(), **{field.name: 1})
            keys.add(self.key(course, notebook, limits=changed))
        assert len(keys) == 1 + len(dataclasses.fields(Limits))


class TestResultCache:
    def test_what_was_written_is_read(self, cache):
        cache.write("abcd", RESULT)
        assert cache.read("abcd") == RESULT
        assert cache.read("abce") is None

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"[]",
            b"{}",
            b"null",
            b'{"cells": [{"status": "no such"}], "problems": []}',
            b"\xff\xfe",
        ],
    )
    def test_a_damaged_file_is_as_good_as_none(self, cache, content):
        cache.write("abcd", RESULT)
        [path] = cache.entries()
        path.write_bytes(content)
        assert cache.read("abcd") is None
        cache.write("abcd", RESULT)
        assert cache.read("abcd") == RESULT

    def test_a_write_that_fails_leaves_what_was_there(self, cache, monkeypatch):
        cache.write("abcd", RESULT)

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        other = dataclasses.replace(RESULT, problems=())
        with pytest.raises(OSError, match="space"):
            cache.write("abcd", other)
        assert cache.read("abcd") == RESULT
        assert [path.name for path in cache.folder.rglob("*") if path.is_file()] == ["abcd.json"]

    def test_what_has_not_been_used_for_long_is_removed(self, cache):
        for name in ("abcd", "efgh"):
            cache.write(name, RESULT)
        for path in cache.entries():
            os.utime(path, (1_000, 1_000))
        cache.read("efgh")
        newest = cache.entries()[-1].stat().st_mtime
        assert [path.stem for path in cache.entries()] == ["abcd", "efgh"]
        assert cache.prune(older_than_seconds=60, now=newest + 30) == 1
        assert [path.stem for path in cache.entries()] == ["efgh"]

    def test_an_empty_cache_has_no_entries(self, cache):
        assert cache.entries() == []
        assert cache.prune(0, now=0) == 0
