"""The attacks mean something: blank answers get nothing here, and honest ones everything."""

from __future__ import annotations

import pytest

from tests.attacks.assignment import ANSWERS, TOKEN, forms_of
from tests.attacks.framework import HONEST, Attack, Attacked

pytestmark = pytest.mark.kernel


def test_a_blank_submission_gets_nothing(attacked: Attacked):
    attacked.check(Attack("blank", status=dict.fromkeys(ANSWERS, "failed")))


def test_an_honest_submission_gets_everything(attacked: Attacked):
    execution = attacked.check(HONEST)
    assert execution.problems == ()
    assert execution.sandboxed


@pytest.mark.parametrize("name", ANSWERS)
def test_each_function_earns_its_own_point(attacked: Attacked, name: str):
    attacked.check(Attack(f"only {name}", earns=(name,)))


def test_a_secret_is_recognized_in_all_its_forms():
    import base64

    for smuggled in (TOKEN, TOKEN[::-1], TOKEN.encode().hex(), base64.b64encode(TOKEN.encode()).decode()):
        assert any(form in f"before{smuggled}after" for form in forms_of(TOKEN))
    for filler in (b"", b"x", b"xy"):
        code = base64.b64encode(filler + TOKEN.encode() + filler).decode()
        assert any(form in code for form in forms_of(TOKEN))
