"""Proxies: what a test cell may do with a student's objects, and what it may not."""

from __future__ import annotations

import pytest
import torch

from autograder.boundary import proxies
from autograder.boundary import student as module
from autograder.boundary.channel import Channel
from autograder.boundary.current import current_student, use_student
from autograder.boundary.proxies import Proxy
from autograder.boundary.student import Student
from autograder.errors import BoundaryError, CellTimeout, KernelDied
from tests.fakes import InProcessKernel

STUDENT = """
import torch

class Anything:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __lt__(self, other):
        return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self):
        return True
    def __len__(self):
        return 3
    def __getitem__(self, key):
        return key
    def __call__(self, x, *, twice=False):
        return 2 * x if twice else x
    def __repr__(self):
        raise RuntimeError("repr")
    secret = 1
    _private = 2

anything = Anything()
numbers = [1, 2.5, "three"]

class Bag:
    def __init__(self, *items):
        self.items = items
    def __iter__(self):
        return iter(self.items)

bag = Bag(*range(100))

class Negative:
    def __init__(self, length):
        self.length = length
    def __len__(self):
        return self.length
    def __iter__(self):
        return 3

def endless():
    number = 0
    while True:
        number += 1
        yield number

def clear(items):
    items.clear()
    return items

def fails(x):
    raise KeyError(x)

model = torch.nn.Linear(2, 1)
"""


@pytest.fixture
def kernel() -> InProcessKernel:
    return InProcessKernel(STUDENT)


@pytest.fixture
def student(kernel) -> Student:
    return Student(kernel)


def look_up(student: Student, name: str):
    return student.look_up([name])[name]


class TestAHandle:
    @pytest.fixture
    def anything(self, student) -> Proxy:
        return look_up(student, "anything")

    @pytest.mark.parametrize(
        "compare",
        [
            lambda handle: handle == 3,
            lambda handle: 3 == handle,  # noqa: SIM300
            lambda handle: handle != 3,
            lambda handle: handle < 3,
            lambda handle: handle <= 3,
            lambda handle: handle > 3,
            lambda handle: handle >= 3,
            lambda handle: 3 in [handle],
            lambda handle: [handle] == [3],
            lambda handle: torch.ones(1) == handle,
        ],
    )
    def test_a_handle_cannot_be_compared(self, anything, compare):
        with pytest.raises(TypeError):
            compare(anything)

    def test_a_handle_is_neither_true_nor_false(self, anything):
        with pytest.raises(TypeError, match="expected plain data, got an object of class Anything"):
            bool(anything)
        with pytest.raises(TypeError):
            assert anything

    def test_a_handle_cannot_be_hashed(self, anything):
        with pytest.raises(TypeError, match="expected plain data"):
            {anything}  # noqa: B018

    @pytest.mark.parametrize("convert", [int, float, abs, round, lambda handle: handle + 1, "{:d}".format])
    def test_a_handle_is_not_a_number(self, anything, convert):
        with pytest.raises((TypeError, ValueError, RuntimeError)):
            convert(anything)

    def test_a_handle_is_no_instance_of_anything(self, anything):
        assert not isinstance(anything, (int, float, str, list, dict, torch.Tensor))
        assert type(anything) is Proxy

    def test_its_text_says_where_it_is_and_runs_nothing_of_the_students(self, anything):
        assert repr(anything) == "<Anything in the student's kernel>"

    def test_it_is_called_with_arguments_and_keywords(self, anything):
        assert anything(3) == 3
        assert anything(3, twice=True) == 6

    def test_its_attributes_items_and_length_are_read(self, anything):
        assert anything.secret == 1
        assert anything["key"] == "key"
        assert len(anything) == 3

    @pytest.mark.parametrize("name", ["_private", "__array__", "__torch_function__", "__index__", "__dict__"])
    def test_private_attributes_are_never_asked_for(self, anything, kernel, name):
        before = kernel.requests
        with pytest.raises(AttributeError):
            getattr(anything, name)
        assert kernel.requests == before

    def test_fetch_gives_plain_data_where_there_is_some(self, student, anything):
        assert student.send([1, 2])._proxy_fetch() == [1, 2]
        assert type(anything._proxy_fetch()) is Proxy

    def test_it_goes_back_to_the_kernel_as_the_object_itself(self, student):
        model = look_up(student, "model")
        same = student.call(getattr, (model, "weight"))
        assert torch.equal(same, model.weight)


