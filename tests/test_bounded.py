"""A student's text cannot take the grader's time or memory."""

from __future__ import annotations

import ast
import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import autograder
from autograder import bounded as module
from autograder.bounded import TooMuch, bounded
from autograder.course import cells, names
from autograder.course.regions import DEFAULT
from autograder.grading.oddities import oddities
from autograder.similarity import fingerprints

DOTS = "import " + "a." * 60_000 + "a"
NESTED = "x = " + "-" * 50_000 + "1"
BRACKETS = "(" * 50_000
WORDS = "a." * 40_000 + "a!"
ELSE = "x = " + "1 if a else " * 20_000 + "2"
ADDED = "x = " + " + ".join(["1"] * 50_000)
INDENTED = "\n".join(" " * i + "if a:" for i in range(2_000))
NOTHING = "\0" * 1000
CALLS = "f" + "()" * 50_000
STRINGS = "x = " + "f'{" * 5_000
HOSTILE = [
    DOTS,
    NESTED,
    BRACKETS,
    WORDS,
    ELSE,
    ADDED,
    INDENTED,
    NOTHING,
    CALLS,
    STRINGS,
    "\ud800" * 10,
    "def" + " " * 100_000,
]


def own_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_no_text_costs_the_grader_more_than_moments(text, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 1.0)
    before, peak = time.process_time(), own_peak()
    for function in (names.defined, names.free, oddities, fingerprints.imported_names):
        with contextlib.suppress(*names.UNREADABLE):
            bounded(function, text)
    cells.defined_names(text)
    assert time.process_time() - before < 1.0
    assert own_peak() - peak < 200 * 2**20


def test_an_import_with_many_dots_is_refused():
    with pytest.raises(TooMuch):
        bounded(names.defined, DOTS)
    assert cells.defined_names(DOTS + "\ndef f():\n    pass") == {"f"}


def test_the_next_text_is_read_as_if_nothing_had_been():
    with pytest.raises(TooMuch):
        bounded(names.defined, DOTS)
    assert bounded(names.defined, "import a.b\nc = 1") == {"a", "c"}


def test_what_the_function_raises_is_raised():
    with pytest.raises(SyntaxError):
        bounded(ast.literal_eval, "def")


def test_a_text_of_many_megabytes_is_not_even_sent():
    with pytest.raises(TooMuch, match="characters"):
        bounded(names.defined, "#" * (module.LONGEST + 1))


def test_further_arguments_go_with_it():
    assert bounded(fingerprints.of_code, "a = b + c * d - e", {}) == fingerprints.of_code(
        "a = b + c * d - e", {}
    )


def test_threads_share_the_process():
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append((n, bounded(names.defined, f"x{n} = 1"))))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [(n, {f"x{n}"}) for n in range(20)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_a_process_that_has_forked_starts_its_own():
    assert bounded(names.defined, "a = 1") == {"a"}
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if bounded(names.defined, "b = 1") == {"b"} else 1)
        finally:
            os._exit(2)
    assert bounded(names.defined, "c = 1") == {"c"}
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert bounded(names.defined, "d = 1") == {"d"}


def test_a_cell_that_begins_many_hidden_parts_is_read_in_one_pass():
    start = time.process_time()
    text = "### BEGIN HIDDEN TESTS\n" * 100_000
    assert DEFAULT.released(text) == text.rstrip("\n")
    assert DEFAULT.released(text + "### END HIDDEN TESTS\nx = 1\n") == "x = 1"
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("source", "released"),
    [
        ("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc\n", "a\nc"),
        ("a\n### BEGIN HIDDEN TESTS\nb", "a\n### BEGIN HIDDEN TESTS\nb"),
        (
            "### END HIDDEN TESTS\na\n### BEGIN HIDDEN TESTS\n",
            "### END HIDDEN TESTS\na\n### BEGIN HIDDEN TESTS",
        ),
        ("=== BEGIN MARK SCHEME ===\nx\n=== END MARK SCHEME ===", ""),
        ("a\nBEGIN MARK SCHEME x END MARK SCHEME\nb", "a\nb"),
        ("END MARK SCHEME BEGIN MARK SCHEME\nx\nEND MARK SCHEME\nb", "b"),
    ],
)
def test_hidden_parts_are_cut_out_whole(source, released):
    assert DEFAULT.released(source) == released


def test_it_works_where_the_kit_is_found_by_an_import_hook_only(tmp_path):
    """As with an editable installation, whose hook a process that is started without `site` does not have."""
    root = Path(autograder.__file__).resolve().parents[1]
    script = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('autograder', {str(root / 'autograder/__init__.py')!r})\n"
        "module = importlib.util.module_from_spec(spec)\nsys.modules['autograder'] = module\n"
        f"sys.path[:] = [path for path in sys.path if path not in ('', {str(root)!r})]\n"
        "from autograder.bounded import bounded\nfrom autograder.course import names\n"
        "print(sorted(bounded(names.defined, 'x = 1')))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "['x']\n", done.stderr
