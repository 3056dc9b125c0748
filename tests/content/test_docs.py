"""The documentation names commands, options, files and pages that there are."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import typer

from autograder.cli.app import app
from tests.small_course import REPOSITORY

PAGES = sorted(
    path
    for pattern in ("docs/*.md", "docs/ja/*.md", "*.md")
    for path in REPOSITORY.glob(pattern)
    if path.name != "CHANGELOG.md"  # it names what is gone
)
COMMANDS = typer.main.get_command(app).commands
_CALL = re.compile(r"^    (?:.*/)?(autograder .*)$|`(?:\.venv/bin/)?(autograder [^`]*)`", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_a_page_shows_can_be_called(page):
    for call in (one or other for one, other in _CALL.findall(page.read_text(encoding="utf-8"))):
        words = shlex.split(re.sub(r"[<>…]", "", call), comments=True)[1:]
        if not words or words[0].startswith("-"):
            continue
        assert words[0] in COMMANDS, call
        known = {option for parameter in COMMANDS[words[0]].params for option in parameter.opts}
        assert {word for word in words[1:] if re.match(r"--?[a-z]", word)} <= known | {"--help"}, call


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_project_leads_to_a_file(page):
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_setting_that_a_page_shows_exists(page):
    reference = _reference()
    classes = {one.__name__: one for one in reference.SETTINGS}
    for kind, setting in re.findall(r"\bc\.(\w+)\.(\w+)", page.read_text(encoding="utf-8")):
        if kind in classes:
            assert setting in classes[kind].class_trait_names(config=True), f"c.{kind}.{setting}"


def test_the_reference_has_all_commands_and_settings():
    reference = _reference()
    commands, settings = reference.commands(), reference.settings(reference.SETTINGS)
    assert all(f"\n## {command}\n" in f"\n{commands}" for command in COMMANDS)
    for one in reference.SETTINGS:
        for setting, trait in one.class_traits(config=True).items():
            if trait.this_class.__module__.startswith("autograder."):
                assert f"`c.{one.__name__}.{setting}`" in settings
                assert trait.help, f"{one.__name__}.{setting} does not say what it is for"


def _reference():
    spec = importlib.util.spec_from_file_location("reference", REPOSITORY / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
