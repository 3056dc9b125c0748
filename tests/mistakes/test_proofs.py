"""Which submissions prove an assignment's tests, and what is said where one does not hold."""

from __future__ import annotations

import pytest

from autograder.course.regions import DEFAULT
from autograder.mistakes.known import KnownMistakes
from autograder.mistakes.proofs import Proof, ProofKind, judge, proofs, unproved
from autograder.mistakes.reading import parse
from autograder.mistakes.reference import Reference
from tests.mistakes.notebooks import assignment

KNOWN = """\
area:
  wrong:
    radius not squared:
      old: radius * radius
      new: radius
      fails: [test_area, test_volume]
    half ignored:
      old: "if half:"
      new: "if False:"
  right:
    a power:
      old: radius * radius
      new: radius**2
volume:
  wrong:
    no height:
      old: base * height
      new: base
"""


@pytest.fixture(scope="module")
def reference():
    return Reference.of(assignment(), DEFAULT)


@pytest.fixture(scope="module")
def known():
    return parse(KNOWN, "disks")


def execute(notebook):
    """What the tests say of a notebook, each run for itself in this process."""
    said, names = {}, {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader.grade:
            try:
                exec(cell.source, dict(names))
                said[cell.metadata.nbgrader.grade_id] = None
            except Exception as error:
                said[cell.metadata.nbgrader.grade_id] = f"{type(error).__name__}"
        else:
            exec(cell.source, names)
    return said


def test_the_reference_the_blank_release_and_every_known_answer_are_proofs(known, reference):
    found = [(proof.kind, proof.cell, proof.name, proof.fails) for proof in proofs(known, reference)]
    assert found == [
        (ProofKind.REFERENCE, "", "", ()),
        (ProofKind.BLANK, "", "", ("test_area", "test_volume", "test_both")),
        (ProofKind.RIGHT, "area", "a power", ()),
        (ProofKind.WRONG, "area", "radius not squared", ("test_area", "test_volume")),
        (ProofKind.WRONG, "area", "half ignored", ("test_area",)),
        (ProofKind.WRONG, "volume", "no height", ("test_volume",)),
    ]


def test_only_tests_that_the_answer_can_change_are_executed(known, reference):
    tests = {proof.name: proof.tests for proof in proofs(known, reference)}
    assert tests["radius not squared"] == ("test_area", "test_volume", "test_both")
    assert tests["no height"] == ("test_volume", "test_both")


def test_quick_proofs_execute_a_cells_own_test_only(known, reference):
    tests = {proof.name: proof.tests for proof in proofs(known, reference, quick=True) if proof.name}
    assert tests == {
        "a power": ("test_area",),
        "radius not squared": ("test_area", "test_volume"),
        "half ignored": ("test_area",),
        "no height": ("test_volume",),
    }


def test_a_test_that_is_named_is_executed_also_where_nothing_seems_to_lead_to_it(reference):
    known = parse("volume: {wrong: {patched: {source: 'volume = 1', fails: [test_area]}}}", "disks")
    assert list(proofs(known, reference))[-1].tests == ("test_area", "test_volume", "test_both")


def test_a_submission_is_the_release_with_the_answers_and_the_release_stays(known, reference):
    release = assignment()
    proof = list(proofs(known, reference))[-1]
    submission = proof.submission(release)
    sources = {cell.id: cell.source for cell in submission.cells}
    assert sources["cell-volume"].endswith("return base")
    assert sources["cell-area"] == reference.answers["area"]
    assert release == assignment()


def test_the_blank_release_is_handed_in_as_it_is(known, reference):
    release = assignment()
    [_, blank, *_] = proofs(known, reference)
    assert blank.submission(release) == release


def test_proofs_hold_or_say_what_does_not(known, reference):
    release = assignment()
    verdicts = {
        proof.name or proof.kind.value: judge(proof, execute(proof.submission(release)))
        for proof in proofs(known, reference)
        if proof.kind is not ProofKind.BLANK
    }
    assert {name: verdict.problems for name, verdict in verdicts.items() if not verdict.holds} == {
        # area(1) is right without the square, and nothing tries `half`
        "radius not squared": ("passes test_volume, which it must fail",),
        "half ignored": ("passes test_area, which it must fail",),
    }


def proof(**kwargs):
    return Proof(
        assignment="a", kind=ProofKind.WRONG, tests=("test_a", "test_b"), fails=("test_a",), **kwargs
    )


@pytest.mark.parametrize(
    ("executed", "problems"),
    [
        ({"test_a": "wrong", "test_b": None}, ()),
        ({"test_a": None, "test_b": None}, ("passes test_a, which it must fail",)),
        ({"test_a": "wrong", "test_b": "also"}, ("fails test_b, which it must pass: also",)),
        ({"test_a": "wrong", "test_b": ""}, ("fails test_b, which it must pass: no message",)),
        ({"test_a": "", "test_b": None}, ("fails test_a without a message to the student",)),
        ({"test_a": "wrong"}, ("test_b was not executed",)),
        ({"test_b": None}, ("test_a was not executed",)),
        ({"test_a": "wrong", "test_b": None, "test_c": "more"}, ("fails test_c, which it must pass: more",)),
        ({"test_a": "wrong", "test_b": None, "test_c": None}, ()),
    ],
)
def test_a_submission_fails_what_it_must_and_nothing_else(executed, problems):
    assert judge(proof(), executed).problems == problems


def test_a_test_that_no_mistake_must_fail_is_named(known, reference):
    assert unproved(known, reference) == ("test_both",)
    assert unproved(KnownMistakes(assignment="a"), reference) == reference.tests
