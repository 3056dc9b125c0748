"""From the file that is handed in to the gradebook and the feedback: what attacks leave there."""

from __future__ import annotations

import html.parser
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from autograder.commands.summary import records
from autograder.course.folder import Course
from autograder.grading.graded import Graded
from autograder.grading.grader import Options
from autograder.submission import reading, submissions
from autograder.text import clean_text
from tests import points, small_course
from tests.attacks.assignment import ANSWERS, TOKEN, forms_of, source
from tests.attacks.conftest import LIMITS
from tests.attacks.framework import HONEST, Attack, functions
from tests.conftest import solutions_of
from tests.recording import grade
from tests.small_course import ASSIGNMENT

EVERY = tuple(ANSWERS)

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"

SHOW_MARKUP = f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
import sys
text = {MARKUP!r}
print(text)
print(text, '\\x1b]8;;javascript:alert(4)\\x07x\\x1b[31m', file=sys.stderr)
for kind in (HTML, Javascript, Latex, Markdown):
    display(kind(text))
for mime in ('text/html', 'image/svg+xml', 'application/javascript', 'text/markdown', 'text/latex', 'application/x', 'image/png',
             'image/jpeg', 'image/png"><script>alert(5)</script>', 'application/vnd.jupyter.widget-view+json', 'text/plain'):
    display({{mime: text}}, raw=True, metadata={{'width': '1" onload="alert(6)', mime: {{'width': '1" onload="alert(6)', 'alt': text}}}})
"""

RAISE_MARKUP = f"raise type({MARKUP!r}, (Exception,), {{}})({MARKUP!r})"

SUBMITTED = {
    "ada": HONEST,
    "liar": Attack("liar", answers=functions("return type('Liar', (float,), {'__eq__': lambda *a: True})(3.0)")),
    "forger": Attack("forger", ("rms",), edit=lambda n: [c["metadata"].get("nbgrader", {}).update(points=50) for c in n["cells"]] and None),
    "painter": Attack("painter", ("rms",), before=SHOW_MARKUP, answers=functions(RAISE_MARKUP, EVERY[1:])),
    "raiser": Attack("raiser", EVERY, before=RAISE_MARKUP),
    "scorer": Attack("scorer", ("centred",), answers=functions("from IPython.display import display\ndisplay(1.0)\nprint(1.0)\nreturn None",
                     ("rms", "floored", "step"))),
    "surrogate": Attack("surrogate", EVERY, before="""
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent('shell')
for content in (b'{"name": "stdout", "text": "a\\\\ud800b"}',):
    json = [session.pack(session.msg_header('stream')), session.pack(parent['header']), b'{}', content]
    kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', session.sign(json), *json])
print('\\ud800')
"""),
    "deep": Attack("deep", EVERY, before="from IPython.display import display\nd = []\nfor _ in range(700):\n    d = [d]\n"
                   "display({'application/json': d, 'text/plain': 'x'}, raw=True, metadata={'d': d})"),
    "crasher": Attack("crasher", EVERY[1:], answers={"rms": "import os\nos._exit(0)"}),
    "zed": HONEST,
}  # fmt: skip

FILES = {
    "escaped": "\x1b]0;x\x07\x1b[31mred.ipynb",
    "marked": "<script>alert(1)<b>.ipynb",
    "rich": "[bold red]x[blink] [link=http:x]:warning:.ipynb",
    "lines": "a\nb\r\n.ipynb",
    "bytes": b"\xff\xfe\xed\xa0\x80.ipynb".decode(errors="surrogateescape"),
}


class Active(html.parser.HTMLParser):
    """Finds what would run: scripts that nbconvert did not write, handlers, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        for name, value in attributes:
            if name.startswith("on") or "javascript:" in (value or "").lower() or "alert(" in (value or ""):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if (
            self.lasttag == "script"
            and "alert(" in data
            and self.rawdata[: self.offset].rfind("</script") < 0
        ):
            self.found.append(data)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Course, dict[str, Graded]]]:
    course = small_course.make(tmp_path_factory.mktemp("pipeline") / "course", source())
    for student, attack in SUBMITTED.items():
        path = course.submitted / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        small_course.write(path, attack.handed_in(course))
    with solutions_of(course), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", TOKEN)
        limits = replace(LIMITS, cell_seconds=30.0, test_seconds=30.0, notebook_seconds=240.0)
        course.settings.limits = asdict(limits)
        results = grade(course, Options(jobs=1))
        yield course, {one.record.student: one for one in results}


@pytest.mark.kernel
@pytest.mark.slow_attack
class TestGradebook:
    def test_the_gradebook_holds_what_each_submission_earns(self, graded):
        course, results = graded
        assert {student: one.record.points for student, one in results.items()} == {
            student: float(len(attack.earns)) for student, attack in SUBMITTED.items()
        }
        assert {student: score for (student, _), score in points.scores(course).items()} == {
            student: float(len(attack.earns)) for student, attack in SUBMITTED.items()
        }
        assert all(one.record.max_points == 4.0 for one in results.values())

    def test_no_secret_is_in_the_results_the_cache_or_the_autograded_notebooks(self, graded):
        course, results = graded
        texts = [json.dumps(records(list(results.values()), ()), ensure_ascii=False)]
        texts += [path.read_text() for path in (course.state / "results").rglob("*.json")]
        for path in (course.root / course.directory.autograded_directory).rglob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            texts += [json.dumps(cell.get("outputs", []), ensure_ascii=False) for cell in notebook.cells]
        for form in forms_of(TOKEN):
            assert not any(form in text for text in texts)

    @pytest.mark.filterwarnings("ignore::Warning")
    def test_nothing_in_the_outputs_runs_in_a_browser(self, graded):
        course, _ = graded
        seen = 0
        for path in (course.root / course.directory.autograded_directory).rglob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                for output in cell.get("outputs", []):
                    assert set(output.get("data", {})) <= {"text/plain", "image/png", "image/jpeg"}
                    seen += "alert(" in json.dumps(output)
            page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
            parser = Active()
            parser.feed(page)
            parser.close()
            assert parser.found == [], path
            assert MARKUP not in page
        assert seen > 0


@pytest.mark.parametrize("name", FILES.values(), ids=FILES)
def test_a_hostile_file_name_is_named_harmlessly(tmp_path: Path, name: str):
    folder = tmp_path / "ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"{}")
    found = submissions.find(tmp_path, "ada", ASSIGNMENT)
    assert found.path is not None
    (folder / f"other{name}").write_bytes(b"{}")
    several = submissions.find(tmp_path, "ada", ASSIGNMENT)
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(b"{}")
    beside = submissions.find(tmp_path, "ada", ASSIGNMENT)
    for text in (*found.notes, several.problem, *beside.notes):
        assert clean_text(text) == text
        text.encode()
    with pytest.raises(ValueError, match="is not a notebook") as raised:
        reading.read(folder / name)
    assert clean_text(str(raised.value)) == str(raised.value)
    str(raised.value).encode()
