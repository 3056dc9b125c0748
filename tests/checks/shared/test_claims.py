"""Claimed numbers are those that the notebook printed for this student, and no others."""

from __future__ import annotations

import pytest

from autograder.errors import CheckFailed
from checks.shared.claims import check_claims, claims_problem, code_of

DECIMALS = {"accuracy": 1, "epoch": 0}
BOUNDS = {"accuracy": (80, 100)}
NUMBERS = {"accuracy": 93.28, "epoch": 15}


def problem(student_number="A1", **changes):
    claims = {"accuracy": 93.3, "epoch": 15, "code": code_of(NUMBERS, "A1", DECIMALS), **changes}
    return claims_problem(claims, student_number, DECIMALS, BOUNDS)


def test_numbers_copied_as_they_were_printed_stand():
    assert problem() is None


@pytest.mark.parametrize("changes", [{"accuracy": 93.4}, {"epoch": 16}, {"code": "000000"}, {"code": None}])
def test_a_number_that_was_changed_is_found(changes):
    assert "the code does not belong to these numbers" in problem(**changes)


def test_numbers_of_another_student_are_found():
    assert "this student number" in problem(student_number="B2")


def test_numbers_that_mnist_cannot_give_are_found_also_with_their_code():
    made_up = {"accuracy": 12.0, "epoch": 15}
    assert "80 to 100" in problem(**made_up, code=code_of(made_up, "A1", DECIMALS))


@pytest.mark.parametrize("student_number", ["", " ", None, 7])
def test_a_student_number_is_needed(student_number):
    assert "student_number is empty" in problem(student_number=student_number)


@pytest.mark.parametrize("claims", [None, [], {}, {"accuracy": 93.3, "epoch": 15}])
def test_what_is_no_such_dict_is_told_its_keys(claims):
    assert "accuracy, epoch, code" in claims_problem(claims, "A1", DECIMALS, BOUNDS)


def test_a_claim_that_is_no_number_is_named():
    assert "claims['epoch'] is not a number" in problem(epoch="15")


def test_a_check_fails_with_the_sentence():
    with pytest.raises(CheckFailed, match="student_number is empty"):
        check_claims({}, "", DECIMALS, BOUNDS)
