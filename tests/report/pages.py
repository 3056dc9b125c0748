"""The report's page, and what a reader finds on it."""

from __future__ import annotations

import datetime
from dataclasses import replace
from html.parser import HTMLParser

from autograder.course.concern import Concern
from autograder.grading.results import CellResult
from autograder.report import page
from autograder.report.classroom import Classroom
from autograder.report.outcomes import Outcome, State
from autograder.similarity.pairs import AlikeCells, Pair, Similar
from autograder.verdict.verdict import Status
from tests.report.classes import classroom, items_of, known, on_roster, score

__all__ = ["EVIL", "NOW", "Reader", "rendered", "troubled"]

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
VOID = {"meta", "input", "br", "wbr"}


class Reader(HTMLParser):
    """Text, tags and attributes of a page; complains where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def rendered(made: Classroom, similar=None, language="en", feedback=lambda *_: None) -> str:
    return page.render(made, similar or {}, NOW, feedback, language)


EVIL = "<script>alert('%s')</script>\"' onerror=x \x1b[31m\u202e${{7*7}}"


def troubled(evil: str = "") -> tuple[Classroom, dict]:
    """A class with everything that the page can show."""
    name = f"eve{evil}"
    items = {
        "one": items_of("one", manual=("w",), **{f"t{evil}": 2.0}, w=4.0),
        "theme_a": items_of("theme_a", t=1.0),
        "theme_b": items_of("theme_b", t=1.0),
    }
    rows = [
        {
            "variable": f"v{evil}",
            "value": value,
            "group": f"g{evil}",
            "seed": 0,
            "metric": f"m{evil}",
            "score": 0.5,
            "baseline": value == "a",
        }
        for value in ("a", f"b{evil}")
    ]
    sweep = CellResult(
        cell="t",
        status=Status.FAILED,
        points=0.0,
        max_points=1.0,
        message=f"message {evil}",
        records={"sweep": rows},
    )
    scores = {
        (name, "one"): score(late=90000.0, penalty=1.0, waits=("w",), **{f"t{evil}": 2.0}),
        (name, "theme_b"): score(t=0.0),
        **{(f"s{n}", "one"): score(**{f"t{evil}": 0.0}, w=1.0) for n in range(5)},
    }
    outcomes = [
        Outcome(student="bob", assignment="one", state=State.BROKEN, broken=f"broken {evil}"),
        Outcome(student="cyd", assignment="one", state=State.UNKNOWN),
        known(
            name,
            "one",
            {f"t{evil}": f"message {evil}"},
            problems=(f"problem {evil}",),
            questions=(f"question {evil}",),
            signs=(f"sign {evil}", "another"),
            sandboxed=False,
            seconds=3.0,
        ),
        known(name, "theme_b", {"t": ""}, seconds=200.0),
        Outcome(student="dan", assignment="theme_a", state=State.KNOWN, cells=(sweep,), seconds=7200.0),
    ]
    made = classroom(items, scores, outcomes, {name: "theme_a", "dan": "theme_a", "zoe": "theme_b"})
    made = replace(
        made,
        book=on_roster(made.book, "bob"),
        misplaced=(Concern(f"submitted/{name}/lesson {evil}", "no assignment is called so"),),
    )
    cell = AlikeCells(
        cell=f"cell {evil}",
        score=0.9,
        common=4,
        found_in=2,
        first_source=f"def f(): {evil}",
        second_source=f"def g(): {evil}",
        second_cell=f"cell {evil}",
    )
    return made, {
        "one": Similar(
            (Pair(first=name, second=f"mallory{evil}", score=0.95, cells=(cell,)),),
            2,
        )
    }
