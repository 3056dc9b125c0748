"""The assignment that is attacked: four functions, four hidden tests of a point each.

The tests are of the kinds that a course has: closed-form values, tensors, a function that
must leave its argument alone, and one that changes a model which it is given.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

__all__ = ["ANSWERS", "STUB", "TESTS", "TOKEN", "forms_of", "source"]

TOKEN = "vermilion-0x5eed-kestrel"
"""Stands in every hidden test, in the reference and in the grader's environment."""

STUB = "raise NotImplementedError"

REFERENCE = {
    "rms": """def rms(values):
    \"\"\"The root of the mean of the squares of a list of numbers; 0.0 of an empty list.\"\"\"
    ### BEGIN SOLUTION
    # vermilion-0x5eed-kestrel
    return math.sqrt(sum(value * value for value in values) / max(1, len(values)))
    ### END SOLUTION""",
    "centred": """def centred(x):
    \"\"\"A tensor (n, m) minus the mean of each of its columns.\"\"\"
    ### BEGIN SOLUTION
    # vermilion-0x5eed-kestrel
    return x - x.mean(dim=0)
    ### END SOLUTION""",
    "floored": """def floored(x, low):
    \"\"\"A copy of the vector x in which nothing is less than low.\"\"\"
    ### BEGIN SOLUTION
    # vermilion-0x5eed-kestrel
    return torch.where(x < low, torch.full_like(x, low), x)
    ### END SOLUTION""",
    "step": """def step(model, x, y, rate):
    \"\"\"One step of gradient descent on the mean squared error; returns the loss before it.\"\"\"
    ### BEGIN SOLUTION
    # vermilion-0x5eed-kestrel
    loss = ((model(x) - y) ** 2).mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(model.parameters(), gradients):
            parameter -= rate * gradient
    return loss.item()
    ### END SOLUTION""",
}

TESTS = {
    "rms": """assert abs(rms([3.0, -3.0]) - 3.0) <= 1e-6
### BEGIN HIDDEN TESTS
# vermilion-0x5eed-kestrel
from solutions import small

for values in ([], [2.5], [1.0, 7.0, -5.0], [0.25 * n for n in range(40)]):
    got, expected = rms(values), small.rms(values)
    assert type(got) is float, "rms should return a float"
    assert abs(got - expected) <= 1e-6 * max(1.0, expected), "rms is wrong"
### END HIDDEN TESTS""",
    "centred": """import torch

assert centred(torch.ones(2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
### BEGIN HIDDEN TESTS
# vermilion-0x5eed-kestrel
from solutions import small

generator = torch.Generator().manual_seed(11)
for rows, columns in [(1, 1), (4, 3), (7, 2)]:
    x = torch.randn(rows, columns, generator=generator) + 2
    got, expected = centred(x), small.centred(x)
    assert isinstance(got, torch.Tensor), "centred should return a tensor"
    assert got.dtype == x.dtype and got.shape == expected.shape, "centred should keep dtype and shape"
    assert (got - expected).abs().max().item() <= 1e-5, "centred is wrong"
### END HIDDEN TESTS""",
    "floored": """import torch
from autograder.checking.calls import call_many

assert floored(torch.tensor([-1.0, 2.0]), 0.0).tolist() == [0.0, 2.0]
### BEGIN HIDDEN TESTS
# vermilion-0x5eed-kestrel
from solutions import small

generator = torch.Generator().manual_seed(12)
inputs = [(torch.randn(size, generator=generator), low) for size in (1, 5, 30) for low in (-0.5, 0.25)]
for call in call_many(floored, inputs):
    x, low = call.arguments
    got = call.result()
    assert isinstance(got, torch.Tensor), "floored should return a tensor"
    assert torch.equal(got, small.floored(x, low)), "floored is wrong"
    assert torch.equal(call.arguments_after[0], x), "floored changes its argument"
### END HIDDEN TESTS""",
    "step": """import copy

import torch
from autograder.checking.calls import fetch, send

x, y = torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[1.0]])
assert step(send(torch.nn.Linear(3, 1)), x, y, 0.0) >= 0
### BEGIN HIDDEN TESTS
# vermilion-0x5eed-kestrel
from solutions import small

generator = torch.Generator().manual_seed(13)
for size in (2, 5):
    x, y = torch.randn(size, 3, generator=generator), torch.randn(size, 1, generator=generator)
    model = torch.nn.Linear(3, 1)
    ours, theirs = copy.deepcopy(model), send(model)
    for _ in range(2):
        expected, got = small.step(ours, x, y, 0.1), step(theirs, x, y, 0.1)
        assert type(got) is float and abs(got - expected) <= 1e-4, "step returns a wrong loss"
    for name in ("weight", "bias"):
        after = fetch(getattr(theirs, name))
        assert isinstance(after, torch.Tensor) and after.shape == getattr(ours, name).shape
        assert (after - getattr(ours, name).detach()).abs().max().item() <= 1e-4, "step changes the model wrongly"
### END HIDDEN TESTS""",
}

ANSWERS = {
    "rms": """def rms(values):
    if not values:
        return 0.0
    return (sum(v ** 2 for v in values) / len(values)) ** 0.5""",
    "centred": "def centred(x):\n    return x - x.sum(0, keepdim=True) / x.shape[0]",
    "floored": "def floored(x, low):\n    return x.clone().clamp_(min=low)",
    "step": """def step(model, x, y, rate):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()""",
}
"""Right answers, written by somebody else than the reference."""


def source() -> NotebookNode:
    """The instructor's notebook."""
    cells = [_code("imports", "import math\n\nimport torch", locked=True)]
    for name, reference in REFERENCE.items():
        cells.append(nbformat.v4.new_markdown_cell(f"Write `{name}`.", id=f"text-{name}"))
        cells.append(_code(name, reference, solution=True))
        cells.append(_code(f"test_{name}", TESTS[name], grade=True, locked=True, points=1))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def forms_of(secret: str) -> Iterator[str]:
    """A text as it would be smuggled: plain, backwards, in hexadecimal, in base64 at any offset."""
    yield secret
    yield secret[::-1]
    yield secret.encode().hex()
    for offset in range(3):
        code = base64.b64encode(b"\0" * offset + secret.encode()).decode().rstrip("=")
        yield code[4:-2]  # without the characters that its neighbours decide


def _code(identity: str, text: str, **settings) -> NotebookNode:
    entry = {"grade": False, "solution": False, "locked": False, "task": False, **settings}
    entry |= {"schema_version": 3, "grade_id": identity, "cell_type": "code"}
    return nbformat.v4.new_code_cell(text, id=identity, metadata={"nbgrader": entry})
