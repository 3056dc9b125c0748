"""One kernel: outputs are bounded, ends are noticed, nothing that it sends is believed."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.boundary.student import Student
from autograder.errors import CellTimeout, KernelDied
from autograder.kernel.client import StudentKernel
from autograder.kernel.outputs import OutputCollector
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status
from tests.fakes import InProcessKernel, text_of


def stream(text: str, name: str = "stdout") -> dict:
    return {"header": {"msg_type": "stream"}, "content": {"name": name, "text": text}}


def message(kind: object, content: object) -> dict:
    return {"header": {"msg_type": kind}, "content": content}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["text", "name", "data", "ename", "evalue", "traceback", "text/plain", "image/png"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


class TestOutputCollector:
    def test_outputs_are_kept_in_order(self):
        collector = OutputCollector(10_000)
        collector.add(stream("a"))
        collector.add(message("display_data", {"data": {"text/plain": "b"}, "metadata": {}}))
        collector.add(message("error", {"ename": "E", "evalue": "c", "traceback": ["E: c"]}))
        assert [output.output_type for output in collector.outputs] == ["stream", "display_data", "error"]

    def test_a_stream_in_pieces_is_one_output(self):
        collector = OutputCollector(10_000)
        for text in "abc":
            collector.add(stream(text))
        collector.add(stream("d", "stderr"))
        assert [(output.name, output.text) for output in collector.outputs] == [
            ("stdout", "abc"),
            ("stderr", "d"),
        ]

    def test_clear_output_clears(self):
        collector = OutputCollector(10_000)
        collector.add(stream("a"))
        collector.add(message("clear_output", {"wait": False}))
        assert collector.outputs == []

    def test_a_flood_is_cut_once_and_said_so(self):
        collector = OutputCollector(1_000)
        for _ in range(10_000):
            collector.add(stream("x" * 90))
        text = text_of(collector.outputs)
        assert text.count("[the rest of the output was cut]") == 1
        assert len(text) < 1_200

    @pytest.mark.parametrize("kind", ["display_data", "execute_result", "error"])
    def test_a_flood_of_anything_is_cut(self, kind):
        content = {
            "data": {"text/plain": "x" * 300},
            "metadata": {},
            "execution_count": 1,
            "ename": "E",
            "evalue": "x" * 300,
            "traceback": [],
        }
        collector = OutputCollector(1_000)
        for _ in range(1_000):
            collector.add(message(kind, content))
        assert len(collector.outputs) < 10
        assert "cut" in collector.outputs[-1].text

    def test_one_output_that_is_too_large_is_shortened(self):
        collector = OutputCollector(1_000)
        collector.add(stream("x" * 10**6))
        assert len(text_of(collector.outputs)) < 1_200

    @pytest.mark.parametrize(
        "mime", ["text/html", "image/svg+xml", "text/markdown", "text/latex", "application/json"]
    )
    def test_what_runs_in_a_browser_is_dropped(self, mime):
        collector = OutputCollector(10_000)
        data = {mime: "<script>alert(1)</script>", "text/plain": "plain"}
        collector.add(message("display_data", {"data": data, "metadata": {}}))
        assert collector.outputs[0].data == {"text/plain": "plain"}
        collector.add(message("display_data", {"data": {mime: "<script>"}, "metadata": {}}))
        assert len(collector.outputs) == 1

    def test_a_picture_must_be_base64(self):
        collector = OutputCollector(10_000)
        for data in ("aGVsbG8=", '"><script>'):
            collector.add(message("display_data", {"data": {"image/png": data}, "metadata": {}}))
        assert [output.data for output in collector.outputs] == [{"image/png": "aGVsbG8="}]

    def test_a_lone_surrogate_can_be_written_to_a_file(self):
        collector = OutputCollector(10_000)
        collector.add(stream("\ud800"))
        assert collector.outputs[0].text.encode() == b"?"

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from(["stream", "display_data", "execute_result", "error", "status", None, 3]), json_values
    )
    def test_whatever_is_sent_the_outputs_are_valid(self, kind, content):
        collector = OutputCollector(500)
        collector.add(message(kind, content))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=collector.outputs)])
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode()


SCENARIOS = {
    "an output": "print('hello')\n3",
    "no output": "x = 1",
    "stderr": "import sys\nprint('no', file=sys.stderr)",
    "an error": "1 / 0",
    "a syntax error": "def f(",
    "an exit": "import sys\nsys.exit(3)",
    "an own error": "class Mine(Exception): pass\nraise Mine('x')",
    "a warning": "import warnings\nwarnings.warn('old')",
}


@pytest.mark.kernel
class TestStudentKernel:
    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_the_fake_kernel_does_what_a_real_one_does(self, kernel, scenario):
        real, fake = kernel.run(SCENARIOS[scenario]), InProcessKernel().run(SCENARIOS[scenario])
        assert real.error == fake.error

        def shown(run) -> list:
            kinds = [(output.output_type, output.get("name", output.get("ename"))) for output in run.outputs]
            return [kind for kind in kinds if kind != ("stream", "stderr") or scenario == "stderr"]

        assert shown(real) == shown(fake)

    def test_random_numbers_are_the_same_in_every_kernel_and_in_the_fake_one(self, kernel):
        draw = (
            "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
        )
        for _ in range(3):  # whoever asks the kernel what it is makes it draw random numbers
            kernel._receive(kernel._send("kernel_info_request", {}, []), "kernel_info_reply", lambda _: None)
        fake = InProcessKernel()
        for _ in range(2):
            assert text_of(kernel.run(draw).outputs) == text_of(fake.run(draw).outputs)

    def test_functions_are_called_and_what_they_print_is_the_test_cells(self, kernel):
        kernel.run("def double(x):\n    print('hi')\n    return 2 * x")
        verdict = run_test_cell("assert double(4) == 8", kernel)
        assert (verdict.status, verdict.printed) == (Status.PASSED, "hi\n")
        assert text_of(kernel.collector.outputs) == ""

    def test_a_cell_that_does_not_end_is_a_timeout(self, kernel):
        kernel.limit_time(0.5)
        with pytest.raises(CellTimeout, match="endless loop"):
            kernel.run("print('before', flush=True)\nwhile True: pass")
        assert "before" in text_of(kernel.collector.outputs)
        assert isinstance(kernel.broken, CellTimeout)

    def test_a_call_that_does_not_end_is_a_timeout(self, kernel):
        kernel.run(
            "import time\ndef f():\n    while True:\n        try: time.sleep(9)\n        except BaseException: pass"
        )
        kernel.limit_time(0.5)
        assert run_test_cell("f()", kernel).status is Status.TIMEOUT

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("import os\nos._exit(0)", "exited with status 0"),
            ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
            ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ],
    )
    def test_a_process_that_ends_is_noticed_with_its_reason(self, kernel, source, reason):
        with pytest.raises(KernelDied, match=reason):
            kernel.run(source)
        kernel.limit_time(1)
        with pytest.raises((KernelDied, CellTimeout)):
            kernel.run("1")

    def test_an_end_in_a_call_that_is_swallowed_is_not_a_pass(self, kernel):
        kernel.run("import os\ndef f():\n    os._exit(0)")
        verdict = run_test_cell("try:\n    f()\nexcept BaseException:\n    pass", kernel)
        assert verdict.status is Status.KERNEL_DIED

    def test_a_flood_of_output_is_bounded_and_the_kernel_goes_on(self, server, limits):
        with StudentKernel(server, replace(limits, output_bytes=10_000)) as kernel:
            kernel.limit_time(20)
            run = kernel.run("for _ in range(20_000):\n    print('x' * 500)")
            assert len(text_of(run.outputs)) < 15_000
            assert "the rest of the output was cut" in text_of(run.outputs)
            assert text_of(kernel.run("print('still here')").outputs) == "still here\n"
        assert server.clean() is None

    def test_too_much_memory_ends_it(self, server, limits):
        with StudentKernel(server, replace(limits, memory_bytes=300 * 2**20)) as kernel:
            kernel.limit_time(20)
            with pytest.raises(KernelDied, match="memory"):
                kernel.run("blocks = []\nwhile True:\n    blocks.append(bytearray(b'x' * 10**7))")
        assert server.clean() is None

    def test_a_reply_that_is_too_large_is_an_error_of_its_test_only(self, kernel):
        kernel.run("import torch\ndef f():\n    return torch.zeros(2**26)\ndef g():\n    return 1")
        verdict = run_test_cell("import torch\nassert not torch.equal(f(), torch.ones(2**26))", kernel)
        assert verdict.status is Status.ERROR
        assert "too large to be compared" in run_test_cell("assert f() == 0", kernel).message
        assert run_test_cell("assert f().shape == (2**26,) and f()[5] == 0", kernel).status is Status.PASSED
        assert run_test_cell("assert g() == 1", kernel).status is Status.PASSED

    def test_forged_replies_are_not_believed(self, kernel):
        kernel.run(
            "import ipykernel.kernelapp as app\n"
            "kernel = app.IPKernelApp.instance().kernel\n"
            "def forge(stream, identity, parent):\n"
            "    kernel.session.send(stream, 'autograder_reply', {}, parent=parent, ident=identity,\n"
            "                        buffers=[b'[\"r\", [\"passed\"]]', b'', b''])\n"
            "kernel.shell_handlers['autograder_request'] = forge\n"
        )
        assert run_test_cell("assert f() == 1", kernel).status is Status.ERROR

    def test_companion_files_are_in_the_working_directory(self, server, limits):
        files = [("data/table.csv", b"1,2\n"), ("helper.py", b"x = 7\n")]
        with StudentKernel(server, limits, files) as kernel:
            kernel.limit_time(20)
            kernel.run("import helper\ntext = open('data/table.csv').read()")
            assert Student(kernel).look_up(["text"]) == {"text": "1,2\n"}
            assert run_test_cell("assert helper.x == 7", kernel).status is Status.PASSED
        assert server.clean() is None


class TestWhatACellLeavesBehind:
    @pytest.mark.parametrize(
        "leave",
        [
            "exit()",
            "quit()",
            "get_ipython().ask_exit()",
            "import sys; sys.exit(0)",
            "import IPython; IPython.Application.instance().kernel.do_shutdown(True)",
        ],
    )
    def test_leaving_the_notebook_ends_nothing(self, kernel, leave):
        kernel.run("def f():\n    return 1")
        kernel.run(leave)
        kernel.run("import time; time.sleep(0.3)")
        assert run_test_cell("assert f() == 1", kernel).status is Status.PASSED

    @pytest.mark.parametrize(
        "source",
        [
            "import sys; sys.stdout.close()",
            "import sys; sys.stdout = sys.stderr = None",
            "import sys; sys.stdout = open('log.txt', 'w'); sys.stdout.close()",
            "import sys; sys.setrecursionlimit(60)",
            "import os; os.close(1); os.close(2)",
            "import warnings; warnings.simplefilter('error')",
            "import torch; torch.set_default_device('meta')",
        ],
    )
    def test_what_it_does_to_the_interpreter_does_not_silence_the_agent(self, kernel, source):
        kernel.run("import torch\ndef f():\n    print('x')\n    return torch.ones(2)")
        kernel.run(source)
        kernel.limit_time(10)
        assert run_test_cell("assert f().sum().item() == 2", kernel).status is Status.PASSED
