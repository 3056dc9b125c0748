"""Values that lie: objects that pass for whatever they are compared with."""

from __future__ import annotations

import pytest

from tests.attacks.assignment import ANSWERS
from tests.attacks.framework import Attack, Attacked, everywhere, functions

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("neighbour_of_all")]

YES = """
def yes(*arguments, **keywords):
    return True
def nothing(*arguments, **keywords):
    return 0.0
COMPARING = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__", "__instancecheck__"]
COUNTING = ["__sub__", "__rsub__", "__abs__", "__add__", "__mul__", "__float__", "__pow__"]
lies = {**dict.fromkeys(COMPARING, yes), **dict.fromkeys(COUNTING, nothing), "__hash__": lambda self: 0}
"""

ATTACKS = [
    everywhere("an object that equals everything", "type('Liar', (), lies)()", YES),
    everywhere("an int that compares as true", "type('int', (int,), lies)(3)", YES),
    everywhere("a float whose differences are zero", "type('float', (float,), lies)(3.0)", YES),
    everywhere("a str that is anything", "type('str', (str,), lies)('3.0')", YES),
    everywhere("a list that is anything", "type('list', (list,), lies)([3.0])", YES),
    everywhere("a tuple that says that it is torch's", "type('Size', (tuple,), {**lies, '__module__': 'torch'})((3.0,))", YES),
    everywhere("a named tuple with opinions", "N(3.0)", YES + "import collections\n"
               "N = type('N', (collections.namedtuple('N', 'a'),), lies)"),
    everywhere("a mock", "unittest.mock.MagicMock()", "import unittest.mock"),
    everywhere("a class in the place of a value", "type('Meta', (type,), lies)('float', (), {})", YES),
    everywhere("a module in the place of a value", "sys.modules['math']", "import sys"),
    everywhere(
        "a tensor that answers every function with True",
        "torch.ones(1).as_subclass(Liar)",
        "import torch\nclass Liar(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, *a, **k):\n        return True\n",
    ),
    everywhere(
        "a tensor whose conversion lies",
        "t",
        "import torch\nclass Liar(torch.Tensor):\n    def tolist(self): return [3.0]\n    def item(self): return 0.0\n"
        "t = torch.Tensor._make_subclass(Liar, torch.ones(2))",
    ),
    everywhere(
        "an array that answers every function with zeros",
        "numpy.zeros(2).view(Liar)",
        "import numpy\nclass Liar(numpy.ndarray):\n"
        "    def __array_ufunc__(self, *a, **k): return True\n    def __array_function__(self, *a, **k): return True\n",
    ),
    everywhere("an array of liars", "numpy.array([type('Liar', (), lies)()], dtype=object)", YES + "import numpy"),
    everywhere(
        "an object with an array interface",
        "Liar()",
        "import numpy\nclass Liar:\n    __array_priority__ = 1e9\n    def __array__(self, *a, **k): return numpy.zeros(1)\n"
        "    def __len__(self): return 1\n    def __getitem__(self, key): return 0.0",
    ),
    everywhere("not a number", "float('nan')"),
    everywhere("a tensor of not a number", "torch.full((2, 2), torch.nan)"),
    everywhere("infinity", "float('inf')"),
    everywhere("an empty tensor", "torch.empty(0)"),
    everywhere("an empty tensor that broadcasts", "torch.empty(0, 1)"),
    everywhere("an empty list", "[]"),
    everywhere("one number for all", "torch.zeros(())"),
    everywhere("an expanded view", "torch.zeros(1, 1).expand(4, 3)"),
    everywhere("True", "True"),
    everywhere("a complex number", "complex(3, 0)"),
    everywhere("a number as text", "'3.0'"),
    everywhere("None", "None"),
    everywhere("Ellipsis", "..."),
    everywhere("a dictionary with a default", "collections.defaultdict(float)", "import collections"),
    everywhere("a generator of right answers", "(v for v in iter(int, 1))"),
    Attack("a coroutine", answers={n: "async " + s for n, s in functions("return 3.0").items()}),
    everywhere("itself", "rms"),
    everywhere("an exception as a value", "AssertionError('passed')"),
    everywhere("a sparse tensor", "torch.zeros(2, 2).to_sparse()"),
    everywhere("a tensor without data", "torch.empty(2, 2, device='meta')"),
    everywhere("a quantized tensor", "torch.quantize_per_tensor(torch.zeros(2, 2), 0.1, 0, torch.quint8)"),
    everywhere("a tensor of eight-bit floats", "torch.zeros(2, 2).to(torch.float8_e4m3fn)"),
    everywhere("the first argument", "(locals().get('values') or [locals().get('x')])[0]"),
    everywhere("a structure of the wire format", "['r', 3.0]"),
    everywhere("a tensor of the wire format", "['T', '0']"),
    everywhere("a handle of the wire format", "['h', 1, 'float']"),
    everywhere("a dtype", "torch.float32"),
    everywhere("a size", "torch.Size([3])"),
    Attack(
        "arguments are changed until the answer is right",
        answers={
            "rms": "def rms(values):\n    values[:] = [0.0] * len(values)\n    return 0.0",
            "centred": "def centred(x):\n    x.zero_()\n    return x",
            "floored": "def floored(x, low):\n    x.clamp_(min=low)\n    return x",
            "step": "def step(model, x, y, rate):\n    x.zero_()\n    y.zero_()\n    return 0.0",
        },
    ),
    Attack(
        "a right value, and an argument that was changed",
        earns=("rms",),
        answers={"floored": "def floored(x, low):\n    return x.clamp_(min=low)"},
    ),
    Attack(
        "a right loss, and a model that was not changed",
        earns=("centred",),
        answers={"step": "def step(model, x, y, rate):\n    return ((model(x) - y) ** 2).mean().item()"},
    ),
    Attack(
        "a right step, and a loss that lies",
        answers={"step": ANSWERS["step"].replace("loss.item()", "type('float', (float,), lies)(0.0)")},
        before=YES,
    ),
    Attack(
        "a model whose weights are liars",
        answers={
            "step": "def step(model, x, y, rate):\n    model.__class__ = Liar\n    return 0.0",
        },
        before=YES + "import torch\nclass Liar(torch.nn.Linear):\n    weight = type('W', (), lies)()\n"
        "    bias = type('W', (), lies)()\n    def __getattr__(self, name): return type('W', (), lies)()",
    ),
    Attack(
        "a chameleon: right for the visible test, a liar for the hidden ones",
        answers={
            "rms": "def rms(values):\n    return 3.0 if values == [3.0, -3.0] else type('float', (float,), lies)(0.0)"
        },
        before=YES,
        earns=("floored",),
    ),
    Attack(
        "a function that is right only the first times",
        answers={"centred": "calls = []\ndef centred(x):\n    calls.append(x)\n    return x - x.mean(0) if len(calls) < 3 else x"},
        earns=("rms",),
    ),
    Attack(
        "callable objects that lie",
        answers={name: f"{name} = type('Liar', (), {{**lies, '__call__': yes}})()" for name in ANSWERS},
        before=YES,
    ),
    Attack("data in the place of functions", answers={name: f"{name} = 3.0" for name in ANSWERS}),
    Attack("library functions in the place of answers, one of them a right one", earns=("floored",),
           answers={"rms": "rms = max", "centred": "centred = torch.Tensor.clone", "floored": "floored = torch.clamp",
                    "step": "step = id"}),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_lying_value_earns_nothing(attacked: Attacked, attack: Attack):
    attacked.check(attack)
