"""The notebook lies: metadata, ids, points, tags, cells that were added, changed, retyped or removed."""

from __future__ import annotations

import copy
import json

import pytest

from autograder.course.cells import defined_names
from tests.attacks.assignment import ANSWERS, STUB, TESTS
from tests.attacks.framework import Attack, Attacked

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("neighbour_of_all")]

FORGED = {"grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3, "points": 100}


def cell(content: dict, identity: str) -> dict:
    return next(cell for cell in content["cells"] if cell["id"] == identity)


def graded_in(content: dict) -> list[dict]:
    return [cell for cell in content["cells"] if cell["id"].startswith("test_")]


def each_test(change):
    """An edit of every test cell."""

    def edit(content):
        for test in graded_in(content):
            change(test)

    return edit


def code(source: str, **metadata) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def add(*cells: dict):
    def edit(content):
        content["cells"].extend(copy.deepcopy(cells))

    return edit


def swap_grade_ids(content):
    entries = [(cell(content, name)["metadata"]["nbgrader"], cell(content, f"test_{name}")["metadata"]["nbgrader"])
               for name in ANSWERS]  # fmt: skip
    for answer, test in entries:
        answer["grade_id"], test["grade_id"] = test["grade_id"], answer["grade_id"]


def swap_ids(content):
    for name in ANSWERS:
        answer, test = cell(content, name), cell(content, f"test_{name}")
        answer["id"], test["id"] = test["id"], answer["id"]


def record_outputs(content):
    for test in graded_in(content):
        test["execution_count"] = 1
        test["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "1.0"}, "metadata": {},
                            "execution_count": 1}]  # fmt: skip


def answer_in_the_test(content):
    for name in ANSWERS:
        cell(content, f"test_{name}")["source"] = ANSWERS[name]


