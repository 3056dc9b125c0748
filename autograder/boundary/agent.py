"""The agent: answers the grader's requests inside the student's kernel.

The sandbox contains this file, what it imports, the fork server and nothing else of the kit,
and holds no secret. The student's code runs in the same process
and may change anything here, so the grader treats every reply as a claim about a value,
never as a verdict (see `autograder.boundary.wire` for the other end).

A request is a pickle (grader to student; the student's process is the one that must not be
trusted). A reply is three byte strings: JSON for the structure, and safetensors for tensors
and for arrays. While a request is answered, the student's code may call a function of the test
cell's that it was given: that call is asked of the grader, who may send requests before it answers.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import operator
import os
import pickle
import warnings

import numpy

from autograder.boundary.annotations import signature_of, told
from autograder.boundary.contents import content_of
from autograder.boundary.coroutines import Coroutines
from autograder.boundary.encoding import Encoder, TooLarge, described, members_of
from autograder.boundary.kinds import QUESTIONS
from autograder.boundary.traces import Modes, shares_memory

__all__ = ["Agent"]

MAX_CAUSES = 5


class Agent:
    """Keeps the objects that the grader holds handles to, and answers requests."""

    def __init__(self, namespace: dict) -> None:
        self.namespace = namespace
        self.modes = Modes()
        self.objects: dict[int, object] = {}
        self.numbers = itertools.count(1)
        self.known: dict[int, int] = {}  # the number of each of these objects, by where it lies
        self.ask = None  # sends a call, or the answer to a request, and gives what the grader says next
        self.stand_ins: dict[int, object] = {}
        self.replaced: dict[str, object] = {}
        self.errors: dict[type, int] = {}
        self.listens = False
        self.warned: list = []
        self.coroutines = Coroutines()

    def answer(self, payload: bytes) -> list[bytes]:
        """Answer one request; never raises."""
        encoder = Encoder(self)
        try:
            request = _Unpickler(payload, self).load()
            with self.listening():
                structure = getattr(self, "do_" + request["op"])(encoder, request)
            return encoder.finish(structure)
        except Exception as error:
            encoder = Encoder(self)
            return encoder.finish(["e", self.error(encoder, error)])

    @contextlib.contextmanager
    def listening(self):
        """While a request is answered: the student's code warns the grader, where that wants to know."""
        with warnings.catch_warnings(record=True) if self.listens else contextlib.nullcontext() as found:
            if self.listens:
                warnings.simplefilter("always")
            try:
                yield
            finally:
                self.warned += found or ()

    def call_grader(self, number, arguments, keywords):
        """Have the grader call a function of the test cell's."""
        encoder = Encoder(self)
        call = encoder.encode((number, tuple(arguments), dict(keywords)), depth=-1)
        kind, buffers = "call", encoder.finish(["r", call])
        while True:
            reply, payload = self.ask(kind, buffers)
            if reply != "request":
                break
            kind, buffers = "answer", self.answer(payload)
        reply, value = _Unpickler(payload, self).load()
        if reply == "error":
            raise value
        return value

    def error(self, encoder, error, depth=0):
        """The description of an exception; of its classes those that the grader has heard of."""
        known = [self.errors[kind] for kind in type.mro(type(error)) if kind in self.errors]
        cause = BaseException.__cause__.__get__(error)
        told = None if cause is None or depth == MAX_CAUSES else self.error(encoder, cause, depth + 1)
        members = [] if depth == MAX_CAUSES else members_of(error)
        return {
            **described(error, encoder),
            "classes": known,
            "cause": told,
            "members": [self.error(encoder, member, depth + 1) for member in members],
        }

    def do_make_error(self, encoder, request):
        """An exception of a class that the grader has heard of."""
        [kind] = [kind for kind, number in self.errors.items() if number == request["class"]]
        arguments, keywords = request["arguments"]
        return ["e", self.error(encoder, kind(*arguments, **keywords))]

    def do_listen(self, encoder, request):
        """Keep the warnings of the student's code from now on, or no longer."""
        self.listens = request["on"]
        return ["r", None]

    def do_take_warnings(self, encoder, request):
        """The warnings that were kept since the last time."""
        found = [self.error(encoder, warning.message) for warning in self.warned[: request["most"]]]
        self.warned.clear()
        return [["e", warning] for warning in found]

    def do_look_up(self, encoder, request):
        """Values of global names; a new test cell begins: it goes on with few old handles, modes are set back."""
        self.objects = {number: self.objects[number] for number in request["kept"]}
        self.known = {id(value): number for number, value in self.objects.items()}
        self.stand_ins.clear()
        self.errors.clear()
        self.do_restore(encoder, request)
        self.listens = False
        self.modes.restore()
        return [
            ["r", encoder.whole(self.namespace[name])] if name in self.namespace else ["missing"]
            for name in request["names"]
        ]

    def number_of(self, value):
        """The number by which the grader holds an object; the same one has one number."""
        if id(value) not in self.known:
            self.known[id(value)] = next(self.numbers)
            self.objects[self.known[id(value)]] = value
        return self.known[id(value)]

    def do_replace(self, encoder, request):
        """Put other values in the place of global names and of attributes of modules, or delete them."""
        for name, is_there, value in request["values"]:
            place, attribute = self.place(name)
            self.replaced.setdefault(name, place.get(attribute, self))
            if is_there:
                place[attribute] = value
            else:
                place.pop(attribute, None)
        return ["r", None]

    def do_define(self, encoder, request):
        """Give values to global names, for good."""
        self.namespace.update(request["values"])
        return ["r", None]

    def do_restore(self, encoder, request):
        """Undo what was replaced."""
        for name, value in self.replaced.items():
            place, attribute = self.place(name)
            if value is self:
                place.pop(attribute, None)
            else:
                place[attribute] = value
        self.replaced.clear()
        return ["r", None]

    def do_take_files(self, encoder, request):
        """What is in those of some files that exist."""
        found = {}
        for name in request["names"]:
            try:
                if os.path.getsize(name) <= request["most"]:
                    found[name] = _content(name)
            except Exception:
                continue
        return ["r", encoder.encode(found)]

    def do_put_files(self, encoder, request):
        """Write files that a test cell has written."""
        for name, content in request["files"].items():
            with open(name, "wb") as file:
                file.write(content)
        return ["r", None]

    def place(self, name):
        """The names among which a name stands: the notebook's, or a module's."""
        module, _, attribute = name.rpartition(".")
        return (vars(importlib.import_module(module)) if module else self.namespace), attribute

    def do_seed(self, encoder, request):
        """Seed a random generator, as the test cell has just done."""
        place, attribute = self.place(request["function"])
        place[attribute](*request["arguments"])
        return ["r", None]

    def do_names(self, encoder, request):
        """The notebook's global names, but for those that only IPython knows."""
        names = [name for name in list(self.namespace) if type(name) is str and not name.startswith("_")]
        return ["r", encoder.encode(names)]

    def do_global(self, encoder, request):
        """The value of a global name, in the midst of a test cell."""
        return self._guarded(encoder, lambda: self.namespace[request["name"]])

    def do_same(self, encoder, request):
        """Whether a global name is what an import of the instructor's gives: a module, or something from one."""

        def same():
            module = importlib.import_module(request["module"])
            wanted = getattr(module, request["attribute"]) if request["attribute"] else module
            return self.namespace.get(request["name"], self) is wanted

        return self._guarded(encoder, same)

    def do_signature(self, encoder, request):
        return self._guarded(encoder, lambda: signature_of(request["object"]))

    def do_annotations(self, encoder, request):
        """What a function that gives annotations gives of an object."""

        def annotations():
            found = request["function"](request["object"], *request["arguments"], **request["keywords"])
            return {name: told(annotation) for name, annotation in found.items()}

        return self._guarded(encoder, annotations)

    def do_is(self, encoder, request):
        question, kind = QUESTIONS[request["question"]], _found(request["kind"])
        return self._guarded(encoder, lambda: bool(question(request["object"], kind)))

    def do_content(self, encoder, request):
        """What an object is as data, if these methods of it are those of data."""
        return self._guarded(encoder, lambda: content_of(request["object"], request["names"]))

    def do_call(self, encoder, request):
        """Call one function with each of several argument lists."""
        results = []
        for payload in request["calls"]:
            arguments, keywords = _Unpickler(payload, self).load()
            encoder.places.clear()  # what one call returned may be another's buffer
            after = None
            try:
                value = request["function"](*arguments, **keywords)
                result = ["r", encoder.whole(value)]
            except TooLarge:
                raise
            except BaseException as error:  # a student's sys.exit() or KeyboardInterrupt included
                value, result = None, ["e", self.error(encoder, error)]
            left = self.modes.take_back()
            if request["after"]:
                after = encoder.encode(tuple(arguments), handles=request["handles"])
                if shares_memory(value, arguments):
                    left.append("memory")
            results.append([result, after, left])
        return results

    def do_await(self, encoder, request):
        """What some awaitables give, each as the result of a call."""
        return [
            [["r", encoder.whole(value)] if error is None else ["e", self.error(encoder, error)], None, []]
            for value, error in self.coroutines.results(request["objects"])
        ]

    def do_keep(self, encoder, request):
        """Keep an object that the grader sent and return a handle to it."""
        return ["r", encoder.encode(request["value"], keep=True)]

    def do_next(self, encoder, request):
        """Up to `count` further items of an iterator; fewer mean that it is at its end."""

        def items():
            found = []
            with contextlib.suppress(StopIteration):
                while len(found) < request["count"]:
                    found.append(next(request["object"]))
            return found

        return self._guarded(encoder, items)

    def _guarded(self, encoder, compute):
        try:
            return ["r", encoder.whole(compute())]
        except TooLarge:
            raise
        except BaseException as error:
            return ["e", self.error(encoder, error)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, payload, agent):
        super().__init__(io.BytesIO(payload))
        self.agent = agent

    def persistent_load(self, key):
        if isinstance(key, int):
            return self.agent.objects[key]
        number, *described = key
        if number not in self.agent.stand_ins:
            self.agent.stand_ins[number] = _stand_in(self.agent, number, *described)
        return self.agent.stand_ins[number]


def _content(name):
    """The bytes of a file; of arrays that were saved, the arrays."""
    if name.endswith((".npy", ".npz")):
        loaded = numpy.load(name, allow_pickle=False)
        return loaded if name.endswith(".npy") else dict(loaded)
    with open(name, "rb") as file:
        return file.read()


def _found(kind):
    """A class or function that was sent by its name; see `autograder.boundary.packing.named`."""
    if type(kind) is not tuple:
        return kind
    _, module, name = kind
    return operator.attrgetter(name)(importlib.import_module(module))


def _stand_in(agent, number, name, text, is_coroutine):
    def function(*arguments, **keywords):
        return agent.call_grader(number, arguments, keywords)

    async def coroutine(*arguments, **keywords):
        return agent.call_grader(number, arguments, keywords)

    made = coroutine if is_coroutine else function
    made.__name__ = made.__qualname__ = name
    made.__doc__ = text
    return made
