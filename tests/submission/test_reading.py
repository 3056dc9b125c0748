"""What students hand in is read, whatever it is."""

from __future__ import annotations

import json
import random

import nbformat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.submission.reading import read, reads
from tests import small_course
from tests.small_course import write


def good() -> dict:
    """A well-formed notebook as plain data."""
    return json.loads(nbformat.writes(small_course.source()))


def as_bytes(content: object, **options) -> bytes:
    return json.dumps(content, **options).encode("utf-8", "surrogatepass")


def sources(data: bytes) -> list[str]:
    return [cell.source for cell in reads(data)[0].cells]


GOOD_SOURCES = [cell["source"] for cell in json.loads(as_bytes(good()))["cells"]]
GOOD_SOURCES = ["".join(source) for source in GOOD_SOURCES]


class TestRead:
    def test_a_link_is_refused_even_where_it_appears_later(self, tmp_path):
        (tmp_path / "small.ipynb").symlink_to(write(tmp_path / "secret", as_bytes(good())))
        with pytest.raises(SubmissionError, match="cannot be opened"):
            read(tmp_path / "small.ipynb")

    def test_a_file_that_is_gone_or_locked_is_a_problem_of_its_own(self, tmp_path):
        with pytest.raises(SubmissionError, match="cannot be opened"):
            read(tmp_path / "small.ipynb")

    def test_a_file_that_is_too_large_is_not_read(self, tmp_path):
        path = tmp_path / "small.ipynb"
        with path.open("wb") as file:
            file.truncate(60 * 2**20)
        with pytest.raises(SubmissionError, match="60 MB, the limit is 30 MB.*clear all outputs"):
            read(path)

    def test_a_good_file_is_read(self, tmp_path):
        notebook, notes = read(write(tmp_path / "small.ipynb", as_bytes(good())))
        assert [cell.source for cell in notebook.cells] == GOOD_SOURCES
        assert notes == ()


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
    def test_a_notebook_with_a_byte_order_mark_is_read(self, encoding):
        text = json.dumps(good(), ensure_ascii=False)
        data = text.encode(encoding)
        if encoding == "utf-16-be":
            data = b"\xfe\xff" + data
        notebook, notes = reads(data)
        assert [cell.source for cell in notebook.cells] == GOOD_SOURCES
        assert "was saved as utf-" in notes[0]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "cp932", "euc_jp"])
    def test_one_without_a_mark_or_in_an_encoding_of_japan_is_read_with_a_note(self, encoding):
        content = good()
        content["cells"][0]["source"] = "# 平均とは、値の合計を個数で割ったものである。表を見よ。"
        notebook, notes = reads(json.dumps(content, ensure_ascii=False).encode(encoding))
        assert notebook.cells[0].source == content["cells"][0]["source"]
        assert "was saved as" in notes[0]

    def test_latin_1_is_read_with_a_note(self):
        content = good()
        content["cells"][0]["source"] = ["# Réponse"]
        notebook, notes = reads(
            json.dumps(content, ensure_ascii=False).replace("和", "").encode("latin-1", "replace")
        )
        assert notebook.cells[0].source == "# Réponse"
        assert "Latin-1" in notes[0]

    def test_carriage_returns_become_line_feeds(self):
        content = good()
        content["cells"][2]["source"] = "a = 1\r\nb = 2\rc = 3\n"
        assert sources(as_bytes(content))[2] == "a = 1\nb = 2\nc = 3\n"

    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_a_lone_surrogate_does_not_stop_the_reading_or_the_writing(self, ascii_only):
        content = good()
        content["cells"][3]["source"] = "x = '\ud800'"
        notebook, _ = reads(as_bytes(content, ensure_ascii=ascii_only))
        json.dumps(notebook, ensure_ascii=False).encode()
        assert len(notebook.cells) == len(GOOD_SOURCES)

    def test_a_null_character_is_kept_for_python_to_refuse(self):
        content = good()
        content["cells"][3]["source"] = "x = '\0'"
        assert sources(as_bytes(content))[3] == "x = '\0'"


