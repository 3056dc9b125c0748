"""Run code that asks for a GPU on the CPU, where the course wants that.

Students work on Colab, and write `.cuda()` and `device="cuda"` where they should ask whether there is
one. This file is also copied into the sandbox.
"""

from __future__ import annotations

import contextlib
import re
import time
import types

__all__ = ["asks_for_gpu", "run_on_cpu", "run_on_cpu_when_asked"]

_ASKS = re.compile(
    r"\.cuda\s*\(|[\"'](?:cuda|mps)(?::[^\"'\n]{0,40})?[\"']|\btorch\.(?:cuda|mps)\.(?!is_available|device_count)"
    r"|\.to\(\s*\d|\bdevice\s*=\s*\d"
)
_KINDS = ("cuda", "mps", "xpu")
_NOTHING = (
    "empty_cache",
    "init",
    "ipc_collect",
    "reset_peak_memory_stats",
    "set_device",
    "synchronize",
    "reset_max_memory_allocated",
)
_NOUGHT = (
    "current_allocated_memory",
    "current_device",
    "driver_allocated_memory",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
)
_CONTEXTS = ("device", "device_of", "stream")


def asks_for_gpu(source: str) -> bool:
    """Whether code uses a GPU without asking whether there is one."""
    return any(_ASKS.search(line) for line in source.splitlines() if "is_available" not in line)


def run_on_cpu_when_asked(events) -> None:
    """Call `run_on_cpu` before the first cell that asks for a GPU: it costs every operation a little."""

    def look(info) -> None:
        if asks_for_gpu(str(info.raw_cell)):
            events.unregister("pre_run_cell", look)
            run_on_cpu()

    events.register("pre_run_cell", look)


def run_on_cpu() -> None:
    """From here on, in this thread, tensors and modules that are to go to a GPU stay on the CPU."""
    import torch
    from torch.overrides import TorchFunctionMode

    def on_cpu(device: object) -> object:
        if isinstance(device, torch.device):
            return torch.device("cpu") if device.type in _KINDS else device
        if isinstance(device, str):
            return "cpu" if device.partition(":")[0] in _KINDS else device
        return "cpu" if isinstance(device, int) and not isinstance(device, bool) else device

    staying = (torch.Tensor.cuda, torch.Tensor.pin_memory)

    class OnCpu(TorchFunctionMode):
        def __torch_function__(self, function, _, arguments=(), keywords=None):
            keywords = keywords or {}
            if function in staying:
                return arguments[0]
            if "device" in keywords:
                keywords = {**keywords, "device": on_cpu(keywords["device"])}
            if function is torch.Tensor.to and len(arguments) > 1:
                arguments = (arguments[0], on_cpu(arguments[1]), *arguments[2:])
            return function(*arguments, **keywords)

    class Generator(torch.Generator):
        def __new__(cls, device: object = "cpu"):
            return super().__new__(torch.Generator, on_cpu(device))

    parse_to = torch._C._nn._parse_to  # what Module.to reads its arguments with

    class Event:
        """Of a GPU's clock: the time in milliseconds when it was recorded."""

        def __init__(self, *_, **__) -> None:
            self.milliseconds = 0.0

        def record(self, *_) -> None:
            self.milliseconds = 1000 * time.perf_counter()

        def elapsed_time(self, end) -> float:
            return end.milliseconds - self.milliseconds

        def synchronize(self) -> None: ...

    load, set_default_device = torch.load, torch.set_default_device

    def load_on_cpu(file, map_location=None, **keywords):
        return load(file, map_location="cpu" if map_location is None else on_cpu(map_location), **keywords)

    for module in (torch.cuda, torch.mps):
        for name in _NOTHING:
            if hasattr(module, name):
                setattr(module, name, lambda *_, **__: None)
        for name in _NOUGHT:
            if hasattr(module, name):
                setattr(module, name, lambda *_, **__: 0)
        for name in _CONTEXTS:
            if hasattr(module, name):
                setattr(module, name, contextlib.nullcontext)
    torch.cuda.Event = torch.mps.Event = Event
    torch.cuda.get_device_name = lambda *_: "cpu"
    torch.cuda.get_device_capability = torch.cuda.mem_get_info = lambda *_: (0, 0)
    torch.cuda.get_device_properties = lambda *_: types.SimpleNamespace(name="cpu", total_memory=0)
    torch._C._nn._parse_to = lambda *arguments, **keywords: parse_to(
        *map(on_cpu, arguments), **{name: on_cpu(value) for name, value in keywords.items()}
    )
    torch.load = load_on_cpu
    torch.set_default_device = lambda device: set_default_device(on_cpu(device))
    torch.Generator = Generator
    OnCpu().__enter__()
