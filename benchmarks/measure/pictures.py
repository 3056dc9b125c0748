"""What pictures show that is the same for every student: their texts quote it, and no seed of a student changes it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.notebooks import Session

__all__ = ["MEASURED", "measure"]


def measure(assignment: str) -> dict:
    """The numbers of an assignment's pictures, `picture.` before each name; empty where no text quotes one."""
    if assignment not in MEASURED:
        return {}
    last, numbers = MEASURED[assignment]
    notebook = Session(assignment)
    notebook.run_until(last)
    return {f"picture.{key}": value for key, value in numbers(notebook).items()}


def _schedule(notebook: Session) -> dict:
    """Theme B: the training loss at the end of each plan, and the updates of the constant and of the grown one."""
    lines = notebook.lines("schedule_picture")
    names = {"constant": "constant", "B doubled": "grown", "η halved": "halved"}
    losses = {name: lines[label] for label, name in names.items()}
    return {f"{name}.loss": values[-1] for name, values in losses.items()} | {
        "apart": max(abs(a / b - 1) for a, b in zip(losses["grown"], losses["halved"], strict=True))
    }


def _pruned(notebook: Session) -> dict:
    """Theme C: what share of the sum of squares is pruned, and how small the weights of border pixels are."""
    dense, layers = notebook["trained"], ("1", "3", "5")
    numbers: dict = {}
    for name, prune in (("layer", notebook["prune_model"]), ("global", notebook["global_prune"])):
        for amount in (0.5, 0.9):
            gone, whole = _squares(dense), _squares(dense)
            gone = [a - b for a, b in zip(gone, _squares(prune(dense, amount, list(layers))), strict=True)]
            numbers[f"{name}.{amount:g}"] = (100 * sum(gone) / sum(whole), "%")
            for layer, a, b in zip(layers, gone, whole, strict=True):
                numbers[f"{name}.{amount:g}.layer{layer}"] = (100 * a / b, "%")
    weight = dense[1].weight.detach().abs()
    never = notebook["mnist"]["train_images"].flatten(1).amax(dim=0) == 0
    return numbers | {
        "border.largest": weight[:, never].max().item(),
        "first_layer.quantile90": weight.flatten().sort().values[int(0.9 * weight.numel())].item(),
    }


def _squares(model: torch.nn.Module) -> list[float]:
    modules = dict(model.named_modules())
    return [modules[name].weight.detach().square().sum().item() for name in ("1", "3", "5")]


def _layer_errors(notebook: Session) -> dict:
    """Theme D: by what factor the error of the second layer grows with a bit less, near few and near many bits."""
    lines = notebook.lines("error_picture")
    factors = {
        f"{method}.{bits}": lines[method][bits - 2] / lines[method][bits - 1]
        for method in ("minmax", "sigma", "percentile")
        for bits in (3, 4, 8)
    }
    return factors


def _denoising(notebook: Session) -> dict:
    """Theme E: filters without learning, and the σ from which doing nothing is worse than the mean image."""
    clean, psnr, add_noise = notebook["clean"], notebook["psnr"], notebook["add_noise"]
    noisy, mean_filter = notebook["noisy"], notebook["mean_filter"]
    few = notebook["mnist"]["test_images"][:200]
    constant = (few - notebook["mean_image"]).square().mean().item()

    def nothing(sigma: float) -> float:
        return (add_noise(few, sigma, torch.Generator().manual_seed(0)) - few).square().mean().item()

    return {
        "noisy": (psnr(clean, noisy).mean().item(), "dB"),
        "filter3": (psnr(clean, mean_filter(noisy, 3)).mean().item(), "dB"),
        "filter5": (psnr(clean, mean_filter(noisy, 5)).mean().item(), "dB"),
        "mean_image.loss": constant,
        "mean_image.sigma": constant**0.5,
        "crossing.sigma": next(s / 100 for s in range(100) if nothing(s / 100) > constant),
    }


