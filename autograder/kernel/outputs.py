"""What a cell shows, gathered from messages that may be forged: bounded, texts and pictures only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable

from nbformat import NotebookNode
from nbformat.v4 import new_output

__all__ = ["MEGAPIXELS", "MOST_OUTPUTS", "PICTURES", "OutputCollector", "is_picture", "weight"]

PICTURES = ("image/png", "image/jpeg")
_SHOWN = {"stream", "display_data", "execute_result", "error"}
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|.?)")
COLOURS = 1000
"""Colours that are kept of a cell's text: nbconvert copies all that follows each of them."""
MEGAPIXELS = 64
"""Of a picture that is shown: a few bytes of PNG may unpack to gigabytes in the browser of whoever looks at them."""
MOST_OUTPUTS, OF_EACH = 1000, 2000
"""How many outputs are kept of a cell, and bytes that each counts for beside its own: a page takes its time for it."""
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR(?P<width>....)(?P<height>....)", re.DOTALL)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG behind which its height and width stand."""


def is_picture(mime: str, data: object) -> bool:
    """Whether data of some type are a picture of a kind that cannot hold a script, and of a size that a page can show."""
    return (
        mime in PICTURES
        and isinstance(data, str)
        and _BASE64.fullmatch(data) is not None
        and not _too_large(data)
    )


def _too_large(data: str) -> bool:
    """Whether a picture in base64 unpacks to more than is shown; only its headers are read."""
    try:
        content = base64.b64decode(data)
    except binascii.Error:
        return False  # a browser shows none
    pixels = _pixels_of_jpeg(content) if content[:2] == b"\xff\xd8" else 0
    if found := _PNG.match(content):
        pixels = int.from_bytes(found["width"]) * int.from_bytes(found["height"])
    return pixels > MEGAPIXELS * 1_000_000


def _pixels_of_jpeg(content: bytes) -> float:
    """As its first frame says; 0 where it has none, infinite where it is not made as a JPEG is."""
    at = 2
    while at + 9 <= len(content):
        mark, kind = content[at : at + 2]
        if mark != 0xFF:
            return float("inf")
        if kind in _FRAMES:
            return int.from_bytes(content[at + 5 : at + 7]) * int.from_bytes(content[at + 7 : at + 9])
        at += 1 if kind == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4])
    return 0


def weight(outputs: list) -> int:
    """What outputs take of the room of a whole notebook: their bytes, and a share for each, however short."""
    return len(json.dumps(outputs)) + OF_EACH * len(outputs)


class OutputCollector:
    """Gathers one cell's outputs up to a number of bytes; the rest is dropped as it arrives."""

    def __init__(self, limit: int) -> None:
        self.outputs: list[NotebookNode] = []
        self._left = limit
        self._colours = COLOURS
        self._truncated = False

    def add(self, message: dict) -> None:
        """Take one iopub message, hostile or not; what is no output is ignored."""
        kind = str(message["header"].get("msg_type"))
        content = message.get("content")
        if kind == "clear_output":
            self.outputs.clear()
        if kind not in _SHOWN or not isinstance(content, dict) or self._truncated:
            return
        try:
            output = _rebuilt(kind, content, self._text)
            size = len(json.dumps(output))
        except Exception:  # a forged message may be anything
            return
        if size > self._left or len(self.outputs) >= MOST_OUTPUTS:
            if output.output_type == "stream":
                output.text = output.text[: max(0, self._left // 4)]
                self._append(output)
            self.cut()
            return
        self._left -= size
        self._append(output)

    def take_printed(self) -> str:
        """Remove what was printed to standard output, and give it."""
        printed = [output for output in self.outputs if _is_printed(output)]
        self.outputs[:] = [output for output in self.outputs if not _is_printed(output)]
        return "".join(output.text for output in printed)

    def cut(self) -> None:
        """Take nothing more, and say so."""
        if not self._truncated:
            self._truncated = True
            self._append(new_output("stream", name="stdout", text="\n[the rest of the output was cut]\n"))

    def _text(self, value: str) -> str:
        """Text that is Unicode; of what a terminal would obey only colours, as long as there are few."""
        return _TERMINAL.sub(self._colour, value.encode("utf-8", "replace").decode())

    def _colour(self, found: re.Match) -> str:
        if not found[0].endswith("m") or self._colours <= 0:
            return ""
        self._colours -= 1
        return found[0]

    def _append(self, output: NotebookNode) -> None:
        last = self.outputs[-1] if self.outputs else None
        if (
            output.output_type == "stream"
            and last is not None
            and last.output_type == "stream"
            and last.name == output.name
        ):
            last.text += output.text
        else:
            self.outputs.append(output)


def _is_printed(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stdout"


def _rebuilt(kind: str, content: dict, text: Callable[[str], str]) -> NotebookNode:
    """An output made anew from the texts and pictures of a message.

    Nothing else is kept: HTML, SVG, Markdown and LaTeX run in the browser of whoever looks at it,
    deep JSON breaks what writes it to a file, and so does text that is no Unicode.
    """
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=text(content["text"]))
    if kind == "error":
        lines = [text(line) for line in content["traceback"]]
        return new_output(
            "error", ename=text(content["ename"]), evalue=text(content["evalue"]), traceback=lines
        )
    count = {"execution_count": int(content["execution_count"])} if kind == "execute_result" else {}
    data = {mime: content["data"][mime] for mime in ("text/plain", *PICTURES) if mime in content["data"]}
    for mime in PICTURES:
        if mime in data and not is_picture(mime, data[mime]):
            if not (isinstance(data[mime], str) and _too_large(data.pop(mime))):
                raise ValueError("it is no picture")
            data["text/plain"] = (
                f"{data.get('text/plain', '')}\n[not shown: a picture of more than {MEGAPIXELS} megapixels]".strip()
            )
    if not data:
        raise ValueError("nothing in it is shown")
    return new_output(kind, data={mime: text(value) for mime, value in data.items()}, **count)
