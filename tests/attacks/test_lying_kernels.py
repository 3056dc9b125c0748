"""The interpreter, the protocol and the modules lie: everything in the student's process may be replaced."""

from __future__ import annotations

import pytest

from tests.attacks.assignment import ANSWERS
from tests.attacks.framework import Attack, Attacked, everywhere, functions

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("neighbour_of_all")]

AGENT = """
import gc, json, sys
from autograder.boundary import agent
this = next(o for o in gc.get_objects() if type(o) is agent.Agent)
def replying(*parts):
    agent.Agent.answer = lambda self, payload: list(parts)
"""

KERNEL = """
import sys, threading, time
kernel = get_ipython().kernel
session = kernel.session
handlers = kernel.shell_handlers
honest = handlers["autograder_request"]
"""


def replies(name: str, parts: str, **settings) -> Attack:
    """All answers are right until the agent is replaced by one that always sends the same."""
    return Attack(name, before=AGENT + f"replying({parts})", **settings)


def before_the_reply(name: str, code: str, **settings) -> Attack:
    """The kernel's own handler of the grader's requests runs other code first."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    return Attack(name, before=f"{KERNEL}\ndef answer(stream, identity, parent):\n{body}\n"
                  "handlers['autograder_request'] = answer", **settings)  # fmt: skip


EVERY = tuple(ANSWERS)

ATTACKS = [
    # the interpreter
    everywhere(
        "builtins are replaced", "3.0",
        "import builtins\nfor name in ('abs', 'all', 'any', 'isinstance', 'len', 'max', 'type', 'float'):\n"
        "    pass\nbuiltins.abs = lambda x: 0.0\nbuiltins.all = lambda x: True\nbuiltins.AssertionError = Warning",
    ),
    everywhere(
        "torch's comparisons are replaced", "torch.zeros(1)",
        "import torch\nfor name in ('equal', 'allclose', 'isclose', 'eq', 'all'):\n"
        "    setattr(torch, name, lambda *a, **k: True)\ntorch.Tensor.__eq__ = lambda *a: True\n"
        "torch.Tensor.tolist = lambda self: [[0.0, 0.0], [0.0, 0.0]]\ntorch.Tensor.item = lambda self: 0.0",
    ),
    everywhere("numpy's comparisons are replaced", "0.0",
               "import numpy\nnumpy.allclose = numpy.array_equal = numpy.all = lambda *a, **k: True"),
    everywhere("math and random are replaced", "0.0",
               "import math, random\nmath.sqrt = lambda x: 0.0\nrandom.seed = random.random = lambda *a: 0.0"),
    everywhere(
        "assertions are removed from what runs", "3.0",
        "import ast\nclass Remove(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Remove())",
    ),
    everywhere("input is transformed", "3.0",
               "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if 'assert' in ''.join(lines) else lines)"),
    everywhere(
        "run_cell, run_code and do_execute are replaced", "3.0",
        "from IPython.core.interactiveshell import ExecutionResult, InteractiveShell\n"
        "InteractiveShell.run_cell = lambda self, *a, **k: ExecutionResult(None)\n"
        "get_ipython().kernel.do_execute = lambda *a, **k: {'status': 'ok'}",
    ),
    everywhere("hooks run after each cell", "3.0",
               "get_ipython().events.register('post_execute', lambda: print('4.0'))\n"
               "get_ipython().events.register('pre_execute', lambda: None)"),
    everywhere("every frame is traced", "3.0",
               "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\nsys.excepthook = lambda *a: None"),
    everywhere("exceptions are shown as success", "3.0",
               "get_ipython().showtraceback = lambda *a, **k: None\nget_ipython().set_custom_exc((BaseException,), lambda *a: [])"),
    everywhere("unittest and pytest always succeed", "3.0",
               "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\nimport sys, types\n"
               "sys.modules['pytest'] = types.ModuleType('pytest')"),
    # modules
    everywhere(
        "fake modules of the course", "3.0",
        "import sys, types\nfor name in ('solutions', 'solutions.small', 'autograder', 'autograder.checking.calls'):\n"
        "    sys.modules[name] = types.ModuleType(name)\nsys.modules['solutions'].small = sys.modules['solutions.small']\n"
        "sys.modules['solutions.small'].rms = lambda v: 3.0",
    ),
    everywhere(
        "an import hook", "3.0",
        "import sys\nclass Hook:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('solutions'):\n            raise ImportError(name)\nsys.meta_path.insert(0, Hook())",
    ),
    everywhere(
        "files that shadow modules", "3.0",
        "for name in ('torch', 'solutions', 'autograder', 'math', 'copy', 'sitecustomize'):\n"
        "    open(f'{name}.py', 'w').write('equal = allclose = lambda *a, **k: True')\n",
    ),
    everywhere("serialisers are replaced", "3.0",
               "import types, safetensors.torch\nfrom autograder.boundary import agent\nsafetensors.torch.save = lambda *a, **k: b'x'\n"
               "agent.json = types.SimpleNamespace(dumps=lambda *a, **k: '[[\"r\", 3.0]]')"),
    # what the agent sends
    replies("a verdict instead of a value", "b'{\"status\": \"passed\", \"points\": 1}', b'', b''"),
    replies("nothing", ""),
    replies("one empty part", "b''"),
    replies("three empty parts", "b'', b'', b''"),
    replies("a hundred parts", "*[b'[]'] * 100"),
    replies("True for everything", "b'true', b'', b''"),
    replies("a list that is too short", "b'[]', b'', b''"),
    replies("an empty exception", "b'[\"e\", {}]', b'', b''"),
    replies("an exception that would end a loop", "json.dumps(['e', dict(type='StopIteration', builtin='StopIteration', message='', trace='')]).encode(), b'', b''"),
    replies("an exception that would leave the cell", "json.dumps(['e', dict(type='SystemExit', builtin='SystemExit', message='0', trace='')]).encode(), b'', b''"),
    replies("a builtin that is no exception", "json.dumps(['e', dict(type='print', builtin='print', message='passed', trace='')]).encode(), b'', b''"),
    replies("an exception of the grader's", "json.dumps(['e', dict(type='KernelDied', builtin='KernelDied', message='', trace='')]).encode(), b'', b''"),
    replies("an exception group", "json.dumps(['e', dict(type='ExceptionGroup', builtin='ExceptionGroup', message='', trace='')]).encode(), b'', b''"),
    replies("a pickle", "b'cos\\nsystem\\n(S\"exit 0\"\\ntR.', b'', b''"),
    replies("arrays that are no arrays", "b'[[\"r\", [\"T\", \"0\"]]]', b'x' * 1000, b''"),
    replies("an array with a wrong length", "b'[[\"r\", [\"T\", \"0\"]]]', b'\\xff' * 8 + b'{}', b''"),
    replies("numbers that are no JSON", "b'[[\"r\", NaN], [\"r\", Infinity], [\"r\", -Infinity], [\"r\", 1e999]]', b'', b''"),
    replies("another encoding", "'[[\"r\", 3.0]]'.encode('utf-16'), b'', b''"),
    Attack(
        "values without the arguments afterwards",
        earns=("rms",),
        answers={"floored": "def floored(x, low):\n    return x.clamp_(min=low)"},
        before=AGENT + """
