"""Lesson 3: error, direction and accuracy of four ways of making a layer smaller."""

from __future__ import annotations

from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

SEEDS = range(8)


def measure(seed: int) -> dict:
    """One student's trained layer, made smaller in every way that the notebook shows."""
    session = Session("lesson3_compression", student_number=f"S{seed}")
    session.run_until("combine")
    weight, accuracy_with = session["weight"], session["accuracy_with"]
    spread = weight.std().item()
    numbers = {
        "original.accuracy": (accuracy_with(weight), "%"),
        "weights.std": spread,
        "middle": session["middle"],
        "middle.stds": session["middle"] / spread,
        "middle0.accuracy": (session["accuracy_middle0"], "%"),
        "middle0.cosine": session["cosine_middle0"],
        "middle0.rmse": session["rmse_middle0"],
        "rank_90": session["rank_90"],
        "silent_neurons": _silent(session),
        "combined.accuracy": (accuracy_with(session["combined"]), "%"),
        "neighbours.correlation": _neighbours(weight),
        "vq4.random_pixels": (accuracy_with(_quantized_in_random_order(session, 4, seed)), "%"),
    }
    for bits, delta in zip(session["all_bits"], session["deltas"], strict=True):  # 1: as if errors were even
        rmse = session["curves"]["quantization"][bits - 1][1]
        numbers[f"{bits}bit.rmse_over_even"] = rmse / (delta / 12**0.5)
    settings = {
        "quantization": [f"{bits}bit" for bits in session["all_bits"]],
        "vector quantization": [f"vq{k}" for k in session["all_k"]],
        "pruning": [f"pruned{amount:.0%}".rstrip("%") for amount in session["amounts"]],
        "low rank": [f"rank{k}" for k in session["ranks"]],
    }
    for method, labels in settings.items():
        for label, (size, rmse, accuracy, cosine) in zip(labels, session["curves"][method], strict=True):
            numbers |= {
                f"{label}.size": (size, "kB"),
                f"{label}.rmse": rmse,
                f"{label}.accuracy": (accuracy, "%"),
                f"{label}.cosine": cosine,
            }
    if seed == 0:  # the student of an example: the middle lies far below 0
        numbers |= {
            "far_middle.accuracy": numbers["1bit.accuracy"],
            "far_middle.distance": -numbers["middle.stds"],
        }
    rmses = [point[1] for point in session["curves"]["quantization"]]
    numbers["rmse_factor_a_bit"] = (rmses[3] / rmses[7]) ** (1 / 4)
    numbers["middle0.rmse_over_pruned95"] = numbers["middle0.rmse"] / numbers["pruned95.rmse"]
    numbers["middle0.accuracy_over_pruned95"] = (
        numbers["middle0.accuracy"][0] / numbers["pruned95.accuracy"][0]
    )
    session.run("files")
    return numbers | _files(session["files"])


def _files(files: dict[str, tuple[float, int]]) -> dict:
    """How far files are from the sizes that formulas give, and what becomes of a layer that is not packed."""
    original = files["original, 32 bits"][1]
    return {
        "files.most_overhead": (max(measured - computed for computed, measured in files.values()), "bytes"),
        "files.int64_over_original": files["4-bit codes as int64"][1] / original,
        "files.zeros_saved": (original - files["90 % pruned, with its zeros"][1], "bytes"),
    }


def _silent(session: Session) -> int:
    """Hidden neurons whose ReLU gives 0 for every training image."""
    hidden = session["model"][0](session["train_x"])
    return int((hidden <= 0).all(dim=0).sum())


def _neighbours(weight) -> float:
    """The correlation of the weights of neighbouring pixels."""
    import torch

    return torch.corrcoef(torch.stack([weight[:, :-1].flatten(), weight[:, 1:].flatten()]))[0, 1].item()


def _quantized_in_random_order(session: Session, k: int, seed: int):
    """The weight after vector quantization whose pieces hold 4 random pixels instead of 4 neighbours."""
    import torch

    weight = session["weight"]
    order = torch.randperm(weight.shape[1], generator=torch.Generator().manual_seed(seed))
    codebook, indices = session["vector_quantize"](weight[:, order].reshape(-1, 4), k)
    return codebook[indices].reshape(weight.shape)[:, order.argsort()]
