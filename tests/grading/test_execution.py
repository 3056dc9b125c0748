"""A notebook is executed: the student's cells in kernels, the test cells here."""

from __future__ import annotations

import sys
from dataclasses import asdict

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from autograder.errors import CellTimeout, KernelDied
from autograder.grading import execution as module
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from autograder.submission.repair import rebuild
from autograder.verdict.verdict import Status
from tests import small_course
from tests.fakes import FakeKernels, InProcessKernel, text_of


def code(source: str, identity: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, id=identity)


def graded(source: str, identity: str, points: float = 1) -> NotebookNode:
    cell = code(source, identity)
    cell.metadata.nbgrader = nbformat.from_dict(
        {"grade": True, "solution": False, "task": False, "grade_id": identity, "points": points}
    )
    return cell


def run(kernels: FakeKernels, *cells: NotebookNode, limits: Limits | None = None, **metadata) -> Execution:
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    return execute(Task(notebook=notebook, limits=limits or Limits()), kernels)


def statuses(execution: Execution) -> dict[str, str]:
    return {result.cell: str(result.status) for result in execution.cells}


class TestTheSmallCourse:
    def rebuilt(self, course, **answers):
        return rebuild(course.template("small"), small_course.answered(course, **answers)).notebook

    def test_correct_answers_get_all_points(self, course, kernels):
        execution = execute(Task(notebook=self.rebuilt(course)), kernels)
        assert statuses(execution) == {"test_scale": "passed", "test_total": "passed", "task": "manual"}

    def test_a_wrong_answer_costs_its_own_points_only(self, course, kernels):
        execution = execute(Task(notebook=self.rebuilt(course, scale=small_course.WRONG_SCALE)), kernels)
        assert [result.points for result in execution.cells] == [0.0, 3.0, None]
        assert [result.max_points for result in execution.cells] == [2.0, 3.0, 4.0]

    def test_an_answer_that_only_satisfies_the_visible_test_is_found_out(self, course, kernels):
        answer = "def total(values):\n    return 3"
        execution = execute(Task(notebook=self.rebuilt(course, total=answer)), kernels)
        assert statuses(execution)["test_total"] == "failed"
        assert execution.cells[1].message == "a hidden check does not hold"

    def test_the_kernel_never_sees_a_test_or_a_reference(self, course, kernels):
        execute(Task(notebook=self.rebuilt(course)), kernels)
        [kernel] = kernels.opened
        seen = "\n".join(kernel.history) + repr(kernel.namespace)
        assert "assert" not in seen
        assert "by_reference" not in seen
        assert "0.75" not in seen

    def test_tables_that_tests_keep_are_in_their_results(self, kernels):
        test = "from autograder.checking.records import record\nrecord('sweep', [{'score': a}])"
        execution = run(kernels, code("a = 1", "one"), graded(test, "t1"), graded("assert a == 1", "t2"))
        assert [cell.records for cell in execution.cells] == [{"sweep": [{"score": 1}]}, {}]

    def test_the_kernel_is_closed_at_the_end(self, course, kernels):
        execute(Task(notebook=self.rebuilt(course)), kernels)
        assert [kernel.closed for kernel in kernels.opened] == [True]


class TestOrder:
    def test_a_test_cell_sees_what_the_cells_before_it_have_made(self, kernels):
        execution = run(
            kernels,
            code("a = 1", "one"),
            graded("assert a == 1", "t1"),
            code("a = 2", "two"),
            graded("assert a == 2", "t2"),
        )
        assert statuses(execution) == {"t1": "passed", "t2": "passed"}

    def test_outputs_are_kept_under_the_ids_of_their_cells(self, kernels):
        execution = run(kernels, code("print(1)\n2", "one"), code("1 / 0", "two"), code("", "empty"))
        assert text_of(execution.outputs["one"]) == "1\n2"
        assert "ZeroDivisionError" in text_of(execution.outputs["two"])
        assert "empty" not in execution.outputs

    def test_a_cell_that_raises_does_not_stop_the_next_one(self, kernels):
        execution = run(kernels, code("1 / 0", "one"), code("a = 1", "two"), graded("assert a == 1", "t"))
        assert statuses(execution) == {"t": "passed"}
        assert execution.problems == ()

    def test_a_code_answer_that_a_person_grades_is_run_and_left_to_them(self, kernels):
        cell = graded("print('plot')", "manual", points=4)
        cell.metadata.nbgrader.solution = True
        execution = run(kernels, cell)
        assert statuses(execution) == {"manual": "manual"}
        assert execution.cells[0].points is None
        assert text_of(execution.outputs["manual"]) == "plot\n"