class TestIteration:
    def test_a_students_object_is_iterated_to_its_end(self, student):
        assert list(look_up(student, "bag")) == list(range(100))

    def test_many_items_come_in_one_trip(self, student, kernel):
        before = kernel.requests
        list(look_up(student, "bag"))
        assert kernel.requests - before < 100 // proxies.ITEMS_PER_TRIP + 5

    def test_an_endless_iterator_costs_only_what_is_taken(self, student):
        iterator = iter(look_up(student, "endless")())
        assert [next(iterator) for _ in range(20)] == list(range(1, 21))

    def test_more_items_than_asked_for_are_refused(self):
        class Forger(Channel):
            def request(self, payload):
                if b"next" in payload:
                    return [b'["r", ["l", [%s]]]' % b",".join([b"1"] * 17), b"", b""]
                return [b'[[["r", ["h", 1, "list_iterator"]], null, []]]', b"", b""]

        with pytest.raises(BoundaryError, match="iterator"):
            list(Proxy(Student(Forger()), 1, "list"))

    def test_an_object_that_never_ends_costs_its_time_and_no_more(self, student, kernel):
        kernel.limit_time(0.1)
        with pytest.raises(CellTimeout):
            list(look_up(student, "endless")())

    @pytest.mark.parametrize("length", [-1, 2**70])
    def test_a_length_that_cannot_be_is_an_error(self, student, kernel, length):
        kernel.run(f"odd = Negative({length})")
        with pytest.raises((TypeError, ValueError, OverflowError)):
            len(look_up(student, "odd"))

    def test_what_has_no_usable_iterator_cannot_be_iterated(self, student, kernel):
        kernel.run("odd = Negative(1)")
        with pytest.raises(TypeError, match="iter"):
            list(look_up(student, "odd"))


class TestStudent:
    def test_names_that_do_not_exist_are_left_out(self, student):
        assert set(student.look_up(["numbers", "no_such_name"])) == {"numbers"}

    def test_plain_data_is_a_copy(self, student, kernel):
        look_up(student, "numbers").append(4)
        assert kernel.namespace["numbers"] == [1, 2.5, "three"]

    def test_arguments_are_copies_too(self, student):
        items = [1, 2]
        [reply] = student.call_many(look_up(student, "clear"), [[items]])
        assert items == [1, 2]
        assert reply.value == []
        assert reply.arguments_after == ([],)

    def test_the_students_exception_is_raised_here(self, student):
        with pytest.raises(KeyError, match="lost") as caught:
            student.call(look_up(student, "fails"), ("lost",))
        assert "fails" in caught.value.student_traceback

    def test_no_calls_ask_nothing(self, student, kernel):
        fails = look_up(student, "fails")
        before = kernel.requests
        assert student.call_many(fails, []) == []
        assert kernel.requests == before

    def test_many_calls_are_one_request(self, student, kernel):
        anything = look_up(student, "anything")
        before = kernel.requests
        replies = student.call_many(anything, [[number] for number in range(50)])
        assert [reply.value for reply in replies] == list(range(50))
        assert kernel.requests == before + 1

    def test_handles_of_an_earlier_test_cell_are_of_no_use(self, student):
        old = look_up(student, "anything")
        student.look_up(["numbers"])
        with pytest.raises(KeyError):
            old(3)

    def test_what_belongs_to_the_grader_is_not_sent_as_an_argument(self, student, kernel):
        anything = look_up(student, "anything")
        before = kernel.requests
        with pytest.raises(BoundaryError, match="belongs to the grader"):
            anything(look_up)
        assert kernel.requests == before

    def test_the_bytes_of_one_test_cell_are_bounded(self, kernel, monkeypatch):
        monkeypatch.setattr(module, "MAX_BYTES_PER_CELL", 10_000)
        kernel.run("text = 'x' * 2000")
        student = Student(kernel)
        with pytest.raises(BoundaryError, match="bytes in one test cell"):
            [student.look_up(["text"]) for _ in range(20)]

    def test_a_dead_kernel_is_an_error_at_every_further_request(self, student, kernel):
        kernel.run("def crash():\n    die()")
        crash = look_up(student, "crash")
        for _ in range(2):
            with pytest.raises(KernelDied):
                crash()
        assert kernel.broken is not None


class TestUseStudent:
    def test_a_students_kernel_is_current_inside_and_not_outside(self, student):
        assert current_student() is None
        with use_student(student):
            assert current_student() is student
        assert current_student() is None

    def test_it_is_put_back_after_an_error(self, student):
        with pytest.raises(RuntimeError), use_student(student):
            raise RuntimeError
        assert current_student() is None
