"""Objects with operators of their own decide nothing: neither in the place of data, nor what a class of the student's gives."""

from __future__ import annotations

import functools

import pytest

from autograder.course.given import Surroundings
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status
from tests.fakes import InProcessKernel

LIES = """
import abc, collections, dataclasses, decimal, enum, fractions, numbers, types, typing, unittest.mock
import numpy as np
import torch

def yes(*arguments, **keywords): return True
def no(*arguments, **keywords): return False
def zero(*arguments, **keywords): return 0.0
def itself(self, *arguments, **keywords): return self
YES = ["__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__", "__instancecheck__", "__subclasscheck__"]
BINARY = ["add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift", "divmod"]
ALONE = ["__neg__", "__pos__", "__invert__", "__abs__", "__round__", "__trunc__", "__floor__", "__ceil__", "__float__"]

def lies(calculated):
    found = {**dict.fromkeys(YES, yes), "__ne__": no, "__array_priority__": 1e9, "__hash__": lambda self: hash(4)}
    for name in BINARY:
        found |= dict.fromkeys([f"__{name}__", f"__r{name}__", f"__i{name}__"], calculated)
    found |= dict.fromkeys(ALONE, calculated)
    found |= {"__array_ufunc__": calculated, "__array_function__": calculated, "__int__": lambda self: 0}
    return found | {"__index__": lambda self: 0, "__complex__": lambda self: 0j, "all": yes, "any": yes, "equals": yes, "isclose": yes}

@classmethod
def of_torch(cls, *arguments, **keywords): return True

def liar(base=object, calculated=zero, **more):
    return type("Liar", (base,), {**lies(calculated), **more})

COMPARING = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__"]
def partly(base, value, names):
    all_lies = lies(zero)
    found = {}
    for name in names:
        found |= {name: all_lies[name]} if name in all_lies else {k: v for k, v in all_lies.items() if k.strip("_") in (name, f"r{name}", f"i{name}")}
    kind = type("Partly", (base,), found)
    return kind(**value) if base is types.SimpleNamespace else kind(value)

class Named(typing.NamedTuple):
    a: int
    def equals(self, other): return True
    def all(self): return True

class Flags(enum.Flag):
    A = 4
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = yes
    __sub__ = __rsub__ = __and__ = __rand__ = __mod__ = __abs__ = zero
    def __hash__(self): return hash(4)

class Later:
    def __await__(self):
        return liar()()
        yield

class Meta(type): pass
for name, lie in lies(zero).items():
    if name not in ("__array_ufunc__", "__array_function__"):
        setattr(Meta, name, lie)
"""

LIARS = {
    "an object": "liar()()",
    "an object whose operators give itself": "liar(calculated=itself)()",
    "an object that says it is an int": "liar(__class__=int)()",
    "an object that says it is a list": "liar(__class__=list, __len__=lambda self: 1, __iter__=lambda self: iter([self]))()",
    "an object that has any attribute": "liar(__getattr__=lambda self, name: self, __call__=itself)()",
    "an int": "liar(int)(7)",
    "an int whose operators give itself": "liar(int, itself)(7)",
    "a float": "liar(float)(7.0)",
    "a complex number": "liar(complex)(7.0)",
    "a fraction": "liar(fractions.Fraction)(7)",
    "a decimal": "liar(decimal.Decimal)(7)",
    "a text": "liar(str)('7')",
    "bytes": "liar(bytes)(b'7')",
    "a list": "liar(list)([7])",
    "a tuple": "liar(tuple)((7,))",
    "a named tuple": "liar(collections.namedtuple('N', 'a'))(7)",
    "a dict": "liar(dict)({7: 7})",
    "a default dict": "liar(collections.defaultdict)(int, {7: 7})",
    "a set": "liar(set)({7})",
    "a frozen set": "liar(frozenset)({7})",
    "an array": "np.full(1, 7.0).view(liar(np.ndarray))",
    "an array of objects": "np.array([liar()()], dtype=object)",
    "a tensor": "torch.full((1,), 7.0).as_subclass(liar(torch.Tensor, __torch_function__=of_torch))",
    "a list of objects": "[liar()()]",
    "an enum's member": "enum.Enum('E', {'A': 7}, type=liar()).A",
    "an abstract class's": "abc.ABCMeta('A', (liar(),), {})()",
    "a class": "Meta('C', (), {})",
    "an object of such a class": "Meta('C', (liar(),), {})()",
    "an exception": "liar(Exception)(7)",
    "a generator": "(liar()() for _ in range(1))",
    "an iterator of objects": "iter([liar()()])",
    "a module": "liar(types.ModuleType)('m')",
    "a mock": "unittest.mock.MagicMock(**{'__eq__.return_value': True, '__len__.return_value': 1, '__iter__.return_value': [7]})",
    "an object of a class with slots": "liar(__slots__=())()",
    "a named tuple with methods": "Named(7)",
    "flags": "Flags.A",
    "an object that can be awaited": "Later()",
}  # fmt: skip

