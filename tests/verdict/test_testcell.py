"""A test cell runs in the grader; only exact success is a pass."""

from __future__ import annotations

import linecache
import random
import sys

import numpy as np
import pytest
import torch

from autograder.boundary.channel import Channel
from autograder.boundary.current import current_student
from autograder.errors import BoundaryError, CellTimeout, KernelDied
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status, Verdict
from tests.fakes import InProcessKernel


def judge(test: str, student: str = "") -> Verdict:
    return run_test_cell(test, InProcessKernel(student))


class TestVerdict:
    def test_a_right_answer_passes_and_says_nothing(self):
        verdict = judge("assert double(2) == 4", "def double(x):\n    return 2 * x")
        assert (verdict.status, verdict.message, verdict.trace) == (Status.PASSED, "", "")

    def test_a_wrong_answer_fails_with_the_teachers_words(self):
        verdict = judge("assert double(2) == 4, 'twice two is four'", "def double(x):\n    return x")
        assert verdict.status is Status.FAILED
        assert verdict.message == "twice two is four"

    def test_an_assertion_without_words_is_quoted(self):
        verdict = judge("x = 1\nassert double(2) == 4", "def double(x):\n    return x")
        assert verdict.message == "this does not hold: assert double(2) == 4"

    def test_a_hidden_assertion_is_never_quoted(self):
        test = "assert a == 1\n### BEGIN HIDDEN TESTS\nassert a == 42\n### END HIDDEN TESTS"
        verdict = judge(test, "a = 1")
        assert verdict.status is Status.FAILED
        assert verdict.message == "a hidden check does not hold"
        assert "42" not in verdict.trace

    def test_an_exception_of_the_students_shows_their_own_traceback(self):
        verdict = judge("f(0)\nassert True", "def f(x):\n    return 1 / x")
        assert verdict.status is Status.ERROR
        assert verdict.message == "your code raised ZeroDivisionError: division by zero"
        assert "return 1 / x" in verdict.trace

    def test_an_exception_of_the_students_own_class_is_named_once(self):
        verdict = judge("f()", "class Mine(Exception): pass\ndef f():\n    raise Mine('no')")
        assert verdict.message == "your code raised Mine: no"

    def test_a_placeholder_that_is_still_there_is_called_that(self):
        verdict = judge("f()", "def f():\n    raise NotImplementedError")
        assert verdict.status is Status.FAILED
        assert "not answered yet" in verdict.message

    def test_a_name_that_does_not_exist_is_asked_after(self):
        verdict = judge("assert double(2) == 4")
        assert verdict.status is Status.ERROR
        assert "double" in verdict.message
        assert "did the cell that defines it run" in verdict.message

    def test_an_object_in_the_place_of_data_cannot_be_checked(self):
        verdict = judge("assert f() == 4", "class A:\n    __eq__ = lambda *_: True\ndef f():\n    return A()")
        assert verdict.status is Status.ERROR
        assert "expected plain data to compare, got an object of class A" in verdict.message

    def test_a_number_that_lies_does_not_pass(self):
        student = "class Liar(int):\n    __eq__ = lambda *_: True\ndef f():\n    return Liar(3)"
        assert judge("assert f() == 4", student).status is Status.ERROR
        assert judge("assert 4 == f()", student).status is Status.ERROR

    def test_a_value_that_is_nan_does_not_pass_a_bound(self):
        assert judge("assert f() <= 1", "def f():\n    return float('nan')").status is Status.FAILED

    @pytest.mark.parametrize("error", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration"])
    def test_no_exception_of_the_students_ends_the_grader_or_passes(self, error):
        for test in ("f()", "list(map(lambda _: f(), [1, 2]))", "assert [x for x in iter(f, 1)] == []"):
            verdict = judge(test, f"def f():\n    raise {error}")
            assert verdict.status is Status.ERROR
            assert error in verdict.message

    @pytest.mark.parametrize(
        "test", ["raise SystemExit(0)", "exit(0)", "import sys; sys.exit()", "raise GeneratorExit"]
    )
    def test_a_test_cell_that_leaves_early_has_not_passed(self, test):
        assert judge(test).status is Status.ERROR

    def test_a_test_cell_that_is_not_python_has_not_passed(self):
        assert judge("assert (").status is Status.ERROR

    def test_a_message_is_cleaned_and_shortened(self):
        verdict = judge("f()", "def f():\n    raise ValueError('\\x1b[31m' + 'x' * 100_000)")
        assert "\x1b" not in verdict.message
        assert len(verdict.message) < 5_000


class TestWhereNamesComeFrom:
    def test_names_of_the_grader_do_not_exist_for_a_test_cell(self):
        assert judge("run_test_cell").status is Status.ERROR
        assert judge("Verdict").status is Status.ERROR

    def test_what_a_test_cell_imports_is_the_graders(self):
        student = "import torch\nclass Fake:\n    pass\ntorch_ = torch\ntorch = Fake()"
        assert judge("import torch\nassert torch.ones(1).item() == 1", student).status is Status.PASSED

    def test_a_builtin_is_the_graders_whatever_the_student_assigned(self):
        student = "len = lambda x: 3\nsum = None\ndef f():\n    return [1]"
        assert judge("assert len(f()) == 3", student).status is Status.FAILED

    def test_the_main_module_of_the_grader_is_not_changed(self):
        before = dict(vars(sys.modules["__main__"]))
        judge("leaked = 1\nassert a == 1", "a = 1")
        assert vars(sys.modules["__main__"]) == before

    def test_the_students_kernel_is_current_only_while_the_cell_runs(self):
        student = "def f():\n    return 1"
        test = "from autograder.boundary.current import current_student\nassert current_student() is not None"
        assert judge(test, student).status is Status.PASSED
        assert current_student() is None

    def test_a_cell_that_needs_nothing_asks_for_nothing(self):
        kernel = InProcessKernel()
        assert run_test_cell("assert True", kernel).status is Status.PASSED
        assert kernel.requests == 0


class TestBrokenKernel:
    class Broken(Channel):
        def __init__(self, error: Exception) -> None:
            self.error = error

        def request(self, payload: bytes) -> list[bytes]:
            self.broken = self.error
            raise self.error

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (CellTimeout.after(30), Status.TIMEOUT),
            (KernelDied.because("stopped"), Status.KERNEL_DIED),
        ],
    )
    def test_a_kernel_that_is_gone_has_its_own_status(self, error, status):
        verdict = run_test_cell("f()", self.Broken(error))
        assert verdict.status is status
        assert verdict.message == str(error)

    def test_a_check_that_does_not_end_is_stopped(self):
        verdict = run_test_cell("while True:\n    pass", InProcessKernel(), seconds=0.1)
        assert verdict.status is Status.TIMEOUT
        assert "could not be checked within 0.1 s" in verdict.message

    @pytest.mark.parametrize("end", ["die", "hang"])
    def test_an_end_that_the_test_cell_swallows_is_not_a_pass(self, end):
        test = "try:\n    f()\nexcept BaseException:\n    pass\nassert True"
        verdict = judge(test, f"def f():\n    {end}()")
        assert verdict.status in (Status.TIMEOUT, Status.KERNEL_DIED)

    def test_an_error_of_the_wire_format_that_is_swallowed_in_a_check_fails_its_comparison(self):
        class Forger(Channel):
            def request(self, payload):
                return [b'["verdict", "passed"]', b"", b""]

        verdict = run_test_cell("assert f() == 1", Forger())
        assert verdict.status is Status.ERROR
        assert BoundaryError.__name__ in verdict.message


