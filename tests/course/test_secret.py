"""The secret of a course decides its hidden inputs, and stays the grader's."""

from __future__ import annotations

import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from autograder.course.secret import VARIANTS, Secret, read_or_make
from autograder.submission.repair import rebuild
from tests import small_course


@pytest.fixture
def notebook(course):
    return rebuild(course.template("small"), small_course.answered(course)).notebook


class TestTheFile:
    def test_it_is_made_once_and_read_again(self, tmp_path):
        first = read_or_make(tmp_path / "state")
        again = read_or_make(tmp_path / "state")
        assert first == again
        assert not first.replaced
        assert len(first.key) == 32

    def test_nobody_else_on_the_machine_can_read_it(self, tmp_path):
        read_or_make(tmp_path)
        assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600

    def test_two_courses_have_two(self, tmp_path):
        assert read_or_make(tmp_path / "one").key != read_or_make(tmp_path / "two").key

    def test_graders_that_begin_at_the_same_moment_agree(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            keys = {secret.key for secret in pool.map(read_or_make, [tmp_path] * 16)}
        assert keys == {(tmp_path / "secret").read_bytes()}
        assert {path.name for path in tmp_path.iterdir()} == {"secret", ".gitignore"}

    def test_git_leaves_it_out_in_any_course(self, tmp_path):
        read_or_make(tmp_path / ".autograder")
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        staged = subprocess.run(["git", "ls-files"], cwd=tmp_path, check=True, capture_output=True)
        assert staged.stdout == b""

    @pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
    def test_a_lost_one_is_replaced_and_that_is_known(self, tmp_path, damage):
        old = read_or_make(tmp_path)
        (tmp_path / "records" / "ab").mkdir(parents=True)
        damage(tmp_path / "secret")
        new = read_or_make(tmp_path)
        assert new.replaced
        assert new.key != old.key
        assert not read_or_make(tmp_path).replaced

    def test_it_is_not_shown_where_the_object_is_printed(self, tmp_path):
        secret = read_or_make(tmp_path)
        assert secret.key.hex() not in repr(secret)
        assert repr(secret.key) not in repr(secret)


class TestVariants:
    SECRET = Secret(key=b"x" * 32)

    def test_the_same_submission_always_gets_the_same_one(self, notebook):
        again = nbformat.reads(nbformat.writes(notebook), as_version=4)
        assert self.SECRET.seed_of("small", notebook) == self.SECRET.seed_of("small", again)

    def test_it_is_one_of_a_few(self, course):
        seeds = {
            self.SECRET.seed_of(
                "small", rebuild(course.template("small"), self.submission(course, number)).notebook
            )
            for number in range(40)
        }
        assert seeds == set(self.SECRET.seeds("small"))
        assert len(seeds) == VARIANTS

    def submission(self, course, number):
        return small_course.answered(course, total=f"def total(values):\n    return {number}")

    def test_assignments_and_courses_have_their_own(self):
        seeds = {
            *self.SECRET.seeds("small"),
            *self.SECRET.seeds("other"),
            *Secret(key=b"y" * 32).seeds("small"),
        }
        assert len(seeds) == 3 * VARIANTS
        assert all(0 <= seed < 2**30 for seed in seeds)

    def test_what_a_person_reads_does_not_change_it(self, notebook):
        before = self.SECRET.seed_of("small", notebook)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source += " more"
            cell.outputs = []
        assert self.SECRET.seed_of("small", notebook) == before
