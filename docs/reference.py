"""The parts of the reference that the program knows itself: its commands and its settings, as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import typer
from traitlets import HasTraits

from autograder.cli.app import app
from autograder.course.settings import CourseSettings
from autograder.export import exporters
from autograder.gradebook.penalties import LatePerDay
from autograder.kernel.limits import Limits
from autograder.release.colab import ColabBadge
from autograder.release.language import SelectLanguage

__all__ = ["commands", "settings", "write"]

SETTINGS = (
    CourseSettings,
    SelectLanguage,
    ColabBadge,
    LatePerDay,
    exporters.CsvExporter,
    exporters.CanvasExporter,
    exporters.MoodleExporter,
    exporters.GradescopeExporter,
)
EXAMPLE = re.compile(r"^([^:\n]+: )(autograder .+)$", re.MULTILINE)


def write(folder: Path) -> None:
    """Write commands.md and settings.md into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "commands.md").write_text(commands(), encoding="utf-8")
    (folder / "settings.md").write_text("\n".join([settings(SETTINGS), *limits()]), encoding="utf-8")


def commands() -> str:
    """A section for each command: its help, its arguments and its options."""
    parts = []
    for name, command in typer.main.get_command(app).commands.items():
        rows = [
            f"| {_names(parameter)} | {_cell(parameter.help)} |"
            for parameter in command.params
            if parameter.name != "help"
        ]
        text = EXAMPLE.sub(r"\1`\2`", inspect.cleandoc(command.help))
        parts.append("\n".join([f"## {name}", "", text, "", "| | |", "| --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def _names(parameter) -> str:
    if parameter.param_type_name == "argument":
        return f"`{str(parameter.name).upper()}`"
    return ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])


def settings(classes: Sequence[type[HasTraits]]) -> str:
    """A section for each class: its own settings, in brackets what they are by default, and what they do."""
    return "\n\n".join("\n".join(_section(one)) for one in classes) + "\n"


def _section(one: type[HasTraits]) -> Iterator[str]:
    yield f"## {one.__name__}"
    yield ""
    yield inspect.cleandoc(one.__doc__ or "").partition("\n")[0]
    yield ""
    for name, trait in sorted(one.class_traits(config=True).items()):
        if trait.this_class.__module__.startswith("autograder."):
            default = _cell(trait.default_value_repr())
            # no table: on a telephone the names would leave no room for what they do
            yield f"- `c.{one.__name__}.{name}` (`{default}`): {_cell(trait.help)}"


def limits() -> Iterator[str]:
    """What `c.CourseSettings.limits` may bound, and by how much it is bounded otherwise."""
    yield "## Limits\n"
    yield "Keys of `c.CourseSettings.limits` and `limits_of`; nothing else decides how long a submission may take.\n"
    texts = inspect.cleandoc(Limits.__doc__ or "").partition("Attributes:\n")[2]
    said = dict(re.findall(r"^ {4}(\w+): ((?:.|\n(?! {4}\w+:))+)", texts, re.MULTILINE))
    for field in fields(Limits):
        default = f"{field.default:_}" if isinstance(field.default, int) else f"{field.default:g}"
        yield f"- `{field.name}` (`{default}`): {_cell(said[field.name])}"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