class TestWhatIsLeftBehind:
    def test_random_numbers_are_the_same_in_every_run(self):
        test = (
            "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
        )
        first = judge(test).printed
        random.random(), np.random.rand(), torch.rand(1)
        assert judge(test).printed == first
        assert first.strip()

    def test_what_the_test_cell_prints_is_kept_apart(self, capsys):
        assert judge("print('from the test')").printed == "from the test\n"
        assert capsys.readouterr().out == ""

    def test_warnings_cost_nothing(self):
        assert judge("import warnings\nwarnings.warn('old')").status is Status.PASSED

    def test_no_source_is_left_in_the_line_cache(self):
        run_test_cell("assert False", InProcessKernel(), "secret_test")
        assert "<secret_test>" not in linecache.cache


class TestRecords:
    TEST = (
        "from autograder.checking.records import record\n"
        "record('sweep', [{'value': a, 'score': 1.0}])\n"
        "assert a == 2, 'a is two'"
    )

    def test_tables_are_kept_beside_the_verdict(self):
        verdict = judge(self.TEST, "a = 2")
        assert verdict.status is Status.PASSED
        assert verdict.records == {"sweep": [{"value": 2, "score": 1.0}]}

    def test_a_cell_that_fails_keeps_its_tables_and_still_fails(self):
        verdict = judge(self.TEST, "a = 3")
        assert (verdict.status, verdict.message) == (Status.FAILED, "a is two")
        assert verdict.records == {"sweep": [{"value": 3, "score": 1.0}]}

    def test_a_cell_keeps_nothing_of_another(self):
        judge(self.TEST, "a = 2")
        assert judge("assert a == 2", "a = 2").records == {}


