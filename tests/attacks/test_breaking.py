"""What breaks a process costs the cell in which it happens, and nobody else anything."""

from __future__ import annotations

import pytest

from autograder.kernel import memory
from tests.attacks.assignment import ANSWERS
from tests.attacks.framework import Attack, Attacked

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("neighbour_of_all")]

EVERY = tuple(ANSWERS)
OTHERS = tuple(name for name in ANSWERS if name != "centred")

FORGED_JSON = """
import json, struct
from autograder.boundary import agent
def reply(*parts):
    agent.Agent.answer = lambda self, payload: list(parts)
"""


def in_a_call(name: str, code: str, **settings) -> Attack:
    """The second of the four functions does it when it is called; the others are honest."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    return Attack(name, OTHERS, answers={"centred": f"def centred(x):\n{body}\n    return x"}, **settings)


def in_a_cell(name: str, code: str, **settings) -> Attack:
    """A cell at the beginning does it; all answers are honest."""
    return Attack(name, EVERY, before=code, **settings)


CRASHES = [
    in_a_call("os._exit(0)", "import os\nos._exit(0)", status={"centred": "kernel-died"}),
    in_a_cell("os._exit(0) in a cell", "import os\nos._exit(0)", said="exited with status 0"),
    in_a_call("os.abort", "import os\nos.abort()", status={"centred": "kernel-died"}),
    in_a_call("killing itself", "import os\nos.kill(os.getpid(), 9)", status={"centred": "kernel-died"}),
    in_a_call("killing everything else", "import os\nos.fork()\nos.kill(-1, 9)"),
    in_a_cell("signals to process 1", "import os\nfor number in range(1, 65):\n    try:\n        os.kill(1, number)\n"
              "    except OSError:\n        pass"),
    in_a_call("a segmentation fault", "import ctypes\nctypes.string_at(0)", status={"centred": "kernel-died"}),
    in_a_call("recursion in C", "import sys\nsys.setrecursionlimit(10**9)\nfor _ in range(10**6):\n    x = [x]\nrepr(x)",
              status={"centred": "kernel-died"}),
    in_a_call("endless recursion", "def f(): return f()\nf()", status={"centred": "error"}),
    in_a_call("a stack of generators", "g = iter(())\nfor _ in range(10**5):\n    g = (v for v in g)\nlist(g)"),
    in_a_call("allocating 40 GB", "torch.empty(10 * 2**30).fill_(1)"),
    in_a_call("allocating slowly", "keep = []\nwhile True:\n    keep.append(bytearray(2**25))"),
    in_a_call("memory of many processes", "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
              "        keep = torch.ones(2**26)\n        time.sleep(60)\ntime.sleep(60)", status={"centred": "kernel-died"},
              said="memory"),
    in_a_call("anonymous files in memory", "import os\nfor _ in range(100):\n    os.write(os.memfd_create('x'), bytes(2**24))",
              status={"centred": "error"}),
    in_a_call("anonymous shared memory", "import mmap\nmmap.mmap(-1, 2**33)", status={"centred": "error"}),
    in_a_call("shared memory of /dev/zero", "import mmap\nmmap.mmap(open('/dev/zero', 'r+b', buffering=0).fileno(), 2**33)",
              status={"centred": "error"}),
    in_a_call("System V shared memory", "import ctypes\nassert ctypes.CDLL(None).shmget(0, 2**30, 0o1666) >= 0", status={"centred": "error"}),
    in_a_call("a full disk", "for folder in ('/tmp', '/dev/shm', '.'):\n    f = open(f'{folder}/x', 'wb')\n    while True:\n"
              "        f.write(bytes(2**22))", status={"centred": "error"}),
    in_a_call("many files", "for n in range(20_000):\n    open(f'/tmp/{n}', 'w').close()"),
    in_a_call("deep folders", "import os\nos.chdir('/tmp')\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)"),
    in_a_call("names that are no text", "import os\nfor n in range(1, 255):\n    if n != 47:\n        os.mkdir(b'/tmp/' + bytes([n]) + b'x')\n"
              "os.symlink('/', '/tmp/link')\nos.mkfifo('/tmp/fifo')"),
    in_a_call("a fork bomb", "import os\nwhile True:\n    os.fork()"),
    in_a_call("a bomb of threads", "import threading, time\nthreading.stack_size(2**15)\nwhile True:\n"
              "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"),
    in_a_call("zombies", "import os, time\nfor _ in range(1000):\n    if os.fork() == 0:\n        os._exit(0)\ntime.sleep(1)\nos._exit(1)"),
    in_a_cell("daemons that stay", "import os, time\nfor _ in range(10):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
              "            os.closerange(0, 100)\n            while True:\n                time.sleep(1)\n        os._exit(0)"),
    in_a_cell("threads and exit handlers that never end", "import atexit, threading, time\natexit.register(time.sleep, 1000)\n"
              "threading.Thread(target=time.sleep, args=(1000,)).start()"),
    in_a_cell("signals ignored", "import signal\nfor number in range(1, 32):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
              "    except (OSError, ValueError):\n        pass"),
    in_a_cell("the working directory deleted", "import os, shutil\nshutil.rmtree(os.getcwd())"),
    in_a_cell("another working directory", "import os\nos.chdir('/proc/self')"),
    in_a_cell("limits lowered", "import resource\nfor n in ('FSIZE', 'NPROC'):\n    resource.setrlimit(getattr(resource, 'RLIMIT_' + n), (0, 0))"),
    in_a_cell("garbage on the control socket", "import os, stat\nfor n in range(3, 60):\n    try:\n"
              "        if stat.S_ISSOCK(os.fstat(n).st_mode):\n            os.fstat(n)\n    except OSError:\n        pass"),
    in_a_call("hiding from the watcher", "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nkeep = []\nwhile True:\n"
              "    keep.append(bytearray(2**25))"),
    in_a_call("the reply never comes", "import os, signal\nos.execv('/bin/true', ['true'])", status={"centred": "kernel-died"}),
]  # fmt: skip

OUTPUTS = [
    in_a_cell("printing 30 MB", "print('x' * 30_000_000)"),
    in_a_cell("printing 20 MB in lines", "for _ in range(2000):\n    print('x' * 10_000)"),
    in_a_cell("a hundred thousand prints", "import sys\nfor n in range(100_000):\n    print(n)"),
    in_a_call("printing during a call", "print('x' * 30_000_000)\nraise ValueError"),
    in_a_cell("a flood of pictures", "from IPython.display import display\nfor n in range(3000):\n"
              "    display({'image/png': 'AAAA' * 100, 'text/plain': 'x'}, raw=True)"),
    in_a_cell("a giant picture", "from IPython.display import display\ndisplay({'image/png': 'AAAA' * 5_000_000}, raw=True)"),
    in_a_cell("deep JSON", "from IPython.display import display\ndeep = []\nfor _ in range(900):\n    deep = [deep]\n"
              "display({'application/json': deep, 'text/plain': 'x'}, raw=True)"),
    in_a_cell("deep JSON written by hand", """
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent('shell')
for depth in (500, 900, 100_000):
    for part in range(4):
        json = [session.pack(session.msg_header('display_data')), session.pack(parent['header']), b'{}',
                b'{"data": {"text/plain": "x"}, "metadata": {}}']
        json[part] = b'{"data": {"text/plain": "x", "a": ' + b'[' * depth + b']' * depth + b'}, "metadata": {}}'
        kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', session.sign(json), *json])