PARTLY = {
    "an int that lies when it is calculated with": "partly(int, 7, BINARY)",
    "an int that lies when it is compared": "partly(int, 7, COMPARING)",
    "an int that lies alone": "partly(int, 7, ALONE)",
    "an int that lies about its hash": "partly(int, 7, ['__hash__', '__bool__', '__index__', '__int__'])",
    "a float that lies about differences": "partly(float, 7.0, ['__sub__', '__rsub__', '__isub__', '__abs__'])",
    "a list that lies when it is compared": "partly(list, [7], COMPARING)",
    "a member of an int enum that lies": "enum.Enum('E', {'A': 7}, type=type(partly(int, 7, COMPARING))).A",
    "a deque that lies": "partly(collections.deque, [7], COMPARING)",
    "a namespace that lies": "partly(types.SimpleNamespace, {}, COMPARING)",
}  # fmt: skip
"""Liars that leave other operators as Python's own classes have them, which say of 7 what is true."""

OF_NUMBERS = [
    "f() == 4", "4 == f()", "not f() != 4", "f() in {4}", "f() in [4]", "f() in (3, 4)", "4 in [f()]", "4 in {f()}", "{4: 1}[f()]",
    "not f() < 4 and not f() > 4", "3 < f() < 5", "4 <= f() <= 4", "abs(f() - 4) < 1e-9", "abs(4 - f()) < 1e-9", "f() - 4 == 0",
    "not f() - 4", "f() + 1 == 5", "1 + f() == 5", "-f() == -4", "abs(f() - g()) < 1e-9", "f() % 2 == 0", "f() * 2 == 8", "f() // 4 == 1",
    "divmod(f(), 4) == (1, 0)", "f() ** 2 == 16", "round(f(), 2) == 4", "int(f()) == 4", "float(f()) == 4.0", "f() & 1 == 0",
    "isinstance(f(), int) and f() > 3", "sorted([f(), 4]) == [4, 4]", "max(f(), 4) == 4", "min(3, f()) == 3 and f() > 3",
    "sum([f(), 1]) == 5", "all([f() == 4, g() == 4])", "any([f() == 4])", "set([f()]) == {4}", "len({f(), 4}) == 1", "[f()] == [4]",
    "(f(), g()) == (4, 4)", "{'a': f()} == {'a': 4}", "f() is not None and f() == 4", "[4].count(f()) == 1", "[4].index(f()) == 0",
    "math.isclose(f(), 4)", "math.sqrt(f()) == 2", "np.isclose(f(), 4)", "np.allclose(f(), 4)", "np.array_equal(f(), 4)",
    "np.equal(f(), 4)", "(np.array([4]) == f()).all()", "np.abs(np.array([4.0]) - f()).max() < 1e-9", "np.float64(4) == f()",
    "abs(np.float64(4) - f()) < 1e-9", "np.add(f(), 1) == 5", "(np.ones(1) @ np.atleast_1d(f())) == 4", "np.sum([f(), 0]) == 4",
    "bool((torch.tensor(4.0) == f()).all())", "abs(torch.tensor(4.0) - f()).item() < 1e-9", "torch.isclose(torch.tensor(4.0), torch.as_tensor(float(f())))",
    "Fraction(4) == f()", "Decimal(4) - f() == 0", "statistics.mean([f(), 4]) == 4", "operator.eq(f(), 4)", "f().__eq__(4) is True",
    "pytest.approx(f()) == 4", "f() == pytest.approx(4)", "range(f())[3] == 3", "'abcde'[f()] == 'e'", "f'{f()}' == '4'", "str(f()) == '4'",
    "[x for x in [f()] if x == 4] == [4]", "next(iter({f()} & {4})) == 4", "{f()} == {4}",
    "{4} >= {f()}", "f() | 0 == 4", "f() ^ 4 == 0", "4 - f() == 0", "not 4 - f()", "4 / f() == 1", "2 ** f() == 16", "f() << 1 == 8",
    "hash(f()) == hash(4)", "bool(f() == 4)", "not not f() == 4", "complex(f()) == 4", "math.floor(f()) == 4", "math.trunc(f()) == 4",
    "collections.Counter([f()]) == {4: 1}", "unittest.TestCase().assertEqual(f(), 4) is None", "unittest.TestCase().assertIn(f(), [4]) is None",
    "unittest.TestCase().assertAlmostEqual(f(), 4) is None", "unittest.TestCase().assertTrue(f() == 4) is None",
    "unittest.TestCase().assertLess(f(), 5) is None", "np.testing.assert_allclose(f(), 4) is None", "np.testing.assert_equal(f(), 4) is None",
    "functools.reduce(operator.sub, [f(), 4]) == 0", "bisect.bisect_left([3, 4, 5], f()) == 1", "heapq.nlargest(1, [f(), 3]) == [4]",
    "copy.copy(f()) == 4", "copy.deepcopy([f()]) == [4]", "pickle.loads(pickle.dumps(f())) == 4", "json.dumps(f()) == '4'",
]  # fmt: skip
"""What holds where f() and g() give 4."""

