"""What each check says of what: facts of which one thing is not as it should be."""

from tests.doctor.cases import access, installation, keys, kind, leader, subjects
from tests.doctor.cases.making import Case

CASES = (
    *kind.CASES,
    *installation.CASES,
    *leader.CASES,
    *keys.CASES,
    *access.CASES,
    *subjects.CASES,
)

__all__ = ["CASES", "Case"]
