"""Questions to a `run` whose answers the reference knows, and the comparison of the two."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.checking.calls import call_many
from autograder.checking.values import close, form, is_number, scalar, unchanged
from autograder.errors import CellTimeout, KernelDied

__all__ = [
    "CHANGED",
    "Data",
    "Experiment",
    "Probe",
    "accuracy_of",
    "alike",
    "asked",
    "compared",
    "history_of",
    "predicted_by",
    "reference_runs",
    "same_losses",
    "shown",
    "small_data",
]

CLOSE = 2e-3
"""Relative difference of losses and outputs that is rounding: the same steps in other formulas give 1e-5."""

PREDICTED = ("predictions", "logits", "adversarial_logits")
"""Where a result may hold what the model says of each test image: the class, or an output for each class."""

CHANGED = "run changed its config or its data; work on a copy (the next run gets the same ones)"

Data = Mapping[str, torch.Tensor]


def predicted_by(result: Mapping[str, Any]) -> torch.Tensor | None:
    """The classes that a result predicts for the test images; None where it holds neither them nor outputs."""
    found = next((result[key] for key in PREDICTED if key in result), None)
    if not isinstance(found, torch.Tensor) or found.dim() not in (1, 2):
        return None
    return found if found.dim() == 1 else found.argmax(dim=1)


def accuracy_of(result: Mapping[str, Any], data: Data) -> float:
    """The accuracy of a result's predictions on the test images, in percent; NaN where it holds none."""
    predictions = predicted_by(result)
    if predictions is None or len(predictions) != len(data["test_labels"]):
        return math.nan
    return 100 * (predictions == data["test_labels"]).double().mean().item()


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One question to a run.

    Attributes:
        config: All of it.
        seed: As run gets it.
        data: As run gets it.
        why: What makes the answer certain, in words.
        losses_only: Whether rounding decides all but the losses.
    """

    config: Mapping[str, Any]
    seed: int
    data: Data
    why: str
    losses_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What there is to know of a theme's `run`.

    Attributes:
        reference: The reference's run(config, seed, data).
        rest: A config that trains on all images in one batch, with the theme's own settings at rest.
        otherwise: Other values of some of these settings, still at rest.
        active: Changes to `rest` that set the theme's settings to work; the result is certain all the same.
        alike: The same, where the result is certain only if the images gone through first, and the others, look alike.
        relation: What else must hold of the runs of this theme: a sentence where it does not.
        rates: A usual learning rate, and one with which losses rise as well as fall.
        adam: Whether the optimizer divides by the size of gradients, rounding included: then only the losses of the
            first two steps with the second rate are certain.
        results: The keys of the result that are compared, each with the absolute difference that is rounding.
        data: Makes small data from a seed.
        maker: The function that makes the model, as messages name it.
        models: Gives the models of a result, the first of them trained first; None where it holds none.
        orders: Changes to `rest` under which the order is looked for, two epochs of it in batches of two images.
        second: The same, where the second epoch is another stage of the run: the changes, and the data for them.
        many: Changes to `rest` for a run with many test images.
        whole: Changes to `rest` for the runs on the notebook's own data.
        scores: Each score of a result, and how it follows from the rest of the result and the data.
        turned: Whether the training images in reverse order are the same ones to a run.
        length: The key of the config that says how long is trained.
        updates: Whether that is a number of updates, each with its loss in the history; else of epochs.
        pool: Gives, of data, which training images are gone through first.
    """

    reference: Callable
    rest: Mapping[str, Any]
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    active: Sequence[Mapping[str, Any]] = ()
    alike: Sequence[Mapping[str, Any]] = ()
    relation: Callable[[Callable, Experiment], str | None] | None = None
    rates: tuple[float, float]
    adam: bool = False
    results: Mapping[str, float]
    data: Callable[[int], Data] = lambda seed: small_data(seed)
    maker: str = "make_mlp()"
    models: Callable[[Mapping[str, Any]], Sequence] | None = None
    orders: Sequence[Mapping[str, Any]] = ({},)
    second: tuple[Mapping[str, Any], Callable[[Data], Data]] | None = None
    many: Mapping[str, Any] = field(default_factory=dict)
    whole: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Callable[[Mapping[str, Any], Data], float]] = field(
        default_factory=lambda: {"score": accuracy_of}
    )
    turned: bool = True
    length: str = "epochs"
    updates: bool = False
    pool: Callable[[Data], torch.Tensor] = lambda data: torch.ones(
        len(data["train_images"]), dtype=torch.bool
    )


def small_data(
    seed: int,
    labels: Sequence[int] = (3, 1, 4, 1, 5, 9, 2, 6),
    test_labels: Sequence[int] = (0, 7, 9, 3, 3, 8),
) -> dict[str, torch.Tensor]:
    """Random images in the form of MNIST, float32 in [0, 1], with these labels in another order."""
    generator = torch.Generator().manual_seed(seed)
    data = {}
    for part, given in (("train", labels), ("test", test_labels)):
        order = torch.randperm(len(given), generator=generator)
        data[f"{part}_images"] = torch.rand(len(given), 1, 28, 28, generator=generator)
        data[f"{part}_labels"] = torch.tensor(given)[order]
    return data


