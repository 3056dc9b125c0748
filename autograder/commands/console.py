"""How commands print: one width, tables in which nothing is cut off, progress, what to do next, and JSON."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Table
from rich.text import Text

from autograder.commands.pace import Pace
from autograder.course.concern import Concern
from autograder.files import write_whole
from autograder.text import clean_text, duration

__all__ = [
    "NOT_KNOWN",
    "STANDARD_OUTPUT",
    "Update",
    "attention_table",
    "columns",
    "loud_console",
    "progress",
    "say",
    "say_attention",
    "say_next",
    "set_voice",
    "title",
    "width_console",
    "write_json",
    "write_json_line",
]

STANDARD_OUTPUT = Path("-")
SILENCE_SECONDS = 10.0
"""Where there is no terminal, progress is a line after so long."""
Update = Callable[..., None]
"""Takes how many are done, of how many, and if there is one a remark; `work` is how much is done and how much is left
in another unit, where one item takes longer than another, and NOT_KNOWN says nothing of the time left."""
NOT_KNOWN = (0.0, 0.0)
_COMMAND = re.compile(r"\bautograder [a-z]+\b")


@dataclass
class _Voice:
    """How loud this run is, and where it speaks: one process runs one command."""

    quiet: bool = False
    on_stderr: bool = False
    course: Path = Path(".")


_voice = _Voice()


def set_voice(
    *, quiet: bool | None = None, on_stderr: bool | None = None, course: Path | None = None
) -> None:
    """Choose what is printed from now on, and where; None leaves it.

    Args:
        quiet: Print only what needs attention.
        on_stderr: Leave the standard output to JSON.
        course: The folder that `--course` named: what one does next is done there, too.
    """
    if course is not None:
        _voice.course = course
    if quiet is not None:
        _voice.quiet = quiet
    if on_stderr is not None:
        _voice.on_stderr = on_stderr


def loud_console() -> Console:
    """A console for what must be seen: as wide as the terminal; 110 columns where there is none."""
    return _console(_voice.on_stderr, False)


def width_console() -> Console:
    """A console for everything else, silent with --quiet."""
    return _console(_voice.on_stderr, _voice.quiet)


@functools.cache
def _console(on_stderr: bool, quiet: bool) -> Console:
    """One for all that is printed, as what a second one prints would break the first one's bar."""
    console = Console(stderr=on_stderr, quiet=quiet)
    return console if console.is_terminal else Console(stderr=on_stderr, quiet=quiet, width=110)


def say_attention(what: str, rows: Sequence[Concern], title: str = "Needs attention") -> int:
    """Print what needs attention, if anything does; returns the exit status."""
    if rows:
        console = loud_console()
        console.print(f"[bold]{title}[/]")
        console.print(attention_table(what, rows))
    return int(bool(rows))


def say(text: str, loud: bool = False) -> None:
    """Print a sentence as it is, whatever names stand in it; only a terminal breaks its line.

    Args:
        loud: Whether it must be seen with --quiet, too.
    """
    console = loud_console() if loud else width_console()
    console.print(clean_text(text, len(text)), soft_wrap=True, markup=False)


def say_next(text: str) -> None:
    """Print what one does next, with the `--course` of this command."""
    if _voice.course != Path("."):
        option = f" --course {shlex.quote(str(_voice.course))}"
        text = _COMMAND.sub(lambda found: found[0] + option, text)
    width_console().print(f"[dim]Next:[/] {escape(text)}", soft_wrap=True, highlight=False)


def columns(*headings: str, **settings: Any) -> Table:
    """A table for a terminal; what is too long goes on in the next line."""
    made = Table(**settings)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def attention_table(what: str, rows: Sequence[Concern]) -> RenderableType:
    """All of them, for a terminal; nothing is cut off.

    Args:
        what: The heading of the first column.
    """
    made = Table()
    made.add_column(what, overflow="fold", ratio=2)
    made.add_column("why", overflow="fold", ratio=3)
    for row in rows:
        made.add_row(escape(clean_text(row.what)), escape(clean_text(row.why)))
    return made


def title(text: str) -> Text:
    """What stands above a table: a title of the table itself would be broken at the table's width."""
    return Text(text, style="bold")


@contextlib.contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Update]:
    """Show how far some work is: a bar with the time left on a terminal, elsewhere a line now and then.

    Args:
        total: Of how many, where that is known before the first update.
    """
    console = width_console()
    if not console.is_terminal:
        yield _lines(what, console)
        return
    pace = Pace()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _TimeLeft(pace),
        TextColumn("{task.fields[remark]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total, remark="")

        def update(done: int, of: int, remark: str = "", work: tuple[float, float] | None = None) -> None:
            finished, left = work or (done, of - done)
            pace.note(finished, left, time.monotonic())
            bar.update(task, completed=done, total=of, remark=remark)

        yield update


class _TimeLeft(ProgressColumn):
    """The time left, where it is known."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace

    def render(self, task: Task) -> Text:
        left = None if task.finished else self.pace.seconds_left(time.monotonic())
        return Text(f"{duration(left)} left" if left else "", style="progress.remaining")


def _lines(what: str, console: Console) -> Update:
    last = time.monotonic()
    pace = Pace()

    def update(done: int, total: int, remark: str = "", work: tuple[float, float] | None = None) -> None:
        nonlocal last
        now = time.monotonic()
        finished, rest = work or (done, total - done)
        pace.note(finished, rest, now)
        if now - last < SILENCE_SECONDS or done >= total:
            return
        last = now
        seconds = pace.seconds_left(now)
        left = f", about {duration(seconds)} left" if seconds else ""
        console.print(f"{what}: {done} of {total}{left}{', ' + remark if remark else ''}")

    return update


def write_json(path: Path | None, data: Any) -> None:
    """Write data where --json says: to a file, whole or not at all, or to the standard output; None is nowhere."""
    if path is None:
        return
    text = json.dumps(data, ensure_ascii=False, indent=1, default=_plain) + "\n"
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        write_whole(path, text)


def write_json_line(path: Path | None, data: Any) -> None:
    """Write data as one line at the end of a file, or of the standard output; None is nowhere."""
    if path is None:
        return
    text = json.dumps(data, ensure_ascii=False, default=_plain) + "\n"
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)


def _plain(value: Any) -> Any:
    """What JSON has for a dataclass, a path or a time."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"JSON has nothing for {type(value).__name__}")
