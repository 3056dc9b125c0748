"""Theme E: restored images in dB for each width of the code, beside what needs no learning."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from benchmarks.measure.themes import SEEDS, also_as_student, scores, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

WIDTHS = (2, 8, 32, 128)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_e_denoising")
    notebook.run("psnr_picture")
    clean, psnr, add_noise = notebook["mnist"]["test_images"], notebook["psnr"], notebook["add_noise"]
    numbers = scores(notebook, index, {"sigma0.2.width8": {"sigma": 0.2, "width": 8}}, "dB")
    for width in WIDTHS:
        result = notebook["run"]({**notebook["BASE_CONFIG"], "width": width}, notebook["MY_SEED"] + index)
        numbers |= {f"width{width}": (result["score"], "dB")} | _parts(
            notebook, result["model"], width, index
        )
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
    for width in (8, 32, 128):
        numbers[f"noisy_target.width{width}"], _ = _trained_otherwise(notebook, index, width, target="input")
    numbers["same_noise"], numbers["same_noise.loss"] = _trained_otherwise(
        notebook, index, 32, target="clean", repeat=True
    )
    numbers["new_noise.loss"] = notebook["run"](notebook["BASE_CONFIG"], notebook["MY_SEED"] + index)[
        "history"
    ][-1]
    for target in ("other noise", "same noise"):
        key = f"target.{target.replace(' ', '_')}"
        numbers[key], numbers[f"{key}.loss"] = _trained_otherwise(notebook, index, 32, target=target)
    numbers["target.same_noise.width128"], _ = _trained_otherwise(notebook, index, 128, target="same noise")
    for width in (32, 128):
        for target in ("clean", "same noise"):
            key = f"longer.{target.replace(' ', '_')}.width{width}"
            numbers[key], _ = _trained_otherwise(notebook, index, width, target=target, times=4)
    numbers["same_noise.lost"] = (numbers["width32"][0] - numbers["same_noise"][0], "dB")
    return also_as_student(numbers, index, single=("sigma0.2.width8", "width32"))


def _parts(notebook: Session, model: torch.nn.Module, width: int, index: int) -> dict:
    """The two parts of the mean squared error: what differs between draws of the noise, and what does not."""
    clean, sigma = notebook["mnist"]["test_images"][:500], notebook["BASE_CONFIG"]["sigma"]
    generator = torch.Generator().manual_seed(notebook["MY_SEED"] + index + 2000)
    with torch.no_grad():
        noisy = (notebook["add_noise"](clean, sigma, generator) for _ in range(16))
        restored = torch.stack([model(images) for images in noisy])
    passed = restored.var(dim=0).mean().item()
    return {
        f"width{width}.passed": passed,
        f"width{width}.shape": (restored - clean).square().mean().item() - passed,
    }


def _trained_otherwise(
    notebook: Session, index: int, width: int, *, target: str, repeat: bool = False, times: int = 1
) -> tuple[tuple[float, str], float]:
    """As `run`, but with another target, the same noise in each batch (`repeat`) or `times` as many epochs.

    Returns the PSNR and the last training loss.

    A target is the clean image, the input, or (as in the cell `targets`, where noise of a target is not clipped) the
    input before clipping ("same noise") or an image with noise of its own ("other noise").
    """
    config, seed, data = notebook["BASE_CONFIG"], notebook["MY_SEED"] + index, notebook["mnist"]
    torch.manual_seed(seed)
    model = notebook["make_autoencoder"](width)
    generator = torch.Generator().manual_seed(seed)

    def add_noise(images: torch.Tensor) -> torch.Tensor:
        return notebook["add_noise"](images, config["sigma"], generator, clip=False)

    def prepare(images: torch.Tensor, clean: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if repeat:
            generator.manual_seed(0)
        noisy = add_noise(images)
        inputs = noisy.clamp(0, 1)
        if target in ("clean", "input"):
            return inputs, clean if target == "clean" else inputs
        other = add_noise(images)
        return inputs, noisy if target == "same noise" else other

    history = notebook["train"](
        model,
        data["train_images"],
        data["train_images"],
        torch.optim.Adam(model.parameters(), lr=config["learning_rate"]),
        config["epochs"] * times,
        config["batch_size"],
        seed,
        loss_function=F.mse_loss,
        prepare=prepare,
    )
    clean = data["test_images"]
    noisy = notebook["add_noise"](clean, config["sigma"], torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        return (notebook["psnr"](clean, model(noisy)).mean().item(), "dB"), history[-1]
