"""torch's compiler is imported where something is compiled; torchvision and optimizers do without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORT = """
import sys
from autograder.kernel.compiler import put_off_compiler
from autograder.kernel.torchvision import declare_missing_operators
put_off_compiler()
declare_missing_operators()
absent = lambda: 'torch._dynamo.eval_frame' not in sys.modules
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


OPTIMIZER = """
import torch
weight = torch.nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([weight], lr=0.5)
weight.grad = torch.ones(1)
optimizer.step()
optimizer.zero_grad()
optimizer.load_state_dict(optimizer.state_dict())
assert weight.item() == 0.5
"""


class TestPutOffCompiler:
    def test_an_optimizer_does_without(self):
        run(f"{OPTIMIZER}assert absent()")

    def test_torchvision_does_without(self):
        run(
            "import torch, torchvision.datasets, torchvision.models, torchvision.transforms.v2 as v2\n"
            "assert v2.Resize(14)(torch.zeros(1, 28, 28)).shape == (1, 14, 14)\n"
            "assert torchvision.models.resnet18()(torch.zeros(2, 3, 32, 32)).shape == (2, 1000)\n"
            "assert absent()"
        )

    def test_a_reference_that_imports_torchvision_does_not_import_it_into_the_grader(self):
        run(
            "import nbformat; from autograder.grading.engine import Engine; from autograder.grading.task import Task\n"
            "with Engine() as engine:\n"
            "    engine.execute(Task(notebook=nbformat.v4.new_notebook(), sandboxed=False, modules=(('solutions/one.py', 'from torchvision import datasets'),)))\n"
            "    assert 'torchvision.datasets' in sys.modules and absent()\n"
            "    import solutions.one"
        )

    @pytest.mark.parametrize(
        "asked",
        [
            "import torch._dynamo as it; it.config.cache_size_limit",
            "import torch._dynamo.config as config; assert config is torch._dynamo.config",
            "from torch._dynamo import config; assert config is sys.modules['torch._dynamo.config']",
            "from torch._dynamo.utils import counters; assert counters is torch._dynamo.utils.counters",
            "import torchvision.ops.roi_align; sys.modules['torchvision.ops.roi_align'].is_compile_supported('cpu')",
            "assert torch.compile(lambda x: x + 1, backend='eager')(torch.ones(1)).item() == 2",
            "torch._dynamo.reset()",
        ],
    )
    def test_whoever_wants_more_of_it_gets_it_itself(self, asked):
        run(
            f"{OPTIMIZER}{asked}\n"
            "assert not absent() and sys.modules['torch._dynamo'].__spec__ is not None\n"
            f"assert torch._dynamo is sys.modules['torch._dynamo'] and torch._dynamo.utils is sys.modules['torch._dynamo.utils']\n{OPTIMIZER}"
        )

    def test_an_optimizer_of_before_is_kept_out_of_what_is_compiled_afterwards(self):
        run(
            f"{OPTIMIZER}original = optimizer.state_dict.__wrapped__\n"
            "assert getattr(original, '__dynamo_disable') is original; torch._dynamo.reset()\n"
            "assert not hasattr(original, '__dynamo_disable'); optimizer.state_dict()\n"
            "assert hasattr(original, '__dynamo_disable')"
        )

    def test_where_the_compiler_is_there_already_nothing_changes(self):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import torch._dynamo as it{IMPORT}assert sys.modules['torch._dynamo'] is it",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
