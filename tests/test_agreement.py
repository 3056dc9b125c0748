"""Comparing this engine with stock nbgrader: the wrong answers that are made of right ones."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from benchmarks.agreement import mutated, walls


@pytest.mark.parametrize(
    ("kind", "source", "changed"),
    [
        ("number", "def f(x):\n    return x[1] + 2", "def f(x):\n    return x[1] + 3"),
        ("operator", "y = a + b * c", "y = a - b * c"),
        ("operator", "if a < b:\n    c = 1", "if a >= b:\n    c = 1"),
        ("value", "def f(x):\n    y = 1\n    return y", "def f(x):\n    y = 1\n    return None"),
        ("value", "a = 1\nb = 2", "a = 1\nb = None"),
        ("number", "%matplotlib inline\nx = 1", "%matplotlib inline\nx = 1"),
    ],
)
def test_one_thing_in_an_answer_is_changed(kind, source, changed):
    assert mutated(source, kind) == changed


@pytest.mark.kernel
def test_a_courses_cells_write_to_the_comparisons_own_folders_only(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        program = f"open({str(folder / 'written')!r}, 'w')"
        subprocess.run([*walls(inside), sys.executable, "-c", program], check=False, capture_output=True)
    assert (inside / "written").exists()
    assert not (outside / "written").exists()


@pytest.mark.kernel
def test_a_courses_cells_have_no_network():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        program = f"import socket; socket.create_connection({listening.getsockname()!r}, 1)"
        command = [sys.executable, "-c", program]
        assert subprocess.run(command, check=False).returncode == 0
        assert subprocess.run([*walls(), *command], check=False, capture_output=True).returncode == 1