class TestOutputsOfTestCells:
    def grade(self, execution: Execution, cell: NotebookNode) -> float:
        cell.outputs = [nbformat.from_dict(output) for output in execution.outputs[cell.id]]
        return determine_grade(cell)[0]

    @pytest.mark.parametrize(
        "body",
        [
            "import sys; print('noise', file=sys.stderr)",
            "import warnings; warnings.warn('deprecated')",
            "print(0)",
            "import sys; sys.stderr.write('Traceback: Error')",
        ],
    )
    def test_what_a_function_prints_in_a_call_costs_nothing(self, kernels, body):
        cell = graded("assert f() == 1", "t", points=3)
        execution = run(kernels, code(f"def f():\n    {body}\n    return 1", "one"), cell)
        assert statuses(execution) == {"t": "passed"}
        assert self.grade(execution, cell) == 3.0

    @pytest.mark.parametrize("test_source", ["assert f() == 2", "f().no_such_attribute", "assert g() == 1"])
    def test_nbgrader_reads_no_points_from_a_test_that_did_not_pass(self, kernels, test_source):
        cell = graded(test_source, "t", points=3)
        execution = run(kernels, code("def f():\n    print(3)\n    return 1", "one"), cell)
        assert execution.cells[0].points == 0.0
        assert self.grade(execution, cell) == 0.0

    @pytest.mark.parametrize("kind", ["execute_result", "error", "stream"])
    def test_no_output_of_a_kernel_is_read_as_a_score_or_a_failure(self, kind):
        outputs = {
            "execute_result": {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1},
            "error": {"ename": "E", "evalue": "e", "traceback": ["E: e"]},
            "stream": {"name": "stderr", "text": "e"},
        }

        class Forger(InProcessKernel):
            def request(self, payload):
                buffers = super().request(payload)
                self._output(kind, **outputs[kind])
                return buffers

        cell = graded("assert a == 1", "t", points=3)
        execution = run(lambda _: Forger("a = 1"), cell)
        assert len(execution.outputs["t"]) == 1
        assert self.grade(execution, cell) == 3.0

    def test_the_output_of_a_cell_before_is_not_shown_again(self, kernels):
        execution = run(kernels, code("print('before')\na = 1", "one"), graded("assert a == 1", "t"))
        assert execution.outputs["t"] == []

    def test_the_message_is_shown_below_the_test(self, kernels):
        execution = run(kernels, code("a = 1", "one"), graded("assert a == 2, 'a is two'", "t"))
        assert text_of(execution.outputs["t"]) == "failed: a is two"

    def test_the_students_traceback_is_shown_where_their_code_raised(self, kernels):
        execution = run(kernels, code("def f():\n    return [][1]", "one"), graded("f()", "t"))
        shown = text_of(execution.outputs["t"])
        assert "return [][1]" in shown
        assert "IndexError" in shown


