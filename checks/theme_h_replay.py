"""Checks for replay memories and forgetting: what a memory keeps, what a step learns, how much is lost.

A memory lives in the student's kernel. Whatever needs many memories or many samples is a chain of
lazy `map`s there over library functions, so it costs a few round trips.
"""

from __future__ import annotations

import copy
import itertools
import math
import operator
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import call_many, in_kernel, send
from autograder.checking.promises import Promises, keeping
from autograder.checking.search import search
from autograder.checking.seeds import derived_seed, grading_seed
from autograder.checking.values import difference, form
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, mlp
from checks.shared.experiments import check_predictions
from checks.shared.models import MOMENTUM, learner, state_of
from checks.shared.probes import Experiment

__all__ = [
    "check_accuracy_matrix",
    "check_copies",
    "check_fifo",
    "check_forgetting",
    "check_replay_step",
    "check_reservoir",
    "check_samples",
    "check_two_task_run",
    "four_new_images",
    "memory_problem",
]

TRAINS = Promises(changes=frozenset({0, 1}))

CLOSE = 1e-5
"""Greatest difference of a weight after a few steps: float32 sums in another order give 1e-6."""

LARGEST_Z = 5.0
"""A count may be this many standard deviations off: a correct memory is so once in two million counts."""

STREAMS = 2000
"""How many memories with seeds of their own see the same short stream."""


def check_fifo(memory_class: Callable) -> None:
    """`memory_class(capacity, seed)` keeps the newest `capacity` samples, oldest first, whatever the batch sizes."""
    for capacity, batches in (
        (3, (1, 1, 1, 1, 1)),
        (3, (5,)),
        (4, (2, 3, 2)),
        (5, (2,)),
        (2, (7, 1)),
        (1, (4,)),
        (0, (3,)),
    ):
        images, labels = _stream(sum(batches))
        memory = memory_class(capacity, 0)
        _feed(memory, images, labels, batches)
        where = f"capacity {capacity}, samples added in batches of {list(batches)}"
        size = min(len(images), capacity)
        if not len(memory) == size:
            raise CheckFailed(
                f"{where}: len(memory) must be min(samples, capacity) = {size}, got {len(memory)}"
            )
        if memory.seen != len(images):
            raise CheckFailed(
                f"{where}: memory.seen counts all samples that were ever added, {len(images)}, it is {memory.seen}"
            )
        if not capacity:
            continue
        kept = _identities(memory.contents(), images, labels, where)
        expected = list(range(len(images) - size, len(images)))
        if kept != expected:
            reason = ""
            if kept == list(range(size)):
                reason = ": these are the first samples; a full memory drops its oldest one"
            elif sorted(kept) == expected:
                reason = (
                    ": they are the right ones, but must be in the order in which they came, oldest first"
                )
            raise CheckFailed(
                f"{where}: the memory must hold the newest {size} samples, it holds those with the numbers {kept} "
                f"(0 came first){reason}"
            )
    same, labels = torch.full((4, 1, 2, 2), 0.5), torch.tensor([7, 7, 7, 2])
    memory = memory_class(3, 0)
    memory.add(same, labels)
    if not len(memory) == 3 or not torch.equal(_pair(memory.contents(), "memory.contents()")[1], labels[1:]):
        raise CheckFailed("equal images and labels are samples like any others: each that is added is stored")