class TestNotANotebook:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "is empty"),
            (b" \n\t", "is empty"),
            (b"PK\x03\x04....", "zip archive"),
            (b"import torch\n", "it begins with 'import torch'"),
            (b"<!DOCTYPE html>", "it begins with '<!DOCTYPE html>'"),
            (b"%PDF-1.4\xff", "is not a notebook, or was cut off"),
            (as_bytes(good())[:-200], "was cut off"),
            (b"[]", "got list"),
            (b'"text"', "got str"),
            (b"null", "got NoneType"),
            (b"NaN", "got float"),
            (b"{}", "not a notebook of format 4"),
            (
                b'{"": "WARNING! DO NOT EDIT", "doc_id": "1a", "email": "a@example.org"}',
                "is a link, such as Google Drive",
            ),
            (b'{"url": "https://colab.research.google.com/drive/1"}', "is a link"),
            (b'{"nbformat": 4}', "no list of cells"),
            (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
            (b'{"nbformat": 4, "cells": null}', "no list of cells"),
            (b'{"nbformat": 3, "worksheets": 7}', "cannot be converted"),
            (b'{"nbformat": 3, "worksheets": [{"cells": 1}]}', "cannot be converted"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a":' * 100_000, "nested too deeply"),
            (b"1" * 10_000, "is not a notebook"),
            (b"\xff\xfe\x00", "is not a notebook"),
            (b"\x00" * 100, "is not a notebook"),
        ],
        ids=range(24),
    )
    def test_it_is_refused_with_one_sentence(self, data, message):
        with pytest.raises(SubmissionError, match=message) as caught:
            reads(data, "small.ipynb")
        assert str(caught.value).startswith("small.ipynb")
        assert "\n" not in str(caught.value)

    def test_what_a_disk_pads_a_file_with_is_no_part_of_it(self):
        notebook, notes = reads(as_bytes(good()) + b"\n" + bytes(500))
        assert notebook.cells == reads(as_bytes(good()))[0].cells
        assert notes == ()

    def test_thousands_of_cells_are_refused(self):
        content = good()
        content["cells"] = [{"cell_type": "code", "source": ""}] * 2_001
        with pytest.raises(SubmissionError, match="2,001 cells, the limit is 2,000"):
            reads(as_bytes(content))


class TestFormats:
    def test_format_3_is_converted(self):
        v3 = nbformat.v3
        cells = [
            v3.new_code_cell("a = 1"),
            v3.new_text_cell("markdown", "text"),
            v3.new_heading_cell("title", 2),
        ]
        old = v3.new_notebook(worksheets=[v3.new_worksheet(cells=cells)])
        notebook, notes = reads(as_bytes(old))
        assert [cell.source for cell in notebook.cells] == ["a = 1", "text", "## title"]
        assert "converted" in notes[0]

    @pytest.mark.parametrize("major", [5, 4.0, "4", None, True])
    def test_another_number_of_the_format_is_read_where_there_are_cells(self, major):
        content = good()
        content["nbformat"] = major
        assert sources(as_bytes(content)) == GOOD_SOURCES

    @pytest.mark.parametrize("minor", [0, 2, 99, -1, "x", None])
    def test_any_minor_number_is_read(self, minor):
        content = good()
        content["nbformat_minor"] = minor
        assert sources(as_bytes(content)) == GOOD_SOURCES