class TestAKernelThatEnds:
    @pytest.mark.parametrize(("end", "status"), [("die", "kernel-died"), ("hang", "timeout")])
    def test_it_costs_only_the_test_that_it_ended_in(self, kernels, end, status):
        execution = run(
            kernels,
            code("a = 1", "one"),
            code(f"def bad():\n    {end}()", "two"),
            graded("assert a == 1", "t1"),
            graded("bad()", "t2"),
            graded("assert a == 1", "t3"),
        )
        assert statuses(execution) == {"t1": "passed", "t2": status, "t3": "passed"}
        assert [kernel.history for kernel in kernels.opened] == [["a = 1", f"def bad():\n    {end}()"]] * 2
        assert len(execution.problems) == 1
        assert "t2" in execution.problems[0]

    @pytest.mark.parametrize("end", ["die", "hang"])
    def test_a_cell_that_ends_it_is_not_run_again(self, kernels, end):
        execution = run(
            kernels,
            code("a = 1", "one"),
            code(f"print('here')\n{end}()\nb = 1", "two"),
            code("c = 1", "three"),
            graded("assert a == c", "t1"),
            graded("assert b == 1", "t2"),
        )
        assert statuses(execution) == {"t1": "passed", "t2": "error"}
        assert kernels.opened[1].history == ["a = 1", "c = 1"]
        shown = text_of(execution.outputs["two"])
        assert "here" in shown
        assert ("CellTimeout" if end == "hang" else "KernelDied") in shown

    def test_the_random_numbers_of_a_new_kernel_are_those_of_the_old_one(self, kernels):
        draw = "import torch\nx = torch.rand(1).item()\nprint(x)"
        execution = run(kernels, code(draw, "one"), code("die()", "two"), code("print(x)", "three"))
        assert text_of(execution.outputs["one"]) == text_of(execution.outputs["three"])

    def test_every_dead_kernel_is_closed(self, kernels):
        run(kernels, *(code("die()", f"c{number}") for number in range(3)))
        assert [kernel.closed for kernel in kernels.opened] == [True] * 3

    def test_it_is_not_started_for_ever(self, kernels):
        cells = [code("die()", f"c{number}") for number in range(10)]
        execution = run(kernels, *cells, graded("assert True", "t"), limits=Limits(restarts=2))
        assert len(kernels.opened) == 3
        assert statuses(execution) == {"t": "kernel-died"}
        assert "too often" in execution.cells[0].message

    def test_a_kernel_that_does_not_start_fails_the_tests_and_nothing_else(self):
        def broken(_):
            raise KernelDied.because("no memory")

        execution = run(broken, code("a = 1", "one"), graded("assert True", "t"))
        assert statuses(execution) == {"t": "kernel-died"}
        assert execution.cells[0].points == 0.0

    def test_a_cell_that_ends_the_new_kernel_is_left_out_of_it_and_costs_only_itself(self, tmp_path):
        kernels = FakeKernels(folder=tmp_path)
        once = "import os\nif os.path.exists('seen'):\n    die()\nopen('seen', 'w').close()\na = 1"
        execution = run(
            kernels,
            code("b = 1", "zero"),
            code(once, "one"),
            graded("assert a == 1", "t1"),
            code("die()", "two"),
            graded("assert a == 1", "t2"),
            graded("assert b == 1", "t3"),
            code("die()", "three"),
            graded("assert b == 1", "t4"),
        )
        assert statuses(execution) == {"t1": "passed", "t2": "error", "t3": "passed", "t4": "passed"}
        assert "its cell 'one' was stopped" in execution.cells[1].message
        assert len(kernels.opened) == 4


class TestACellThatStopped:
    def told(self, kernels, *cells) -> str:
        return run(kernels, *cells).cells[-1].message

    def test_the_test_of_what_it_should_define_says_what_stopped_it(self, kernels):
        answer = code("import mnist_tools\ndef f():\n    return 1", "answer-f")
        assert self.told(kernels, answer, graded("assert f() == 1", "t")) == (
            "'f' is not defined, because its cell 'answer-f' was stopped: "
            "ModuleNotFoundError: No module named 'mnist_tools' (this package is not installed where the work is graded)"
        )

    @pytest.mark.parametrize("fault", ["def f(:", "  def f(): pass\n def g(): pass"])
    def test_a_cell_that_is_no_python_too(self, kernels, fault):
        message = self.told(kernels, code(f"def f():\n    return 1\n{fault}", "a"), graded("f()", "t"))
        assert "its cell 'a' was stopped: " in message
        assert "Error" in message

    def test_a_function_that_misses_a_name_says_so_too(self, kernels):
        cells = code("1 / 0\nimport math", "imports"), code("def f():\n    return math.pi", "a")
        message = self.told(kernels, *cells, graded("f()", "t"))
        assert "'math' is not defined" in message
        assert "'imports' was stopped: ZeroDivisionError: division by zero" in message

    @pytest.mark.parametrize("end", ["die", "hang"])
    def test_a_cell_that_ended_its_kernel_too(self, kernels, end):
        message = self.told(kernels, code(f"{end}()\ndef f():\n    return 1", "a"), graded("f()", "t"))
        assert "its cell 'a' was stopped: " in message

    def test_a_placeholder_is_called_that(self, kernels):
        message = self.told(
            kernels, code("raise NotImplementedError\nguess = 1", "a"), graded("assert guess", "t")
        )
        assert message == "not answered yet: the placeholder is still there"

    def test_what_a_library_has_not_implemented_is_no_placeholder(self, kernels):
        cell = code("import torch\ntorch.nn.Module()(1)\nguess = 1", "a")
        assert 'missing the required "forward"' in self.told(kernels, cell, graded("assert guess", "t"))

    @pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
    @pytest.mark.parametrize(
        "line",
        ["print(f'{names['a']}')", "print(f\"{'\\n'.join(names)}\")", "type Row = list", "def g[T](x): pass"],
    )
    def test_syntax_of_a_newer_python_is_called_that(self, kernels, line):
        message = self.told(kernels, code(f"def guess(): pass\n{line}", "a"), graded("guess()", "t"))
        assert "(graded with Python 3.11; this is written as newer versions allow it)" in message

    def test_a_name_that_nothing_defines_is_asked_after(self, kernels):
        message = self.told(kernels, code("1 / 0", "a"), graded("f()", "t"))
        assert message == "name 'f' is not defined: did the cell that defines it run without an error?"

    def test_behind_hidden_tests_what_it_raised_is_not_quoted(self, kernels):
        message = self.told(
            kernels,
            graded("### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS", "t0"),
            code("raise ValueError('815')\ndef f(): pass", "a"),
            graded("f()", "t"),
        )
        assert message.endswith("its cell 'a' was stopped: ValueError")

    @pytest.mark.parametrize("hides", [False, True])
    def test_behind_a_test_of_which_students_see_all_it_is_quoted(self, kernels, hides):
        message = self.told(
            kernels,
            graded("import checks.nothing" if hides else "assert True", "t0"),
            code("raise ValueError('815')\ndef f(): pass", "a"),
            graded("f()", "t"),
        )
        assert ("815" in message) is not hides