def kernelspec(content):
    content["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
    content["metadata"]["language_info"] = {"name": "bash", "file_extension": ".sh"}
    content["metadata"]["autograder"] = {
        "tests_of_missing_answers": [],
        "cells": {"test_rms": {"status": "passed"}},
    }


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


SHADOWS = "class everything:\n    __eq__ = __ge__ = __le__ = lambda *a: True\n    def __getattr__(self, n): return self\n"
SHADOWS += "    def __call__(self, *a, **k): return self\n"

ATTACKS = [
    Attack("a hundred points for each test", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(points=100))),
    Attack("negative points", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(points=-1e308)), earns=("rms",)),
    Attack("points that are no number", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(points="1; DROP"))),
    Attack("tests that are graded by hand", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(solution=True))),
    Attack("tests that are not graded", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(grade=False))),
    Attack("tests without metadata", edit=each_test(lambda c: c.update(metadata={})), earns=("step",)),
    Attack("metadata of wrong types", edit=each_test(lambda c: c.update(metadata=[1, None])), earns=("step",)),
    Attack("nbgrader's metadata of a wrong type", edit=each_test(lambda c: c["metadata"].update(nbgrader="x")), earns=("rms",)),
    Attack("ids with paths in them", edit=each_test(lambda c: c["metadata"]["nbgrader"].update(grade_id="../../rms"))),
    Attack("ids that are no text", edit=each_test(lambda c: c.update(id={"a": []})), earns=("centred",)),
    Attack("all ids the same", edit=lambda n: [c.update(id="test_rms") for c in n["cells"]] and None),
    Attack("the grade_ids of answers and tests swapped", edit=swap_grade_ids),
    Attack("the ids of answers and tests swapped", edit=swap_ids),
    Attack("tests emptied", edit=each_test(lambda c: c.update(source=""))),
    Attack("tests that pass", edit=each_test(lambda c: c.update(source="pass"))),
    Attack("tests that print a score", edit=each_test(lambda c: c.update(source="1.0"))),
    Attack("tests without assertions", edit=each_test(lambda c: c.update(source="".join(c["source"]).replace("assert", "0 and")))),
    Attack("tests that hide nothing", edit=each_test(lambda c: c.update(source="### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"))),
    Attack("tests retyped as markdown", edit=each_test(lambda c: c.update(cell_type="markdown")), earns=("floored",)),
    Attack("tests retyped as raw", edit=each_test(lambda c: c.update(cell_type="raw"))),
    Attack("tests of a type of the student's own", edit=each_test(lambda c: c.update(cell_type="task"))),
    Attack("tests deleted", edit=lambda n: n.update(cells=[c for c in n["cells"] if not c["id"].startswith("test")]), earns=("rms", "step")),
    Attack("tests moved to the beginning", edit=lambda n: n["cells"].sort(key=lambda c: not c["id"].startswith("test")), earns=("rms",)),
    Attack("tests doubled", edit=lambda n: n["cells"].extend(copy.deepcopy(graded_in(n)) * 3), earns=("rms",)),
    Attack("tests tagged to be skipped", edit=each_test(lambda c: c["metadata"].update(
        tags=["skip-execution", "raises-exception", "remove-cell", "lang-xx"])), earns=("centred",)),
    Attack("tests that may raise", edit=each_test(lambda c: c["metadata"].update(allow_errors=True, deletable=True))),
    Attack("tests with recorded outputs", edit=record_outputs),
    Attack("answers written into the tests", edit=answer_in_the_test, risks=tuple(ANSWERS)),
    Attack("only answers, with metadata of tests", edit=add(*[
        code(f"{name} = 1.0\n1.0", nbgrader={**FORGED, "grade_id": f"test_{name}", "cell_type": "code"}) for name in ANSWERS])),
    Attack("more graded cells, with points", edit=add(*[
        code("1.0", nbgrader={**FORGED, "grade_id": f"bonus{n}", "cell_type": "code"}) for n in range(5)]), earns=("rms",)),
    Attack("a task with points", edit=add({"cell_type": "markdown", "source": "done", "metadata": {
        "nbgrader": {**FORGED, "task": True, "grade": False, "grade_id": "task", "cell_type": "markdown"}}})),
    Attack("the hidden markers in answers", answers={name: f"### BEGIN HIDDEN TESTS\n{ANSWERS[name]}\n### END HIDDEN TESTS"
           if name == "rms" else f"### END HIDDEN TESTS\n{STUB}\n### BEGIN HIDDEN TESTS" for name in ANSWERS}, earns=("rms",)),
    Attack("the solution markers in answers", answers=dict.fromkeys(ANSWERS, f"### BEGIN SOLUTION\n{STUB}\n### END SOLUTION")),
    Attack("another kernel, another language, recorded verdicts", edit=kernelspec, earns=("rms",)),
    Attack("another format", edit=lambda n: n.update(nbformat=4, nbformat_minor=99), earns=("rms",)),
    Attack("magics that skip the cell", answers={name: f"%%script true\n{ANSWERS[name]}" for name in ANSWERS}),
    Attack("cells with names that test cells import", before=SHADOWS + "solutions = small = call_many = send = fetch = torch = copy "
           "= math = expected = got = everything()", earns=("rms",), answers={"rms": ANSWERS["rms"]}),
    Attack("cells with builtin names", before=SHADOWS + "for n in ('abs', 'type', 'isinstance', 'float', 'max', 'range', 'zip'):\n"
           "    pass\nabs = type = isinstance = everything()", earns=(), answers=dict.fromkeys(ANSWERS, STUB)),
    Attack("a later cell that spoils an earlier answer", earns=("centred", "step"), answers=ANSWERS, after={
        "rms": "rms = lambda values: 3.0", "floored": "def floored(x, low): return x"}),
    Attack("a first cell that pretends to be the answer", answers={name: f"{name} = {name}_" for name in ANSWERS},
           before="\n".join(ANSWERS.values()).replace("def ", "def _") + "\nrms_ = centred_ = floored_ = step_ = print"),
    Attack("an added cell with the id of a given one", before="import math", edit=lambda n: n["cells"][0].update(
        id="imports", source="math = torch = None"), earns=("rms",)),
    Attack("an answer that is nested too deeply for Python", answers={"rms": f"x = {nested(5000)}\n{ANSWERS['rms']}"},
           earns=("centred",)),
    Attack("an answer of a hundred thousand operators", answers={"rms": f"x = {'-' * 100_000}1\n{ANSWERS['rms']}"}, earns=("step",)),
    Attack("an answer of hundreds of attributes", answers={"rms": f"x = lambda a: a{'.a' * 900}\n{ANSWERS['rms']}"}, earns=("rms", "step")),
    Attack("an answer with null bytes", answers={"rms": f"{ANSWERS['rms']}\n# \0"}, earns=("step",)),
    Attack("an answer with lone surrogates", answers={"rms": f"x = '\ud800\udfff'\n{ANSWERS['rms']}"}, earns=("rms", "step")),
    Attack("an answer that turns the text around", answers={"rms": f"# \u202e\u2066 0.3 nruter\n{ANSWERS['rms']}"}, earns=("rms",)),
    Attack("letters that look alike", answers={"rms": ANSWERS["rms"].replace("def rms", "def r\uff4ds")}, earns=("rms",)),
    Attack("attachments of a test", edit=each_test(lambda c: c.update(attachments={"../x": {"image/png": "AAAA", "text/html": "<script>"}}))),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_forged_notebook_earns_what_is_honest_in_it(attacked: Attacked, attack: Attack):
    rebuilt = attacked.rebuilt(attack)
    tests = {
        cell.id: cell
        for cell in rebuilt.notebook.cells
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader.grade
    }
    assert {name: cell.source for name, cell in tests.items()} == {
        f"test_{name}": TESTS[name] for name in TESTS
    }
    assert {cell.metadata.nbgrader.points for cell in tests.values()} == {1}
    attacked.check(attack)


@pytest.mark.parametrize("size", [1_900, 20_000])
def test_thousands_of_cells_are_refused_or_run(attacked: Attacked, size: int):
    attack = Attack("cells", edit=add(*[code("1")] * size))
    if size > 2_000:
        with pytest.raises(ValueError, match="the limit is"):
            attacked.rebuilt(attack)
    else:
        assert len(attacked.rebuilt(attack).notebook.cells) > size


@pytest.mark.parametrize("source", [
    "x" + ".a" * 100_000, "-" * 100_000 + "1", "(" * 100_000, nested(150), "lambda: " * 50_000 + "1", "1 if 1 else " * 50_000 + "1",
    "f(" * 190 + ")" * 190, "\0", "\ud800 = 1", "x = '" + "\\d" * 1000 + "'",
], ids=range(10))  # fmt: skip
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_names_are_read_from_any_source(source: str):
    assert "answer" in defined_names(f"def answer():\n    pass\n{source}")


def test_a_deep_notebook_is_one_sentence(attacked: Attacked):
    deep = json.dumps({"nbformat": 4, "cells": []}).replace("[]", nested(200_000)).encode()
    with pytest.raises(ValueError, match="nested too deeply"):
        attacked.rebuilt(Attack("deep", edit=lambda content: deep))
