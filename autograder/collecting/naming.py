"""How learning management systems name the files of an assignment: whose a file is, and what it was called.

Sources of the rules: Moodle's `mod/assign/classes/downloader.php`, Canvas's `lib/content_zipper.rb`.
Gradescope numbers submissions, and says in a file of its own whose they are.
Google Classroom has no rule of its own; files keep the names that students gave them.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from autograder.collecting.stems import is_notebook, plain_stem, split_extension, without_assignment
from autograder.errors import ArchiveError, UnclearName

__all__ = ["Named", "System", "check_system", "common_folder", "parse"]


class System(StrEnum):
    """Where an archive comes from."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    CLASSROOM = "classroom"
    GRADESCOPE = "gradescope"
    PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a path says.

    Attributes:
        file: The name that the student gave the file.
        names: What the student may be called: one of them has to be somebody.
        otherwise: Other names, some at a time: looked at only where all before them are nobody's.
        team: Whether the name may have that of a team before it.
        number: The system's number of the student, where it has one.
        number_stays: Whether the number is the same in all assignments.
        only_words: Whether the system leaves signs out of names, so that O'Brien becomes OBrien.
        folder: A folder that may be named after the assignment.
        order: Where the system numbers files: later ones are greater.
        late: Whether the system marked it as late.
        time: When it was submitted, where the path says so.
        local_time: When it was submitted, in an unknown time zone, as the path says it.
        certain: Whether the first name is the student's by the system's own rule; otherwise only
            a roster can tell.
    """

    file: str
    names: tuple[str, ...]
    number: str = ""
    number_stays: bool = False
    only_words: bool = False
    folder: str = ""
    order: int = 0
    late: bool = False
    time: datetime | None = None
    local_time: str = ""
    certain: bool = True
    otherwise: tuple[tuple[str, ...], ...] = ()
    team: bool = False


_MOODLE_FOLDER = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_?")
_MOODLE_FILE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_(?P<file>.+)")
_MOODLE_NOBODY = ("Participant", "参加者")
_CANVAS = re.compile(r"(?P<name>.*?)(?:_(?P<late>LATE))?_(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>.+)")
_CANVAS_TEXT = re.compile(r"(?P<name>.*?)(?:_(?P<late>LATE))?_(?P<user>\d+)_(?P<file>(?:text|link)\.html)")
_CANVAS_ANONYMOUS = re.compile(r"(?:LATE_)?anon_?\w+_\d+_.+")
_GRADESCOPE_FOLDER = re.compile(r"submission_(?P<number>\d+)")
_ATTEMPT = re.compile(r"_attempt_(\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2})(?=_|$)")
_BRIGHTSPACE = re.compile(
    r"\d+-\d+ - (?P<name>.+?) - (?P<day>[^-]+) (?P<hour>\d{1,2})(?P<minute>\d{2}) (?P<half>[AP]M)(?: - (?P<file>.+))?"
)
_TEAMS = ("Submitted files", "提出済みファイル")
_TEAMS_DRAFTS = ("Working files", "作業中のファイル")
_VERSION = re.compile(r"(?:Version|バージョン) (\d{1,4})")
"""A folder of Microsoft Teams, one for each time that a student submitted."""
_BETWEEN = re.compile(r"\s+[-–—]\s+|[_＿]|\s*[,、]\s*|\s*[(（)）\[\]]\s*")
_WITHIN = re.compile(r"[\s@＠-]+")
_COUNT = re.compile(r"\d{1,3}")
"""A number that rather counts weeks or exercises than names a student."""


def parse(system: System, parts: Sequence[str], assignments: Sequence[str]) -> Named:
    """Read one path of an archive.

    Args:
        parts: Folders, then the file's name.

    Raises:
        UnclearName: It does not follow the system's rule; the message says what is missing.
    """
    rules: dict[System, Callable[[Sequence[str], Sequence[str]], Named]] = {
        System.MOODLE: _moodle,
        System.CANVAS: _canvas,
        System.CLASSROOM: _classroom,
        System.GRADESCOPE: _gradescope,
        System.PLAIN: _plain,
    }
    return rules[system]([unicodedata.normalize("NFC", part) for part in parts], assignments)


def check_system(system: System, paths: Sequence[Sequence[str]]) -> None:
    """See that an archive is not plainly another system's.

    The rules of Moodle and Gradescope are unmistakable; Canvas's may fit by chance where names are free, so
    that it counts only against the unmistakable ones.

    Args:
        paths: The archive's notebooks.

    Raises:
        ArchiveError: All paths follow the rule of another system, and none the strict rule of this one.
    """
    unmistakable = (System.MOODLE, System.GRADESCOPE)
    others = [one for one in unmistakable if one is not system]
    if system in unmistakable:
        others.append(System.CANVAS)
    strict = system in (*unmistakable, System.CANVAS)
    if not paths or (strict and any(_follows(system, path) for path in paths)):
        return
    for other in others:
        if all(_follows(other, path) for path in paths):
            raise ArchiveError(f"this looks like an archive of {other.capitalize()}: use --from {other}")


def _follows(system: System, path: Sequence[str]) -> bool:
    try:
        parse(system, path, ())
    except UnclearName:
        return False
    return True


def _moodle(parts: Sequence[str], _: Sequence[str]) -> Named:
    for part in parts[:-1]:
        if found := _MOODLE_FOLDER.fullmatch(part):
            file = parts[-1]
            break
    else:
        found = _MOODLE_FILE.fullmatch(parts[-1])
        if not found:
            raise UnclearName(
                "it is not named as Moodle names files: 'Full Name_12345_assignsubmission_file/name.ipynb'"
            )
        file = found["file"]
    name = found["name"].strip()
    if name in _MOODLE_NOBODY:
        return Named(file=file, names=(), number=found["number"], only_words=True)
    # a team or group stands before the name: Team 1-Ada Lovelace
    parts = name.split("-")
    behind = tuple(("-".join(parts[start:]).strip(),) for start in range(1, len(parts)))
    return Named(
        file=file,
        names=(name,),
        number=found["number"],
        only_words=True,
        otherwise=behind,
        team=bool(behind),
    )


def _gradescope(parts: Sequence[str], _: Sequence[str]) -> Named:
    for part in parts[:-1]:
        if found := _GRADESCOPE_FOLDER.fullmatch(part):
            return Named(file=parts[-1], names=(), number=found["number"])
    raise UnclearName("it is in no folder as Gradescope names them: submission_123")


def _canvas(parts: Sequence[str], _: Sequence[str]) -> Named:
    name = parts[-1]
    if _CANVAS_ANONYMOUS.fullmatch(name):
        raise UnclearName(
            "Canvas hides whose it is: turn anonymous grading of this assignment off and download again"
        )
    found = _CANVAS.fullmatch(name) or _CANVAS_TEXT.fullmatch(name)
    if not found:
        raise UnclearName("it is not named as Canvas names files: 'lastnamefirstname_123_4567_name.ipynb'")
    return Named(
        file=found["file"],
        names=(found["name"],) if found["name"] else (),
        number=found["user"],
        number_stays=True,
        only_words=True,
        order=int(found.groupdict().get("attachment", 0)),
        late=found["late"] is not None,
    )


def _classroom(parts: Sequence[str], assignments: Sequence[str]) -> Named:
    stem, extension = split_extension(parts[-1])
    stem = plain_stem(stem, assignments)
    before, dash, after = (text.strip() for text in stem.rpartition(" - "))
    if dash and before and plain_stem(after, assignments) in assignments:
        return Named(file=after + extension, names=(before,))
    cores = without_assignment(assignments, stem) or ([] if stem in assignments else [stem])
    names = tuple(name for name in dict.fromkeys([*cores, *parts[:-1]]) if name and name not in assignments)
    if not names:
        raise UnclearName(
            "its name does not say whose it is; look in Google Classroom, and put the student's name before it"
        )
    return Named(file=stem + extension, names=names, otherwise=(_words(names, assignments),), certain=False)


def _brightspace(parts: Sequence[str]) -> Named | None:
    """'12-34 - Full Name - Nov 5, 2026 1203 PM - name.ipynb', or a folder of this name."""
    for part in parts:
        if found := _BRIGHTSPACE.fullmatch(part):
            said = f"{found['day']} {found['hour']}:{found['minute']} {found['half']}"
            return Named(file=found["file"] or parts[-1], names=(found["name"],), local_time=said)
    return None


def _plain(parts: Sequence[str], assignments: Sequence[str]) -> Named:
    if named := _brightspace(parts):
        return named
    if len(parts) > 1 and parts[0] in _TEAMS_DRAFTS:
        raise UnclearName("it is a working file of Microsoft Teams, which the student has not handed in")
    if len(parts) > 1 and parts[0] in _TEAMS:
        parts = parts[1:]
    name, extension = split_extension(parts[-1])
    stem = plain_stem(name, assignments)
    time = None
    attempt = _ATTEMPT.search(stem)
    if attempt:
        # as nbgrader's documentation names files: ps1_bitdiddle_attempt_2016-01-30-15-00-00_problem1.ipynb
        with contextlib.suppress(ValueError):
            time = datetime.strptime(attempt[1], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
        stem = stem[: attempt.start()]
    folders = list(parts[:-1])
    folder = folders.pop() if len(folders) > 1 and folders[-1] in assignments else ""
    before = [
        stem.removesuffix(f"_{assignment}").removeprefix(f"{assignment}_")
        for assignment in assignments
        if stem.endswith(f"_{assignment}") or stem.startswith(f"{assignment}_")
    ]
    if folders:
        names = tuple(dict.fromkeys([*folders, *before]))
        words = _words((*folders, stem), assignments)
        versions = [int(found[1]) for part in folders if (found := _VERSION.fullmatch(part))]
        return Named(
            file=stem + extension,
            names=names,
            folder=folder,
            time=time,
            otherwise=(words,),
            order=max(versions, default=0),
        )
    if stem in assignments:
        raise UnclearName(
            "its name does not say whose it is: expected <student>/<file>, <student>_<assignment>.ipynb or <student>.ipynb"
        )
    return Named(
        file=stem + extension,
        names=tuple(before or [stem]),
        folder=folder,
        time=time,
        otherwise=(_words((stem,), assignments),),
        certain=bool(
            before or not attempt
        ),  # what Blackboard puts before the student is the title in its own words
    )


def _words(names: Sequence[str], assignments: Sequence[str]) -> tuple[str, ...]:
    """What stands between signs in some names: 2024001 and 山田花子 of 2024001_山田花子 or 2024001@山田花子."""
    words = [word for name in names for word in _BETWEEN.split(name)]
    words += [part for word in words for part in _WITHIN.split(word)]
    return tuple(
        word
        for word in dict.fromkeys(map(str.strip, words))
        if word and word not in assignments and not _COUNT.fullmatch(word)
    )


def common_folder(paths: Sequence[Sequence[str]], assignments: Sequence[str]) -> int:
    """How many folders at the start of all paths are only the archive's own, where no roster tells.

    An archive made from a folder has that folder around everything; what lies in it beside the students'
    folders, a README or a list, says nothing about whose they are.

    Raises:
        ArchiveError: A folder around several files may as well be one student's.
    """
    notebooks = [path for path in paths if is_notebook(path[-1])]
    depth = 0
    while (
        notebooks
        and all(len(path) > depth + 1 for path in notebooks)
        and len({path[: depth + 1] for path in map(tuple, notebooks)}) == 1
    ):
        around = tuple(notebooks[0][: depth + 1])
        directly = [path[-1] for path in notebooks if len(path) == depth + 2]
        folders = {path[depth + 1] for path in notebooks if len(path) > depth + 2}
        if any(
            plain_stem(split_extension(name)[0], assignments) in assignments for name in (*folders, *directly)
        ):
            break
        beside = [path for path in paths if len(path) == depth + 2 and tuple(path[: depth + 1]) == around]
        if directly:
            is_own = all(_names_somebody(name, assignments) for name in directly)
            is_doubtful = not is_own and (len(directly) > 1 or bool(folders))
        else:
            is_own = len(folders) > 1 or not beside
            is_doubtful = not is_own
        if is_doubtful:
            raise ArchiveError(
                f"all files are in the folder '{around[-1]}', which may be one student's or the archive's "
                "own; give a --roster, or unpack it and name the folder that holds the students' files"
            )
        if not is_own:
            break
        depth += 1
    return depth


def _names_somebody(name: str, assignments: Sequence[str]) -> bool:
    """Whether it is like <student>_<assignment>.ipynb."""
    stem = plain_stem(split_extension(name)[0], assignments)
    return any(without_assignment(assignments, stem))