OF_LISTS = [
    "h() == [1, 2]", "[1, 2] == h()", "not h() != [1, 2]", "2 in h() and 3 not in h()", "h() + [3] == [1, 2, 3]", "[0] + h() == [0, 1, 2]",
    "sorted(h()) == [1, 2]", "list(h()) == [1, 2]", "len(h()) == 2 and h() == [1, 2]", "h()[1] == 2", "sum(h()) == 3", "max(h()) == 2",
    "all(x > 0 for x in h()) and len(h()) == 2", "all(a == b for a, b in zip(h(), [1, 2], strict=True))", "set(h()) == {1, 2}",
    "h() * 2 == [1, 2, 1, 2]", "np.allclose(h(), [1, 2])", "np.array_equal(h(), [1, 2])", "(np.array(h()) == [1, 2]).all()",
    "bool((torch.tensor([1.0, 2.0]) == torch.tensor(h())).all())", "tuple(h()) == (1, 2)", "h()[::-1] == [2, 1]", "[*h()] == [1, 2]",
    "list(reversed(h())) == [2, 1]", "h().count(1) == 1 and h().index(2) == 1", "h() > [1]", "[1] < h()", "dict.fromkeys(h()) == {1: None, 2: None}",
    "isinstance(h(), list) and h() == [1, 2]", "[1, 2] in [h()]", "h() in ([1, 2], [3])", "np.dot(h(), [1, 1]) == 3", "np.ones(2) @ h() == 3",
    "(np.array([1, 2]) - h() == 0).all()", "(h() - np.array([1, 2]) == 0).all()", "not (set(h()) ^ {1, 2})",
    "unittest.TestCase().assertListEqual(h(), [1, 2]) is None", "unittest.TestCase().assertCountEqual(h(), [2, 1]) is None",
]  # fmt: skip
"""What holds where h() gives [1, 2]."""

CLASS = """
class V:
    def __init__(self, x): self.x, self.items = x, [x]
    def value(self): return self.x
    def __add__(self, other): return self.x + getattr(other, "x", other)
    __radd__ = __add__
    def __mul__(self, other): return self.x * other
    def __neg__(self): return -self.x
    def __or__(self, other): return self.items + other
    def __getitem__(self, place): return self.items[place]
    def __iter__(self): return iter(self.items)
    def __call__(self, other): return self.x + other
    @property
    def double(self): return 2 * self.x
"""

FORGED_CLASS = """
class V:
    def __init__(self, x): self.x, self.items, self.double = L(), [L()], L()
    def value(self, *other): return L()
    __add__ = __radd__ = __mul__ = __neg__ = __or__ = __getitem__ = __call__ = value
    def __iter__(self): return iter([L()])
"""

