"""What nobody needs later is removed, also after a process that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.temporary import KINDS, YOUNG_SECONDS, TemporaryFolder


@pytest.fixture
def parent(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def grow_old(folder: Path) -> None:
    long_ago = folder.stat().st_mtime - 2 * YOUNG_SECONDS
    os.utime(folder, (long_ago, long_ago))


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_goes_with_all_that_is_in_it(kind):
    with TemporaryFolder(kind) as folder:
        (folder / "deep").mkdir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_removing_twice_is_no_error(parent):
    folder = TemporaryFolder("build")
    folder.remove()
    folder.remove()


def test_what_a_killed_process_leaves_goes_with_the_next_folder(parent):
    made = "from autograder.temporary import TemporaryFolder; import os, signal\n"
    made += "print(TemporaryFolder('server').path, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run(
        [sys.executable, "-c", made],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(parent), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -signal.SIGKILL
    left = Path(done.stdout.strip())
    assert left.parent == parent
    with TemporaryFolder("build"):
        assert left.exists()
    grow_old(left)
    with TemporaryFolder("build"):
        assert not left.exists()


def test_the_folder_of_a_living_process_stays_however_old_it_is(parent):
    with TemporaryFolder("server") as living:
        grow_old(living)
        with TemporaryFolder("build"):
            assert living.exists()


def test_nothing_else_is_touched(parent, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (parent / "autograder-server-link").symlink_to(outside)
    for name in ("autograder-notes", "autograder-bench-x", "server-x"):
        (parent / name).mkdir()
        grow_old(parent / name)
    with TemporaryFolder("build"):
        pass
    assert outside.exists()
    assert len(list(parent.iterdir())) == 4


def test_sockets_fit_into_it_however_long_the_usual_path_is(tmp_path, monkeypatch):
    deep = tmp_path / ("a-folder-of-a-shared-cluster" * 4)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    for kind in ("run", "kernel"):
        with TemporaryFolder(kind) as folder:
            assert len(str(folder)) < 107 - 40
