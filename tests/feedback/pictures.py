"""Pictures that code has drawn."""

from __future__ import annotations

import base64
import io

from PIL import Image

__all__ = ["png"]


def png(width: int = 400, height: int = 300) -> str:
    """A figure with many colours, in base64."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGBA")
    picture.putpixel((3, 3), (255, 0, 0, 255))
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=0)
    return base64.b64encode(file.getvalue()).decode()
