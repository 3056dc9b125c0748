"""Checks for what surrounds an epoch: the loop over epochs, early stopping, augmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import Subset
from torchvision import datasets, transforms

from autograder.checking.calls import fetch, in_kernel, send
from autograder.checking.promises import ONLY_LOOKS, Promises, keeping
from autograder.checking.search import search
from autograder.checking.seeds import generator, grading_seed
from autograder.checking.values import describe
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, loader_of
from checks.shared.models import send_with_gradients, state_of

__all__ = ["CURVES", "check_augmentation", "check_early_stopping", "check_fit", "check_restores"]

CURVES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def check_fit(fit: Callable, toy_train_epoch: Callable, toy_evaluate: Callable) -> None:
    """`fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate)` returns the four curves.

    It is called with stand-ins for `train_epoch` and `evaluate`, so the student's own two functions
    have no part in it: the notebook's, whose results are known in closed form, and others that the
    notebook does not show, so that only who calls them knows what they give.

    Args:
        fit: The student's function.
        toy_train_epoch: Gives each parameter the gradient 2 for each batch, and steps.
        toy_evaluate: Gives (number of images x mean of the parameters, number of images).
    """
    for case in range(3):
        _fit_with_toys(fit, (toy_train_epoch, toy_evaluate), case)
    _fit_with_hidden_stand_ins(fit)


HIDDEN = """
def train_epoch(model, loader, optimizer):
    called.append(loader is train_loader)
    optimizer.zero_grad()
    (32 * (1 + len(called) % 3) * sum(parameter.sum() for parameter in model.parameters())).backward()
    optimizer.step()

def evaluate(model, loader):
    measured = results[loader is train_loader][len(called)]
    return measured[0], measured[1]
"""
"""Stand-ins that measure nothing: their results depend on how often the training was called, and on luck.

