"""Theme E: restored images in dB for each width of the code, beside what needs no learning."""

from __future__ import annotations

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, scores, session

__all__ = ["SEEDS", "measure"]

WIDTHS = (2, 8, 32, 128)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_e_denoising")
    notebook.run("psnr_picture")
    clean, psnr, add_noise = notebook["mnist"]["test_images"], notebook["psnr"], notebook["add_noise"]
    settings = {f"width{width}": {"width": width} for width in WIDTHS}
    numbers = scores(notebook, index, settings | {"sigma0.2.width8": {"sigma": 0.2, "width": 8}}, "dB")
    numbers["gain_128"] = (numbers["width128"][0] - numbers["width32"][0], "dB")
    numbers["loss_8"] = (numbers["width32"][0] - numbers["width8"][0], "dB")
    for sigma in (0.2, 0.5):
        noisy = add_noise(clean, sigma, torch.Generator().manual_seed(notebook["MY_SEED"] + index + 1000))
        numbers[f"sigma{sigma}.noisy"] = (psnr(clean, noisy).mean().item(), "dB")
        numbers[f"sigma{sigma}.filter3"] = (
            psnr(clean, notebook["mean_filter"](noisy, 3)).mean().item(),
            "dB",
        )
    mean_image = notebook["mnist"]["train_images"].mean(dim=0)
    numbers["mean_image"] = (psnr(clean, mean_image.expand_as(clean)).mean().item(), "dB")
    return also_as_student(numbers, index, single=("sigma0.2.width8", "width32"))
