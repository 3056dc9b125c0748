"""What students get imports nothing that Colab lacks, and needs no newer Python than the oldest one of Colab's."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.content.answers import ASSIGNMENTS, COURSE, languages, release

THERE = {
    "scikit-learn": "sklearn",
}
"""Names of packages that are imported by another name."""
OLDEST = (3, 11)
EACH = [(name, language) for name in ASSIGNMENTS for language in languages(name)]


def libraries() -> set[str]:
    """Those of requirements.txt, which names what Colab has."""
    lines = (COURSE.root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    return {THERE.get(name, name) for name in names}


def imported(assignment: str, language: str) -> Iterator[str]:
    for cell in release(assignment, language).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source, feature_version=OLDEST)):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                yield (node.module or "").partition(".")[0]


def test_colabs_versions_are_written_down_for_each_library():
    lines = (COURSE.root / "benchmarks" / "colab.txt").read_text(encoding="utf-8").splitlines()
    versions = dict(line.split("==") for line in lines if "==" in line)
    assert {THERE.get(name, name) for name in versions} == libraries()


@pytest.mark.parametrize(("assignment", "language"), EACH)
def test_a_release_imports_only_what_colab_has(assignment, language):
    names = set(imported(assignment, language))
    assert names - libraries() - sys.stdlib_module_names == set()
    assert "torch" in names
