"""The commands: what they print, and their exit status."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from importlib.metadata import version

import nbformat
import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli.app import app
from autograder.course.folder import Course
from autograder.grading import grader, preload
from autograder.kernel import bubblewrap
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade


@pytest.fixture
def course(registered: Course) -> Course:
    return registered


@pytest.fixture
def pool(monkeypatch) -> FakePool:
    pool = FakePool()
    monkeypatch.setattr(grader, "run_all", pool)
    monkeypatch.setattr(preload, "start", lambda: None)
    return pool


def test_the_version_is_that_of_the_installation(run):
    assert run("--version")[:2] == (0, f"autograder {version('autograder')}\n")


def test_python_can_be_named_that_runs_the_command():
    named = subprocess.run([sys.executable, "-m", "autograder", "--version"], capture_output=True, text=True)
    assert (named.returncode, named.stdout) == (0, f"autograder {version('autograder')}\n")


class TestGrade:
    def test_status_0_where_all_is_graded(self, run, course, pool):
        small_course.submit(course, "ada")
        status, out, _ = run("grade", "--course", course.root)
        assert status == 0
        assert re.search(r"ada .*5 / 5", out)
        assert "1 submission: 1 executed, 0 taken from results" in out
        assert "Written answers without points: 1." in out
        assert "0 executed, 1 taken" in run("grade", "--course", course.root)[1]

    def test_status_1_where_something_needs_attention(self, run, course, pool):
        small_course.submit(course, "ada")
        small_course.submit(course, "eve", b"not a notebook")
        status, out, _ = run("grade", "--course", course.root)
        assert status == 1
        # at the end, as a class may be longer than a screen
        assert out.index("ada") < out.index("Needs attention") < out.index("eve/small") < out.index("Next:")

    def test_results_of_a_submission_that_was_replaced_since_are_said_to_be_that(self, run, course, pool):
        small_course.submit(course, "ada")
        run("grade", "--course", course.root)
        small_course.submit(course, "ada", reply="I have thought about it again.")
        for command in ("feedback", "export"):
            status, out, _ = run(command, "--course", course.root)
            assert status == 1
            assert "handed in again" in out
        run("grade", "--course", course.root)
        status, out, _ = run("feedback", "--course", course.root)
        assert status == 0
        assert "handed in again" not in out + run("export", "--course", course.root)[1]

    def test_status_1_where_nobody_on_the_roster_is_called_like_a_folder(self, run, course, pool, tmp_path):
        (roster := tmp_path / "roster.csv").write_text("id,name\nada,Ada Lovelace\n", encoding="utf-8")
        assert run("roster", roster, "--course", course.root)[0] == 0
        small_course.submit(course, "ada")
        assert run("grade", "--course", course.root)[0] == 0
        small_course.submit(course, "stranger")
        kept = tmp_path / "results.json"
        status, out, _ = run("grade", "--course", course.root, "--json", kept)
        assert status == 1
        assert "submitted/stranger" in out
        [concern] = json.loads(kept.read_text(encoding="utf-8"))["not_as_expected"]
        assert concern["what"] == "submitted/stranger"
        assert "nobody on the roster" in concern["why"]

    def test_a_wrong_answer_needs_no_attention(self, run, course, pool):
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        assert run("grade", "--course", course.root)[0] == 0

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["smal"], "there is no assignment 'smal'; there are small"),
            (["--student", "nobody"], "student 'nobody' has submitted nothing"),
        ],
    )
    def test_status_2_for_a_wrong_name_with_one_sentence(self, run, course, pool, arguments, words):
        status, out, err = run("grade", "--course", course.root, *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
        assert "Traceback" not in err

    def test_status_2_for_a_wrong_option_or_folder(self, run, tmp_path):
        assert run("grade", "--no-such-option")[0] == 2
        assert run("no-such-command")[0] == 2
        status, _, err = run("grade", "--course", tmp_path)
        assert status == 2
        assert "is not a course folder" in err

    def test_status_2_where_another_grader_is_at_work(self, run, course, pool):
        small_course.submit(course, "ada")
        with (course.state / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            status, _, err = run("grade", "--course", course.root)
        assert status == 2
        assert "another grader is at work" in err

    def test_status_2_where_a_sandbox_is_required_and_there_is_none(self, run, course, pool, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "it is [red]missing[/]")
        small_course.submit(course, "ada")
        status, _, err = run("grade", "--course", course.root, "--require-sandbox")
        assert status == 2
        assert "cannot be sandboxed: it is [red]missing[/]" in err
        assert pool.executed == []

    def test_without_a_sandbox_the_warning_comes_first_and_the_summary_repeats_it(
        self, run, course, pool, monkeypatch
    ):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "it is [red]missing[/]")
        small_course.submit(course, "ada")
        status, out, _ = run("grade", "--course", course.root)
        assert status == 0
        assert out.startswith("Student code will run WITHOUT a sandbox: it is [red]missing[/].")
        assert "Student code ran WITHOUT a sandbox" in out

    def test_results_can_be_written_to_a_file(self, run, course, pool, tmp_path):
        small_course.submit(course, "ada")
        run("grade", "--course", course.root, "--json", tmp_path / "results.json")
        found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
        assert found["submissions"][0]["points"] == 5.0

    def test_where_nothing_is_submitted_that_is_said(self, run, course, pool):
        status, out, _ = run("grade", "--course", course.root)
        assert status == 1
        assert "Nothing to grade" in out


class TestBuild:
    def test_it_says_what_changed(self, run, course):
        assert (
            "small: 4 files changed" in run("build", "--course", course.root)[1]
        )  # a release and a README in each language
        assert "small: unchanged" in run("build", "--course", course.root)[1]

    def test_a_release_that_was_cloned_is_entered_and_all_its_folders_are_named(self, run, course):
        run("build", "--course", course.root)
        (course.root / "gradebook.db").unlink()
        _, out, _ = run("build", "--course", course.root)
        assert "the release is unchanged; the gradebook has it now" in out
        assert "hand out release/en/ or release/ja/" in out

    def test_a_hidden_test_that_changed_is_said_though_the_release_is_the_same(self, run, course):
        run("build", "--course", course.root)
        source = small_course.source()
        cell = small_course.cell_of(source, "test_total")
        cell.source = cell.source.replace("### END HIDDEN", "assert total([5]) == 5\n### END HIDDEN")
        nbformat.write(source, course.source / "small" / "small.ipynb")
        said = " ".join(run("build", "--course", course.root)[1].split())
        assert "the next `autograder grade` grades it again" in said

    def test_a_graded_cell_that_is_gone_after_grading_is_named(self, run, course, pool):
        small_course.submit(course, "ada")
        run("grade", "--course", course.root)
        source = small_course.source()
        source.cells.remove(small_course.cell_of(source, "test_scale"))
        nbformat.write(source, course.source / "small" / "small.ipynb")
        status, _, error = run("build", "--course", course.root)
        assert status == 2
        assert "removed: test_scale" in error
        assert "0 points" in error

    def test_a_bad_source_is_one_sentence_and_status_2(self, run, course):
        source = small_course.source()
        small_course.cell_of(source, "test_total").source = "assert helper(1)"
        nbformat.write(source, course.source / "small" / "small.ipynb")
        status, _, err = run("build", "--course", course.root)
        assert status == 2
        assert "cell 'test_total': the test uses helper" in err


class TestReport:
    def test_it_says_where_the_page_is(self, run, course, pool):
        small_course.submit(course, "ada")
        run("grade", "--course", course.root)
        status, out, _ = run("report", "--course", course.root)
        assert status == 0
        assert out.splitlines()[0] == f"report: {course.root / 'report' / 'report.html'}"

    def test_the_file_the_language_and_the_address_of_formgrader_can_be_chosen(
        self, run, course, pool, tmp_path
    ):
        small_course.submit(course, "ada")
        run("grade", "--course", course.root)
        target = tmp_path / "[red]" / "class.html"
        arguments = ("--output", target, "--language", "ja", "--formgrader", "https://hub.example/user/me/")
        status, out, _ = run("report", "small", "--course", course.root, *arguments)
        assert (status, out.splitlines()[0]) == (0, f"report: {target}")
        html = target.read_text(encoding="utf-8")
        assert '<html lang="ja">' in html
        assert 'href="https://hub.example/user/me/formgrader/gradebook/small/small"' in html

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["smal"], "there is no assignment 'smal'; there are small"),
            (["--language", "fr"], "there is no report in 'fr'; there are en, ja"),
            (["--formgrader", "javascript:alert(1)"], "expected an address that starts with http"),
            ([], "nothing has been submitted"),
        ],
    )
    def test_what_cannot_be_reported_is_one_sentence_and_status_2(self, run, course, arguments, words):
        status, out, err = run("report", "--course", course.root, *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1


class TestDoctor:
    def test_status_0_where_all_is_well(self, run, course, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: None)
        status, out, _ = run("doctor", "--course", course.root)
        assert status == 0
        assert "sandbox: works" in out
        assert "1 assignment, no submissions yet" in out
        assert "data: mnist" in out

    def test_status_1_and_what_to_do_where_something_is_missing(self, run, tmp_path, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "bwrap is not installed")
        status, out, _ = run("doctor", "--course", tmp_path)
        assert status == 1
        assert "bwrap is not installed" in out
        assert out.count("to do:") == 2


@pytest.mark.parametrize("command", ["build", "grade", "doctor", "report"])
def test_every_command_explains_itself(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "--course" in re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def command(course: Course, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.kernel
class TestNbgradersOwnCommands:
    """With the committed configuration, nbgrader alone does all that the kit's commands do."""

    def test_release_grades_feedback_and_export(self, course, pool, tmp_path):
        def nbgrader(name: str, *arguments: str) -> None:
            done = command(course, "-m", "nbgrader", name, *arguments)
            assert done.returncode == 0, done.stderr

        nbgrader("generate_assignment", "small", "--force")
        release = nbformat.read(str(course.root / "release/ja/small/small.ipynb"), as_version=4)
        assert "by_reference" not in str(release)
        assert "intro-en" not in [cell.id for cell in release.cells]
        for cell in release.cells:
            cell.source = small_course.ANSWERS.get(cell.id, cell.source)
        small_course.submit(course, "ada", release)
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        nbgrader("autograde", "small")
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            scores = {
                submission.student.id: submission.score
                for submission in gradebook.assignment_submissions("small")
            }
        assert scores == {"ada": 5.0, "bob": 3.0}
        results = grade(course, grader.Options())
        assert [(result.record.points, result.executed) for result in results] == [(5.0, False), (3.0, False)]
        nbgrader("generate_feedback", "small")
        feedback = (course.root / "feedback/bob/small/small.html").read_text(encoding="utf-8")
        assert "three times one is three" in feedback
        assert 'name="viewport"' in feedback
        nbgrader("export", "--to", str(tmp_path / "grades.csv"))
        assert "bob" in (tmp_path / "grades.csv").read_text()

    def test_the_command_grades_with_real_workers(self, course):
        small_course.submit(course, "ada")
        small_course.submit(course, "eve", total="import os\ndef total(values):\n    os._exit(0)")
        done = command(course, "-c", "from autograder.cli import main; main()", "grade", "--jobs", "1")
        assert done.returncode == 1, done.stderr
        assert re.search(r"ada .*5 / 5", done.stdout)
        assert re.search(r"eve .*2 / 5 !", done.stdout)
        assert "Traceback" not in done.stderr


class TestSimilarity:
    def test_pairs_are_listed_and_the_status_is_0(self, run, course):
        small_course.submit(course, "ada")
        small_course.submit(course, "bob")
        status, out, _ = run("similarity", "small", "--course", course.root, "--threshold", "0")
        assert status == 0
        assert "Look at these pairs" in out
        assert (course.state / "similarity" / "small.json").is_file()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["smal"], "there is no assignment 'smal'"),
            (["small", "--threshold", "2"], "--threshold"),
            ([], "Missing argument"),
        ],
    )
    def test_status_2_for_a_wrong_call(self, run, course, arguments, words):
        status, out, err = run("similarity", *arguments, "--course", course.root)
        assert status == 2
        assert words in out + err