before = agent.Agent.do_call
def do_call(self, encoder, request):
    return [[result, ["t", []] if after else after, left] for result, after, left in before(self, encoder, request)]
agent.Agent.do_call = do_call
""",
    ),
    Attack(
        "one value for all calls, which are the same tensor",
        answers=functions("return x if 'x' in locals() else 3.0"),
        before=AGENT + """
before = agent.Agent.do_call
def do_call(self, encoder, request):
    results = before(self, encoder, request)
    return [results[0]] * len(results)
agent.Agent.do_call = do_call
""",
    ),
    Attack(
        "handles to objects that the grader has never seen",
        before=AGENT + """
agent.Agent.do_look_up = lambda self, encoder, request: [["r", ["h", 2**40 + n, "float"]] for n, _ in enumerate(request["names"])]
agent.Agent.do_call = lambda self, encoder, request: [[["r", ["h", 2**50, "float"]], None, []] for _ in request["calls"]]
""",
    ),
    Attack(
        "the names that the test cell looks up do not exist, and then do",
        earns=EVERY,
        before=AGENT + """
before = agent.Agent.do_look_up
def do_look_up(self, encoder, request):
    found = before(self, encoder, request)
    return found
agent.Agent.do_look_up = do_look_up
""",
    ),
    # the protocol
    before_the_reply(
        "a forged reply before the real one",
        "for _ in range(3):\n    session.send(stream, 'autograder_reply', {'status': 'ok', 'points': 1}, parent=parent,"
        " ident=identity, buffers=[b'[[\"r\", 3.0]]', b'', b''])\nhonest(stream, identity, parent)",
        answers=functions("return 3.0"),
    ),
    before_the_reply(
        "replies to requests that have not been made yet",
        "head, number = parent['header']['msg_id'].rsplit('_', 1)\nfor n in range(1, 30):\n"
        "    future = {'header': {**parent['header'], 'msg_id': f'{head}_{int(number) + n}'}}\n"
        "    session.send(stream, 'autograder_reply', {}, parent=future, ident=identity,"
        " buffers=[b'[[\"r\", true]]', b'', b''])\nhonest(stream, identity, parent)",
        answers=functions("return 3.0"),
    ),
    before_the_reply(
        "the reply of a cell in the place of an answer",
        "session.send(stream, 'execute_reply', {'status': 'ok'}, parent=parent, ident=identity)\n"
        "session.send(stream, 'autograder_reply', {}, parent={}, ident=identity, buffers=[b'true', b'', b''])\n"
        "honest(stream, identity, parent)",
        answers=functions("return 3.0"),
    ),
    before_the_reply(
        "replies with wrong signatures and broken parts",
        "for parts in ([b''], [b'<IDS|MSG>'], [b'<IDS|MSG>', b'x', b'{}', b'{}', b'{}', b'{}'], [b'<IDS|MSG>', b'', b'[]']):\n"
        "    getattr(stream, 'socket', stream).send_multipart([*identity, *parts])\nhonest(stream, identity, parent)",
        earns=("centred",),
    ),
    before_the_reply(
        "replies whose parts have the wrong types",
        "for content, head in (([], parent), ('x', parent), ({}, {'header': 3}), ({}, {'header': {'msg_id': []}})):\n"
        "    try:\n        session.send(stream, 'autograder_reply', content, parent=head, ident=identity)\n"
        "    except Exception:\n        pass\nhonest(stream, identity, parent)",
        earns=("centred",),
    ),
    Attack(
        "a score is displayed where one is read",
        answers=functions("from IPython.display import display\nprint(1.0)\ndisplay(1)\n"
                          "get_ipython().displayhook(1.0)\nreturn 3.0"),
    ),
    Attack(
        "forged results on the output channel",
        before=KERNEL,
        answers=functions(
            "parent = kernel.get_parent('shell')\nfor kind, content in [\n"
            "    ('execute_result', {'execution_count': 1, 'data': {'text/plain': '1.0'}, 'metadata': {}}),\n"
            "    ('clear_output', {'wait': False}), ('status', {'execution_state': 'idle'})]:\n"
            "    session.send(kernel.iopub_socket, kind, content, parent=parent)\nreturn 3.0"
        ),
    ),
    Attack(
        "the test cell's own success message",
        answers=functions("print('passed')\nimport sys\nprint('1.0', file=sys.stderr)\nreturn 3.0"),
    ),
    Attack("everything is silenced", before="import sys\nsys.stdout = sys.stderr = None\nget_ipython().kernel.session.send = lambda *a, **k: None",
           said="stopped after"),
    # exceptions
    everywhere("an exception that is not one of Exception", "(_ for _ in ()).throw(type('Quiet', (BaseException,), {}))"),
    everywhere("an exception called AssertionError", "(_ for _ in ()).throw(type('AssertionError', (Exception,), {})('passed'))"),
    everywhere("an exception called CheckFailed", "(_ for _ in ()).throw(type('CheckFailed', (AssertionError,), {})('passed'))"),
    everywhere("an exception group of successes", "(_ for _ in ()).throw(ExceptionGroup('passed', [SystemExit(0)] if 0 else [ValueError()]))"),
    everywhere("an exception whose text raises", "(_ for _ in ()).throw(Odd())",
               "class Odd(Exception):\n    def __str__(self): raise KeyboardInterrupt\n    __repr__ = __str__"),
    everywhere("an exception whose class lies", "(_ for _ in ()).throw(Odd())",
               "class Meta(type(Exception)):\n    __name__ = property(lambda self: 1 / 0)\n"
               "class Odd(Exception, metaclass=Meta): pass"),
    everywhere("SystemExit", "exit(0)"),
    everywhere("sys.exit with success", "__import__('sys').exit(0)"),
    everywhere("GeneratorExit", "(_ for _ in ()).throw(GeneratorExit)"),
    everywhere("StopIteration", "next(iter(()))"),
    everywhere("KeyboardInterrupt", "(_ for _ in ()).throw(KeyboardInterrupt)"),
    everywhere("a timeout of the student's own", "(_ for _ in ()).throw(TimeoutError('not your fault'))"),
    everywhere("a warning", "(_ for _ in ()).throw(UserWarning('passed'))"),
]  # fmt: skip

SLOW = {"everything is silenced"}


@pytest.mark.parametrize(
    "attack",
    [pytest.param(a, id=a.name, marks=[pytest.mark.slow_attack] if a.name in SLOW else []) for a in ATTACKS],
)
def test_a_lying_kernel_earns_what_is_honest_in_it(attacked: Attacked, attack: Attack):
    attacked.check(attack)
