"""What the marking page asks of the Jupyter server; everything is as open as the server itself."""

from __future__ import annotations

import asyncio
import functools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from autograder.collecting import beforehand
from autograder.course.folder import CONFIG_FILE, Course
from autograder.errors import CourseError
from autograder.gradebook import marking
from autograder.gradebook.marking import AnswerMark, MarkChange, Result
from autograder.marking import answers
from autograder.text import clean_text, points
from autograder.words import words

__all__ = ["PREFIX", "add_handlers"]

HERE = Path(__file__).parent
PREFIX = "autograder/mark"
COMMENTS = 5
"""Of other questions, that a marker can take: as many as there are keys."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class _Handler(JupyterHandler):
    """Looks the course up; what a student has written cannot load or send anything here."""

    auth_resource = "autograder"

    @property
    def content_security_policy(self) -> str:
        return POLICY

    @property
    def course(self) -> Course:
        root = self.settings["autograder_course"]
        try:
            return _course(root, (root / CONFIG_FILE).stat().st_mtime_ns)
        except (CourseError, OSError) as error:
            raise web.HTTPError(
                404, f"{error}; start the server in the course folder: autograder mark --course FOLDER"
            ) from None

    @property
    def language(self) -> str:
        wanted = self.get_query_argument("language", "")
        if wanted in words(__file__):
            return wanted
        return "ja" if self.request.headers.get("Accept-Language", "").startswith("ja") else "en"

    def show(self, template: str, **values: Any) -> None:
        here = url_path_join(self.base_url, PREFIX)
        text = _templates().get_template(template)
        self.finish(
            text.render(
                say=words(__file__)[self.language],
                language=self.language,
                here=here,
                base_url=self.base_url,
                **values,
            )
        )

    def answer(self, content: Any) -> None:
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(json.dumps(content))


class _Questions(_Handler):
    """The list of all questions, with what is left."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        found = await _aside(marking.questions, self.course)
        titles = {
            (one.notebook, one.cell): await _aside(
                answers.asked, self.course, one.notebook, one.cell, self.language
            )
            for one in found
            if one.notebook in self.course.all_notebooks()
        }
        self.show("questions.html", questions=found, titles=titles)


class _Question(_Handler):
    """The page of one question; its answers come by `_Answers`."""

    @web.authenticated
    @authorized
    async def get(self, notebook: str, cell: str) -> None:
        asked = self._asked(notebook, cell)
        names = [(one.notebook, one.cell) for one in await _aside(marking.questions, self.course)]
        if (notebook, cell) not in names:
            raise web.HTTPError(404, f"the gradebook has no question '{cell}' in '{notebook}'")
        place = names.index((notebook, cell))
        following = names[place + 1] if place + 1 < len(names) else None
        self.xsrf_token  # noqa: B018  sets the cookie that the page sends back
        elsewhere = await _aside(marking.comments_elsewhere, self.course, notebook, cell)
        self.show(
            "question.html",
            asked=asked,
            notebook=notebook,
            cell=cell,
            following=following,
            elsewhere=json.dumps(elsewhere[:COMMENTS]),
        )

    def _asked(self, notebook: str, cell: str) -> answers.Asked:
        try:
            found = answers.asked(self.course, notebook, cell, self.language)
        except CourseError as error:
            raise web.HTTPError(404, str(error)) from None
        if found is None:
            raise web.HTTPError(404, f"the source of '{notebook}' has no cell '{cell}'")
        return found