def _attacked(notebook: Session) -> dict:
    """Theme F: from which ε three, and all, of the four shown images are misclassified, when PGD passes FGSM, and the first-order estimate."""
    model, shown, labels = notebook["plain_model"], notebook["shown"], notebook["shown_labels"]
    gradient, lines = notebook["input_gradient"](model, shown, labels), notebook.lines("attacks_picture")
    passes = {}
    for epsilon in (0.05, 0.1):
        losses, fgsm = (lines[label] for label in (f"PGD, ε = {epsilon}, α = ε/4", f"FGSM, ε = {epsilon}"))
        passes[f"passes.{epsilon:g}"] = next(step for step, loss in enumerate(losses) if loss > fgsm[0])

    def fooled(epsilon: float) -> int:
        predictions = notebook["predict"](model, notebook["fgsm"](shown, gradient, epsilon))
        return int((predictions != labels).sum())

    enough = {
        f"fooled{count}": next(e / 100 for e in range(41) if fooled(e / 100) >= count) for count in (3, 4)
    }
    return passes | enough | _estimated(notebook)


def _estimated(notebook: Session) -> dict:
    """Theme F: how much the gradient lets one expect the loss to rise, how much it does, and the gradient there."""
    model, images, labels = notebook["plain_model"], notebook["tested"], notebook["tested_labels"]

    def loss(attacked: torch.Tensor) -> float:
        with torch.no_grad():
            return torch.nn.functional.cross_entropy(model(attacked), labels).item()

    def size(attacked: torch.Tensor) -> torch.Tensor:
        return notebook["input_gradient"](model, attacked, labels).abs().flatten(1).sum(dim=1)

    gradient = notebook["input_gradient"](model, images, labels)
    numbers = {"size": size(images).mean().item(), "size.median": size(images).median().item()}
    for epsilon in (0.01, 0.05, 0.1, 0.2):
        attacked = notebook["fgsm"](images, gradient, epsilon)
        estimate = (gradient * (attacked - images)).flatten(1).sum(dim=1).mean().item()
        rise = loss(attacked) - loss(images)
        numbers |= {
            f"estimate.{epsilon:g}": estimate,
            f"rise.{epsilon:g}": rise,
            f"times.{epsilon:g}": rise / estimate,
            f"size.{epsilon:g}": size(attacked).mean().item(),
        }
    return numbers


def _anomalies(notebook: Session) -> dict:
    """Theme G: false alarms of a threshold from training images, and what a threshold with 5 % of them misses."""
    scores, normal = notebook["test_scores"], notebook["is_eight"]
    threshold = scores[normal].quantile(0.95).item()
    return {
        "alarms": (100 * (scores[normal] > notebook["example_threshold"]).float().mean().item(), "%"),
        "threshold": threshold,
        "missed": (100 * (scores[~normal] <= threshold).float().mean().item(), "%"),
    }


def _forgotten(notebook: Session) -> dict:
    """Theme H: how fast 0 to 8 are forgotten while 9 is learned, and what replay keeps."""
    lines = notebook.lines("step_picture")
    without, nine = lines["no replay: digits 0-8"], lines["no replay: digits 9"]
    old, new = lines["replay of 64: digits 0-8"], lines["replay of 64: digits 9"]
    return {
        "forgotten.after": next(step for step, value in enumerate(without) if value < 1),
        "forgotten.nine": (nine[2], "%"),
        "forgotten.old": (without[2], "%"),
        "replay.lowest": (min(old), "%"),
        "replay.old": (old[-1], "%"),
        "replay.nine": (new[-1], "%"),
    }


MEASURED: dict[str, tuple[str, Callable[[Session], dict]]] = {
    "theme_b_learning_rate_batch_size": ("batch_size_schedule", _schedule),
    "theme_c_pruning": ("global_prune", _pruned),
    "theme_d_quantization": ("quantize_per_channel", _layer_errors),
    "theme_e_denoising": ("psnr_picture", _denoising),
    "theme_f_adversarial": ("attacks", _attacked),
    "theme_g_anomaly": ("threshold_picture", _anomalies),
    "theme_h_replay": ("with_replay", _forgotten),
}
"""The last cell that has to run, and what measures."""
