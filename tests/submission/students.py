"""A student who edits a released notebook in the ways that students do, and remembers what they wrote."""

from __future__ import annotations

import copy
import json
import random

import nbformat
from nbformat import NotebookNode

from autograder.course.regions import DEFAULT
from autograder.course.template import Template
from autograder.submission import reading
from tests.small_course import ANSWERS

PICTURE = "iVBORw0KGgo="
STUB = "# ここにコードを書いてください / YOUR CODE HERE\nraise NotImplementedError"


class Student:
    """Writes lines that nobody else writes, and remembers them."""

    def __init__(self, template: Template, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.written: list[str] = []
        self.notebook = template.in_language("en")
        for cell in self.notebook.cells:
            cell.source = DEFAULT.released(cell.source)
        self.released = copy.deepcopy(self.notebook)

    def word(self) -> str:
        self.written.append(f"mine_{len(self.written)}_")
        return self.written[-1]

    def code(self) -> str:
        word = self.word()
        return self.chance.choice(
            [f"{word} = 1", f"import {word}", f"def {word}():\n    return 1", f"print('{word}')", f"# {word}"]
        )

    def answer(self, name: str) -> str:
        return f"{ANSWERS[name]}\n    # {self.word()}"

    def any_cell(self) -> NotebookNode | None:
        return self.chance.choice(self.notebook.cells) if self.notebook.cells else None

    def answer_in_place(self) -> None:
        for cell in self.notebook.cells:
            if cell.get("id") in ("scale", "total"):
                cell.source = self.answer(cell.id)
            elif cell.get("id") == "reply":
                cell.source = f"Because {self.word()}."

    def answer_at_the_end(self) -> None:
        for name in ("scale", "total"):
            self.notebook.cells.append(nbformat.v4.new_code_cell(self.answer(name)))
        self.notebook.cells.append(nbformat.v4.new_markdown_cell(f"Because {self.word()}."))

    def copy_all_and_answer_the_copy(self) -> None:
        second = copy.deepcopy(self.released.cells)
        first, self.notebook.cells = self.notebook.cells, second
        self.answer_in_place()
        self.notebook.cells = first + second

    def type_into_a_cell(self) -> None:
        cell = self.any_cell()
        if cell is None:
            return
        text = self.code() if cell.cell_type == "code" else f"I think {self.word()}."
        lines = cell.source.splitlines()
        lines.insert(self.chance.randint(0, len(lines)), text)
        cell.source = "\n".join(lines)

    def replace_a_cell(self) -> None:
        cell = self.any_cell()
        if cell is not None and not any(word in cell.source for word in self.written):
            cell.source = self.code()

    def add_a_cell(self) -> None:
        make = self.chance.choice(
            [nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell, nbformat.v4.new_raw_cell]
        )
        self.notebook.cells.insert(self.chance.randint(0, len(self.notebook.cells)), make(self.code()))

    def change_a_type(self) -> None:
        cell = self.any_cell()
        if cell is not None:
            cell.cell_type = self.chance.choice(["code", "markdown", "raw", "heading"])

    def lose_an_identity(self) -> None:
        cell = self.any_cell()
        if cell is not None:
            cell.pop("id", None)
            cell.metadata = nbformat.from_dict({})

    def lose_all_identities(self) -> None:
        for cell in self.notebook.cells:
            cell.pop("id", None)
            cell.metadata = nbformat.from_dict({})

    def swap_identities(self) -> None:
        first, second = self.any_cell(), self.any_cell()
        if first is not None and {"id"} <= set(first) & set(second):
            first.id, second.id = second.id, first.id
            first.metadata, second.metadata = second.metadata, first.metadata

    def merge_two(self) -> None:
        if len(self.notebook.cells) > 1:
            index = self.chance.randrange(len(self.notebook.cells) - 1)
            second = self.notebook.cells.pop(index + 1)
            self.notebook.cells[index].source += f"\n{second.source}"

    def split_one(self) -> None:
        cell = self.any_cell()
        if cell is None:
            return
        lines = cell.source.splitlines()
        place = self.chance.randint(0, len(lines))
        rest = copy.deepcopy(cell)
        cell.source, rest.source = "\n".join(lines[:place]), "\n".join(lines[place:])
        self.notebook.cells.insert(self.notebook.cells.index(cell) + 1, rest)

    def delete_a_given_cell(self) -> None:
        cell = self.any_cell()
        if cell is not None and not any(word in cell.source for word in self.written):
            self.notebook.cells.remove(cell)

    def shuffle(self) -> None:
        self.chance.shuffle(self.notebook.cells)

    def paste_a_picture(self) -> None:
        cell = self.any_cell()
        if cell is not None and cell.cell_type == "markdown":
            cell.source += f"\n![{self.word()}](data:image/png;base64,{PICTURE})"

    def windows(self) -> None:
        for cell in self.notebook.cells:
            cell.source = cell.source.replace("\n", "\r\n")

    def hand_in(self) -> NotebookNode:
        """As it is read from a file."""
        notebook, _ = reading.reads(json.dumps({**self.notebook, "nbformat": 4}).encode())
        return notebook


ACTS = sorted(name for name in vars(Student) if name not in {"word", "code", "answer", "any_cell", "hand_in"}
              and not name.startswith("_"))  # fmt: skip
