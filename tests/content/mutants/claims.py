"""Wrong claims, the same for every assignment: see `checks/shared/claims.py`."""

from __future__ import annotations

from tests.content.mutants import Mutant

__all__ = ["wrong_claims"]

LOSES = ("test_claims",)


def wrong_claims(number: str, changed: str) -> list[Mutant]:
    """Mutants of the cells `student` and `claims`.

    Args:
        number: A claim as the reference writes it, `"accuracy": 88.0`.
        changed: The same with another number.
    """
    return [
        Mutant("no student number", "student", '"A0000000"', '""', LOSES),
        Mutant("the number of somebody else", "student", '"A0000000"', '"A0000001"', LOSES),
        Mutant("student number as a number", "student", '"A0000000"', "10000000", LOSES),
        Mutant("a number improved", "claims", number, changed, LOSES),
        Mutant("a number left out", "claims", f"{number},", "", LOSES),
        Mutant("a code made up", "claims", '"code": "', '"code": "x', LOSES),
        Mutant("nothing claimed", "claims", None, "claims = {}\n", LOSES),
    ]