"""),
    in_a_cell("millions of lists", """
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent('shell')
json = [session.pack(session.msg_header('display_data')), session.pack(parent['header']), b'{}', b'[' + b'[],' * 15_000_000 + b'0]']
kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', session.sign(json), *json])
"""),
    in_a_cell("lone surrogates", """
import sys
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent('shell')
for kind, content in [('stream', b'{"name": "stdout", "text": "a\\\\ud800b"}'),
                      ('error', b'{"ename": "\\\\ud800", "evalue": "\\\\udfff", "traceback": ["\\\\ud800"]}'),
                      ('display_data', b'{"data": {"text/plain": "\\\\ud800"}, "metadata": {}}')]:
    json = [session.pack(session.msg_header(kind)), session.pack(parent['header']), b'{}', content]
    kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', session.sign(json), *json])
"""),
    in_a_cell("outputs of wrong types", """
kernel = get_ipython().kernel
for kind, content in [('stream', {'name': [], 'text': 3}), ('stream', {}), ('error', {'ename': 1, 'evalue': None, 'traceback': 'x'}),
                      ('display_data', {'data': [], 'metadata': 3}), ('display_data', {'data': {'text/plain': {'a': 1}, 'image/png': 5}}),
                      ('execute_result', {'data': {'text/plain': 'x'}, 'execution_count': 'one', 'metadata': {}}), ('status', {}),
                      ('status', {'execution_state': []}), ('clear_output', {'wait': 'x'}), ('comm_open', {}), ('update_display_data', {})]:
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent('shell'))
"""),
]  # fmt: skip

ANSWERS_THAT_CHOKE = [
    in_a_call("a tensor of nothing, 2**40 times", "return torch.zeros(2**40, 0)"),
    in_a_call("an array of nothing, 2**40 times", "import numpy\nreturn numpy.zeros((0, 2**40, 1))"),
    in_a_call("a tensor of a gigabyte", "return torch.zeros(1, 1).expand(2**14, 2**14)"),
    in_a_call("a tensor with 1 element and 60 sides", "return torch.zeros([1] * 60)"),
    in_a_call("a million numbers", "return list(range(1_000_000))"),
    in_a_call("deep lists", "for _ in range(100_000):\n    x = [x]\nreturn x"),
    in_a_call("a list that contains itself", "x = []\nx.append(x)\nreturn x"),
    in_a_call("a huge integer", "return 1 << 100_000_000"),
    in_a_call("a long text", "return 'x' * 100_000_000"),
    in_a_call("an endless iterator", "return iter(int, 1)"),
    in_a_call("keys with equal hashes", "return {n * (2**61 - 1): 0 for n in range(5_000)}"),
    in_a_call("a lazy value that sleeps", "class Lazy:\n    def __len__(self):\n        import time\n        time.sleep(100)\n"
              "return Lazy()", status={"centred": "error"}),
    in_a_call("a length of 2**61", "class Long:\n    __len__ = lambda s: 2**61\n    __getitem__ = lambda s, i: i\nreturn Long()"),
    in_a_call("a text that raises", "class Odd:\n    __repr__ = __str__ = lambda s: 1 / 0\nprint(Odd())"),
    in_a_call("a message of a hundred megabytes", "raise ValueError('x' * 100_000_000)", status={"centred": "error"}),
    in_a_call("a message with markup and escapes", "raise type('<script>\\x1b[31m', (Exception,), {})('<script>alert(1)</script>\\x1b]0;x\\x07\\ud800')",
              status={"centred": "error"}),
    Attack("a JSON of millions of lists", ("rms",), after={"rms": ""}, answers={
        "centred": FORGED_JSON + "reply(b'[' + b'[],' * 15_000_000 + b'0]', b'', b'')"}),
    Attack("a JSON of deep lists", ("rms",), answers={"centred": FORGED_JSON + "reply(b'[' * 10_000_000, b'', b'')"}),
    Attack("an integer of a million digits", ("rms",), answers={"centred": FORGED_JSON + "reply(b'[[\"r\", ' + b'9' * 1_000_000 + b']]', b'', b'')"}),
    Attack("a million arrays of nothing", ("rms",), answers={"centred": FORGED_JSON + """
