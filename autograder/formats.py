"""Import jsonschema, which nbformat needs, without what takes a second and no notebook uses.

Where `rfc3987-syntax` is installed, jsonschema builds its grammar of international addresses when it
is imported. Commands and workers import this module before nbformat.
"""

from __future__ import annotations

import sys
from importlib import import_module

__all__: list[str] = []

if "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # jsonschema does without what is missing
    try:
        import_module("jsonschema")
    finally:
        del sys.modules["rfc3987_syntax"]
