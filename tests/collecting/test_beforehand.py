"""A hypothesis that was handed in before the results is told from one that came with them, or was rewritten."""

from __future__ import annotations

import copy
import itertools
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from autograder.collecting import archive, beforehand
from autograder.collecting.beforehand import HandedIn, History, Moment, When
from autograder.collecting.collect import collect
from autograder.collecting.naming import System
from autograder.collecting.sorting import Provenance
from autograder.course.folder import Course
from autograder.marking import handlers
from autograder.report import page
from autograder.report.classroom import read
from tests import small_course

STUB = "**ここに答えを書いてください / YOUR ANSWER HERE**"
MONDAY = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)
HYPOTHESIS = "Sums grow with the factor; refuted if total([1, 2]) is 4."
REWRITTEN = "Sums do not grow with the factor."


@pytest.fixture
def course(tmp_path) -> Course:
    """The small course with a hypothesis in front; `total` and the other written answer are its results."""
    source = small_course.source()
    question = copy.deepcopy(small_course.cell_of(source, "task"))
    question.id = question.metadata.nbgrader.grade_id = "hypothesis"
    question.metadata.tags = ["early"]
    reply = nbformat.v4.new_markdown_cell(STUB, id="hypothesis-reply", metadata={"tags": ["answer"]})
    source.cells[2:2] = [question, reply]
    small_course.cell_of(source, "total").metadata.tags = ["results"]
    return small_course.make(tmp_path / "course", source)


def notebook(course: Course, hypothesis: str = HYPOTHESIS, results: bool = True, **answers: str) -> bytes:
    released = {cell.id: cell.source for cell in course.template("small").notebook.cells}
    if not results:
        answers = {"reply": STUB, "total": released["total"], **answers}
    made = small_course.answered(course, **{"hypothesis-reply": hypothesis, **answers})
    return nbformat.writes(made).encode()


def handed(course: Course, data: bytes) -> HandedIn:
    return beforehand.handed_in(course.template("small"), nbformat.v4.reads(data.decode()))


def after(hours: float) -> Moment:
    return Moment(at=MONDAY + timedelta(hours=hours))


def history(*submissions: tuple[str, bool]) -> History:
    """One submission an hour: the hypothesis, and whether results are there."""
    made = History()
    for hour, (text, results) in enumerate(submissions):
        made = beforehand.with_submission(
            made, HandedIn(answers={"h": text}, results=results), after(hour), content=f"notebook {hour}"
        )
    return made


class TestWhatIsThere:
    def test_functions_may_be_written_before_the_results_are(self, course):
        assert handed(course, notebook(course, results=False)) == HandedIn(
            answers={"hypothesis": HYPOTHESIS}, results=False
        )

    @pytest.mark.parametrize("answer", [{"reply": "It grew."}, {"total": "def total(v):\n    return sum(v)"}])
    def test_another_written_answer_and_a_cell_tagged_results_are_results(self, course, answer):
        assert handed(course, notebook(course, results=False, **answer)).results

    def test_what_is_as_released_or_empty_is_no_answer(self, course):
        for text in (STUB, f"{STUB}  \n", "", " \n"):
            assert handed(course, notebook(course, text)).answers == {"hypothesis": ""}

    def test_a_hypothesis_in_a_cell_that_lost_its_id_is_found(self, course):
        made = nbformat.v4.reads(notebook(course, results=False).decode())
        small_course.cell_of(made, "hypothesis-reply").id = "0123abcd"
        found = beforehand.handed_in(course.template("small"), made)
        assert found == HandedIn(answers={"hypothesis": HYPOTHESIS}, results=False)

    def test_pasted_pictures_tell_texts_apart(self, course):
        texts = set()
        for data in ("iVBORw0KGgo=", "iVBORw0KGgoA"):
            made = nbformat.v4.reads(notebook(course).decode())
            small_course.cell_of(made, "hypothesis-reply").attachments = {"a.png": {"image/png": data}}
            texts.add(beforehand.handed_in(course.template("small"), made).answers["hypothesis"])
        assert len(texts) == 2

    def test_an_assignment_without_such_a_question_keeps_nothing(self, tmp_path):
        course = small_course.make(tmp_path / "course")
        small_course.submit(course, "ada")
        beforehand.note_submitted(course, "ada", "small")
        assert not course.state.exists()


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("submissions", "when", "first", "changed"),
        [
            ([("A", False)], When.BEFORE, 0, None),
            ([("A", False), ("A", True)], When.BEFORE, 0, None),
            ([("A", False), (" A \n", True)], When.BEFORE, 0, None),
            ([("A", False), ("B", False), ("B", True)], When.BEFORE, 1, None),
            ([("A", False), ("B", True), ("A", True)], When.BEFORE, 0, None),
            ([("A", True)], When.WITH, 0, None),
            ([("", True), ("A", True)], When.WITH, 1, None),
            ([("A", True), ("B", False)], When.WITH, 1, None),
            ([("A", False), ("B", True)], When.CHANGED, 0, 1),
            ([("A", False), ("B", False), ("C", True), ("D", True)], When.CHANGED, 1, 3),
            ([("A", False), ("", True)], When.REMOVED, 0, None),
        ],
    )
    def test_the_first_time_of_the_text_that_counts_decides(self, submissions, when, first, changed):
        found = beforehand.standing(history(*submissions), "h")
        assert (found.when, found.first) == (when, after(first))
        assert found.changed == (None if changed is None else after(changed))

    def test_nothing_is_said_of_who_never_had_one(self):
        assert beforehand.standing(history(("", False), ("", True)), "h") is None

    def test_the_order_in_which_submissions_are_collected_does_not_matter(self):
        parts = [
            (HandedIn(answers={"h": "A"}, results=False), after(0), ""),
            (HandedIn(answers={"h": "B"}, results=True), after(1), ""),
            (HandedIn(answers={"h": "B"}, results=True), after(2), "the last"),
        ]
        made = []
        for order in itertools.permutations(parts):
            one = History()
            for part in (*order, *order):
                one = beforehand.with_submission(one, *part)
            made.append(one)
        assert made[1:] == made[:-1]
        assert beforehand.standing(made[0], "h").when is When.CHANGED

    def test_a_thousand_versions_do_not_pile_up_and_the_first_stays(self):
        found = history(*((f"version {number}" * 1000, number > 0) for number in range(1000)))
        assert len(found.texts) == beforehand.MOST_TEXTS
        assert all(len(one.text) <= 4000 for one in found.texts)
        said = beforehand.standing(found, "h")
        assert (said.when, said.first, said.changed) == (When.CHANGED, after(0), after(999))