class TestHiddenInputs:
    TEST = "import torch, random\nfrom autograder.checking.seeds import generator\nprint(torch.rand(1, generator=generator(3)).item(), torch.rand(1).item(), random.random())"

    def test_they_are_the_same_for_the_same_seed_and_others_for_another(self):
        one, again, other = (
            run_test_cell(self.TEST, InProcessKernel(), seed=seed).printed.split() for seed in (1, 1, 2)
        )
        assert one == again
        assert all(a != b for a, b in zip(one, other, strict=True))


class TestWhatMayCarryHiddenInputs:
    TEST = "f(1)\n### BEGIN HIDDEN TESTS\nf(48151623)\n### END HIDDEN TESTS"

    def told(self, body: str, test: str = TEST, **options) -> Verdict:
        return run_test_cell(test, InProcessKernel(f"def f(x):\n{body}"), **options)

    @pytest.mark.parametrize(
        "body",
        [
            "    if x > 1: raise ValueError(x)",
            "    if x > 1: raise ValueError(hex(x))",
            "    if x > 1: raise type(f'Got{x}', (Exception,), {})('')",
            "    if x > 1: raise KeyError(str(x)[::-1])",
            "    if x > 1: {}[x]",
            "    if x > 1: [][x]; exec('raise E')",
            "    if x > 1: raise NameError(f\"name 'x{x}' is not defined\")",
            "    if x > 1: raise UnicodeDecodeError('utf-8', b'', 0, 1, str(x))",
        ],
    )
    def test_what_is_raised_in_a_hidden_part_is_told_to_markers_only(self, body):
        verdict = self.told(body)
        assert verdict.status is Status.ERROR
        for carried in ("48151623", hex(48151623), "32615184"):
            assert carried not in verdict.message + verdict.trace
        assert "your code raised" in verdict.message
        assert verdict.withheld

    def test_what_is_raised_in_the_visible_part_is_told(self):
        verdict = self.told("    raise ValueError(f'this is {x}')")
        assert verdict.message == "your code raised ValueError: this is 1"
        assert "raise ValueError" in verdict.trace

    def test_after_other_tests_nothing_is_told_that_could_have_been_kept(self):
        verdict = self.told("    raise ValueError('kept: 815')", tested=True)
        assert "815" not in verdict.message + verdict.trace
        assert "kept: 815" in verdict.withheld

    def test_the_usual_words_of_a_library_stay_without_their_numbers(self):
        verdict = self.told("    if x > 1: torch.ones(2, 3) @ torch.ones(4, 5)\nimport torch")
        assert verdict.message == (
            "your code raised RuntimeError: mat1 and mat2 shapes cannot be multiplied (…x… and …x…)"
        )

    def test_a_check_that_quotes_what_was_raised_quotes_no_more_than_that(self):
        test = (
            "### BEGIN HIDDEN TESTS\nfrom autograder.checking.calls import call\n"
            "done = call(f, 48151623)\nassert done.error is None, f'it raised {type(done.error).__name__}: {done.error}'\n"
            "### END HIDDEN TESTS"
        )
        verdict = self.told("    raise ValueError(f'got {x}')", test)
        assert "it raised ValueError: (its message" in verdict.message
        assert "48151623" not in verdict.message
        assert "got 48151623" in verdict.withheld

    def test_a_helper_of_the_visible_part_that_a_hidden_one_calls_hides_too(self):
        test = "def ask(x):\n    return f(x)\n### BEGIN HIDDEN TESTS\nask(48151623)\n### END HIDDEN TESTS"
        assert "48151623" not in self.told("    raise ValueError(x)", test).message

    @pytest.mark.parametrize(
        "asked",
        [
            "await f(48151623)",
            "asyncio.run(f(48151623))",
            "await ask(48151623)",
            "await asyncio.gather(ask(48151623))",
            "asyncio.run(asyncio.wait_for(ask(48151623), 9))",
            "await asyncio.create_task(ask(48151623))",
        ],
    )
    def test_a_coroutine_that_meets_hidden_inputs_hides_too(self, asked):
        test = (
            f"import asyncio\nasync def ask(x):\n    return await f(x)\n### BEGIN HIDDEN TESTS\n{asked}\n"
            "### END HIDDEN TESTS"
        )
        student = "async def f(x):\n    raise ValueError(x)"
        verdict = run_test_cell(test, InProcessKernel(student))
        assert "48151623" not in verdict.message + verdict.trace
        assert "ValueError" in verdict.message
        assert "48151623" in verdict.withheld

    @pytest.mark.parametrize(
        "asked",
        [
            "list(ThreadPoolExecutor(1).map(f, [48151623]))",
            "ThreadPoolExecutor(1).submit(f, 48151623).result()",
            "thread = Thread(target=f, args=[48151623])\nthread.start()\nthread.join()",
            "await asyncio.to_thread(f, 48151623)",
        ],
    )
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_thread_that_meets_hidden_inputs_hides_too(self, asked):
        test = (
            "import asyncio\nfrom threading import Thread\nfrom concurrent.futures import ThreadPoolExecutor\n"
            f"### BEGIN HIDDEN TESTS\n{asked}\n### END HIDDEN TESTS"
        )
        verdict = self.told("    raise ValueError(x)", test)
        assert "48151623" not in verdict.message + verdict.trace
        assert "48151623" in verdict.withheld

    def test_a_coroutine_that_meets_no_hidden_inputs_tells_what_it_raised(self):
        test = "assert await f(7) == 1\n### BEGIN HIDDEN TESTS\nawait f(8)\n### END HIDDEN TESTS"
        verdict = run_test_cell(test, InProcessKernel("async def f(x):\n    raise ValueError(x)"))
        assert verdict.message == "your code raised ValueError: 7"

    def test_the_exceptions_in_a_group_hide_too(self):
        verdict = self.told("    if x > 1: raise ExceptionGroup(f'g{x}', [ValueError(x)])")
        assert "48151623" not in verdict.message + verdict.trace
        assert "48151623" in verdict.withheld

    def test_an_error_that_torch_raises_is_no_placeholder(self):
        student = "import torch\nclass Net(torch.nn.Module):\n    def foward(self, x):\n        return x\ndef f(x):\n    return Net()(x)"
        verdict = run_test_cell("f(1)", InProcessKernel(student))
        assert "not answered yet" not in verdict.message
        assert "forward" in verdict.message