class TestTime:
    def test_each_cell_and_each_test_has_its_own_limit(self, kernels):
        limits = Limits(cell_seconds=7, test_seconds=3)
        run(kernels, code("a = 1", "one"), graded("assert a == 1", "t"), limits=limits)
        [kernel] = kernels.opened
        assert kernel.time_limits[-1] == 3
        assert 7 in kernel.time_limits

    def test_what_is_not_run_for_want_of_time_is_no_pass(self, kernels):
        limits = Limits(notebook_seconds=0)
        execution = run(kernels, code("a = 1", "one"), graded("assert True", "t"), limits=limits)
        assert statuses(execution) == {"t": "timeout"}
        assert "whole submission" in execution.cells[0].message
        assert kernels.opened == []

    def test_no_cell_may_take_longer_than_the_submission_has_left(self, kernels):
        limits = Limits(notebook_seconds=5, cell_seconds=100, test_seconds=100)
        run(kernels, code("a = 1", "one"), graded("assert a == 1", "t"), limits=limits)
        assert max(kernels.opened[0].time_limits) <= 5

    @pytest.mark.parametrize("used", ["cpu_seconds", "waiting_seconds"])
    def test_what_kernels_that_ended_have_used_counts(self, kernels, used):
        class Used(FakeKernels):
            def __call__(self, limits):
                kernel = super().__call__(limits)
                setattr(kernel, used, 3.0)
                return kernel

        kernels, limits = Used(), Limits(notebook_seconds=5)
        cells = [code("die()", f"c{number}") for number in range(3)]
        execution = run(kernels, *cells, graded("assert True", "t"), limits=limits)
        assert len(kernels.opened) == 2
        assert kernels.opened[1].limits.notebook_seconds == 2
        assert execution.cells[0].message == str(CellTimeout.of_the_whole(5))


class TestMissingAnswers:
    def test_the_test_of_a_missing_answer_says_so(self, kernels):
        notes = {"autograder": {"tests_of_missing_answers": ["t1", "t2"]}}
        execution = run(
            kernels,
            code("a = 1", "one"),
            graded("assert f() == 1", "t1"),
            graded("assert a == 1", "t2"),
            **notes,
        )
        assert statuses(execution) == {"t1": "missing", "t2": "passed"}


class TestResults:
    def test_an_execution_survives_its_file(self, kernels):
        execution = run(kernels, code("print(1)", "one"), graded("assert 1 == 2", "t"))
        assert Execution.from_json(asdict(execution)) == execution
        assert execution.cells[0].status is Status.FAILED

    def test_a_kernel_that_dies_while_a_test_is_judged_is_a_result(self, kernels, monkeypatch):
        def explode(*_, **__):
            raise KernelDied.because("anything")

        monkeypatch.setattr(module, "run_test_cell", explode)
        assert statuses(run(kernels, graded("assert True", "t"))) == {"t": "kernel-died"}
