"""The report's page, and what a reader finds on it."""

from __future__ import annotations

import datetime
from html.parser import HTMLParser

from autograder.report import page
from autograder.report.classroom import Classroom

__all__ = ["NOW", "Reader", "rendered"]

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
