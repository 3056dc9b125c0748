"""Pictures that students paste into texts: a notebook's attachments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from urllib.parse import unquote

from nbformat import NotebookNode

from autograder.kernel.outputs import is_picture
from autograder.text import clean_text

__all__ = ["elsewhere", "not_shown", "pasted_pictures", "with_attachments"]

_INLINE = re.compile(
    r"(?:!\[(?P<shown>[^\[\]\n]{0,200})\]\(\s*|<img\b[^<>]{0,500}?\bsrc\s*=\s*[\"']?)"
    r"data:image/(?P<kind>png|jpeg);base64,(?P<data>[A-Za-z0-9+/=]++)"
    r"(?:[^()\n]{0,200}\)|[^<>]{0,500}>)"
)

_ADDRESS = re.compile(
    r"(?<!\[)!\[[^\[\]\n]{0,200}\]\(\s{0,9}<?(?P<markdown>[^\s()<>]{1,80})"
    r"|<img\b[^<>]{0,500}?\bsrc\s{0,9}=\s{0,9}[\"']?(?P<html>[^\s\"'<>]{1,80})",
    re.IGNORECASE,
)


def with_attachments(source: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Make attachments of the pictures that Colab pastes into a text itself, as addresses that hold them.

    An attachment is named by its contents, so that texts with the same pictures stay the same texts.
    """
    pictures: dict[str, dict[str, str]] = {}

    def attached(found: re.Match) -> str:
        name = f"inline-{hashlib.sha256(found['data'].encode()).hexdigest()[:12]}.{found['kind']}"
        pictures[name] = {f"image/{found['kind']}": found["data"]}
        return f"![{found['shown'] or ''}](attachment:{name})"

    return _INLINE.sub(attached, source), pictures


def pasted_pictures(submitted: NotebookNode) -> dict[str, dict[str, str]]:
    """Of a submitted cell's attachments, those that are pictures and nothing else."""
    attachments = submitted.get("attachments")
    if not isinstance(attachments, dict):
        return {}
    pictures = {
        str(name): {mime: data for mime, data in bundle.items() if is_picture(mime, data)}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }
    return {name: bundle for name, bundle in pictures.items() if bundle}


def elsewhere(source: str, pictures: Container[str]) -> list[str]:
    """Addresses of pictures that a text shows and that are not among those pasted into it; a link's badge is none."""
    found = (one["markdown"] or one["html"] for one in _ADDRESS.finditer(source))
    names = (clean_text(unquote(address.removeprefix("attachment:"))) for address in found)
    return [name for name in dict.fromkeys(names) if name not in pictures]


def not_shown(attachments: dict) -> list[str]:
    """Names of attachments of which no form is a picture that may be shown."""
    return [
        clean_text(str(name))[:60]
        for name, bundle in attachments.items()
        if not isinstance(bundle, dict) or not any(is_picture(mime, data) for mime, data in bundle.items())
    ]