The steps of SGD with learning rate lr subtract 64 lr, 96 lr, 32 lr, and so on from each parameter.
"""


def _fit_with_hidden_stand_ins(fit: Callable) -> None:
    """The curves are what `evaluate` gave after each call of `train_epoch`, in this order, however they jump.

    The model that comes out is that of the last epoch, after one plain step of SGD in each.
    """
    epochs, lr, start = 71, 0.125, 1024.0
    drawn = generator(8)
    losses = (10 * torch.randn(2, epochs + 5, generator=drawn).double()).tolist()
    accuracies = (100 * torch.rand(2, epochs + 5, generator=drawn).double()).tolist()
    losses[0][2], losses[1][4], losses[0][epochs - 1], losses[0][epochs] = 1e30, 1e25, -1e3, 1e4
    accuracies[0][5], accuracies[1][3], accuracies[1][7] = 100.0, 100.0, 0.0
    results = [list(map(list, zip(*part, strict=True))) for part in zip(losses, accuracies, strict=True)]
    model = nn.Linear(2, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(start)
    student = send(model)
    digits = handwriting(grading_seed(), 4, 4)
    train = send(loader_of(digits.train_images, digits.train_labels, 4))
    test = send(loader_of(digits.test_images, digits.test_labels, 2))
    called = send([])
    names = send({})
    names.update(train_loader=train, called=called, results=results)
    in_kernel(exec, HIDDEN, names)
    curves = _curves(fit(student, train, test, epochs, lr, names["train_epoch"], names["evaluate"]), epochs)
    if fetch(called) != [True] * epochs:
        raise CheckFailed(
            f"for {epochs} epochs train_epoch was called {len(called)} times; call the function that is passed in, "
            "once for each epoch, with train_loader"
        )
    for name, values in (("loss", losses), ("accuracy", accuracies)):
        for part, measured in zip(("test", "train"), values, strict=True):
            if curves[f"{part}_{name}"] != measured[1 : 1 + epochs]:
                raise CheckFailed(
                    f"{part}_{name} is not what the function evaluate that is passed in gave for the {part} "
                    "loader after each epoch, as it gave it and in this order"
                )
    end = start - lr * sum(32 * (1 + (epoch + 1) % 3) for epoch in range(epochs))
    if not all((value - end).abs().max() <= 1e-3 for value in state_of(student).values()):
        raise CheckFailed(
            f"after {epochs} epochs with one step in each, the weights are not those of plain SGD with learning rate "
            "lr after the last epoch: no momentum, no weight decay, always the same lr, and no older weights put back"
        )


def _fit_with_toys(fit: Callable, toys: tuple[Callable, Callable], case: int) -> None:
    """Compare the curves and the weights with the closed form, for one of three cases."""
    epochs, lr, n_train, n_test = ((1, 0.25, 6, 4), (3, 0.0625, 5, 11), (4, 0.125, 9, 2))[case]
    digits = handwriting(grading_seed() + case, n_train, n_test)
    train = loader_of(digits.train_images, digits.train_labels, 4)
    test = loader_of(digits.test_images, digits.test_labels, 2)
    model = (nn.Linear(3, 2), nn.GRUCell(2, 1), nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.PReLU())))[
        case
    ]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.arange(parameter.numel()).view_as(parameter) / 4 + case)
    start = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    student = send(model)
    trains = Promises(changes=frozenset([0]))
    curves = _curves(keeping(fit, student, train, test, epochs, lr, *toys, promises=trains), epochs)

    step = 2 * lr * len(train)  # of every parameter, in one epoch
    means = [(start - step * (epoch + 1)).mean().item() for epoch in range(epochs)]
    before = [(start - step * epoch).mean().item() for epoch in range(epochs)]
    expected = dict(zip(CURVES, (
        [n_train * mean for mean in means], [n_test * mean for mean in means],
        [float(n_train)] * epochs, [float(n_test)] * epochs), strict=True))  # fmt: skip
    for name in CURVES:
        count = n_train if name.startswith("train") else n_test
        if _far(curves[name], expected[name], 1e-3):
            other = name.replace("train", "TEST").replace("test", "train").lower()
            if not _far(curves[name], expected[other], 1e-3):
                reason = "it is the curve of the other set: which loader belongs to it?"
            elif name.endswith("loss") and not _far(curves[name], [count * mean for mean in before], 1e-3):
                reason = "it is measured before each epoch; evaluate after train_epoch"
            else:
                reason = "after each epoch evaluate both sets; the optimizer is SGD with learning rate lr"
            raise CheckFailed(
                f"with {epochs} epochs, lr = {lr} and the toy functions, "
                f"{name} = {describe(curves[name])}: {reason}"
            )
    wanted = {name: value - step * epochs for name, value in state_of(model).items()}
    got = state_of(student)
    if got.keys() != wanted.keys() or not all(torch.allclose(got[k], wanted[k], atol=1e-4) for k in wanted):
        raise CheckFailed("the model that was passed in must be the one that is trained, for all the epochs")


def _curves(value: Any, epochs: int) -> dict[str, list[float]]:
    if type(value) is not dict or set(value) != set(CURVES):
        got = f"a dict with the keys {sorted(map(str, value))}" if type(value) is dict else describe(value)
        raise CheckFailed(f"expected a dict with the keys {list(CURVES)}, got {got}")
    for name in CURVES:
        curve = value[name]
        if type(curve) is not list or any(type(item) is not float for item in curve):
            raise CheckFailed(f"{name} must be a list of Python floats, got {describe(curve)}")
        if len(curve) != epochs:
            raise CheckFailed(
                f"{name} has {len(curve)} values for {epochs} epochs; one for each epoch is expected"
            )
    return value


def _far(curve: list[float], expected: list[float], tolerance: float) -> bool:
    return not all(abs(got - right) <= tolerance for got, right in zip(curve, expected, strict=True))


def check_early_stopping(replay: Callable) -> None:
    """Early stopping on synthetic curves: when it stops, which epoch was best, which weights come back.

    Args:
        replay: `replay(losses, patience)` feeds the curve to a new EarlyStopping, with a model
            whose only weight is the number of the epoch; returns (stopped_at, best_epoch, weight).
    """

    def judge(losses: list[float], patience: int, value: Any) -> str | None:
        if type(value) is not tuple or len(value) != 3:
            return f"expected (stopped_at, best_epoch, weight), got {describe(value)}"
        stopped_at, best_epoch, weight = value
        if type(best_epoch) is not int or type(weight) is not float:
            return f"best_epoch must be an int, got {describe(best_epoch)} (and {describe(weight)} as weight)"
        lowest, since, stop = float("inf"), 0, None
        waits = []
        for epoch, loss in enumerate(losses):
            since = 0 if loss < lowest else since + 1
            lowest = min(lowest, loss)
            waits.append(since)
            if since == patience:
                stop = epoch
                break
        if stopped_at != stop or type(stopped_at) is not type(stop):
            if type(stopped_at) is int and 0 <= stopped_at < len(waits):
                count = waits[stopped_at]
                return f"it stopped at epoch {stopped_at}, after {count} epoch(s) without a new minimum"
            if stop is not None:
                return f"it did not stop, though {patience} epoch(s) in a row brought no new minimum"
            return (
                f"stopped_at is {describe(stopped_at)}, though there never were {patience} epochs without one"
            )
        best = losses.index(lowest)
        if best_epoch != best:
            return (
                f"best_epoch is {best_epoch}: the first epoch with the lowest loss is wanted (counted from 0)"
            )
        if weight != best:
            return f"restore gave back the weights of epoch {weight:g}, with best_epoch = {best_epoch}"
        return None

    losses = st.lists(st.integers(-2, 8).map(lambda tenth: tenth / 10), min_size=1, max_size=9)
    search(
        replay,
        st.tuples(losses, st.integers(1, 4)),
        judge,
        names=("losses", "patience"),
        always=[
            ([0.5], 1),
            ([0.5, 0.4], 1),
            ([0.4, 0.5], 1),
            ([0.4, 0.4], 1),
            ([0.5, 0.6, 0.7, 0.1], 2),
            ([0.5, 0.6, 0.4, 0.5, 0.6], 2),
            ([0.9, 0.6, 0.7, 0.65, 0.8, 0.5], 3),
            ([250.0, 200.0, 230.0], 2),
            ([1e12, 2e12, 3e12], 2),
            ([0.5, 0.5 - 1e-10, 0.6], 1),
            ([0.0, 0.5, 0.6], 2),
            ([0.3, -0.2, -0.1, 0.2], 2),
            ([0.12349, 0.12341, 0.12344, 0.12342], 2),
            ([0.4, 0.5, *[0.9] * 28, 0.3, *[0.35] * 31, 0.1], 30),
        ],
        examples=40,
    )


def check_restores(stopping: Callable) -> None:
    """`update(loss, model)` keeps a copy of all weights; `restore(model)` puts them back, in place.

    Args:
        stopping: The student's class, called with patience.
    """
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    shapes = state_of(model)
    student = send_with_gradients(model)
    # What an optimizer holds of a model: the parameters themselves.
    held = in_kernel(nn.ParameterList, student.parameters())
    stopper, other = stopping(3), stopping(2)
    first = stopper.best_loss
    if type(first) is not float or first != float("inf"):
        raise CheckFailed(
            f"before the first epoch best_loss must be infinity, a float; got {describe(first)}"
        )
    generator = torch.Generator().manual_seed(grading_seed())
    losses, states = [0.7, 0.31416, 0.6, 0.4, 0.5], []
    for epoch, loss in enumerate(losses):
        states.append({name: torch.randn(value.shape, generator=generator) for name, value in shapes.items()})
        student.load_state_dict(states[-1])  # in place, as optimizer.step() does
        stop = keeping(stopper.update, loss, student, promises=ONLY_LOOKS)
        other.update(-float(epoch), student)
        if type(stop) is not bool:
            raise CheckFailed(f"update must return True or False, got {describe(stop)} at epoch {epoch}")
    for _ in range(2):  # what was kept is still there when the model has gone on
        student.load_state_dict(states[-1])
        keeping(stopper.restore, student, promises=Promises(changes=frozenset([0])))
    got = state_of(student)
    if got.keys() != shapes.keys() or not all(torch.equal(got[name], states[1][name]) for name in got):
        last = got.keys() == shapes.keys() and all(torch.equal(got[name], states[-1][name]) for name in got)
        reason = ": the last weights are still there; was a copy kept, or the tensors that go on changing?"
        raise CheckFailed(
            f"after restore the model has not all the weights of its best epoch{reason if last else ''}"
        )
    if not all(map(torch.equal, state_of(held).values(), got.values())):
        raise CheckFailed(
            "restore put other tensors in the place of the model's parameters, where an optimizer no longer finds them: "
            "load the weights into the model as it is"
        )
    best_loss = stopper.best_loss
    if type(best_loss) is not float or best_loss != min(losses):
        raise CheckFailed(f"best_loss must be the lowest loss so far, a float; got {describe(best_loss)}")


def check_augmentation(make_datasets: Callable) -> None:
    """`make_datasets(augmentations)` changes the training images only, before ToTensor and Normalize."""
    sizes, images, labels = {}, {}, {}
    drawn = generator(7)
    indices = torch.randperm(5_000, generator=drawn)[:3].tolist()
    border = int(torch.randint(2, 7, (), generator=drawn))
    for name, augmentations in (
        ("plain", []),
        # A mirror shows whether it was applied; Pad with 128 shows whether it came before Normalize.
        ("mirrored", [transforms.RandomHorizontalFlip(p=1.0)]),
        ("framed", [transforms.CenterCrop(28 - 2 * border), transforms.Pad(border, fill=255)]),
    ):
        for part, dataset in zip(("train", "test"), make_datasets(augmentations), strict=True):
            sizes[part] = len(dataset)
            images[name, part], labels[part] = _images(dataset, indices)
    _check_drawn_anew(make_datasets, indices[0])
    if torch.equal(images["plain", "train"], images["plain", "test"]):
        raise CheckFailed("training set and test set have the same images: train=True and train=False")
    if not sizes["train"] > sizes["test"]:
        raise CheckFailed(
            f"the training set has {sizes['train']} images, the test set {sizes['test']}: are they exchanged?"
        )
    for part in ("train", "test"):
        official = in_kernel(datasets.MNIST, "./data", train=part == "train", download=True).targets
        if sizes[part] != len(official) or labels[part] != official[indices].tolist():
            raise CheckFailed(
                f"the {part} set must have all {len(official)} images of MNIST, each with its own label; it has "
                f"{sizes[part]}, and the first that were looked at have the labels {describe(labels[part])}"
            )
    for name in ("mirrored", "framed"):
        if not torch.equal(images[name, "test"], images["plain", "test"]):
            raise CheckFailed(
                "the augmentation also changes the test images: the test set measures what the model can do "
                "with images as they are, so augment the training set only"
            )
    if not torch.equal(images["mirrored", "train"], images["plain", "train"].flip(-1)):
        raise CheckFailed(
            "with RandomHorizontalFlip(p=1.0) the training images must be mirrored; are they augmented?"
        )
    frame = images["plain", "train"].clone()
    for edge in (slice(None, border), slice(-border, None)):
        frame[..., edge, :] = frame[..., :, edge] = 1.0
    if not torch.allclose(images["framed", "train"], frame, atol=1e-5):
        raise CheckFailed(
            "a white frame (255 in the picture) must be +1 in the tensor: augment first, then ToTensor and "
            "Normalize, and apply every augmentation of the list"
        )


def _check_drawn_anew(make_datasets: Callable, index: int) -> None:
    """A random augmentation is drawn each time that an image is read: 24 tosses of a coin are not all alike."""
    train_set, _ = make_datasets([transforms.RandomHorizontalFlip(p=0.5)])
    seen, _ = _images(train_set, [index] * 24)
    if all(torch.equal(image, seen[0]) for image in seen):
        raise CheckFailed(
            "with RandomHorizontalFlip(p=0.5) an image came out the same way 24 times: augmentations must be "
            "drawn anew each time that the image is read"
        )


def _images(dataset: Any, indices: list[int]) -> tuple[torch.Tensor, list[int]]:
    items = in_kernel(list, in_kernel(Subset, dataset, indices))
    for item in items if type(items) is list else []:
        if type(item) is not tuple or len(item) != 2 or not isinstance(item[0], torch.Tensor):
            break
        image, label = item
        if image.shape != (1, 28, 28) or image.dtype != torch.float32 or type(label) is not int:
            break
        if not (image.min() >= -1 and image.max() <= 1 and image.min() < -0.9):
            raise CheckFailed(
                "pixels must lie in [-1, 1], the background at -1: is Normalize((0.5,), (0.5,)) there?"
            )
    else:
        if type(items) is list and len(items) == len(indices):
            return torch.stack([image for image, _ in items]), [label for _, label in items]
    first = items[0] if type(items) in (list, tuple) and items else items
    got = " and ".join(
        f"a {part.dtype} tensor of shape {tuple(part.shape)}"
        if isinstance(part, torch.Tensor)
        else describe(part)
        for part in (first if type(first) is tuple else (first,))
    )
    raise CheckFailed(
        "each item of a dataset must be a pair: a float32 tensor of shape (1, 28, 28) and an int label; "
        f"got {got}: are all the transforms applied?"
    )
