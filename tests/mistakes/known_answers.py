"""Known answers to the small course."""

from __future__ import annotations

__all__ = ["ADDED"]


ADDED = """
scale:
  wrong:
    added:
      old: x * factor
      new: x + factor
      hint:
        en: "`factor` is a factor."
        ja: "`factor` は係数です。"
    three times:
      old: x * factor
      new: x * 3
"""
