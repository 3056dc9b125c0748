"""Watch a page: what ran, what it asked for, and where it leads."""

from __future__ import annotations

import mimetypes
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import resources
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, Route, expect

from benchmarks.jupyter import ACTION_MILLISECONDS

__all__ = ["MATHJAX_DONE", "Seen", "watched"]

EFFECT_SECONDS = 20

expect.set_options(timeout=ACTION_MILLISECONDS)

MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"
"""What nbgrader's templates load; here it comes from the package that JupyterLab once used for it."""

START_MATHJAX = f"""
var script = document.createElement("script");
script.src = "{MATHJAX}MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe";
document.head.appendChild(script);
"""

POINT_AND_CLICK = """async () => {
    for (const link of document.querySelectorAll("a")) {
        if (link.protocol === "javascript:") link.click();
    }
    for (const element of document.querySelectorAll("*")) {
        element.dispatchEvent(new MouseEvent("mouseover", {bubbles: false}));
    }
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
}"""

MATHJAX_DONE = """() => new Promise(resolve =>
    window.MathJax && MathJax.Hub ? MathJax.Hub.Queue(() => resolve(true)) : resolve(false))"""

LINKS = """() => Array.from(document.querySelectorAll("a[href], area[href]"), link => link.href)"""


@dataclass
class Seen:
    """What a page did.

    Attributes:
        page: To do something in it.
        ran: The payloads that ran.
        dialogs: The texts of dialogs.
        asked: Every address that was asked for.
        links: Every address that a link leads to, at the end.
        text: What is on the page, at the end.
    """

    page: Page
    ran: set[str] = field(default_factory=set)
    dialogs: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def stolen(self) -> list[str]:
        """Addresses of payloads among those that were asked for."""
        return [address for address in self.asked if "stolen" in address]

    @property
    def leading_out(self) -> list[str]:
        """Links of payloads."""
        return [address for address in self.links if "stolen" in address or _runs(address)]

    @property
    def harmed(self) -> list[str]:
        """All that a student has reached in this browser."""
        return [*sorted(self.ran), *self.dialogs, *self.stolen, *self.leading_out]

    def foreign(self, *own: str) -> list[str]:
        """Addresses that were asked for on other origins than one's own and that of MathJax."""
        expected = {"", "null", _origin(MATHJAX), *own}
        return [address for address in self.asked if _origin(address) not in expected]

    def visit(self, address: str, ready: str = "body") -> Seen:
        """Open a page, let it come to rest, point at everything, follow links that are scripts.

        Args:
            address: What to open.
            ready: A selector of what shows that it is complete.
        """
        self.page.goto(address, wait_until="load")
        self.page.wait_for_selector(ready, state="attached")
        self.page.evaluate(MATHJAX_DONE)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(POINT_AND_CLICK)
        self.page.wait_for_load_state("networkidle")
        self.links = self.page.evaluate(LINKS)
        self.text = self.page.inner_text("body")
        return self

    def glance(self, address: str) -> Seen:
        """Open a page, and wait only until a payload of it has worked."""
        self.page.goto(address, wait_until="commit")
        deadline = time.monotonic() + EFFECT_SECONDS
        while not self.harmed and time.monotonic() < deadline:
            with suppress(Error):  # the page may be on its way to another one
                self.page.evaluate(POINT_AND_CLICK)
                self.links = self.page.evaluate(LINKS)
            self.page.wait_for_timeout(20)
        return self


@contextmanager
def watched(browser: Browser) -> Iterator[Seen]:
    """A new page of a browser without cookies."""
    context = browser.new_context()
    context.set_default_timeout(ACTION_MILLISECONDS)
    page = context.new_page()
    seen = Seen(page)
    context.route(re.compile("^https?://(?!127\\.0\\.0\\.1[:/])"), _answer_without_network)

    def on_console(message) -> None:
        seen.ran.update(re.findall(r"RAN:([a-z-]+)", message.text))

    def on_dialog(dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("console", on_console)
    page.on("dialog", on_dialog)
    context.on("request", lambda request: seen.asked.append(request.url))
    try:
        yield seen
    finally:
        context.close()


def _answer_without_network(route: Route) -> None:
    """MathJax from its package; nothing else exists."""
    address = route.request.url
    name = urlsplit(address).path.removeprefix(urlsplit(MATHJAX).path)
    if not address.startswith(MATHJAX):
        route.fulfill(status=204)  # a page that is sent there stays where it is
    elif name == "latest.js":
        route.fulfill(body=START_MATHJAX, content_type="text/javascript")
    else:
        file = resources.files("jupyter_server_mathjax") / "static" / name
        if file.is_file():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        else:
            route.abort()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""


def _runs(address: str) -> bool:
    return urlsplit(address).scheme in ("javascript", "vbscript", "data")
