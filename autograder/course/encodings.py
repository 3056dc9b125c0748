"""Which encoding a text of unknown origin is in."""

from __future__ import annotations

import re

__all__ = ["decoded", "japanese"]

_NO_TEXT = re.compile("[\0\ue000-\uf8ff]|[A-Za-z][\u3400-\u9fff][a-z]")
"""What bytes of another encoding become in cp932 and EUC-JP: nothing that is in use, or kanji inside Latin words."""
_KANJI = re.compile("[\u3400-\u9fff]+")
_LATIN_THEN_KANJI = re.compile("[A-Za-z][\u3400-\u9fff]+")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_COMMON = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\(J")


def decoded(data: bytes) -> str:
    """Text in whichever encoding is the only one that makes sense of it.

    Raises:
        UnicodeError: None does, or more than one.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # "Unicode text" of a spreadsheet
        return data.decode("utf-16")
    if _ESCAPE.search(data):
        return data.decode("iso2022_jp_2")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text, _ = japanese(data)
        if not text:
            raise error
        return text


def japanese(data: bytes) -> tuple[str, str]:
    """The text in whichever encoding of Japan is the only one that makes sense of it, and that; "" where none is."""
    found = {text: encoding for encoding in ("cp932", "euc_jis_2004") if (text := _japanese(data, encoding))}
    return next(iter(found.items())) if len(found) == 1 else ("", "")


def _japanese(data: bytes, encoding: str) -> str | None:
    """The text in an encoding of Japan; None where that is none.

    Each reads most texts of the other as half-width katakana or as rare kanji.
    """
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    if _NO_TEXT.search(text):  # a spreadsheet, or another binary file
        return None
    if len(_KANJI.findall(text)) == len(_LATIN_THEN_KANJI.findall(text)):  # accents of a European encoding
        return None
    return text if len(_COMMON.findall(text)) > len(_HALF_WIDTH.findall(text)) else None
