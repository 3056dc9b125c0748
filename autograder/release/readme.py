"""release/<language>/README.md: how students start, work and submit, and the list of assignments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import path_in, split
from autograder.errors import CourseError
from autograder.kernel.limits import Limits
from autograder.release.colab import badge, badge_of
from autograder.release.language import main_language
from autograder.text import listed
from autograder.words import words

__all__ = ["of_course", "title"]

LIBRARIES = "torch torchvision numpy matplotlib scikit-learn"

_WORDS = words(__file__)


def of_course(course: Course) -> dict[str, str]:
    """The README of each language in which the course has notebooks.

    A source that cannot be read is listed without its title; building it says what is wrong.
    Raises:
        CourseError: The configuration of the badge is wrong.
    """
    titles: dict[str, dict[str, str]] = {}
    unreadable: dict[str, str] = {}
    first: dict[str, str] = {}
    main = main_language(course.config)
    for name in course.all_notebooks():
        try:
            template = course.template(name)
        except CourseError:
            unreadable[name] = name
            continue
        for language in template.languages:
            titles.setdefault(language, {})[name] = title(template.in_language(language)) or name
            first.setdefault(name, titles[language][name])
    if main in titles:  # its folder has also what is in other languages only
        titles[main] = first | titles[main]
    links = badge_of(course.config)

    def link(language: str) -> Callable[[str], str | None]:
        return lambda name: links.url(language, *split(name))

    return {
        language: _text(language, named | unreadable, link(language), course)
        for language, named in titles.items()
    }


def title(notebook: NotebookNode) -> str | None:
    """The first heading of a notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := cells.headlines(cell.source)):
            return found[0][1]
    return None


def _times(limits: Limits) -> dict[str, str]:
    """What students are told of the bounds."""
    return {
        "test_seconds": f"{limits.test_seconds:g}",
        "cell_seconds": f"{limits.cell_seconds:g}",
        "notebook_minutes": f"{limits.notebook_seconds / 60:.3g}",
        "waiting_seconds": f"{limits.waiting_seconds:g}",
    }


def _exceptions(language: str, names: list[str], course: Course) -> str:
    """A sentence for the assignments that have bounds of their own; those with the same ones share it."""
    usual = _times(course.limits())
    others: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        times = tuple(_times(course.limits(name)).values())
        if times != tuple(usual.values()):
            others.setdefault(times, []).append(f"`{name}`")
    return "".join(
        _WORDS[language]["exceptions"].format(
            names=listed(which, len(which)), **dict(zip(usual, times, strict=True))
        )
        for times, which in others.items()
    )


def _text(language: str, titles: Mapping[str, str], url: Callable[[str], str | None], course: Course) -> str:
    """The README in a language; in English where there is no text in that language."""
    spoken = language if language in _WORDS else "en"
    names = sorted(titles)
    linked = url(names[0]) is not None
    phrases = _WORDS[spoken]
    text = phrases["readme"].format(
        colab_steps=phrases["colab_steps" if linked else "colab_upload"],
        libraries=LIBRARIES,
        exceptions=_exceptions(spoken, names, course),
        **_times(course.limits()),
        example=path_in(Path(), names[0]).stem,
    )
    rows = [[phrases["file"], phrases["title"], "Colab"], ["---", "---", "---"]]
    for name in names:
        link = url(name)
        cell = titles[name].replace("|", "\\|")
        file = path_in(Path(), name)
        rows.append([f"[{file.name}]({file.as_posix()})", cell, badge(link) if link else ""])
    columns = 3 if linked else 2
    return f"{text}\n" + "".join(f"| {' | '.join(row[:columns])} |\n" for row in rows)