def alike(experiment: Experiment, data: Data) -> dict[str, torch.Tensor]:
    """The data with one image for all that are gone through first, and another one for all others."""
    images, labels = data["train_images"].clone(), data["train_labels"].clone()
    pool = experiment.pool(data)
    for chosen in (pool, ~pool):
        if bool(chosen.any()):
            first = int(torch.nonzero(chosen).flatten()[0])
            images[chosen], labels[chosen] = images[first].clone(), labels[first].clone()
    return {**data, "train_images": images, "train_labels": labels}


def asked(run: Callable, probes: Sequence[Probe]) -> tuple[list[Mapping[str, Any]], str | None]:
    """The results of run, and what is wrong with the first that is none; each call gets dicts of its own."""
    results: list[Mapping[str, Any]] = []
    for probe, done in zip(
        probes,
        call_many(run, [(dict(probe.config), probe.seed, dict(probe.data)) for probe in probes]),
        strict=True,
    ):
        if isinstance(done.error, (KernelDied, CellTimeout)):
            raise done.error
        if done.error is not None:
            return results, f"run({probe.config}, ...) raised {type(done.error).__name__}: {done.error}"
        if type(done.value) is not dict or history_of(done.value) is None:
            return (
                results,
                f"run({probe.config}, ...) did not return a dict with a list of finite losses, 'history'",
            )
        if not unchanged(done.arguments, done.arguments_after):
            return results, CHANGED
        results.append(done.value)
    return results, None


def reference_runs(experiment: Experiment, probes: Sequence[Probe]) -> list[dict]:
    """What the reference returns for each probe."""
    with torch.random.fork_rng(devices=[]):
        return [experiment.reference(dict(probe.config), probe.seed, dict(probe.data)) for probe in probes]


def history_of(result: Mapping[str, Any]) -> list[float] | None:
    """The losses of a result; None where they are not a list of finite numbers."""
    history = result.get("history")
    if type(history) is not list or not all(is_number(loss) and math.isfinite(loss) for loss in history):
        return None
    return [float(loss) for loss in history]


def same_losses(one: Sequence[float] | None, other: Sequence[float] | None, rtol: float = CLOSE) -> bool:
    """Whether two histories are equal but for rounding."""
    return one is not None and other is not None and close(list(one), list(other), rtol=rtol, atol=1e-6)


def compared(
    experiment: Experiment, probe: Probe, right: Mapping[str, Any], got: Mapping[str, Any]
) -> str | None:
    """The first difference between what a run gave and what it had to give, as a sentence."""
    where = f"run on {len(probe.data['train_images'])} training images with {dict(probe.config)}, seed {probe.seed} ({probe.why})"
    expected, history = history_of(right), history_of(got)
    if not same_losses(expected, history):
        return (
            f"{where}: the losses must be {shown(expected)}, got {shown(history)}. Are the "
            "model, the optimizer and its settings, the images, the number of updates and the loss those of the text?"
        )
    if probe.losses_only:
        return None
    for key, atol in experiment.results.items():
        if problem := _value_problem(key, right[key], got.get(key), atol):
            return f"{where}: the losses are right, but {problem}"
    if experiment.models is not None:
        for i, model in enumerate(experiment.models(right)):
            outputs = _outputs(experiment, got, i, probe.data["test_images"])
            if not close(model(probe.data["test_images"]).detach(), outputs, rtol=CLOSE, atol=2e-3):
                return f"{where}: the losses are right, but a returned model is not the one that was trained"
            if not outputs.requires_grad:
                return (
                    f"{where}: the losses are right, but a returned model is frozen: its parameters have no requires_grad any more, "
                    "so it could not be trained further"
                )
    return None


def _outputs(experiment: Experiment, result: Mapping[str, Any], i: int, images: torch.Tensor) -> torch.Tensor:
    """What a returned model gives for the images; an empty tensor where it gives no tensor."""
    assert experiment.models is not None
    try:
        outputs = experiment.models(result)[i](images)
    except (KernelDied, CellTimeout):
        raise
    except Exception:
        outputs = None
    return outputs if isinstance(outputs, torch.Tensor) else torch.empty(0)


def _value_problem(key: str, right: Any, got: Any, atol: float) -> str | None:
    if isinstance(right, torch.Tensor):
        if not isinstance(got, torch.Tensor) or got.shape != right.shape or got.dtype != right.dtype:
            return f"{key!r} must be {form(right)}, got {form(got)}"
        if not right.is_floating_point():
            # the two greatest outputs of one image may be as good as equal
            return (
                None if int((right != got).sum()) <= atol else f"{key!r} are not those of the trained model"
            )
        if not close(right.detach(), got.detach(), rtol=CLOSE, atol=atol):
            off = (right.detach() - got.detach()).abs().max().item()
            return f"{key!r} differ by up to {off:.3g} from what the trained model gives"
        return None
    value = scalar(got)
    if not is_number(value) or not abs(value - right) <= atol + CLOSE * abs(right):
        return f"{key!r} must be {right:.5g}, got {value if is_number(value) else form(got)}"
    return None


def shown(history: Sequence[float] | None) -> str:
    """Losses as a message gives them."""
    return "none" if history is None else "[" + ", ".join(f"{loss:.4g}" for loss in history) + "]"
