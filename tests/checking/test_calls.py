"""Calls mean the same in the grader (through proxies) and under stock nbgrader (plain functions)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from autograder.boundary.current import use_student
from autograder.boundary.proxies import Proxy
from autograder.boundary.student import Student
from autograder.checking.calls import call, call_many, fetch, in_kernel, send
from autograder.errors import BoundaryError
from tests.fakes import InProcessKernel

STUDENT = """
import torch

def double(x):
    return 2 * x

def spoil(values):
    values.append(9)
    return len(values)

def odd(x):
    if x % 2 == 0:
        raise ValueError(f"{x} is even")
    return x

def train(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)

def backward(model):
    model(torch.ones(1, 2)).sum().backward()

def make_model():
    return torch.nn.Linear(2, 1)
"""


@pytest.fixture(params=["in the grader", "under stock nbgrader"])
def names(request) -> Iterator[dict]:
    """The student's functions, as a test cell sees them in either place."""
    kernel = InProcessKernel(STUDENT)
    if request.param == "under stock nbgrader":
        yield kernel.namespace
        return
    student = Student(kernel)
    with use_student(student):
        yield student.look_up([name for name in kernel.namespace if not name.startswith("_")])


class TestCallMany:
    def test_each_call_has_its_value_and_its_arguments(self, names):
        calls = call_many(names["double"], [(1,), [2.5]])
        assert [(made.arguments, made.value, made.error) for made in calls] == [
            ((1,), 2, None),
            ((2.5,), 5.0, None),
        ]

    def test_a_call_that_raises_does_not_stop_the_others(self, names):
        even, odd = call_many(names["odd"], [(2,), (3,)])
        assert type(even.error) is ValueError
        assert str(even.error) == "2 is even"
        assert odd.value == 3

    def test_result_gives_the_value_or_raises(self, names):
        even, odd = call_many(names["odd"], [(2,), (3,)])
        assert odd.result() == 3
        with pytest.raises(ValueError, match="2 is even"):
            even.result()

    def test_arguments_are_copies_and_what_became_of_them_is_seen(self, names):
        values = [1, 2]
        first, second = call_many(names["spoil"], [(values,), (values,)])
        assert values == [1, 2]
        assert first.arguments == ([1, 2],)
        assert first.arguments_after == second.arguments_after == ([1, 2, 9],)
        assert first.value == second.value == 3

    def test_tensors_are_copies_too(self, names):
        x = torch.zeros(2)
        [made] = call_many(names["double"], [(x,)])
        made.value.add_(1)
        made.arguments_after[0].add_(1)
        assert x.tolist() == [0.0, 0.0]

    def test_a_generator_of_arguments_is_taken_once(self, names):
        assert [made.value for made in call_many(names["double"], ((n,) for n in range(3)))] == [0, 2, 4]

    def test_no_arguments_make_no_calls(self, names):
        assert call_many(names["double"], []) == []


class TestCall:
    def test_it_is_one_call_of_many(self, names):
        made = call(names["spoil"], [1])
        assert (made.value, made.arguments, made.arguments_after) == (2, ([1],), ([1, 9],))


class TestSend:
    def test_an_object_keeps_its_identity_between_calls(self, names):
        model = torch.nn.Linear(2, 1)
        before = [parameter.clone() for parameter in model.parameters()]
        handle = send(model)
        for _ in range(2):
            names["train"](handle)
        after = [parameter.detach() for parameter in handle.parameters()]
        assert all(torch.allclose(old + 2, new) for old, new in zip(before, after, strict=True))
        assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))

    def test_what_belongs_to_the_grader_is_never_sent(self):
        with (
            use_student(Student(InProcessKernel())),
            pytest.raises(BoundaryError, match="belongs to the grader"),
        ):
            send(call)


class TestInKernel:
    def test_a_library_function_works_on_handles(self, names):
        model = names["make_model"]()
        optimizer = in_kernel(torch.optim.SGD, model.parameters(), lr=0.5)
        before = fetch(model.weight).detach().clone()
        names["backward"](model)
        optimizer.step()
        assert torch.allclose(fetch(model.weight), before - 0.5)

    def test_keywords_are_given(self, names):
        assert in_kernel(torch.full, (2,), fill_value=3.0).tolist() == [3.0, 3.0]

    def test_functions_of_the_grader_are_refused(self):
        with use_student(Student(InProcessKernel())), pytest.raises(BoundaryError):
            in_kernel(call_many, len, [])


class TestFetch:
    def test_plain_data_comes_from_a_handle(self, names):
        assert fetch(send([1, 2])) == [1, 2]
        assert fetch(3) == 3

    def test_an_object_stays_a_handle(self):
        with use_student(Student(InProcessKernel())):
            assert type(fetch(send(torch.nn.ReLU()))) is Proxy