class TestFromArchivesToTheReport:
    """Archives of Monday and Friday, collected one after the other."""

    @staticmethod
    def collected(course: Course, folder: Path, day: int, system: System = System.PLAIN, **files: bytes):
        path = folder / f"archive-{day}.zip"
        with zipfile.ZipFile(path, "w") as written:
            for student, data in files.items():
                written.writestr(f"{student}/small/small.ipynb", data)
                time = MONDAY + timedelta(days=day)
                written.writestr(f"{student}/small/timestamp.txt", f"{time:%Y-%m-%d %H:%M:%S} UTC")
        with archive.opened(path) as opened:
            return collect(course, opened, Provenance(system=system))

    @pytest.fixture
    def walked(self, course, tmp_path) -> Course:
        only = notebook(course, results=False)
        self.collected(course, tmp_path, 0, ada=only, eve=only)
        everything = notebook(course)
        self.collected(course, tmp_path, 4, ada=everything, bob=everything, eve=notebook(course, REWRITTEN))
        return course

    @staticmethod
    def said(course: Course, language: str) -> dict[str, list[str]]:
        html = page.write(course, read(course), language=language).read_text(encoding="utf-8")
        known = json.loads(html.partition('id="known">')[2].partition("</script>")[0])
        texts = known["texts"]
        rows = [
            [texts[text] for label, text in one[3] if texts[label] == "hypothesis"]
            for [one] in known["students"]
        ]
        return dict(zip(("ada", "bob", "eve"), rows, strict=True))

    def test_the_report_says_who_had_one(self, walked):
        assert self.said(walked, "en") == {
            "ada": ["handed in 2026-11-09 12:00 +0900, before the results"],
            "bob": ["handed in 2026-11-13 12:00 +0900, only with the results"],
            "eve": [
                "handed in 2026-11-09 12:00 +0900, before the results; changed afterwards, on 2026-11-13 12:00 +0900: "
                + HYPOTHESIS
            ],
        }
        assert self.said(walked, "ja")["ada"] == ["提出 2026-11-09 12:00 +0900（結果より前）"]

    def test_collecting_again_and_grading_change_nothing(self, walked, tmp_path):
        before = self.said(walked, "en")
        only = notebook(walked, results=False)
        self.collected(walked, tmp_path, 0, ada=only, eve=only)  # they are older, and are not taken
        for student in ("ada", "bob", "eve"):
            beforehand.note_submitted(walked, student, "small")
        assert self.said(walked, "en") == before

    def test_the_marking_page_says_it_beside_the_answer(self, walked):
        found = handlers._beforehand(walked, "eve", "small", "hypothesis", "ja")
        assert found["handed"].startswith("提出 2026-11-09 12:00 +0900（結果より前）、変更")
        assert found["before"] == HYPOTHESIS
        assert handlers._beforehand(walked, "eve", "small", "task", "ja") == {}

    def test_where_nothing_says_the_time_it_is_that_of_collecting(self, course, tmp_path):
        for day, data in enumerate((notebook(course, results=False), notebook(course))):
            path = tmp_path / f"{day}.zip"
            with zipfile.ZipFile(path, "w") as written:
                written.writestr("ada/small.ipynb", data)
            with archive.opened(path) as opened:
                collect(course, opened, Provenance(system=System.PLAIN), replace=True)
        found = beforehand.standing(beforehand.read(course, "ada", "small"), "hypothesis")
        assert found.when is When.BEFORE
        assert found.first.collected
        assert "or earlier, before the results" in beforehand.sentence(found, course.zone, str)

    def test_a_dry_run_keeps_nothing(self, course, tmp_path):
        path = tmp_path / "one.zip"
        with zipfile.ZipFile(path, "w") as written:
            written.writestr("ada/small.ipynb", notebook(course))
        with archive.opened(path) as opened:
            collect(course, opened, Provenance(system=System.PLAIN), dry_run=True)
        assert not course.state.exists()

    @pytest.mark.parametrize("content", [b"", b"no notebook", b"[" * 100_000])
    def test_what_is_no_notebook_or_no_history_stops_nothing(self, course, content):
        small_course.submit(course, "ada", content)
        beforehand.note_submitted(course, "ada", "small")
        assert beforehand.read(course, "ada", "small") == History()

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"texts": [{}]}', b"\xff"])
    def test_what_is_kept_and_damaged_is_begun_anew(self, course, content):
        small_course.write(course.state / "beforehand" / "ada" / "small.json", content)
        assert beforehand.read(course, "ada", "small") == History()
        small_course.submit(course, "ada", notebook(course))
        beforehand.note_submitted(course, "ada", "small")
        assert beforehand.read(course, "ada", "small").texts[0].text == HYPOTHESIS
