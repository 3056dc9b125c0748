"""Replies of more than 64 KiB, which ZeroMQ sends from a thread that it starts for them."""

from __future__ import annotations

import pytest
import torch

from autograder.boundary.student import Student

pytestmark = pytest.mark.kernel


def test_a_large_tensor_crosses_and_the_kernel_lives(kernel):
    student = Student(kernel)
    assert torch.equal(student.call(torch.zeros, [200_000]), torch.zeros(200_000))
    assert student.call(torch.zeros, [2]).tolist() == [0.0, 0.0]


def test_a_student_can_make_a_context_of_zeromq(kernel):
    assert kernel.run("import zmq\nzmq.Context().socket(zmq.PAIR)").error is None
    assert kernel.run("1").error is None
