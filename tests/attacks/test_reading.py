"""What student code looks for and must not find: tests, expected values, files, the environment, other people's."""

from __future__ import annotations

import platform
import socket
import threading
import uuid
from collections.abc import Iterator

import pytest

from tests.attacks.assignment import ANSWERS
from tests.attacks.framework import Attack, Attacked, functions, leaks

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("neighbour")]

EVERY = tuple(ANSWERS)

SHOW = """
import base64, os, re, subprocess, sys
WANTED = re.compile(rb"vermilion.0x5eed.kestrel|kcul_rof_deraes")
def show(where, data):
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    for found in WANTED.findall(data):
        print(where, found, found[::-1], found.hex(), base64.b64encode(found))
"""
# The code may search for what it wants to find (the source of a submission does not come back).

PROCESSES = """
for pid in filter(str.isdigit, os.listdir('/proc')):
    for name in ('cmdline', 'environ', 'mem', 'maps', 'stack', 'syscall', 'auxv', 'cwd', 'root', 'exe', 'comm', 'status'):
        path = f'/proc/{pid}/{name}'
        try:
            print(os.readlink(path)) if os.path.islink(path) else show(path, open(path, 'rb').read(2**20))
        except OSError:
            pass
    try:
        for fd in os.listdir(f'/proc/{pid}/fd'):
            try:
                show(fd, open(f'/proc/{pid}/fd/{fd}', 'rb', buffering=0).read(0) or os.readlink(f'/proc/{pid}/fd/{fd}'))
            except OSError:
                pass
    except OSError:
        pass
"""

FILES = """
import itertools
count = 0
for top in ('/', '/proc/1/root', '/proc/self/root', '/..', os.path.expanduser('~'), '/run', '/root', '/home', '/mnt', '/var'):
    for folder, _, names in os.walk(top):
        if folder.startswith(('/proc', '/sys', '/usr/lib', '/usr/share', '/usr/include', '/run/python', '/dev')) or count > 20_000:
            _.clear()
            continue
        for name in names:
            count += 1
            if name.endswith(('.ipynb', '.db', '.json', '.txt', '.env')) or name in ('small.py', 'id_rsa', 'shadow', '.bash_history'):
                try:
                    show(name, open(os.path.join(folder, name), 'rb').read(2**20))
                except OSError:
                    pass
"""