def check_copies(memory_class: Callable) -> None:
    """What a memory holds is its own: it stays as it was if the caller writes into the tensors that were added."""
    images = torch.rand(9, 1, 3, 2, generator=torch.Generator().manual_seed(grading_seed()))
    images[0], images[1] = 1.0, 0.0
    labels = torch.tensor([4, 1, 4, 4, 0, 7, 7, 1, 9])
    added = {(str(image.tolist()), label) for image, label in zip(images, labels.tolist(), strict=True)}
    for capacity, seed in ((9, 0), (2, 1), (2, 2), (2, 3)):  # several, for a memory that replaces by chance
        memory = memory_class(capacity, seed)
        sent, sent_labels = send(images), send(labels)
        memory.add(sent, sent_labels)
        sent.zero_()
        sent_labels.fill_(9)
        got, got_labels = _pair(memory.contents(), "memory.contents()")
        kept = {(str(image.tolist()), label) for image, label in zip(got, got_labels.tolist(), strict=True)}
        if not kept <= added or len(kept) != capacity:
            raise CheckFailed(
                "after memory.add(images, labels) the tensors images and labels were overwritten, and what the memory "
                "holds changed with them: store copies (a row of a tensor is a view of it; .clone() copies)"
            )


def check_samples(memory_class: Callable, draws: int = 600) -> None:
    """`memory.sample(n)`: min(n, len) different samples, each as likely as any other, decided by the seed."""
    images, labels = _stream(5)

    def draw(seed: int, n: int, times: int) -> list[list[int]]:
        memory = memory_class(5, seed)
        memory.add(images, labels)
        values = [call.result() for call in call_many(memory.sample, [(n,)] * times)]
        where = f"memory.sample({n}) from a memory of 5"
        drawn = [_identities(value, images, labels, where) for value in values]
        for indices in drawn:
            if len(indices) != min(n, 5):
                raise CheckFailed(f"{where} must give {min(n, 5)} samples, got {len(indices)}")
            if len(set(indices)) != len(indices):
                raise CheckFailed(f"{where} gave the same sample more than once: draw without repetition")
        if not len(memory) == 5:
            raise CheckFailed(f"after {where} it holds {len(memory)} samples: sampling takes nothing out")
        return drawn

    draw(1, 5, 2)
    draw(1, 8, 2)
    drawn = draw(2, 2, draws)
    singles = Counter(itertools.chain.from_iterable(drawn))
    pairs = Counter(tuple(sorted(indices)) for indices in drawn)
    for what, counts, cases, p in (
        ("sample number {}", singles, range(5), 2 / 5),
        ("the pair {}", pairs, itertools.combinations(range(5), 2), 1 / 10),
    ):
        for case in cases:
            if not abs(_z(counts[case], draws, p)) <= LARGEST_Z:
                raise CheckFailed(
                    f"in {draws} calls of memory.sample(2) from a memory of 5, {what.format(case)} was drawn "
                    f"{counts[case]} times; each is as likely as any other, so about {draws * p:.0f} times: "
                    "is each call a new random draw?"
                )
    if draw(2, 2, 20) != drawn[:20]:
        raise CheckFailed(
            "two memories made with the same seed gave different samples: draw with the memory's own generator"
        )
    if draw(3, 2, 20) == drawn[:20]:
        raise CheckFailed("memories made with the seeds 2 and 3 gave the same samples: is the seed used?")


