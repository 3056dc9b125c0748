"""What the documentation says of commands and settings is the program's own, and can be copied from it."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest

from autograder.cli.app import app
from autograder.kernel.limits import Limits

DOCS = Path(__file__).resolve().parents[1] / "docs"


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
