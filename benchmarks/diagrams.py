"""Draw the notebooks' diagrams again, in both languages: `python -m benchmarks.diagrams`.

A diagram is a Markdown cell of its own in each language, `<name>-ja` and `<name>-en`, and holds nothing but its picture,
with a sentence about it for those who hear the notebook. The picture is a PNG inside the text itself, as Colab shows
neither attachments (googlecolab/colabtools, issue 3836) nor SVG in a text (issue 2092). It carries a digest of its
drawing, so that a test sees without a browser when it is out of date.
"""

from __future__ import annotations

import base64
import io

import nbformat
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser

from autograder.release.build import notebook_text
from benchmarks.drawings import ALT, DIAGRAMS, WIDTH, digest, drawing
from benchmarks.jupyter import REPOSITORY, open_browser

__all__ = ["main"]

COLORS = 32


def main() -> None:
    """Draw all diagrams and put them into the source notebooks."""
    with open_browser() as browser:
        for assignment, diagrams in DIAGRAMS.items():
            path = REPOSITORY / "source" / assignment / f"{assignment}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                name, _, language = cell.id.rpartition("-")
                if name in diagrams:
                    picture = base64.b64encode(_rendered(browser, drawing(name, language))).decode()
                    cell.source = f"![{ALT[name][language]}](data:image/png;base64,{picture})"
                    print(f"{assignment} {cell.id}: {len(picture) / 1000:.1f} kB")
            path.write_text(notebook_text(notebook), encoding="utf-8")


def _rendered(browser: Browser, svg: str) -> bytes:
    """A drawing as PNG of few colours."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 600})
    page.set_content(f'<body style="margin: 0">{svg}</body>')
    image = Image.open(io.BytesIO(page.locator("svg").screenshot())).convert("RGB").quantize(COLORS)
    page.close()
    words = PngInfo()
    words.add_text("drawing", digest(svg))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, pnginfo=words)
    return file.getvalue()


if __name__ == "__main__":
    main()