def check_reservoir(memory_class: Callable) -> None:
    """`memory_class(capacity, seed)` holds each of T samples with probability C/T, and each subset alike.

    Tiny streams (C = 1, T = 3; C = 3, T = 4; C = 2, T = 5) for 2000 seeds each; every count must lie
    within 5 standard deviations.
    """
    for capacity, batches in ((3, (2,)), (3, (3,)), (0, (3,))):
        images, labels = _stream(sum(batches))
        memory = memory_class(capacity, 0)
        _feed(memory, images, labels, batches)
        size = min(sum(batches), capacity)
        if not len(memory) == size:
            raise CheckFailed(
                f"{sum(batches)} samples, capacity {capacity}: len(memory) must be {size}, got {len(memory)}"
            )
        if size:
            kept = _identities(memory.contents(), images, labels, f"{size} samples, capacity {capacity}")
            if sorted(kept) != list(range(size)):
                raise CheckFailed(
                    f"{size} samples, capacity {capacity}: all fit, but it holds the numbers {sorted(kept)}"
                )
    first = grading_seed() % 10**6
    for capacity, batches, alike in (
        (1, (1, 2), False),
        (3, (4,), True),
        (3, (1, 1, 1, 1), False),
        (2, (3, 2), True),
    ):
        total = sum(batches)
        images, labels = _stream(total)
        if alike:  # all labels but the last
            labels = (torch.arange(total) == total - 1).long()
        seeds = range(first, first + STREAMS)
        kept = _many_kept(memory_class, capacity, seeds, images, labels, batches)
        where = f"capacity {capacity}, {total} samples in batches of {list(batches)}, {STREAMS} memories"
        singles = Counter(itertools.chain.from_iterable(kept))
        for index in range(total):
            z = _z(singles[index], STREAMS, capacity / total)
            if not abs(z) <= LARGEST_Z:
                raise CheckFailed(
                    f"{where}: sample number {index} (0 came first) is in {singles[index]} of them, expected about "
                    f"C/T = {capacity}/{total} of them, {STREAMS * capacity / total:.0f} ({z:+.0f} standard deviations): "
                    "which numbers may the random slot of the t-th sample have, and is t the number of all samples "
                    "so far, this one included?"
                )
        subsets = Counter(tuple(sorted(indices)) for indices in kept)
        p = 1 / math.comb(total, capacity)
        for subset in itertools.combinations(range(total), capacity):
            if not abs(_z(subsets[subset], STREAMS, p)) <= LARGEST_Z:
                raise CheckFailed(
                    f"{where}: exactly the samples {subset} are in {subsets[subset]} of them, expected about "
                    f"{STREAMS * p:.0f}: every subset is equally likely; is the slot that is replaced a random one?"
                )
    _check_long_stream(memory_class, first)
    images, labels = _stream(40)
    same = _many_kept(memory_class, 8, [first, first, first + 1], images, labels, (25, 15))
    if same[0] != same[1]:
        raise CheckFailed(
            "two memories made with the same seed, given the same samples, hold different ones: draw with the "
            "memory's own generator"
        )
    if same[0] == same[2]:
        raise CheckFailed("memories made with two different seeds hold the same samples: is the seed used?")


