"""Make the README's pictures from the real program on the demo class: `python -m benchmarks.pictures`."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console

from autograder import commands
from benchmarks.classroom import make_demo
from tests.browser.jupyter import REPOSITORY, jupyter_lab, open_browser
from tests.browser.watching import watched

__all__ = ["PICTURES", "main"]

PICTURES = REPOSITORY / "docs" / "pictures"
DEMO = REPOSITORY / "demo"
ASSIGNMENT = "lesson2_parameters"
STUDENT = "sato"
SIZE = {"width": 1280, "height": 800}
MAX_BYTES = 200_000


def main() -> None:
    """Make all pictures again; the demo class is made and graded where there is none."""
    if not (DEMO / "gradebook.db").is_file():
        make_demo(DEMO)
        grade()
    if not (DEMO / "feedback").is_dir():
        commands.feedback(DEMO, [])
    summary = grade()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        terminal(browser, summary)
        feedback(browser)
        report(browser)
        with jupyter_lab(DEMO) as lab:
            formgrader(browser, lab.url("/lab"))
        with tempfile.TemporaryDirectory() as folder:
            home = Path(shutil.copytree(REPOSITORY / "release" / "ja", Path(folder) / "home"))
            with jupyter_lab(home) as lab:
                notebook(browser, lab.url(f"/lab/tree/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"))


def grade() -> Console:
    """What `autograder grade` prints, with its colours."""
    console = Console(width=110, record=True, file=io.StringIO())
    with mock.patch.object(commands, "width_console", return_value=console):
        commands.grade(DEMO, [], [], 0, False, False, None, None)
    return console


def terminal(browser: Browser, console: Console) -> None:
    """The summary of a run."""
    with watched(browser) as seen:
        seen.page.set_viewport_size(SIZE)
        seen.page.set_content(console.export_svg(title="autograder grade"))
        take(seen.page, "summary", seen.page.locator("svg").screenshot)


def feedback(browser: Browser) -> None:
    """A student's feedback, from its first mistake on."""
    with watched(browser) as seen:
        seen.page.set_viewport_size(SIZE)
        seen.visit((DEMO / "feedback" / STUDENT / ASSIGNMENT / f"{ASSIGNMENT}.html").as_uri())
        mistake = seen.page.locator(".output_error").first
        if mistake.count():
            mistake.evaluate(
                "element => scrollTo(0, element.getBoundingClientRect().bottom - innerHeight + 40)"
            )
        take(seen.page, "feedback", seen.page.screenshot)


def report(browser: Browser) -> None:
    """The class report, where there is one."""
    path = DEMO / "report" / "report.html"
    if path.is_file():
        with watched(browser) as seen:
            seen.page.set_viewport_size(SIZE)
            seen.visit(path.as_uri())
            take(seen.page, "report", seen.page.screenshot)


def formgrader(browser: Browser, address: str) -> None:
    """JupyterLab with formgrader's list of submissions."""
    with watched(browser) as seen:
        page = seen.page
        page.set_viewport_size(SIZE)
        page.goto(address)
        page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
        page.get_by_text("Formgrader", exact=True).click()
        frame = page.frame_locator("iframe[src*='/formgrader']")
        frame.locator(f"a[href$='manage_submissions/{ASSIGNMENT}']").click()
        frame.locator(".score", has_text="/").first.wait_for()
        take(page, "formgrader", page.screenshot)


def notebook(browser: Browser, address: str) -> None:
    """A student's notebook, as it is handed out in Japanese."""
    with watched(browser) as seen:
        page = seen.page
        page.set_viewport_size(SIZE)
        page.goto(address)
        page.locator(".jp-Notebook .jp-MarkdownOutput h1").first.wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
        take(page, "notebook", page.screenshot)


def take(page: Page, name: str, screenshot: Callable[[], bytes]) -> None:
    """Write docs/pictures/<name>.png, with as many colours as there is room for."""
    page.evaluate("document.fonts.ready")
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