OF_CLASSES = [
    "V(3).x == 3", "V(3).value() == 3", "V(3).x < 4", "abs(V(3).x - 3) < 1e-9", "V(3) + 1 == 4", "4 == V(3) + 1", "V(3) + V(1) == 4",
    "abs(V(3) + 1 - 4) < 1e-9", "V(3) + 1 - 4 == 0", "not V(3) + 1 - 4", "abs(1 + V(3) - 4) < 1e-9", "abs(V(3) + V(1) - 4) < 1e-9",
    "-V(3) == -3", "abs(-V(3) + 3) < 1e-9", "V(3)[0] == 3", "V(3)[0] - 3 == 0", "list(V(3)) == [3]", "max(V(3)) == 3", "sum(V(3)) == 3",
    "V(3)(1) == 4", "V(3)(1) - 4 == 0", "abs(V(3)(1) - 4) < 1e-9", "V(3).items == [3]", "3 in V(3).items", "abs(V(3).items[0] - 3) < 1e-9",
    "V(3).double == 6", "V(3).double in (6,)", "sum([V(3), 1]) == 4", "abs(sum([V(3), 1]) - 4) < 1e-9", "round(V(3) + 0.25, 1) == 3.2",
    "V(3) * 2 == 6", "V(3) * 2 - 6 == 0", "V(3) * 2 % 2 == 0", "V(3) + 1 in [4]", "4 in [V(3) + 1]", "{V(3) + 1} == {4}",
    "sorted([V(3) + 1, 4]) == [4, 4]", "math.isclose(V(3) + 1, 4)", "np.isclose(V(3) + 1, 4)", "np.allclose(V(3).items, [3])",
    "abs(V(3).value() - V(1).value()) == 2", "V(3).value() * 2 - 6 == 0", "4 in (V(3) | [4])", "(V(3) | [4]) == [3, 4]",
    "max(V(3) + 1, 4) == 4", "divmod(V(3) + 1, 4) == (1, 0)", "3 < V(3) + 1 < 5", "V(3).value() < 4", "(V(3) + 1) ** 2 == 16",
    "abs(np.float64(4) - (V(3) + 1)) < 1e-9", "(torch.tensor(4.0) - (V(3) + 1)).abs().item() < 1e-9", "next(iter(V(3))) == 3",
    "abs((V(3) + 1) * 2 - 8) < 1e-9", "copy.copy(V(3)).x == 3", "abs(getattr(V(3), 'x') - 3) < 1e-9", "[v.x for v in [V(3)]] == [3]",
    "(lambda v: v.x - 3 == 0)(V(3))", "unittest.TestCase().assertAlmostEqual(V(3) + 1, 4) is None",
]  # fmt: skip
"""What holds of a class whose operators and methods give numbers and lists."""

IMPORTS = (
    "import bisect, collections, copy, functools, heapq, json, math, operator, pickle, statistics, unittest\n"
    "import numpy as np\nimport pytest\nimport torch\nfrom decimal import Decimal\nfrom fractions import Fraction\n"
)


def passed(kernel: InProcessKernel, claim: str, values: dict | None = None) -> bool:
    names = tuple(values or ())
    given = Surroundings(classes=("V",), carried=names, kept=names)
    verdict = run_test_cell(f"{IMPORTS}assert {claim}", kernel, given=given, values=values)
    return verdict.status is Status.PASSED


def test_what_is_claimed_holds_of_data():
    kernel = InProcessKernel("def f(): return 4\ng = f\ndef h(): return [1, 2]", CLASS)
    assert [claim for claim in (*OF_NUMBERS, *OF_LISTS, *OF_CLASSES) if not passed(kernel, claim)] == []


@pytest.mark.parametrize("liar", LIARS.values(), ids=LIARS)
def test_a_liar_in_the_place_of_data_passes_nothing(liar):
    kernel = InProcessKernel(LIES, f"def f(): return {liar}\ng = h = f")
    assert kernel.namespace["f"]() is not None
    assert [claim for claim in (*OF_NUMBERS, *OF_LISTS) if passed(kernel, claim)] == []


@pytest.mark.parametrize("calculated", ["zero", "itself"])
def test_a_liar_that_a_class_gives_in_the_place_of_data_passes_nothing(calculated):
    kernel = InProcessKernel(LIES, f"L = liar(calculated={calculated})", FORGED_CLASS)
    assert kernel.namespace["V"](3).x == 3
    assert [claim for claim in OF_CLASSES if passed(kernel, claim)] == []


@pytest.mark.parametrize("liar", PARTLY.values(), ids=PARTLY)
def test_a_liar_of_a_class_that_derives_from_data_passes_no_more_than_the_data_that_it_is(liar):
    kernel = InProcessKernel(LIES, f"def f(): return {liar}\ng = h = f")
    value = kernel.namespace["f"]()
    plain = next(base for base in (int, float, list, object) if isinstance(value, base))
    honest = InProcessKernel(
        f"def f(): return {7 if plain is int else 7.0 if plain is float else [7]}\ng = h = f"
    )
    claims = [claim for claim in (*OF_NUMBERS, *OF_LISTS) if passed(kernel, claim)]
    assert [claim for claim in claims if not passed(honest, claim)] == []