def _check_long_stream(memory_class: Callable, seed: int) -> None:
    """Of many samples a reservoir holds as many of the first half as of the second, but for chance."""
    total, capacity = 4000, 400
    images, labels = _stream(total)
    memory = memory_class(capacity, seed)
    _feed(memory, images, labels, (total // 2, total // 2))
    kept = _identities(memory.contents(), images, labels, f"capacity {capacity}, {total} samples")
    early = sum(number < total // 2 for number in kept)
    # drawn without repetition, so the spread is a little smaller than that of a binomial count
    if len(set(kept)) != capacity or not abs(_z(early, capacity, 1 / 2)) <= LARGEST_Z:
        raise CheckFailed(
            f"capacity {capacity}, {total} samples: the memory holds {len(kept)}, {early} of them from the first half; "
            f"expected about {capacity // 2}: is t the number of all samples so far?"
        )


def check_replay_step(step: Callable) -> None:
    """`replay_step(model, optimizer, images, labels, replayed)`: one step on the mean loss of new and old together.

    Compared with steps made here, with momentum, from small weights and from large ones, with 5 new
    and 3 old samples, with 2 and 6, and without old ones.
    """
    seed = grading_seed() + 20
    digits = handwriting(seed, 60, 0)
    images, labels = (digits.train_images + 1) / 2, digits.train_labels
    for sizes, scale, rate in (
        (((5, 3), (2, 6)), 1, 0.1),
        (((4, 0), (5, 3), (6, 1)), 1, 0.1),
        (((5, 3), (3, 2)), 30, 1e-4),
    ):
        start = mlp(seed, (784, 12, 10))
        with torch.no_grad():
            for parameter in start.parameters():
                parameter.mul_(scale)
        student = send(start.train())
        optimizer = in_kernel(torch.optim.SGD, student.parameters(), lr=rate, momentum=MOMENTUM)
        own, kept, clean, means, old_only = (learner(start, rate) for _ in range(5))
        at = 0
        for n, m in sizes:
            new = slice(at, at + n)
            old = slice(at + n, at + n + m)
            at += n + m
            replayed = (images[old], labels[old]) if m else None
            value = keeping(step, student, optimizer, images[new], labels[new], replayed, promises=TRAINS)
            parts = [(images[new], labels[new]), (images[old], labels[old])][: 2 if m else 1]
            loss = _step(own, parts)
            _step(kept, parts, clear=False)
            _step(clean, parts[:1])
            _step(means, parts, joint=False)
            _step(old_only, parts[-1:])
            where = f"with {n} new and {m} replayed samples (lr {rate:g})"
            got = state_of(student)
            if difference(got, own[0].state_dict()) > CLOSE:
                reasons = [
                    why
                    for (model, _), why in (
                        ((start, None), "the weights did not change at all: is there a step()?"),
                        (clean, "the replayed samples are not used"),
                        (means, "this is the mean of two means; take the mean over all samples together"),
                        (old_only, "only the replayed samples are used"),
                        (kept, "the gradients of the step before are still in the sum: zero_grad()?"),
                    )
                    if difference(got, model.state_dict()) <= CLOSE
                ]
                raise CheckFailed(
                    f"{where}: the weights are not those of one SGD step on the mean cross entropy of all {n + m} samples"
                    f"{': ' + reasons[0] if reasons else ''}"
                )
            if type(value) is not float or not abs(value - loss) <= 1e-4 * (1 + loss):
                got_value = f"{value:.5g}" if type(value) is float else form(value)
                raise CheckFailed(
                    f"{where}: the function must return, as a Python float, the mean loss over new and replayed samples "
                    f"before the update; got {got_value}"
                )


def check_accuracy_matrix(accuracy_matrix: Callable) -> None:
    """`accuracy_matrix(models, tasks)`: row i, column j is the accuracy in percent of model i on task j."""
    for n_models, sizes in ((2, (7, 4)), (2, (5, 9, 3)), (3, (6,))):
        models, tasks = _models_and_tasks(grading_seed() + n_models, n_models, sizes)
        [call] = call_many(accuracy_matrix, [(models, tasks)])
        where = f"for {n_models} models and {len(sizes)} tasks of {list(sizes)} samples"
        value = call.result()
        form = (n_models, len(sizes))
        if not isinstance(value, torch.Tensor) or tuple(value.shape) != form or not value.is_floating_point():
            raise CheckFailed(
                f"{where}: expected a float tensor of shape {form} (models x tasks), got {form(value)}"
            )
        right = _accuracies(models, tasks)
        if not float((value.double() - right).abs().max()) <= 1e-3:
            reason = ""
            if torch.allclose(value.double(), right / 100, atol=1e-5):
                reason = ": these are fractions; the answer is in percent"
            elif n_models == len(sizes) and torch.allclose(value.double(), right.T, atol=1e-3):
                reason = ": rows and columns are exchanged; the rows are the models"
            elif torch.allclose(value.double(), _accuracies(models, tasks, training=True), atol=1e-3):
                reason = ": a model with BatchNorm was used in train mode"
            i, j = divmod(int((value.double() - right).abs().argmax()), len(sizes))
            raise CheckFailed(
                f"{where}: row {i}, column {j} is {value[i, j].item():.4g}, and that is not the percentage of task {j} "
                f"that model {i} gets right{reason}"
            )


def check_forgetting(forgetting: Callable) -> None:
    """`forgetting(matrix)`: the mean over all tasks but the last of (best accuracy before the last row − last row)."""

    def right(r: torch.Tensor) -> float:
        return float((r[:-1, :-1].max(dim=0).values - r[-1, :-1]).mean())

    def judge(matrix: torch.Tensor, value: Any) -> str | None:
        if type(value) is not float:
            return f"expected a Python float, got {form(value)}"
        expected = right(matrix)
        if abs(value - expected) <= 1e-3:
            return None
        r, last = matrix, matrix[-1]
        for wrong, why in (
            (-expected, "its sign is the wrong way round: lost points are positive"),
            (float((r.max(dim=0).values - last)[:-1].mean()), "the last row is no row before the last"),
            (
                float((r[:-1].max(dim=0).values - last).mean()),
                "the last task cannot be forgotten yet; leave it out",
            ),
            (
                float((r.max(dim=0).values - last).mean()),
                "the last task cannot be forgotten yet; leave it out",
            ),
            (float((r.diagonal() - last)[:-1].mean()), "the best before need not be on the diagonal"),
            (expected * (len(r) - 1), "this is a sum; take the mean over the tasks"),
            (expected * (len(r) - 1) / len(r), "the mean is over T − 1 tasks"),
            (right(r.T), "rows are moments, columns are tasks"),
        ):
            if abs(value - wrong) <= 1e-3:
                return f"got {value:.4g}: {why}"
        return f"got {value:.4g}, which is not the mean of (best before − last) over the tasks but the last"

    def inputs(seed: int, n: int) -> torch.Tensor:
        return torch.randint(0, 201, (n, n), generator=torch.Generator().manual_seed(seed)) / 2

    search(
        forgetting,
        st.tuples(st.builds(inputs, st.integers(0, 10**6), st.integers(2, 5))),
        judge,
        names=("matrix",),
        always=[
            (torch.tensor([[90.0, 0.0], [30.0, 80.0]]),),
            (torch.tensor([[70.0, 5.0], [75.0, 95.0]]),),
            (torch.tensor([[80.0, 10.0, 0.0], [90.0, 70.0, 5.0], [40.0, 85.0, 60.0]]),),
        ],
    )


def check_two_task_run(
    result: Mapping[str, Any], config: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth: torch.Tensor,
    *, new_class: int, at_least: float,
) -> None:  # fmt: skip
    """The predictions of a run come from its last model, the history has both tasks, and the first model knew the old one.

    Args:
        result: What `check_run` returned: "score", "history", "predictions", and "models", two handles.
        config: The configuration of the run.
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        new_class: The class that is learned in the second task.
        at_least: The percentage of the old classes that the first model exceeds with every seed.
    """
    check_predictions(result, data, truth, at_least=0)
    epochs = 2 * config["epochs_per_task"]
    if len(result["history"]) != epochs:
        raise CheckFailed(
            f"'history' must have one value for each epoch of both tasks, 2 x {config['epochs_per_task']} = {epochs}, "
            f"got {len(result['history'])}"
        )
    models = result.get("models")
    if type(models) not in (list, tuple) or len(models) != 2 or not all(map(callable, models)):
        raise CheckFailed(
            f"run(...)['models'] must be two models, after the first and after the second task, got {form(models)}"
        )
    before, after = (_predicted(model, data["test_images"], len(truth)) for model in models)
    if not torch.equal(after, result["predictions"]):
        raise CheckFailed("the last of run(...)['models'] must be the model whose predictions are returned")
    old = truth != new_class
    reached = 100 * (before == truth)[old].double().mean().item()
    if bool((before[old] == new_class).all()) or not reached >= at_least:
        raise CheckFailed(
            f"the first of run(...)['models'] is right for {reached:.0f} % of the old classes, expected at least "
            f"{at_least:g} %: is it a copy of the model (copy.deepcopy), made right after the first task?"
        )
    if bool((before == new_class).any()):
        raise CheckFailed(
            f"after the first task the model predicts {new_class}: did the first task contain it?"
        )


def memory_problem(run: Callable, experiment: Experiment) -> str | None:
    """What is wrong with a run whose memory is of one kind whatever the config says, or draws the same whatever the seed."""
    data = experiment.data(derived_seed("kinds of memory") % 10**6)
    config = {**experiment.rest, "capacity": 2, "n_replay": 5, experiment.length: 3}
    seeds = range(21, 27)
    histories = _histories(
        run, [({**config, "memory": name}, seed, data) for name in ("fifo", "reservoir") for seed in seeds]
    )
    if histories[:6] == histories[6:]:
        return "runs with a FIFO memory and with a reservoir gave the same losses: is config['memory'] used?"
    # One old image and one new one have no order: at learning rate 0 only what is drawn changes the loss.
    kept = [int(torch.nonzero(mask)[0]) for mask in (data["train_labels"] != 9, data["train_labels"] == 9)]
    two = {**data, "train_images": data["train_images"][kept], "train_labels": data["train_labels"][kept]}
    config = {**experiment.rest, "learning_rate": 0.0, "capacity": 100, "n_replay": 1, experiment.length: 8}
    drawn = [
        tuple(abs(loss - history[8]) > 1e-5 for loss in history[8:]) if len(history or []) == 16 else None
        for history in _histories(run, [(config, seed, two) for seed in seeds])
    ]
    if len(set(drawn)) == 1:
        return (
            f"{len(drawn)} seeds drew the same samples from memories that hold the same: is seed passed on to the memory, "
            "and does training replay what it draws?"
        )
    return None


def _histories(run: Callable, asked: Sequence[tuple]) -> list[Any]:
    return [call.value.get("history") if type(call.value) is dict else None for call in call_many(run, asked)]


def four_new_images(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The data with four images of the new digit, so that the second task has two batches of two, too."""
    generator = torch.Generator().manual_seed(derived_seed("images of the new digit"))
    old = data["train_labels"] != 9
    return {
        **data,
        "train_images": torch.cat([data["train_images"][old], torch.rand(4, 1, 28, 28, generator=generator)]),
        "train_labels": torch.cat([data["train_labels"][old], torch.full((4,), 9)]),
    }


def _stream(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n images (n, 1, 2, 2) whose first pixel is their number / 64, and labels."""
    numbers = torch.arange(n)
    images = (numbers / 64).reshape(n, 1, 1, 1) + torch.tensor([[0.0, 0.25], [0.5, 0.125]])
    return images, (3 * numbers + 1) % 10


def _feed(memory: Any, images: torch.Tensor, labels: torch.Tensor, batches: Sequence[int]) -> None:
    parts = zip(images.split(list(batches)), labels.split(list(batches)), strict=True)
    for call in call_many(memory.add, list(parts)):
        call.result()


def _pair(value: Any, where: str) -> tuple[torch.Tensor, torch.Tensor]:
    if (
        type(value) not in (tuple, list)
        or len(value) != 2
        or not all(isinstance(v, torch.Tensor) for v in value)
    ):
        raise CheckFailed(f"{where}: expected a pair of tensors (images, labels), got {form(value)}")
    return value[0], value[1]


def _identities(value: Any, images: torch.Tensor, labels: torch.Tensor, where: str) -> list[int]:
    """Which of the stream's samples these are, by number; each must be one of them, with its own label."""
    got, got_labels = _pair(value, where)
    form = tuple(images.shape[1:])
    if tuple(got.shape[1:]) != form or got.dtype != images.dtype or got.dim() != images.dim():
        raise CheckFailed(
            f"{where}: the images must have shape (n, {', '.join(map(str, form))}), got {form(got)}"
        )
    if got_labels.dtype != torch.int64 or tuple(got_labels.shape) != (len(got),):
        raise CheckFailed(
            f"{where}: the labels must be an int64 tensor of shape ({len(got)},), got {form(got_labels)}"
        )
    numbers = []
    for image, label in zip(got, got_labels.tolist(), strict=True):
        number = image.flatten()[0].item() * 64
        if not (0 <= number < len(images)) or not torch.equal(image, images[round(number)]):
            raise CheckFailed(f"{where}: an image is not one of those that were added")
        if label != labels[round(number)].item():
            raise CheckFailed(f"{where}: an image has the label of another one")
        numbers.append(round(number))
    return numbers


def _many_kept(memory_class, capacity, seeds, images, labels, batches) -> list[list[int]]:
    """What each of many memories, one for each seed, holds after the same stream."""
    memories = in_kernel(deque, in_kernel(map, memory_class, [capacity] * len(seeds), list(seeds)))
    parts = zip(images.split(list(batches)), labels.split(list(batches)), strict=True)
    for part in parts:
        in_kernel(deque, in_kernel(map, operator.methodcaller("add", *part), memories), maxlen=0)
    values = in_kernel(list, in_kernel(map, operator.methodcaller("contents"), memories))
    if type(values) is not list or len(values) != len(seeds):
        raise CheckFailed("memory.contents() must give a pair of tensors (images, labels)")
    where = f"capacity {capacity}, {len(images)} samples"
    kept = [sorted(_identities(value, images, labels, where)) for value in values]
    for numbers in kept:
        if len(numbers) != capacity or len(set(numbers)) != capacity:
            raise CheckFailed(
                f"{where}: the memory must hold {capacity} different samples, it holds the numbers {numbers}"
            )
    return kept


def _z(count: int, n: int, p: float) -> float:
    return (
        (count - n * p) / math.sqrt(n * p * (1 - p)) if 0 < p < 1 else (0.0 if count == n * p else math.inf)
    )


def _step(
    learning: tuple[nn.Module, torch.optim.Optimizer], parts, *, clear: bool = True, joint: bool = True
) -> float:
    """One step on the mean loss of all samples, or on the mean of the parts' means; the loss before it."""
    model, optimizer = learning
    if joint:
        parts = [tuple(torch.cat(column) for column in zip(*parts, strict=True))]
    if clear:
        optimizer.zero_grad()
    loss = sum(F.cross_entropy(model(images), labels) for images, labels in parts) / len(parts)
    loss.backward()
    optimizer.step()
    return loss.item()


def _models_and_tasks(seed: int, n_models: int, sizes: Sequence[int]):
    """Models of library layers, the first with BatchNorm and in train mode, and tasks on which they differ."""
    for attempt in range(100):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1000 * attempt)
            norm = nn.BatchNorm1d(4)
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.2, 3.0)
            models = [nn.Sequential(nn.Flatten(), norm, nn.Linear(4, 3)).train()]
            models += [nn.Sequential(nn.Flatten(), nn.Linear(4, 3)) for _ in range(n_models - 1)]
            tasks = [(torch.randn(n, 1, 2, 2), torch.randint(0, 3, (n,))) for n in sizes]
        right = _accuracies(models, tasks)
        as_trained = _accuracies(models, tasks, training=True)
        if len(set(right.flatten().tolist())) >= max(2, right.numel() - 1) and not torch.equal(
            right, as_trained
        ):
            break
    return models, tasks


@torch.no_grad()
def _accuracies(models, tasks, training: bool = False) -> torch.Tensor:
    models = [copy.deepcopy(model).train(training) for model in models]
    return torch.tensor(
        [[100 * (m(x).argmax(dim=1) == y).double().mean().item() for x, y in tasks] for m in models],
        dtype=torch.float64,
    )


def _predicted(model: Any, images: torch.Tensor, n: int) -> torch.Tensor:
    model.eval()
    logits = model(images)
    if (
        not isinstance(logits, torch.Tensor)
        or logits.dim() != 2
        or len(logits) != n
        or not logits.isfinite().all()
    ):
        raise CheckFailed(
            f"each of run(...)['models'] must give finite logits with a row for each image, got {form(logits)}"
        )
    return logits.detach().argmax(dim=1)