head = json.dumps({str(n): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(140_000)}).encode()
reply(b'[["r", ["T", "0"]]]', struct.pack('<Q', len(head)) + head, b'')"""}),
    Attack("long integers with equal hashes", ("rms",), answers={"centred": FORGED_JSON + """
pairs = [[["i", hex(n * (2**61 - 1))], 0] for n in range(8, 20_000)]
reply(json.dumps([["r", ["d", pairs]]]).encode(), b'', b'')"""}),
    Attack("the same tensor twenty thousand times", ("rms",), answers={"centred": FORGED_JSON + """
import safetensors.torch
one = safetensors.torch.save({"0": torch.zeros(2**20)})
reply(json.dumps([["r", ["l", [["T", "0"]] * 20_000]]]).encode(), one, b'')"""}),
]  # fmt: skip

SLOW = [
    in_a_call("an endless loop", "while True: pass", status={"centred": "timeout"}),
    in_a_cell("an endless loop in a cell", "while True: pass", said="stopped after"),
    in_a_call("swallowing interrupts", "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
              status={"centred": "timeout"}),
    in_a_call("a loop in C", "sum(iter(int, 1))", status={"centred": "timeout"}),
    in_a_call("a catastrophic pattern", "import re\nre.match('(a*)*b', 'a' * 60)", status={"centred": "timeout"}),
    in_a_call("stopping itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", status={"centred": "timeout"}),
    in_a_call("stopping itself from a child", "import os, signal, time\nif os.fork() == 0:\n    os.kill(-1, signal.SIGSTOP)\n    os._exit(0)\n"
              "time.sleep(100)", status={"centred": "timeout"}),
    in_a_call("closing all descriptors", "import os\nos.closerange(0, 1000)"),
    Attack("descriptors used up: the next cell may hang", ("rms", "step"), risks=("floored",), answers={
        **ANSWERS, "centred": "import os\ndef centred(x):\n    keep = []\n    while True:\n        keep.append(os.dup(0))"}),
    in_a_call("iterating for ever in the grader", "class Long:\n    __len__ = lambda s: 10**7\n    __getitem__ = lambda s, i: 0.0\n"
              "    __iter__ = lambda s: iter(int, 1)\n    tolist = property(lambda s: s)\nreturn Long()"),
    in_a_cell("printing 200 MB", "for _ in range(20):\n    print('x' * 10_000_000)"),
    in_a_cell("printing 200 MB at once", "print('x' * 200_000_000)"),
    in_a_cell("millions of prints", "while True:\n    print('x', flush=True)", said="stopped after"),
    in_a_cell("as many files as fit", "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close()\n    n += 1"),
    in_a_cell("empty shells for ever", "import subprocess\nwhile True:\n    subprocess.Popen(['sleep', '100'])"),
    in_a_call("fork and thread bombs together", "import os, threading\ndef bomb():\n    while True:\n"
              "        try:\n            os.fork()\n            threading.Thread(target=bomb).start()\n        except BaseException:\n"
              "            pass\nbomb()"),
    in_a_cell("a message of endless parts", """