MAKING = """
def itself(self, *x): return self
more = {"make": classmethod(lambda cls: cls()), "change": itself, "__getitem__": itself, "own": property(itself)}
V = liar(__init__=lambda *x: None, **more)
"""

ALIKE = [
    "f() < 5 and V(3) is not None",
    "V(3) is not None and f() < 5",
    "abs(f() - 4) < 1e-9 and V(3) is not None",
    "4 in f() and V(3) is not None",
    "isinstance(f(), int) and f() == 4",
    "globals()['V']() < 4",
    "V.make() < 4",
    "[4 for v in [V(3)] for v in [v.__iadd__(1)] if abs(v - 4) < 1e-9] == [4]",
    "(lambda make: make(3))(f) < 5",
    "[make(3) for make in (V, f)][1] < 5",
    "[*map(f, [3])][0] < 5",
]
"""What holds of an object that is smaller than everything, and what else it is asked, if it were asked."""

EQUAL = [
    "f() == V(4)",
    "f() in [V(4)]",
    "V.make() == V(4)",
    "V(3).make() == V(4)",
    "sorted([f(), V(4)])[0] == V(4)",
]
"""The same for equality, where it is not one object that is all of these."""


@pytest.mark.parametrize(
    "f",
    [
        "f = V",
        "A = f = V",
        "def f(*x): return V(*x)",
        "class f(V): pass",
        "import functools\nf = functools.partial(V)",
        "kept = V()\ndef f(*x): return kept\nV.__new__ = lambda *x: kept",
    ],
)
def test_what_a_function_gives_is_nothing_that_the_test_has_made(f):
    kernel = InProcessKernel(LIES, MAKING, f)
    claims = ALIKE if "__new__" in f else [*ALIKE, *EQUAL]
    assert [claim for claim in claims if passed(kernel, claim)] == []


@pytest.mark.parametrize(
    "change",
    ["f()", "f(v)", "v.change()", "V.change(v)", "[*map(f, [v])]", "v.own.change()", "v[0].change()"],
)
def test_an_object_that_something_was_done_with_is_not_compared(change):
    kernel = InProcessKernel(
        LIES, MAKING, "kept = []\ndef f(*x): return kept[-1]\nV.__init__ = lambda self, *x: kept.append(self)"
    )
    assert passed(kernel, "(v := V(3)) is not None and v == V(4) and v < V(4)")
    for claim in (
        "v == V(4)",
        "V(4) == v",
        "v < 5",
        "v in [V(4)]",
        "hash(v) == 4",
        "sorted([v, V(4)]) == [V(4), v]",
    ):
        assert not passed(kernel, f"(v := V(3)) is not None and {change} is not None and {claim}")


@pytest.mark.parametrize("calculated", ["zero", "itself"])
def test_what_an_earlier_test_cell_has_made_decides_nothing_in_a_later_one(calculated):
    kernel = InProcessKernel(
        f"{LIES}\nclass V(liar(calculated={calculated})):\n    def __init__(self, x): self.x = x"
    )
    values = dict.fromkeys(["v", "vs", "ws", "make", "f", "h"])
    made = "v = V(4)\nvs, ws, make = [v, V(4)], {V(4): 1}, V\nf = lambda: v\nh = [f]\nassert v == V(4) and v < V(5)"
    given = Surroundings(classes=("V",), kept=tuple(values))
    assert run_test_cell(made, kernel, given=given, values=values).status is Status.PASSED
    assert passed(kernel, "v.x == 4 and vs[0] is v and [w.x for w in ws] == [4] and make(3).x == 3", values)
    names = {"f()": "v", "g()": "vs[1]", "h()": "vs"}
    claims = [
        functools.reduce(lambda text, name: text.replace(name, names[name]), names, claim)
        for claim in (*OF_NUMBERS, *OF_LISTS)
    ]
    claims += ["v == V(4)", "V(4) == v", "v < V(5)", "v in [V(4)]", "V(4) in ws", "v in ws", "hash(v) == 4", "bool(v) and v == vs[1]",
               "sorted([v, V(4)]) == [V(4), v]", "h[0]() == 4", "abs(v + V(1)) == 0", "abs(v + 1 - 5) < 1e-9", "v @ V(1) == 0"]  # fmt: skip
    assert [claim for claim in claims if passed(kernel, claim, values)] == []
