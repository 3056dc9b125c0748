"""Lesson 4: what is left of the error after 32 numbers, digit by digit, and two ways from image to image."""

from __future__ import annotations

import torch

from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

SEEDS = range(3)


def measure(seed: int) -> dict:
    """One student's autoencoder."""
    session = Session("lesson4_autoencoder", student_number=f"S{seed}")
    session.run_until("explore", without=("diagram", "untrained"))
    errors, ink = session["digit_errors"], session["digit_ink"]
    worst = session["worst_digit"]
    latent, pixel, real = _three_and_eight(session)
    highest = session["errors"].sort(descending=True).values[:10].tolist()
    numbers = {
        "baseline": session["baseline"],
        "mean_error": session["mean_error"],
        "percent_left": (session["percent_left"], "%"),
        "loss.first": session["losses"][0],
        "loss.second": session["losses"][1],
        "loss.ninth": session["losses"][-2],
        "loss.last": session["losses"][-1],
        "worst_digit": worst,
        "error_0_over_worst": errors[0] / errors[worst],
        "ink_0_over_worst": ink[0] / ink[worst],
        "highest_error": highest[0],
        "tenth_highest_error": highest[9],
        "tenth_highest_over_mean": highest[9] / session["mean_error"],
        "error_8_over_mean": errors[8] / session["mean_error"],
        "latent_middle": session["latent_mean"],
        "pixel_middle": session["pixel_mean"],
        "latent_3_8": latent,
        "pixel_3_8": pixel,
        "real_8": real,
    }
    for name, distance in zip(
        ("random_codes", "reconstructed", "test_images"), session["distances"], strict=True
    ):
        numbers[f"{name}.distance"] = distance
    for digit in range(10):
        numbers |= {f"error_{digit}": errors[digit], f"ink_{digit}": ink[digit]}
    return numbers | (_example(session) if seed == 0 else {})


def _example(session: Session) -> dict:
    """Errors in one student's figure: the best image, and the worst 2 and 6, whose shapes mark schemes describe."""
    errors, labels, order = session["errors"], session["test_labels"], session["order"]
    worst = order[-10:]
    return {"example.best": errors[order[0]].item()} | {
        f"example.worst_{digit}": errors[worst[labels[worst] == digit]].max().item() for digit in (2, 6)
    }


def _three_and_eight(session: Session) -> list[float]:
    """The distances of three pictures: α = 0.56 from the first 3 of the test images to the first 8, latent and blend; the 8."""
    pair = torch.stack([session["test_images"][session["test_labels"] == digit][0] for digit in (3, 8)])
    first, last = session["encode"](session["model"].encoder, pair)
    alpha = session["alphas"][5]
    latent = session["decode_path"](session["model"].decoder, first, last, alpha[None])
    blend = ((1 - alpha) * pair[0] + alpha * pair[1])[None]
    return session["nearest_distance"](torch.cat([latent, blend, pair[1:]])).tolist()
