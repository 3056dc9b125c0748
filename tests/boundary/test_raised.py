"""What the student's code raised, as the grader gets it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.boundary import encoding
from autograder.boundary.raised import load_error
from autograder.errors import BoundaryError, CellTimeout, StudentError
from autograder.text import MAX_TEXT, clean_text
from tests.boundary.replies import quick


class TestErrors:
    def described(self, error: BaseException) -> dict:
        try:
            raise error
        except BaseException as raised:
            return encoding.described(raised)

    def received(self, error: BaseException) -> Exception:
        return load_error(json.loads(json.dumps(self.described(error))))

    @pytest.mark.parametrize(
        "error",
        [
            ValueError("no"),
            IndexError("a"),
            ZeroDivisionError("b"),
            NotImplementedError(),
            AssertionError("c"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_a_builtin_exception_keeps_its_type_and_its_message(self, error):
        received = self.received(error)
        assert type(received) is type(error)
        assert str(received) == str(error)
        assert received.student_type == type(error).__name__
        assert type(error).__name__ in received.student_traceback

    def test_a_key_error_keeps_its_key_readable(self):
        assert "lost" in str(self.received(KeyError("lost")))
        assert type(self.received(KeyError("lost"))) is KeyError

    @pytest.mark.parametrize(
        "error",
        [StopIteration(1), StopAsyncIteration(), GeneratorExit(), SystemExit(0), KeyboardInterrupt()],
        ids=lambda error: type(error).__name__,
    )
    def test_exceptions_that_control_the_grader_are_not_raised_in_it(self, error):
        received = self.received(error)
        assert type(received) is StudentError
        assert type(error).__name__ in str(received)

    def test_an_exception_that_needs_more_arguments_is_a_student_error(self):
        received = self.received(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"))
        assert type(received) is StudentError
        assert "UnicodeDecodeError" in str(received)
        assert "invalid start byte" in str(received)

    def test_a_class_of_the_students_that_is_named_like_a_builtin_is_a_student_error(self):
        impostor = type("ValueError", (Exception,), {})
        assert type(self.received(impostor("no"))) is StudentError

    def test_a_subclass_of_a_builtin_is_caught_as_one(self):
        received = self.received(type("Mine", (ValueError,), {})("no"))
        assert isinstance(received, StudentError)
        assert isinstance(received, ValueError)
        assert not isinstance(received, RuntimeError)
        assert str(received) == "Mine: no"

    def test_no_exception_of_the_students_is_of_a_kind_that_ends_a_loop(self):
        received = self.received(type("Mine", (StopIteration,), {})("no"))
        assert type(received) is StudentError

    @pytest.mark.parametrize("name", ["CellTimeout", "KernelDied", "CheckFailed", "BoundaryError"])
    def test_exceptions_of_the_kit_cannot_be_forged(self, name):
        data = {"type": name, "builtin": name, "message": "x", "trace": ""}
        received = load_error(data)
        assert type(received) is StudentError
        assert not isinstance(received, CellTimeout)

    @pytest.mark.parametrize("name", ["print", "__import__", "int", "BaseException", "SystemExit", "", "?"])
    def test_only_exception_classes_are_taken_from_the_builtins(self, name):
        data = {"type": name, "builtin": name, "message": "x", "trace": ""}
        assert type(load_error(data)) is StudentError

    @settings(max_examples=200, deadline=None)
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                key: st.text() | st.none() | st.integers() | st.sampled_from(dir(__builtins__))
                for key in ("type", "builtin", "message", "trace")
            },
        )
    )
    def test_no_description_raises_anything_but_a_boundary_error(self, data):
        try:
            error = load_error(data)
        except BoundaryError:
            return
        assert isinstance(error, Exception)
        assert not isinstance(error, StopIteration)

    @pytest.mark.parametrize(
        "data", [None, [], "text", {}, {"type": 1, "builtin": "", "message": "", "trace": ""}]
    )
    def test_what_describes_no_exception_is_refused(self, data):
        with pytest.raises(BoundaryError, match="not described"):
            load_error(data)

    def test_an_exception_whose_str_raises_is_still_described(self):
        def explode(self):
            raise RuntimeError("in str")

        assert type(self.received(type("Rude", (Exception,), {"__str__": explode})())) is StudentError

    def test_messages_and_tracebacks_are_shortened(self):
        received = self.received(ValueError("x" * 100_000))
        assert len(str(received)) <= MAX_TEXT
        assert len(received.student_traceback) <= MAX_TEXT


class TestCleanText:
    @quick
    @given(st.text())
    def test_no_control_characters_are_left(self, text):
        cleaned = clean_text(text)
        assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in cleaned)
        assert not set(cleaned) & set("\x7f\x9b\u202e\u2066")
        cleaned.encode()

    def test_colours_are_removed_and_the_words_stay(self):
        assert clean_text("\x1b[31mred\x1b[0m\r\x07 end\nnext") == "red end\nnext"

    def test_ordinary_text_of_any_language_stays_as_it_is(self):
        assert clean_text("和は 3 です。\n\tça va") == "和は 3 です。\n\tça va"