MEMORY = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
class Span(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(2**16)
for pid in (1, 2, os.getppid()):
    if pid != os.getpid() and pid:
        print(libc.ptrace(16, pid, 0, 0), libc.ptrace(0x4206, pid, 0, 0))
        for address in (0x400000, 0x7f0000000000, id(libc)):
            here, there = Span(ctypes.addressof(buffer), 2**16), Span(address, 2**16)
            read = libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
            assert read <= 0, 'memory was read'
        handle = libc.syscall(434, pid, 0)
        for number in range(30):
            assert libc.syscall(438, handle, number, 0) < 0, 'a descriptor was taken'
"""

OBJECTS = """
import gc
for thing in gc.get_objects():
    try:
        if isinstance(thing, (str, bytes)):
            show('object', thing)
        elif isinstance(thing, dict):
            for key, value in list(thing.items())[:1000]:
                if isinstance(value, (str, bytes)):
                    show(key, value)
    except Exception:
        pass
"""

ATTACKS = [
    Attack("the environment", EVERY, before=SHOW + "show('environ', repr(os.environ) + open('/proc/self/environ').read())\n"
           "print(sorted(os.environ))"),
    Attack("files", EVERY, before=SHOW + FILES),
    Attack("processes", EVERY, before=SHOW + PROCESSES),
    Attack("memory of other processes", EVERY, before=SHOW + MEMORY),
    Attack("all objects", EVERY, before=SHOW + OBJECTS),
    Attack("the kit and the reference as modules", EVERY, before=SHOW + """
import importlib, pkgutil
for name in ('solutions', 'solutions.small', 'checks', 'checks.shared', 'mistakes', 'autograder.checking', 'autograder.verdict.testcell', 'tests', 'conftest'):
    try:
        show(name, repr(vars(importlib.import_module(name))))
        raise AssertionError(name)
    except ImportError:
        pass
assert not any(m.name in ('solutions', 'checks') and os.path.exists(os.path.join(m.module_finder.path, m.name, '__init__.py'))
               for m in pkgutil.iter_modules())
"""),
    Attack("frames, history and bytecode during a call", before=SHOW, answers=functions("""
import gc, inspect
for frame in inspect.stack():
    show('frame', repr(frame.frame.f_locals)[:10**6] + repr(frame.frame.f_code.co_consts))
show('history', repr(get_ipython().user_ns.get('In')) + repr(list(get_ipython().history_manager.get_range())))
show('messages', repr([o for o in gc.get_objects() if type(o) is bytes][:10**5]))
raise ValueError(repr(locals())[:1000])""")),
    Attack("the requests that the grader sends", before=SHOW + """
import pickle
from autograder.boundary import agent
before = agent.Agent.answer
def answer(self, payload):
    show('request', payload)
    print(payload[:2000])
    return before(self, payload)
agent.Agent.answer = answer
""", earns=EVERY),
    Attack("expected values in what is sent", answers=functions("""
import gc, torch
names = [n for o in gc.get_objects() if isinstance(o, dict) for n in list(o) if isinstance(n, str)]
for word in ('expected', 'reference', 'small.rms', 'ours'):
    assert word not in names, word
tensors = [o for o in gc.get_objects() if type(o) is torch.Tensor]
return next((t for t in tensors if t.shape == getattr(locals().get('x'), 'shape', None) and t.mean().abs() < 1e-6), 3.0)""")),
    Attack("the fork server's settings and code", EVERY, before=SHOW + """
show('settings', open('/proc/1/cmdline').read())
for name in os.listdir('/run/autograder'):
    show(name, open(f'/run/autograder/{name}').read())
try:
    open('/run/autograder/agent.py', 'a').write('evil')
    raise AssertionError('written')
except OSError:
    pass
"""),
    Attack("inherited descriptors", EVERY, before=SHOW + """
import stat
READ_ONLY = (os.path.expanduser('~'), '/run/python', '/usr', sys.base_prefix)
for number in os.listdir('/proc/self/fd'):
    try:
        status = os.fstat(int(number))
        target = os.readlink(f'/proc/self/fd/{number}')
    except OSError:
        continue
    kind = stat.S_IFMT(status.st_mode)
    if kind in (stat.S_IFREG, stat.S_IFDIR) and not target.startswith(READ_ONLY):
        print('CLUE', number, target)
"""),
    Attack("a shell with more rights", EVERY, before=SHOW + """
for command in ('sudo -n id', 'su -c id', 'mount', 'unshare -r id', 'nsenter -t 1 -a id', 'bwrap --bind / / id', 'chroot /proc/1/root id',
                'mount -t tmpfs x /mnt', 'cat /etc/shadow', 'dmesg', 'ps aux', 'ls -la /root /home /proc/1/cwd/'):
    done = subprocess.run(command, shell=True, capture_output=True, stdin=subprocess.DEVNULL)
    show(command, done.stdout + done.stderr)
for path in ('/etc/passwd', '/usr/x', '/x', '/dev/x', '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/run/x', '/proc/1/mem'):
    try:
        open(path, 'ab')
        raise AssertionError(path)
    except OSError:
        pass
"""),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_nothing_of_the_course_or_the_grader_is_found(attacked: Attacked, attack: Attack):
    execution = attacked.check(attack)
    if attack.before:
        first = next(iter(execution.outputs.values()))
        assert not [output for output in first if output["output_type"] == "error"], first
        text = "".join(output.get("text", "") for output in first)
        assert "CLUE" not in text
        assert str(attacked.course.root) not in text


def test_no_message_about_a_hidden_test_contains_what_it_expects(attacked: Attacked):
    """Not even where torch or the reference raise: the shapes and values of these are the hidden ones."""
    answers = functions("return torch.zeros(9, 9, 9)") | {
        "centred": "def centred(x):\n    return torch.zeros_like(x)"
    }
    answers["rms"] = "def rms(values):\n    return 3.0 if len(values) == 2 else 'x' * len(values)"
    execution = attacked.check(Attack("probing", answers=answers))
    for cell in execution.cells:
        assert "0x5eed" not in cell.message
        assert not any(digit in cell.message for digit in ("7", "11", "12", "13", "2.5"))


class TestAcrossSubmissions:
    """What one submission leaves is not there for the next one, whatever it is."""

    LEAVE = """
import ctypes, os, socket, subprocess, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)
MARK = "{mark}"
for folder in ('/tmp', '/dev/shm', os.path.expanduser('~'), os.path.expanduser('~/.ipython/profile_default/startup'),
               os.path.expanduser('~/.local/lib/python3.11/site-packages'), '/var/tmp', '/run', '/run/data', '/dev', '/mnt'):
    try:
        os.makedirs(folder, exist_ok=True)
        for name in ('left.py', 'usercustomize.py', '.hidden', '00-start.py'):
            with open(f'{{folder}}/{{name}}', 'w') as file:
                file.write(f'print("{{MARK}}")')
            os.chmod(f'{{folder}}/{{name}}', 0)
        os.makedirs(f'{{folder}}/locked/in', exist_ok=True)
        os.chmod(f'{{folder}}/locked', 0)
    except OSError:
        pass
