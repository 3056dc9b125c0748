"""What notebooks from Colab import that is of no use to grading: it is there, and does nothing.

This file is also copied into the sandbox.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["stand_in"]


class _Progress:
    """The progress bar of tqdm, without the bar."""

    def __init__(self, iterable=None, *_, **__) -> None:
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_) -> None:
        pass

    def _nothing(self, *_, **__) -> None:
        pass

    update = close = refresh = reset = clear = display = unpause = _nothing
    set_description = set_description_str = set_postfix = set_postfix_str = _nothing

    @staticmethod
    def write(text: object, *_, **__) -> None:
        print(text)


def _said(text: str):
    def say(*_, **__) -> None:
        print(f"[{text}]")

    return say


def stand_in() -> None:
    """Put `google.colab`, and tqdm where it is not installed, among the modules."""
    colab = {
        "drive": {
            "mount": _said("Google Drive is not there while grading"),
            "flush_and_unmount": lambda: None,
        },
        "files": {
            "upload": lambda *_, **__: {},
            "download": _said("nothing is downloaded while grading"),
            "view": lambda *_: None,
        },
        "output": {"clear": lambda *_, **__: None, "enable_custom_widget_manager": lambda: None},
        "userdata": {"get": lambda *_: None},
        "patches": {"cv2_imshow": lambda *_: None},
    }
    if not _is_there("google.colab"):
        _add("google.colab", {})
        for name, content in colab.items():
            _add(f"google.colab.{name}", content)
    if not _is_there("tqdm"):
        content = {"tqdm": _Progress, "trange": lambda *numbers, **_: _Progress(range(*numbers))}
        for name in ("tqdm", "tqdm.auto", "tqdm.notebook", "tqdm.std", "tqdm.autonotebook"):
            _add(name, {**content, "tqdm_notebook": _Progress, "tnrange": content["trange"]})


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _add(name: str, content: dict) -> None:
    above, _, last = name.rpartition(".")
    if above and above not in sys.modules:
        _add(above, {})
    module = ModuleType(name)
    # where there is none, `importlib.util.find_spec` raises, which torch calls for tqdm
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    module.__path__ = []
    module.__dict__.update(content)
    sys.modules[name] = module
    if above:
        setattr(sys.modules[above], last, module)
