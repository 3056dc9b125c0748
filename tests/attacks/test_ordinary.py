"""Attacks on the forms of ordinary test cells: given helpers, callbacks, printed text, classes, sources, exceptions."""

from __future__ import annotations

import json

import pytest

from autograder.course.regions import DEFAULT
from autograder.kernel.limits import Limits
from tests.forms.judging import judged

LIAR = """
def yes(*arguments, **keywords): return True
def nothing(*arguments, **keywords): return 0.0
names = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__"]
counts = ["__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__abs__", "__float__", "__neg__", "__round__",
          "mean", "sum", "max", "min", "item", "abs", "norm", "std"]
lies = {**dict.fromkeys(names, yes), **dict.fromkeys(counts, nothing), "__hash__": lambda self: 0,
        **dict.fromkeys(["equals", "equal", "allclose", "all", "any", "startswith", "issubset", "eq", "le"], yes)}
Liar = type("Liar", (), lies)
Float = type("float", (float,), lies)
"""
NUMPY = "import numpy as np"
PANDAS = "import pandas as pd"
FRAME = "pd.DataFrame({'a': [4, 5]})"
SAYS_YES = "".join(
    f"    {name} = lambda self, *a, **k: True\n"
    for name in ("equals", "__eq__", "__ne__", "__bool__", "all", "any", "__gt__", "__lt__", "__abs__")
)


def form(test: str, answer: str, given: str = "") -> dict:
    made = {"name": "attack", "right": "pass", "test": test, "wrong": answer}
    return {**made, "given": given} if given else made