data = MARK.encode()
for ring in range(-5, 0):
    libc.syscall({add_key}, b'user', data, data, len(data), ring)
libc.shmget(77, 4096, 0o1666)
libc.semget(77, 1, 0o1666)
libc.msgget(77, 0o1666)
for command in ('(setsid sh -c "while :; do echo {mark} > /tmp/again; sleep 0.01; done" >/dev/null 2>&1 &)', 'echo {mark} | at now'):
    subprocess.run(command, shell=True, stderr=subprocess.DEVNULL)
listener = socket.socket(socket.AF_UNIX); listener.bind('\\0{mark}'); listener.listen()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import time
        while True:
            time.sleep(1)
    os._exit(0)
"""

    FIND = """
import ctypes, os, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
MARK = "{mark}"
found = []
for top in ('/tmp', '/dev/shm', os.path.expanduser('~'), '/var', '/run', '/mnt'):
    for folder, folders, names in os.walk(top):
        if not folder.startswith('/run/python'):
            found += [f'{{folder}}/{{name}}' for name in names if name in ('left.py', 'again', '.hidden', 'usercustomize.py')]
            found += [f for f in folders if f == 'locked']
buffer = ctypes.create_string_buffer(100)
for ring in range(-5, 0):
    key = libc.syscall({keyctl}, 10, ring, b'user', MARK.encode(), 0)
    if key > 0:
        found.append('a key')
try:
    found += ['a key' for line in open('/proc/keys') if MARK in line]
except OSError:
    pass
for name in ('shm', 'sem', 'msg'):
    if len(open(f'/proc/sysvipc/{{name}}').read().splitlines()) > 1:
        found.append(name)
if MARK in open('/proc/net/unix').read():
    found.append('a socket')
if len([pid for pid in os.listdir('/proc') if pid.isdigit()]) > 2:
    found.append('processes')
print('FOUND', found)
"""

    def test_files_keys_processes_and_shared_memory_do_not_survive(self, attacked: Attacked):
        mark = f"left-{uuid.uuid4().hex}"
        calls = (
            {"add_key": 248, "keyctl": 250}
            if platform.machine() == "x86_64"
            else {"add_key": 217, "keyctl": 219}
        )
        leave = self.LEAVE.format(mark=mark, **calls)
        attacked.check(Attack("leave", EVERY, before=leave))
        execution = attacked.check(Attack("find", EVERY, before=self.FIND.format(mark=mark, **calls)))
        text = str(execution.outputs)
        assert "FOUND []" in text, text[:2000]
        assert mark not in text

    def test_what_process_1_hands_down_is_as_before(self, attacked: Attacked):
        show = (
            "import os, resource\nprint('STATE', os.sched_getscheduler(0), os.nice(0), open('/proc/self/oom_score_adj').read().strip(),"
            " resource.getrlimit(resource.RLIMIT_NOFILE), sorted(os.sched_getaffinity(0)))"
        )

        def state() -> list[str]:
            text = str(attacked.check(Attack("state", EVERY, before=show)).outputs)
            return [line for line in text.split("\\n") if "STATE" in line][:1]

        before = state()
        attacked.check(
            Attack(
                "change",
                EVERY,
                before="""
