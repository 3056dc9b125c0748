"""What the student's code raised, as the grader gets it."""

from __future__ import annotations

import json
import subprocess
import unittest

import hypothesis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.boundary import encoding, wire
from autograder.boundary.agent import Agent
from autograder.boundary.raised import load_error
from autograder.boundary.withheld import withhold
from autograder.errors import BoundaryError, CellTimeout, StudentError
from autograder.text import MAX_TEXT, clean_text
from tests.boundary.replies import quick


def handle(number: int, name: str) -> None:
    return None


class TestErrors:
    def described(self, error: BaseException) -> dict:
        try:
            raise error
        except BaseException as raised:
            agent = Agent({})
            return agent.error(encoding.Encoder(agent), raised)

    def received(self, error: BaseException) -> BaseException:
        data = json.loads(json.dumps(self.described(error)))
        return load_error(
            data, value_of=lambda part: wire.decode([json.dumps(part).encode(), b"", b""], handle)
        )

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
        received = self.received(KeyError("lost"))
        assert type(received) is KeyError
        assert received.args == ("lost",)
        assert str(received) == "'lost'"

    def test_an_exception_keeps_its_arguments_and_its_attributes(self):
        error = ValueError("no", 3, [None])
        error.needed, error._private, error.student_type = {"a": 1}, 2, "x"
        received = self.received(error)
        assert received.args == ("no", 3, [None])
        assert received.needed == {"a": 1}
        assert not hasattr(received, "_private")
        assert received.student_type == "ValueError"

    def test_what_is_no_data_in_its_arguments_leaves_its_message(self):
        received = self.received(ValueError(object()))
        assert received.args == (str(received),)
        assert str(received).startswith("<object object")

    def test_an_exception_has_its_cause_and_an_error_of_the_system_its_number(self):
        error = ValueError("no")
        error.__cause__ = FileNotFoundError(2, "No such file", "a.txt")
        received = self.received(error)
        assert type(received.__cause__) is FileNotFoundError
        assert (received.__cause__.errno, received.__cause__.filename) == (2, "a.txt")

    def test_causes_without_end_are_left_out(self):
        error = ValueError("0")
        error.__cause__ = error
        for _ in range(5):
            assert isinstance(error := self.received(error), ValueError)

    @pytest.mark.parametrize(
        "error",
        [
            json.JSONDecodeError("no", "x", 0),
            subprocess.CalledProcessError(3, "ls"),
            np.linalg.LinAlgError("s"),
        ],
    )
    def test_an_exception_of_a_library_keeps_its_type_and_what_it_says(self, error):
        received = self.received(error)
        assert type(received) is type(error)
        assert str(received) == str(error)
        assert vars(received).items() >= vars(error).items()

    def test_what_ends_a_program_can_be_expected(self):
        assert type(self.received(SystemExit(3))) is SystemExit
        assert self.received(SystemExit(3)).code == 3
        assert type(self.received(KeyboardInterrupt())) is KeyboardInterrupt

    def test_a_group_has_its_exceptions_as_each_of_them_may_be_raised(self):
        received = self.received(
            ExceptionGroup("x", [ValueError("a"), unittest.SkipTest("b"), ExceptionGroup("y", [KeyError(1)])])
        )
        assert str(received) == "x (3 sub-exceptions)"
        assert [type(error) for error in received.exceptions] == [ValueError, StudentError, ExceptionGroup]
        assert type(received.exceptions[2].exceptions[0]) is KeyError

    def test_a_group_in_itself_ends(self):
        error = ExceptionGroup("x", [ExceptionGroup("x", [ValueError()])] * 3)
        for _ in range(8):
            error = ExceptionGroup("x", [error])
        assert isinstance(self.received(error), ExceptionGroup)

    @pytest.mark.parametrize(
        "error",
        [
            StopIteration(1),
            StopAsyncIteration(),
            GeneratorExit(),
            unittest.SkipTest("x"),
            BaseExceptionGroup("x", [KeyboardInterrupt()]),
            hypothesis.errors.UnsatisfiedAssumption("x"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_exceptions_that_control_the_grader_are_not_raised_in_it(self, error):
        received = self.received(error)
        assert type(received) is StudentError
        assert type(error).__name__ in str(received)

    def test_an_exception_that_needs_more_arguments_has_them(self):
        received = self.received(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"))
        assert type(received) is UnicodeDecodeError
        assert "invalid start byte" in str(received)

    def test_an_exception_that_cannot_be_made_again_is_a_student_error(self):
        error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        error.args = ("utf-8",)
        received = self.received(error)
        assert type(received) is StudentError
        assert str(received).startswith("UnicodeDecodeError: ")

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
                for key in ("type", "builtin", "message", "trace", "module")
            },
        )
    )
    def test_no_description_raises_anything_but_a_boundary_error(self, data):
        try:
            error = load_error(data)
        except BoundaryError:
            return
        assert isinstance(error, (Exception, SystemExit))
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


class TestWithheld:
    def test_attributes_stay_and_the_message_does_not(self):
        error = ValueError("secret", 3)
        error.student_type, error.need = "ValueError", 5
        told = withhold(error)
        assert type(told) is ValueError
        assert told.need == 5
        assert "secret" not in str(told)

    @pytest.mark.parametrize(
        "error",
        [
            subprocess.CalledProcessError(3, "secret"),
            UnicodeDecodeError("utf-8", b"", 0, 1, "secret"),
            type("E", (ValueError,), {"__str__": lambda self: getattr(self, "what", "")})("x"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_attributes_of_which_the_message_is_made_do_not_stay(self, error):
        error.student_type, error.what = type(error).__name__, "secret"
        assert "secret" not in str(withhold(error))