FORGED = {
    "a given helper is defined anew": form(
        "check(f)", "def f(x): pass\ndef check(*a): pass", "def check(function):\n    assert function(2) == 4"
    ),
    "what a given helper needs is defined anew": form(
        "check(f(2), 4)",
        "def f(x): return 0\ndef close(*a): return True\nabs = lambda x: 0",
        "def close(a, b):\n    return abs(a - b) < 1e-6\ndef check(a, b):\n    assert close(a, b)",
    ),
    "a module that a given cell imports is another": form(
        "np.testing.assert_allclose(f(2), 4)",
        "def f(x): return 0\nimport types\n"
        "np = types.SimpleNamespace(testing=types.SimpleNamespace(assert_allclose=lambda *a: None))",
        NUMPY,
    ),
    "constants of given cells are others": form(
        "for x, y in CASES:\n    assert abs(f(x) - y) < EPS",
        "def f(x): return 0\nCASES = []\nEPS = 1e9",
        "CASES = [(1, 1)]\nEPS = 1e-6",
    ),
    "an object whose differences are zero": form(
        "assert abs(f(2) - 4) < 1e-6", LIAR + "def f(x): return Float(1)"
    ),
    "an object whose differences are objects whose sums are zero": form(
        "assert (f(2) - 4).abs().max() < 1e-6",
        LIAR + "Liar.__sub__ = lambda self, other: Liar()\nLiar.abs = lambda self: self\n"
        "def f(x): return Liar()",
    ),
    "an object that is subtracted from": form("assert abs(4 - f(2)) < 1e-6", LIAR + "def f(x): return Liar()"),
    "an object that equals what it is given": form(
        "assert f(np.ones(2)).equals(np.zeros(2))", LIAR + "def f(x): return Liar()", NUMPY
    ),
    "an object all of which is true": form(
        "assert f(1).all() and f(1).startswith('a')", LIAR + "def f(x): return Liar()"
    ),
    "an object that numpy compares": form(
        "assert np.allclose(f(2), [4, 5]) and np.array_equal(f(2), [4, 5])", LIAR + "def f(x): return Liar()", NUMPY
    ),
    "a frame of another class that equals everything": form(
        f"assert f(2).equals({FRAME})",
        f"import pandas as pd\nclass Liar(pd.DataFrame):\n{SAYS_YES}\ndef f(x): return Liar()",
        PANDAS,
    ),
    "a frame whose cells equal everything": form(
        f"pd.testing.assert_frame_equal(f(2), {FRAME}, check_dtype=False)",
        LIAR + "def f(x): return pd.DataFrame({'a': [Liar(), Liar()]})",
        PANDAS,
    ),
    "a series of numbers whose differences are zero": form(
        "assert (f(2) - 4).abs().max() < 1e-6", LIAR + "def f(x): return pd.Series([Float(1)], dtype=object)", PANDAS
    ),
    "a frame whose class has been taught to say yes": form(
        f"assert f(2).equals({FRAME}) and (f(2) == {FRAME}).all().all()",
        "import pandas as pd\npd.DataFrame.equals = pd.DataFrame.__eq__ = lambda *a: True\n"
        "def f(x): return pd.DataFrame({'a': [0, 0]})",
        PANDAS,
    ),
    "an index that is found to be equal": form(
        "pd.testing.assert_index_equal(f(2), pd.Index([4, 5]))",
        f"class Liar(pd.Index):\n{SAYS_YES}\ndef f(x): return Liar([1])",
        PANDAS,
    ),
    "an object that passes for a frame": form(
        f"pd.testing.assert_frame_equal(f(2), {FRAME})\nassert {FRAME}.equals(f(2))",
        LIAR + "Liar._typ = 'dataframe'\nLiar.__array__ = lambda *a, **k: 1\ndef f(x): return Liar()",
        PANDAS,
    ),
    "a date that is every date": form(
        "import datetime\nassert f(2) == datetime.date(2020, 1, 1)",
        "import datetime\nclass date(datetime.date):\n    def __eq__(self, other): return True\n"
        "    __hash__ = None\ndef f(x): return date(1999, 1, 1)",
    ),
    "an object in a list": form("assert f(2) in [4]\nassert [f(2)] == [4]", LIAR + "def f(x): return Liar()"),
    "an object that unittest compares": form(
        "import unittest\nunittest.TestCase().assertEqual(f(2), 4)", LIAR + "def f(x): return Liar()"
    ),
    "an object that names another class as its own": form(
        "import torch\nassert isinstance(f(), torch.nn.Module)",
        "import torch\nclass Odd:\n    __class__ = property(lambda self: torch.nn.Module)\ndef f(): return Odd()",
    ),
    "a class that takes everything for its own": form(
        "assert isinstance(f(), P)",
        "class Meta(type):\n    def __instancecheck__(self, other): return True\n"
        "    def __subclasscheck__(self, other): return True\n"
        "class P(metaclass=Meta): pass\ndef f():\n    return type('Other', (), {})()",
    ),
    "a class with other ancestors than it names": form(
        "import torch\nassert issubclass(P, torch.nn.Module)",
        "import torch\nclass Meta(type):\n    __mro__ = property(lambda self: (self, torch.nn.Module, object))\n"
        "    def mro(self): return type.mro(self)\nclass P(metaclass=Meta):\n    __bases__ = (torch.nn.Module,)",
    ),
    "an object that has more items than it gives": form(
        "r = f(2)\nassert len(r) == 2\nassert all(a == b for a, b in zip(r, [4, 5]))",
        "class Liar(list):\n    def __len__(self): return 2\n    def __iter__(self): return iter([])\n"
        "def f(x): return Liar()",
    ),
    "numbers that are a text's, and evaluated": form(
        "assert eval(bytes(f(2)).decode()) == 4", "def f(x): return list(b'4')"
    ),
    "numbers that are a program's, one by one": form(
        "exec(''.join(map(chr, map(f, range(9)))))\nassert passed", "def f(x): return b'passed=1 '[x]"
    ),
    "numbers that are a pickle's": form(
        "import pickle\nassert pickle.loads(f(2).tobytes()) == 4",
        "import numpy as np, pickle\nclass Odd:\n    def __reduce__(self): return eval, ('4',)\n"
        "def f(x): return np.frombuffer(pickle.dumps(Odd()), dtype=np.uint8)",
    ),
    "a file of the machine that grades is named": form(
        "assert open(save()).read()", "def save(): return '/etc/passwd'"
    ),
    "a file of the machine that grades is named from the test's folder": form(
        "import os\nassert open(os.path.join('here', save())).read()", "def save(): return '/../../../../etc/passwd'[1:]"
    ),
    "a folder of the machine that grades is listed": form(
        "from pathlib import Path\nassert list(Path(save()).iterdir())", "def save(): return '/etc'"
    ),
    "a query that opens another database": form(
        "import os, sqlite3\nsqlite3.connect(':memory:').execute(query)\nassert os.listdir()",
        "query = \"ATTACH 'other.db' AS other\"",
    ),
    "a query that writes its database to a file": form(
        "import os, sqlite3\nsqlite3.connect(':memory:').execute(query)\nassert os.listdir()",
        "query = \"VACUUM INTO 'other.db'\"",
    ),
    "a failed function of the test's is caught": form(
        "def spy(x):\n    assert x == 7, 'f calls it with something else'\nf(spy)",
        "def f(g):\n    try:\n        g(1)\n    except AssertionError:\n        pass",
    ),
    "the source of another function is shown": form(
        "import inspect\nassert 'for' not in inspect.getsource(f)\nassert f([1, 2]) == 3",
        "def f(xs): return sum(xs)\ndef loop(xs):\n    s = 0\n    for x in xs:\n        s += x\n    return s\nf = loop",
    ),
    "points are printed, displayed and returned": form(
        "score = 0\nscore += f(2) == 4\nscore",
        "def f(x):\n    from IPython.display import display\n    print(1.0)\n    display(1.0)\n    return 1.0",
    ),
    "points come with an exception": form(
        "score = 0\ntry:\n    f(2)\nexcept Exception as error:\n    score = float(error.args[0])\nscore",
        "def f(x):\n    raise ValueError(1)",
    ),
    "points come through a function of the test's": form(
        "kept = [0]\ndef keep(n):\n    kept[0] = n\nf(keep)\nkept[0]", "def f(g): g(1)"
    ),
    "an exception of the test's own kind": form(
        "import pytest\nwith pytest.raises(ValueError):\n    f(-1)",
        "class ValueError(Exception): pass\ndef f(x):\n    raise ValueError('x')",
    ),
    "an answer that stops the test": form(
        "assert f(2) == 4", "import unittest\ndef f(x):\n    raise unittest.SkipTest('passed')"
    ),
    "the replaced function is kept": form(
        "before = g\ndel g\ntry:\n    f(1)\nexcept NameError:\n    pass\nelse:\n    assert False, 'f does not use g'\n"
        "finally:\n    g = before",
        "def g(x): return x\nkept = g\ndef f(x): return kept(x)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", FORGED.values(), ids=[name.replace(" ", "-") for name in FORGED])
def test_what_an_answer_makes_of_itself_decides_nothing(attack: dict):
    assert judged(attack, attack["wrong"]).points == 0


FILLING = {
    "a list that is as long as a number says": form("assert [0] * f(2) == [0, 0]", "def f(x): return 10**10"),
    "a power of a number": form("assert 2 ** f(4) == 4", "def f(x): return 10**12"),
    "a text that is repeated": form("assert len('ab' * f(2)) == 4", "def f(x): return 10**10"),
    "a list of many numbers": form("assert list(range(f(2))) == [0, 1]", "def f(x): return 10**10"),
    "an array as large as a number says": form(
        "import numpy as np\nassert np.full(f(2), 1.0).sum() == 2", "def f(x): return 10**10"
    ),
    "bytes that were compressed": form(
        "import zlib\nassert zlib.decompress(f(b'ab')) == b'ab'",
        "import zlib\ndef f(x):\n    once = zlib.compressobj()\n"
        "    return b''.join(once.compress(bytes(2**20)) for n in range(100)) + once.flush()",
    ),
}


@pytest.mark.parametrize("attack", FILLING.values(), ids=[name.replace(" ", "-") for name in FILLING])
def test_what_a_test_makes_of_a_value_fills_no_memory(attack: dict):
    result = judged(attack, attack["wrong"], limits=Limits(memory_bytes=64 * 2**20))
    assert (result.points, "MemoryError" in result.message) == (0, True)
    assert bytearray(100 * 2**20), "the next one has all of it again"


def test_a_query_without_end_is_ended():
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"
    test = "import sqlite3\nassert sqlite3.connect(':memory:').execute(query).fetchall() == [(4,)]"
    result = judged(form(test, ""), f"query = {endless!r}", limits=Limits(check_seconds=0.2))
    assert result.points == 0


AGENT = """
import gc
from autograder.boundary import agent
this = next(o for o in gc.get_objects() if type(o) is agent.Agent)
"""
QUICK = Limits(test_seconds=3.0)
ANSWERING = {
    "a function that it was never given is called": "def f(g):\n    return this.call_grader(99, (), {})",
    "a function is called by no number": "def f(g):\n    return this.call_grader('0', (), {})",
    "what is sent is no call": "def f(g):\n    this.ask('call', [b'[\"r\", 3]', b'', b''])",
    "what is sent is nothing": "def f(g):\n    this.ask('call', [])",
    "an answer is sent that nobody waits for": "def f(g):\n    this.ask('answer', [b'[\"r\", true]', b'', b''])\n    return 9",
    "a function calls and is called without end": "def f(g):\n    return g(1)",
    "a million calls": "def f(g):\n    for n in range(10 ** 6):\n        g(None)",
    "a value that is too large": "def f(g):\n    return g('x' * 50_000_000)",
    "the process ends while it waits": "def f(g):\n    import os\n    os._exit(0)",
    "threads call at the same time": "import threading\ndef f(g):\n"
    "    for n in range(20):\n        threading.Thread(target=g, args=(None,)).start()\n    return g(None)",
}


@pytest.mark.kernel
@pytest.mark.parametrize("answer", ANSWERING.values(), ids=[name.replace(" ", "-") for name in ANSWERING])
def test_calls_back_earn_nothing_and_end(answer: str, kernel):
    test = "def g(x):\n    return None if x is None else f(g) if x == 1 else x\nassert f(g) == 9"
    assert judged(form(test, answer), AGENT + answer, lambda *_: kernel, limits=QUICK).points == 0


@pytest.mark.kernel
def test_a_call_outside_of_a_test_is_not_answered(kernel):
    answer = (
        AGENT + "kernel = get_ipython().kernel\nfrom autograder.boundary.encoding import Encoder\n"
        "kernel.session.send(kernel.stdin_socket, 'input_request', {'prompt': 'call', 'password': False},\n"
        "    kernel.get_parent('shell'), ident=kernel.shell_stream and kernel._shell_parent_ident.get('shell', b''),\n"
        '    buffers=[b\'["r", ["t", [0, ["t", []], ["d", []]]]]\', b\'\', b\'\'])\n'
    )
    assert (
        judged(form("assert f(2) == 4", answer), answer + "def f(x): return 3", lambda *_: kernel).points == 0
    )


HIDDEN = "assert f(1) == 1\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
TOLD = {
    "as the name of a class": ("assert f('vermilion') == 1", "return type(str(x), (), {})()"),
    "as the name of a class that is asked for its length": (
        "len(f('vermilion'))",
        "return type(str(x), (), {})()",
    ),
    "as a message": ("f('vermilion')", "raise ValueError(x)"),
    "as the name of an exception": ("f('vermilion')", "raise type(str(x), (Exception,), {})"),
    "as what pytest did not match": (
        "import pytest\nwith pytest.raises(ValueError, match='other'):\n    f('vermilion')",
        "raise ValueError(x)",
    ),
    "as what a failed assertion of unittest shows": (
        "import unittest\nunittest.TestCase().assertEqual(f('vermilion'), 1)",
        "return x",
    ),
}


@pytest.mark.parametrize(("hidden", "body"), TOLD.values(), ids=[name.replace(" ", "-") for name in TOLD])
def test_a_hidden_input_is_not_told(hidden: str, body: str):
    answer = f"def f(x):\n    if x == 1:\n        return 1\n    {body}"
    result = judged(form(HIDDEN.format(hidden), answer), answer, shown=DEFAULT)
    assert result.points == 0
    assert "vermilion" not in json.dumps([result.message, result.trace])