import os, resource, ctypes
libc = ctypes.CDLL(None, use_errno=True)
def attempt(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        pass
attempt(os.sched_setscheduler, 1, os.SCHED_IDLE, os.sched_param(0))
attempt(os.setpriority, os.PRIO_PROCESS, 1, 19)
attempt(os.setpriority, os.PRIO_USER, 0, 19)
attempt(os.sched_setaffinity, 1, {0})
for name in ('NOFILE', 'NPROC', 'DATA', 'AS', 'CPU', 'FSIZE'):
    attempt(resource.prlimit, 1, getattr(resource, 'RLIMIT_' + name), (1, 1))
libc.syscall(251, 1, 1, 3 << 13)
for name, value in (('oom_score_adj', '900'), ('autogroup', '19'), ('coredump_filter', '0'), ('comm', 'x'), ('timerslack_ns', '9999999')):
    attempt(lambda: open(f'/proc/1/{name}', 'w').write(value))
""",
            )
        )
        assert state() == before


class TestListeners:
    """Sockets of the machine that grades: none of them hears anything."""

    @pytest.fixture
    def heard(self) -> Iterator[tuple[dict, list]]:
        calls: list = []
        name = f"autograder-test-{uuid.uuid4().hex}"
        tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(f"\0{name}")
        unix.listen()
        places = {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "unix": name}
        listeners = [tcp, udp, unix]
        for listener in listeners:
            listener.settimeout(0.05)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                for listener in listeners:
                    try:
                        calls.append(listener.recv(1) if listener is udp else listener.accept()[1])
                    except TimeoutError:
                        continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield places, calls
        stop.set()
        thread.join()
        for listener in listeners:
            listener.close()

    def test_nothing_reaches_a_listener_on_the_machine_that_grades(self, attacked: Attacked, heard):
        places, calls = heard
        reach = f"""
import socket, subprocess, os
def attempt(family, kind, address):
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(0.3)
            s.connect(address)
            s.send(b'x')
            if kind == socket.SOCK_STREAM:
                print('REACHED', address)
    except OSError:
        pass
for host in ('127.0.0.1', '127.1.2.3', 'localhost'):
    attempt(socket.AF_INET, socket.SOCK_STREAM, (host, {places["tcp"]}))
    attempt(socket.AF_INET, socket.SOCK_DGRAM, (host, {places["udp"]}))
attempt(socket.AF_INET6, socket.SOCK_STREAM, ('::ffff:127.0.0.1', {places["tcp"]}))
attempt(socket.AF_UNIX, socket.SOCK_STREAM, '\\0{places["unix"]}')
for path in ('/run/dbus/system_bus_socket', '/var/run/docker.sock', '/tmp/.X11-unix/X0', '/run/systemd/private'):
    attempt(socket.AF_UNIX, socket.SOCK_STREAM, path)
for host in range(4):
    attempt(getattr(socket, 'AF_VSOCK', 40), socket.SOCK_STREAM, (host, 1024))
subprocess.run("exec 3<>/dev/tcp/127.0.0.1/{places["tcp"]}", shell=True, executable='/bin/bash', stderr=subprocess.DEVNULL)
try:
    socket.socket(40, socket.SOCK_STREAM)
    print('REACHED the host of a virtual machine')
except OSError:
    pass
print(open('/proc/net/dev').read().count(':'), 'interfaces')
"""
        execution = attacked.check(Attack("reach", EVERY, before=reach))
        assert "REACHED" not in str(execution.outputs)
        assert calls == []
        assert leaks(execution) == []