class TestCells:
    def read_cell(self, **changes) -> nbformat.NotebookNode | None:
        cell = {"cell_type": "code", "source": "a", "metadata": {}, "id": "x", **changes}
        notebook, _ = reads(as_bytes({"nbformat": 4, "cells": [cell]}))
        return notebook.cells[0] if notebook.cells else None

    @pytest.mark.parametrize("cell", [3, "text", True, ["a", 1]])
    def test_what_is_no_cell_is_kept_as_text_and_noted(self, cell):
        content = good()
        content["cells"].insert(2, cell)
        notebook, notes = reads(as_bytes(content))
        [odd] = [cell for cell in notebook.cells if cell.cell_type == "raw"]
        assert [cell.source for cell in notebook.cells if cell is not odd] == GOOD_SOURCES
        assert odd.source.strip('"') == (cell if isinstance(cell, str) else json.dumps(cell))
        assert isinstance(cell, (str, list)) or notes == (
            "cell 3 is not as notebooks have it, and is kept as text",
        )

    @pytest.mark.parametrize("source", [3, {}, [1], ["a", None]])
    def test_a_source_that_is_no_text_is_kept_as_text(self, source):
        cell = self.read_cell(source=source)
        assert (cell.cell_type, cell.source, cell.id) == ("raw", json.dumps(source), "x")

    def test_a_cell_without_a_source_is_empty(self):
        assert self.read_cell(source=None).source == ""

    @pytest.mark.parametrize("kind", ["code", "markdown"])
    def test_of_a_very_long_cell_the_beginning_is_kept_and_the_rest_is_noted(self, kind):
        cell = {"cell_type": kind, "source": "x" * (2**20 + 1), "id": "x"}
        notebook, [note] = reads(as_bytes({"nbformat": 4, "cells": [cell]}))
        assert notebook.cells[0].source == "x" * 2**20
        assert "cell 1 has 1,048,577 characters, the limit is 1,048,576" in note

    @pytest.mark.parametrize("kind", ["png", "jpeg"])
    @pytest.mark.parametrize(
        "form",
        [
            "![my plot](data:image/{kind};base64,{data})",
            '![my plot]( data:image/{kind};base64,{data} "title")',
            '<img width=300 src="data:image/{kind};base64,{data}" alt="plot"/>',
            "<img src='data:image/{kind};base64,{data}'>",
        ],
    )
    def test_a_picture_that_colab_pasted_into_a_text_is_an_attachment(self, kind, form):
        data = "iVBORw0KGgo=" + "A" * 2**21
        written = f"Before.\n{form.format(kind=kind, data=data)}\nAfter."
        cell = self.read_cell(cell_type="markdown", source=written)
        [(name, bundle)] = cell.attachments.items()
        assert bundle == {f"image/{kind}": data}
        lines = cell.source.splitlines()
        assert (lines[0], lines[2]) == ("Before.", "After.")
        assert lines[1].endswith(f"](attachment:{name})")

    def test_code_that_holds_a_picture_stays_as_it_is(self):
        code = 'show("![x](data:image/png;base64,AAAA)")'
        assert self.read_cell(source=code).source == code

    def test_a_picture_without_an_end_takes_no_long_time(self):
        source = "![x](data:image/png;base64," + "A" * 2**19
        assert self.read_cell(cell_type="markdown", source=source).source == source

    def test_an_attachment_that_cannot_be_shown_is_noted(self):
        attachments = {"a.gif": {"image/gif": "R0lGOD"}, "b.png": {"image/png": "aGk="}}
        cell = {"cell_type": "markdown", "source": "x", "attachments": attachments}
        _, [note] = reads(as_bytes({"nbformat": 4, "cells": [cell]}))
        assert note.startswith("cell 1 holds a.gif: only PNG and JPEG pictures are shown")

    def test_a_source_in_lines_is_joined(self):
        assert self.read_cell(source=["a\n", "b"]).source == "a\nb"

    @pytest.mark.parametrize("kind", ["heading", "", None, 7, [], {}])
    def test_an_unknown_type_is_raw(self, kind):
        assert self.read_cell(cell_type=kind).cell_type == "raw"

    @pytest.mark.parametrize("identity", [None, 3, "", "a b", "../../x", "x" * 65, "<b>", [], "日本"])
    def test_an_invalid_id_is_dropped(self, identity):
        assert "id" not in self.read_cell(id=identity)

    @pytest.mark.parametrize(
        "metadata", [None, [], "x", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": 3}}]
    )
    def test_metadata_of_a_wrong_type_is_dropped(self, metadata):
        assert self.read_cell(metadata=metadata).metadata == {}

    def test_nothing_but_the_grade_id_is_kept_of_the_metadata(self):
        entry = {"grade_id": "a", "points": 100, "solution": True}
        cell = self.read_cell(
            metadata={"nbgrader": entry, "tags": ["skip"]}, outputs=[1], execution_count="x"
        )
        assert cell.metadata == {"nbgrader": {"grade_id": "a"}}
        assert set(cell) == {"cell_type", "source", "metadata", "id", "outputs", "execution_count"}
        assert cell.outputs == []

    @pytest.mark.parametrize(
        "metadata", [None, [], "x", {"kernelspec": {"name": "evil"}, "autograder": {"a": 1}}]
    )
    def test_metadata_of_the_notebook_is_not_read(self, metadata):
        content = good()
        content["metadata"] = metadata
        assert reads(as_bytes(content))[0].metadata == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "nbformat", "source", "metadata", "id", "worksheets", "input"]), inner
        )
    ),
    max_leaves=20,
)


class TestAnything:
    """Whatever the file is: a notebook, or one sentence."""

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=200))
    @example(b"\xef\xbb\xbf")
    @example(b"\xff\xfe{\x00}\x00")
    def test_no_bytes_raise_anything_but_a_submission_error(self, data):
        self.attempt(data)

    @settings(max_examples=200, deadline=None)
    @given(json_values)
    def test_no_json_raises_anything_but_a_submission_error(self, content):
        self.attempt(as_bytes(content))

    @settings(max_examples=150, deadline=None)
    @given(json_values, st.randoms(use_true_random=False))
    def test_a_notebook_with_anything_anywhere_in_it_raises_nothing_else(self, value, chance: random.Random):
        content = good()
        where = content
        while isinstance(where, (dict, list)) and where:
            key = chance.choice(list(where)) if isinstance(where, dict) else chance.randrange(len(where))
            if chance.random() < 0.4 or not isinstance(where[key], (dict, list)):
                where[key] = value
                break
            where = where[key]
        self.attempt(as_bytes(content))

    def attempt(self, data: bytes) -> None:
        try:
            notebook, notes = reads(data)
        except SubmissionError as error:
            notebook, notes = None, (str(error),)
        assert not any("\n" in note for note in notes)
        json.dumps([notebook, notes], ensure_ascii=False).encode()
