"""The summary says first what needs attention, then who has how many points."""

from __future__ import annotations

import json

from rich.console import Console

from autograder.commands.console import attention_table, write_json
from autograder.commands.summary import attention, records, summary
from autograder.grading.graded import Graded
from autograder.grading.record import Record
from autograder.grading.results import CellResult
from autograder.verdict.verdict import Status


def made(student: str, assignment: str, cells: tuple, **more) -> Graded:
    fields = {
        name: more.pop(name) for name in ("seconds", "repairs", "problems", "sandboxed") if name in more
    }
    record = Record(student=student, notebook=assignment, content="", circumstances="", cells=cells, **fields)
    return Graded(record=record, **more)


ADA = made(
    "ada",
    "small",
    (
        CellResult(cell="t1", status=Status.PASSED, points=2.0, max_points=2.0),
        CellResult(
            cell="t2",
            status=Status.FAILED,
            points=0.0,
            max_points=3.0,
            message="a hidden check does not hold",
        ),
        CellResult(cell="task", status=Status.MANUAL, points=None, max_points=4.0),
    ),
    seconds=1.23456,
    executed=True,
    repairs=("cells had been moved, and were put back in their order",),
)
EVE = made(
    "eve[/]",
    "small",
    (
        CellResult(cell="t1", status=Status.TIMEOUT, points=0.0, max_points=2.0),
        CellResult(cell="t2", status=Status.MISSING, points=0.0, max_points=3.0),
    ),
    problems=("stopped after [bold]30 s[/bold]", "和"),
)
BOB = made("bob", "other", (CellResult(cell="t", status=Status.PASSED, points=0.5, max_points=0.5),))


def printed(*results: Graded, width: int = 110) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(summary(results))
        if found := attention(results):
            console.print("Needs attention", attention_table("submission", found))
    return capture.get()


class TestSummary:
    def test_points_are_listed_for_each_student_and_assignment(self):
        lines = printed(ADA, BOB).splitlines()
        [ada] = [line for line in lines if "ada" in line]
        [bob] = [line for line in lines if "bob" in line]
        assert "2 / 5" in ada
        assert "0.5 / 0.5" in bob

    def test_points_that_a_person_gives_are_not_counted(self):
        assert "/ 9" not in printed(ADA)

    def test_what_needs_attention_is_marked_in_the_table_and_has_its_reasons(self):
        text = printed(ADA, EVE)
        assert "0 / 5 !" in text
        assert "和" in text

    def test_nothing_needs_attention_where_nothing_does(self):
        assert "attention" not in printed(ADA, BOB)
        assert "!" not in printed(ADA, BOB)

    def test_markup_in_names_and_messages_is_shown_as_it_is(self):
        text = printed(EVE)
        assert "eve[/]" in text
        assert "[bold]30 s[/bold]" in text

    def test_what_was_not_graded_shows_no_points(self):
        broken = made("zoe", "small", EVE.record.cells, problems=("it is no notebook",), recorded=False)
        [zoe] = [line for line in printed(broken).splitlines() if "zoe" in line and "zoe/" not in line]
        assert "not graded !" in zoe
        assert records([broken], ())["submissions"][0]["graded"] is False

    def test_repairs_are_counted(self):
        assert "1 submission was repaired" in printed(ADA, BOB)
        assert "repaired" not in printed(BOB)

    def test_a_missing_sandbox_is_said_at_the_end(self):
        unsandboxed = made("ada", "small", ADA.record.cells, sandboxed=False)
        assert "WITHOUT a sandbox" in printed(unsandboxed).strip().splitlines()[-1]
        assert "WITHOUT" not in printed(ADA)

    def test_scores_that_changed_are_listed_with_both(self):
        changed = made("ada", "small", ADA.record.cells, score_before=5.0, score_now=2.5)
        text = printed(changed, BOB)
        [line] = [line for line in text.splitlines() if "ada/small" in line]
        assert [cell.strip() for cell in line.split("│")[1:-1]] == ["ada/small", "5", "2.5"]
        assert "Scores that changed" not in printed(BOB)

    def test_titles_are_not_broken_at_the_width_of_a_small_table(self):
        assert "Points from the autograder" in printed().splitlines()
        assert "Needs attention" in printed(EVE).splitlines()


class TestRecords:
    def test_there_is_one_record_for_each_cell_and_each_submission(self):
        found = records([ADA, EVE], ())
        assert len(found["cells"]) == 5
        assert found["cells"][1] == {
            "student": "ada",
            "assignment": "small",
            "notebook": "small",
            "cell": "t2",
            "points": 0.0,
            "max_points": 3.0,
            "status": "failed",
            "message": "a hidden check does not hold",
            "mistake": [],
            "hint": {},
            "replaced": [],
        }
        assert [entry["points"] for entry in found["submissions"]] == [2.0, 0.0]
        assert found["submissions"][0]["max_points"] == 5.0
        assert found["submissions"][0]["seconds"] == 1.235
        assert found["submissions"][1]["problems"] == ["stopped after [bold]30 s[/bold]", "和"]

    def test_the_file_holds_the_records(self, tmp_path):
        path = tmp_path / "new folder" / "results.json"
        write_json(path, records([ADA, EVE], ()))
        assert json.loads(path.read_text(encoding="utf-8")) == records([ADA, EVE], ())
        assert "和" in path.read_text(encoding="utf-8")
