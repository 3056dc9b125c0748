"""Make the README's pictures from the real program on the demo class: `python -m benchmarks.pictures`."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest import mock
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from sqlalchemy.exc import SAWarning

from autograder.commands import console
from autograder.commands import feedback as feedback_command
from autograder.commands import grade as grade_command
from autograder.commands import report as report_command
from autograder.course.folder import Course
from benchmarks.classroom import make_demo
from benchmarks.jupyter import REPOSITORY, Lab, jupyter_lab, open_browser
from benchmarks.watching import watched

__all__ = ["PICTURES", "main"]

PICTURES = REPOSITORY / "docs" / "pictures"
ASSIGNMENT = "lesson2_parameters"
STUDENT = "sato"
QUESTION = "discussion-1"
SIZE = {"width": 1280, "height": 800}
MAX_BYTES = 90_000
TERMINAL = """<body style="margin: 0; background: #1e2430"><pre style="display: inline-block; margin: 0;
padding: 16px 20px; max-width: 110ch; white-space: pre-wrap;
font: 15px/17px 'DejaVu Sans Mono', monospace; color: #d8dee9"
>{code}</pre></body>"""


def main() -> None:
    """Make a class, grade it, and take all pictures again."""
    warnings.filterwarnings("ignore", category=SAWarning)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        course = make_demo(Path(folder) / "demo")
        printed = grade(course)
        feedback_command.feedback(course.root, [], 0, None, None, False)
        report_command.report(course.root, [], None, "en", "http://localhost:8888")
        home = Path(shutil.copytree(REPOSITORY / "release" / "ja", Path(folder) / "home"))
        with open_browser() as browser:
            summary(browser, printed)
            feedback(browser, course)
            report(browser, course)
            with jupyter_lab(course.root) as lab:
                formgrader(browser, lab)
                marking(browser, lab)
            with jupyter_lab(home) as lab:
                notebook(browser, lab)


def grade(course: Course) -> Console:
    """What `autograder grade` prints, with its colours."""
    printed = Console(width=110, record=True, file=io.StringIO())
    with (
        mock.patch.object(console, "SILENCE_SECONDS", math.inf),  # a terminal's progress bar leaves nothing
        mock.patch.object(console, "_console", return_value=printed),
    ):
        grade_command.grade(course.root, [], [], 0, False, False, False, None)
    return printed


def summary(browser: Browser, printed: Console) -> None:
    """The end of a run, in a terminal."""
    with watched(browser) as seen:
        seen.page.set_viewport_size(SIZE)
        seen.page.set_content(
            printed.export_html(theme=SVG_EXPORT_THEME, code_format=TERMINAL, inline_styles=True)
        )
        take(seen.page, "summary", seen.page.locator("pre").screenshot)


def feedback(browser: Browser, course: Course) -> None:
    """A student's feedback."""
    with watched(browser) as seen:
        seen.page.set_viewport_size(SIZE)
        seen.visit((course.root / "feedback" / STUDENT / ASSIGNMENT / f"{ASSIGNMENT}.html").as_uri())
        take(seen.page, "feedback", seen.page.screenshot)


def report(browser: Browser, course: Course) -> None:
    """The class report."""
    with watched(browser) as seen:
        seen.page.set_viewport_size(SIZE)
        seen.visit((course.root / "report" / "report.html").as_uri())
        take(seen.page, "report", seen.page.screenshot)


def formgrader(browser: Browser, lab: Lab) -> None:
    """Formgrader in JupyterLab: the submissions."""
    with watched(browser) as seen:
        page = seen.page
        page.set_viewport_size(SIZE)
        page.goto(lab.url("/lab"))
        page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
        page.get_by_text("Formgrader", exact=True).click()
        page.locator(".lm-TabBar-tab[data-id='filebrowser']").click()
        frame = page.frame_locator("iframe[src*='/formgrader']")
        frame.locator(f"a[href$='manage_submissions/{ASSIGNMENT}']").click()
        frame.locator(".score", has_text="/").first.wait_for()
        take(page, "formgrader", page.screenshot)


def marking(browser: Browser, lab: Lab) -> None:
    """The page on which a written answer is marked."""
    with watched(browser) as seen:
        page = seen.page
        page.set_viewport_size(SIZE)
        page.goto(lab.url("/" + quote(f"autograder/mark/{ASSIGNMENT}/{QUESTION}?language=en", safe="/")))
        page.locator(".level").first.wait_for()
        expect(page.locator("#which")).to_contain_text("/ 7")
        take(page, "marking", page.screenshot)


def notebook(browser: Browser, lab: Lab) -> None:
    """A student's notebook, as it is handed out in Japanese."""
    with watched(browser) as seen:
        page = seen.page
        page.set_viewport_size(SIZE)
        page.goto(lab.url(f"/lab/tree/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"))
        page.locator(".jp-Notebook .jp-MarkdownOutput h1").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        take(page, "notebook", page.screenshot)


def take(page: Page, name: str, screenshot: Callable[[], bytes]) -> None:
    """Write docs/pictures/<name>.png, with as many colours as its size allows."""
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(screenshot())).convert("RGB")
    path = PICTURES / f"{name}.png"
    for colours in (256, 128, 64, 32):
        picture.quantize(colours).save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            break
    print(
        f"{path.relative_to(REPOSITORY)}: {picture.width} x {picture.height}, {path.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
