"""Figures made small: a plot of matplotlib's needs a third of its bytes once its colours are counted."""

from __future__ import annotations

import base64
import functools
import io

from PIL import Image

from autograder.bounded import TooMuch, bounded

__all__ = ["PNG", "converted", "is_wide", "smaller"]

WORTH_IT = 8_000
"""Letters of base64 from which on it pays."""
MOST_PIXELS = 4_000_000
"""Of a picture that is decoded: the file comes from a student's process, and may unpack to gigabytes."""

PNG = "image/png"

SIDE_BY_SIDE = 700, 2.0
"""From so many pixels across, and so many times its height, a picture is taken for several panels in a row."""


def is_wide(content: str) -> bool:
    """Whether a PNG has several panels side by side, which cannot be read when they are squeezed into a column.

    Args:
        content: The PNG in base64, from anybody; only its header is looked at.
    """
    try:
        header = base64.b64decode(content[:32])
    except ValueError:
        return False
    width, height = (int.from_bytes(header[start : start + 4]) for start in (16, 20))
    least, times = SIDE_BY_SIDE
    return width >= least and width >= times * height


@functools.lru_cache(maxsize=1024)
def smaller(content: str) -> tuple[str, str]:
    """A PNG with 256 colours on white, as WebP without loss, where that is smaller; otherwise as it is.

    Args:
        content: The PNG in base64, from anybody.

    Returns:
        The type, and the picture in base64.
    """
    if len(content) < WORTH_IT:
        return PNG, content
    try:
        made = bounded(converted, content)
    except TooMuch:
        made = ""
    return ("image/webp", made) if made and len(made) < len(content) else (PNG, content)


def converted(content: str) -> str:
    """A PNG as WebP, both in base64; empty where it is no PNG, or larger than figures are."""
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(content)), formats=("PNG",))
        if picture.width * picture.height > MOST_PIXELS:
            return ""
        picture = picture.convert("RGBA")
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
        few = flat.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        file = io.BytesIO()
        few.convert("RGB").save(file, "WEBP", lossless=True, method=2)
    except Exception:  # not a PNG after all, or wider than WebP can be: the browser shows what it can
        return ""
    return base64.b64encode(file.getvalue()).decode()
