"""Code that asks for a GPU runs on the CPU, and code that asks whether there is one is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.kernel.devices import asks_for_gpu

ASKS = [
    "model.cuda()",
    'x = x.to("cuda")',
    "x = x.to('cuda:0')",
    'device = torch.device("mps")',
    "torch.cuda.synchronize()",
    "a = 1\nx = torch.zeros(3, device='cuda')",
    "return (x.cuda() * factor).cpu()",
    "losses.append(criterion(model(x.to('cuda')), y.to('cuda')).detach().cpu().item())",
    'device = "cuda" if USE_GPU else "cpu"',
    "x = x.to(f'cuda:{rank}')",
    "model = model.to(0)",
    "x = torch.zeros(3, device=0)",
    "start = torch.cuda.Event(enable_timing=True)",
]
DOES_NOT = [
    'device = "cuda" if torch.cuda.is_available() else "cpu"',
    "print(torch.cuda.is_available())",
    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "x.cpu().numpy()",
    "cudas = 3",
    "x = x.to(torch.float32)",
    "device = torch.device('cpu')",
    "",
]


@pytest.mark.parametrize("source", ASKS)
def test_code_that_needs_a_gpu_is_known(source):
    assert asks_for_gpu(source)


@pytest.mark.parametrize("source", DOES_NOT)
def test_code_that_asks_whether_there_is_one_needs_none(source):
    assert not asks_for_gpu(source)


WORKS = """
import torch
from torch import nn
from autograder.kernel.devices import run_on_cpu

run_on_cpu()
x = torch.ones(2, 3).cuda().to("cuda").to(torch.device("cuda:0"), torch.float64).cuda(0)
assert x.device.type == "cpu" and x.dtype is torch.float64
assert torch.ones(2).to(torch.float16).dtype is torch.float16
for made in (torch.zeros(2, device="cuda"), torch.tensor([1.0], device=0), torch.arange(3, device="mps")):
    assert made.device.type == "cpu"
model = nn.Linear(3, 1, device="cuda").cuda().to("cuda")
assert next(model.parameters()).device.type == "cpu"
assert next(nn.Linear(3, 1).to(0).parameters()).device.type == "cpu"
assert next(nn.Linear(3, 1).to(0, torch.float64).parameters()).dtype is torch.float64
assert next(nn.Linear(3, 1).to(dtype=torch.float64).parameters()).dtype is torch.float64
model(torch.ones(2, 3, device="cuda")).sum().backward()
assert model.weight.grad is not None and type(model.weight) is nn.Parameter
generator = torch.Generator(device="cuda").manual_seed(0)
assert torch.rand(2, generator=generator).shape == (2,)
assert isinstance(torch.Generator("cuda"), torch.Generator.__mro__[1])
torch.cuda.synchronize(); torch.cuda.empty_cache(); torch.mps.synchronize(); torch.cuda.set_device(0)
torch.cuda.manual_seed_all(0)
assert torch.cuda.memory_allocated() == 0 and torch.cuda.max_memory_allocated() == 0
assert torch.cuda.get_device_name(0) == "cpu" and not torch.cuda.is_available()
print(torch.cuda.get_device_properties(0).name, torch.cuda.get_device_capability(0), torch.cuda.mem_get_info())
start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
with torch.cuda.device(0), torch.cuda.stream(None):
    start.record(); end.record(); torch.cuda.synchronize()
assert 0 <= start.elapsed_time(end) < 1000
assert torch.ones(1).pin_memory().item() == 1.0
torch.save(model.state_dict(), "model.pt")
model.load_state_dict(torch.load("model.pt", map_location="cuda"))
torch.set_default_device("cuda")
assert torch.zeros(1).device.type == "cpu"
"""


def test_what_students_write_for_a_gpu_works_without_one(tmp_path):
    from tests.small_course import REPOSITORY

    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", WORKS], cwd=tmp_path, env={"PYTHONPATH": str(REPOSITORY), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
