"""Wrong answers that are tried one after another in one kernel do what they do in a kernel of their own."""

from __future__ import annotations

from autograder.course.folder import Course
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.mistakes.trials import Trials
from autograder.verdict import importing
from autograder.verdict.verdict import Status
from tests.fakes import FakeKernels

KNOWN = """
scale:
  wrong:
    added:
      old: x * factor
      new: x + factor
    a helper:
      source: |
        def help_me(x):
            return x * 2

        def scale(x, factor):
            return help_me(x)
    the helper of somebody else:
      source: |
        def scale(x, factor):
            return help_me(x)
    random:
      old: x * factor
      new: x * torch.rand(1)
    random again:
      old: x * factor
      new: x * torch.rand(1) + 0
    no Python:
      source: |
        def scale(x, factor)
            return x
    the last one:
      old: x * factor
      new: x - factor
total:
  wrong:
    one too many:
      old: sum(values)
      new: sum(values) + 1
"""
SEED = 7


def done(task: Task) -> Execution:
    importing.install(task.modules)
    return execute(task, FakeKernels())


def test_each_behaves_as_in_a_kernel_of_its_own(course: Course):
    (course.root / "mistakes").mkdir()
    (course.root / "mistakes" / "small.yaml").write_text(KNOWN)
    trials = Trials(course, "small")
    tried = [proof for _, proof in trials.wrong]
    tests = [test for proof in tried for test in proof.fails]
    together = done(trials.batch(list(zip(tests, tried, strict=True)), SEED)).cells
    alone = [done(trials.task(proof, SEED)).cells[0] for proof in tried]
    assert [cell.cell for cell in together] == tests
    assert set(tests) == {"test_scale", "test_total"}
    assert [one.status for one in together] == [one.status for one in alone]
    assert [one.behaviour for one in together] == [one.behaviour for one in alone]
    assert Status.PASSED not in {one.status for one in together}
    by_name = {proof.name: one.behaviour for proof, one in zip(tried, together, strict=True)}
    assert by_name["no Python"] == ()
    assert by_name["random"] == by_name["random again"] != by_name["added"] != ()


def test_a_proof_executes_its_tests_and_what_they_need_of_the_notebook(course: Course):
    (course.root / "mistakes").mkdir()
    (course.root / "mistakes" / "small.yaml").write_text(KNOWN)
    trials = Trials(course, "small")
    proof = next(proof for _, proof in trials.wrong if proof.cell == "total")
    executed = trials.task(proof, SEED).notebook.cells
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id", cell.id) for cell in executed]
    assert {"total", "test_total"} <= set(ids)
    assert not {"scale", "test_scale"} & set(ids)


def test_together_they_execute_only_what_one_of_them_needs(course: Course):
    (course.root / "mistakes").mkdir()
    (course.root / "mistakes" / "small.yaml").write_text(
        KNOWN + "    with another answer:\n      old: sum(values)\n      new: sum(scale(values, 2))\n"
    )
    trials = Trials(course, "small")
    alone, with_another = (proof for _, proof in trials.wrong if proof.cell == "total")
    for tried, is_there in (([alone], False), ([alone, with_another], True)):
        executed = trials.batch([("test_total", one) for one in tried], SEED).notebook.cells
        assert any("def scale" in cell.source for cell in executed) is is_there
