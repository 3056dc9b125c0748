"""torchvision is imported beside any torch, and no dearer than it has to be."""

from __future__ import annotations

import subprocess
import sys

IMPORT = """
import sys
from autograder.kernel.torchvision import declare_missing_operators, import_without_compiler
declare_missing_operators()
import_without_compiler()
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class TestWithoutTheCompiler:
    def test_the_compiler_is_not_imported(self):
        run("assert 'torchvision' in sys.modules and 'torch._dynamo' not in sys.modules")

    def test_a_reference_that_imports_torchvision_does_not_import_the_compiler_into_the_grader(self):
        grade = (
            "import sys, nbformat; from autograder.grading.engine import Engine; from autograder.grading.task import Task\n"
            "with Engine() as engine:\n"
            "    engine.execute(Task(notebook=nbformat.v4.new_notebook(), sandboxed=False, modules=(('solutions/one.py', 'from torchvision import datasets'),)))\n"
            "    import solutions.one\n"
            "assert 'torchvision' in sys.modules and 'torch._dynamo' not in sys.modules"
        )
        done = subprocess.run([sys.executable, "-c", grade], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_data_transforms_and_models_are_torchvisions_own(self):
        run(
            "import torch, torchvision.datasets, torchvision.models, torchvision.transforms.v2 as v2\n"
            "assert v2.Resize(14)(torch.zeros(1, 28, 28)).shape == (1, 14, 14)\n"
            "assert torchvision.models.resnet18()(torch.zeros(2, 3, 32, 32)).shape == (2, 1000)"
        )

    def test_an_optimizer_finds_the_compiler_itself(self):
        run(
            "import torch; weight = torch.nn.Parameter(torch.ones(1)); weight.grad = torch.ones(1)\n"
            "torch.optim.SGD([weight], lr=0.5).step(); assert weight.item() == 0.5\n"
            "import torch._dynamo.utils as utils; assert utils.is_compile_supported.__module__ == 'torch._dynamo.utils'"
        )

    def test_what_asks_for_the_compiler_later_gets_its_answer(self):
        run(
            "import torchvision.ops.roi_align, torch._dynamo.utils as utils\n"
            "ask = sys.modules['torchvision.ops.roi_align'].is_compile_supported\n"
            "assert ask('cpu') == utils.is_compile_supported('cpu')"
        )

    def test_a_torchvision_that_wants_more_of_it_is_imported_as_ever(self, tmp_path):
        package = tmp_path / "torchvision"
        package.mkdir()
        (package / "__init__.py").write_text("from torchvision import other")
        (package / "other.py").write_text("from torch._dynamo.utils import counters")
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                IMPORT + "import torchvision.other; assert torchvision.other.counters is not None",
            ],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": f"{tmp_path}:{':'.join(sys.path)}"},
        )
        assert done.returncode == 0, done.stderr