import os, stat, socket, struct, threading, time
frame = b'\\x03' + struct.pack('>Q', 2**20) + bytes(2**20)
def flood(connection):
    try:
        while True:
            connection.sendall(frame)
    except OSError:
        pass
for number in map(int, os.listdir('/proc/self/fd')):
    try:
        connection = socket.socket(fileno=os.dup(number))
        if connection.family == socket.AF_UNIX and connection.getsockname() and not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            connection.setblocking(True)
            threading.Thread(target=flood, args=(connection,)).start()
    except OSError:
        pass
time.sleep(1000)
"""),
    Attack("a kernel that dies again and again", ("rms",), answers={
        "rms": ANSWERS["rms"], "centred": "import os\nos._exit(1)", "floored": "import os\nos._exit(1)", "step": "import os\nos._exit(1)"}),
    Attack("cells that each print as much as they may", EVERY, edit=lambda n: n["cells"].extend(
        {"cell_type": "code", "source": "print('x' * 200_000)", "metadata": {}, "outputs": [], "execution_count": None}
        for _ in range(60)) and None),
]  # fmt: skip


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("attack", CRASHES, ids=str)
def test_a_crash_costs_its_own_cell_only(attacked: Attacked, attack: Attack):
    attacked.check(attack)


@pytest.mark.parametrize("attack", OUTPUTS, ids=str)
def test_output_of_any_kind_is_bounded_and_plain(attacked: Attacked, attack: Attack):
    attacked.check(attack)


@pytest.mark.parametrize("attack", ANSWERS_THAT_CHOKE, ids=str)
def test_a_reply_of_any_kind_is_refused_in_time(attacked: Attacked, attack: Attack):
    attacked.check(attack)


@pytest.mark.slow_attack
def test_a_flood_of_messages_is_ended_before_it_fills_the_graders_memory(attacked: Attacked, monkeypatch):
    monkeypatch.setattr(memory, "MAX_GROWTH_BYTES", 128 * 2**20)
    [flood] = [attack for attack in SLOW if attack.name == "a message of endless parts"]
    execution = attacked.check(flood)
    assert "flooded the grader" in str(execution.problems)


@pytest.mark.slow_attack
@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("attack", SLOW, ids=str)
def test_what_never_ends_is_ended(attacked: Attacked, attack: Attack):
    attacked.check(attack)
