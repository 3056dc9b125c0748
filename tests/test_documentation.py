"""What the documentation says of commands and settings is the program's own, and can be copied from it."""

from __future__ import annotations

import importlib.util
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from autograder.cli.app import app
from autograder.commands import console
from autograder.kernel.limits import Limits

DOCS = Path(__file__).resolve().parents[1] / "docs"
COMMANDS = typer.main.get_command(app).commands
PAGES = [*DOCS.glob("*.md"), *DOCS.glob("ja/*.md"), *DOCS.parent.glob("README*.md")]
CALL = re.compile(
    r"^ {4,}((?:\.venv/bin/)?autograder .*)$|`((?:\.venv/bin/)?autograder [^`]+)`", re.MULTILINE
)


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("documented", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_has_an_example_that_stays_as_it_is_typed(reference):
    sections = re.split(r"^## ", reference.commands(), flags=re.MULTILINE)[1:]
    assert len(sections) == len(app.registered_commands)
    for section in sections:
        name = section.splitlines()[0]
        assert f"`autograder {name}" in section, name
        assert not re.search(r"^[^`|]* --\w", section, re.MULTILINE), name


def test_all_limits_are_named_with_what_they_are_by_default(reference):
    lines = [line for line in reference.limits() if line.startswith("- ")]
    assert [line.split("`")[1] for line in lines] == [field.name for field in fields(Limits)]
    assert "`4_294_967_296`" in "".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS.parent)))
def test_every_call_of_the_program_on_a_page_can_be_made(page):
    for found in CALL.findall(page.read_text(encoding="utf-8")):
        _, *words = shlex.split(" ".join(found).strip(), comments=True)
        if words and not words[0].startswith("--"):
            name, *arguments = [word.rstrip(".") for word in words if word != "--help"]
            needed = [one for one in COMMANDS[name].params if one.required]
            if arguments or not needed:  # the name alone stands for the command
                COMMANDS[name].make_context(name, arguments)
    console.set_voice(quiet=False, on_stderr=False)
