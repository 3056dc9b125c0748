"""Read the file in which Gradescope's export says whose each submission is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import yaml

from autograder.course.times import read_time
from autograder.errors import ArchiveError

__all__ = ["METADATA", "GradescopeSubmission", "read_metadata"]

METADATA = "submission_metadata.yml"
_FOLDER = re.compile(r"submission_(\d+)")


@dataclass(frozen=True, kw_only=True)
class GradescopeSubmission:
    """One submission in Gradescope.

    Attributes:
        submitters: For each student of it, what they may be called: the number of their school, the e-mail
            address, the name; those that Gradescope knows.
        time: When it was submitted.
    """

    submitters: tuple[tuple[str, ...], ...]
    time: datetime | None


def read_metadata(data: bytes) -> dict[str, GradescopeSubmission]:
    """For the number of each submission, who handed it in, and when.

    Raises:
        ArchiveError: It is not as Gradescope writes it.
    """
    try:
        content = yaml.load(data.decode("utf-8", "replace"), Loader=yaml.BaseLoader)
        return {
            found[1]: _handed(entry) for name, entry in content.items() if (found := _FOLDER.fullmatch(name))
        }
    except (yaml.YAMLError, AttributeError, TypeError, RecursionError) as error:
        raise ArchiveError(
            f"{METADATA} is not as Gradescope writes it ({type(error).__name__}); download the export again"
        ) from None


def _handed(entry: dict) -> GradescopeSubmission:
    people = (
        tuple(filter(None, (str(person.get(key) or "").strip() for key in (":sid", ":email", ":name"))))
        for person in entry.get(":submitters") or ()
    )
    return GradescopeSubmission(
        submitters=tuple(filter(None, people)), time=read_time(str(entry.get(":created_at") or ""))
    )
