"""Make torchvision importable beside a build of torch that it was not compiled for.

This file is also copied into the sandbox, so it imports nothing of the kit.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

__all__ = ["declare_missing_operators"]

_libraries: list = []


def declare_missing_operators() -> None:
    """Declare two operators of torchvision where its compiled library does not fit this torch.

    The wheel of torchvision that package registries give for this torch expects CUDA
    libraries; on a CPU build of torch it fails at import because the schemas of
    `torchvision::nms` and `torchvision::qnms` are unknown. Declaring them is enough for all that
    does not call them. On an ordinary installation, or where there is no torchvision, this
    function does nothing. It does not import torchvision, which takes a second.
    """
    spec = importlib.util.find_spec("torchvision") if "torchvision" not in sys.modules else None
    if spec is None or spec.origin is None or _libraries:
        return
    compiled = Path(spec.origin).parent / "_C.so"
    if not compiled.is_file():
        return
    import torch

    try:
        torch.ops.load_library(str(compiled))  # as torchvision does itself
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _libraries.append(library)  # an operator lives only as long as the library that declared it