class _Answers(_Handler):
    """All answers to a question, or with `?marks` only what is marked by now; and changes of marks."""

    @web.authenticated
    @authorized
    async def get(self, notebook: str, cell: str) -> None:
        marks = await _aside(marking.read, self.course, notebook, cell)
        if self.get_query_argument("marks", None) is not None:
            self.answer([_shown(mark) for mark in marks])
            return
        self.answer(await _aside(_with_answers, self.course, notebook, cell, marks, self.language))

    @web.authenticated
    @authorized
    async def post(self, notebook: str, cell: str) -> None:
        content: Any = self.get_json_body()
        try:
            changes = [
                MarkChange(
                    key=str(one["key"]),
                    version=str(one["version"]),
                    points=None if one["points"] is None else float(one["points"]),
                    comment=str(one["comment"]),
                )
                for one in content
            ]
        except (TypeError, KeyError, ValueError) as error:
            raise web.HTTPError(
                400, f"expected a list of key, version, points and comment ({error})"
            ) from None
        self.answer([_told(result) for result in await _aside(marking.put, self.course, changes)])


class _Figures(_Handler):
    """What one student's answer is looked up in."""

    @web.authenticated
    @authorized
    async def get(self, notebook: str, cell: str, key: str) -> None:
        for mark in await _aside(marking.read, self.course, notebook, cell):
            if mark.key == key:
                try:
                    html = await _aside(
                        answers.figures, self.course, mark.student, notebook, cell, self.language
                    )
                except OSError:
                    raise web.HTTPError(404, "there is no graded notebook") from None
                self.answer({"html": html})
                return
        raise web.HTTPError(404, "the gradebook has no such answer")


def _with_answers(
    course: Course, notebook: str, cell: str, marks: list[AnswerMark], language: str
) -> list[dict[str, Any]]:
    found = [(mark, answers.read(course, mark.student, notebook, cell)) for mark in marks]
    there = [(mark, answer) for mark, answer in found if answer is not None]
    numbers = answers.groups([answer.text for _, answer in there])
    made = [
        {
            **_shown(mark),
            "html": answer.html,
            "text": answer.text,
            "blank": answer.blank,
            "group": number,
            **_beforehand(course, mark.student, notebook, cell, language),
        }
        for (mark, answer), number in zip(there, numbers, strict=True)
    ]
    # blank ones last; the keys are random, so that the order says nothing about names
    return sorted(made, key=lambda one: (one["blank"], one["group"], one["text"], one["key"]))


def _beforehand(course: Course, student: str, notebook: str, cell: str, language: str) -> dict[str, str]:
    """When an answer was handed in that could be before the rest, and what it was before it was changed."""
    found = beforehand.standing(beforehand.read(course, student, notebook), cell)
    if found is None:
        return {}
    words = beforehand.JAPANESE if language == "ja" else {}
    sentence = beforehand.sentence(found, course.zone, lambda text: words.get(text, text))
    return {"handed": clean_text(sentence), "before": clean_text(found.text)}


def _shown(mark: AnswerMark) -> dict[str, Any]:
    return {**asdict(mark), "version": mark.version}


def _told(result: Result) -> dict[str, Any]:
    return {
        "done": result.done,
        "why": result.why,
        "mark": _shown(result.mark) if result.mark is not None else None,
    }


async def _aside(function, *arguments: Any) -> Any:
    """Run something that reads files or the database without holding up the server."""
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *arguments))


@functools.lru_cache(maxsize=4)
def _course(root: Path, _changed: int) -> Course:
    return Course(root)


@functools.lru_cache(maxsize=1)
def _templates() -> Environment:
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    made.filters["points"] = points
    return made


def add_handlers(server) -> None:
    """Add the page to a Jupyter server; its root folder is the course."""
    application = server.web_app
    application.settings["autograder_course"] = Path(server.root_dir).absolute()
    base = url_path_join(application.settings["base_url"], PREFIX)
    question = r"/(?P<notebook>[^/]+(?:/[^/]+)?)/(?P<cell>[^/]+)"
    application.add_handlers(
        ".*$",
        [
            (base + r"/?", _Questions),
            (base + r"/static/(.*)", web.StaticFileHandler, {"path": str(HERE / "static")}),
            (base + question + r"/answers", _Answers),
            (base + question + r"/figures/(?P<key>[^/]+)", _Figures),
            (base + question + r"/?", _Question),
        ],
    )
