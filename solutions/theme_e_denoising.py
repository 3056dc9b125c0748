"""Reference implementations of theme_e_denoising: built from its answer cells by `autograder build`, not edited."""

from torch import nn
from torch.nn import functional as F
from torchvision import datasets, transforms
import hashlib
import math
import matplotlib.pyplot as plt
import numpy as np
import time
import torch

N_TRAIN = 6000


N_TEST = 2000


def load_data(n_train=N_TRAIN, n_test=N_TEST, root="./data"):
    """Load the first images of MNIST into memory.

    Returns:
        dict with "train_images" (n_train, 1, 28, 28) and "test_images" (n_test, 1, 28, 28), float32 in [0, 1],
        and "train_labels" (n_train,) and "test_labels" (n_test,), int64.
    """
    data = {}
    for part, count in (("train", n_train), ("test", n_test)):
        dataset = datasets.MNIST(root=root, train=part == "train", download=True, transform=transforms.ToTensor())
        count = min(count, len(dataset))
        # The same numbers as ToTensor() gives, for all images at once.
        data[f"{part}_images"] = dataset.data[:count].unsqueeze(1).float() / 255
        data[f"{part}_labels"] = dataset.targets[:count].clone()
    return data


def make_mlp(hidden=(128, 128), n_in=784, n_out=10):
    """A multilayer perceptron with ReLU: 784-128-128-10 unless told otherwise. Images in, logits out."""
    layers = [nn.Flatten()]
    for width in hidden:
        layers += [nn.Linear(n_in, width), nn.ReLU()]
        n_in = width
    return nn.Sequential(*layers, nn.Linear(n_in, n_out))


def train(model, inputs, targets, optimizer, epochs, batch_size, seed,
          loss_function=F.cross_entropy, prepare=None, after_step=None, after_epoch=None):
    """Train a model in place and return the mean training loss of each epoch.

    Args:
        model: The module to train.
        inputs, targets: Tensors whose first dimension counts the samples.
        optimizer: An optimizer of the model's parameters.
        epochs, batch_size: ints; the last batch of an epoch may be smaller.
        seed: Decides the order of the samples (they are shuffled again in each epoch).
        loss_function: Called as loss_function(model(x), y); gives a scalar tensor.
        prepare: If given, each batch is replaced by prepare(x, y), such as augmented or attacked images.
        after_step: If given, called as after_step(model) after each update.
        after_epoch: If given, called as after_epoch(model) after each epoch.
    """
    generator = torch.Generator().manual_seed(seed)
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for indices in torch.randperm(len(inputs), generator=generator).split(batch_size):
            x, y = inputs[indices], targets[indices]
            if prepare is not None:
                x, y = prepare(x, y)
            loss = loss_function(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if after_step is not None:
                after_step(model)
            total += loss.item() * len(indices)
        history.append(total / len(inputs))
        if after_epoch is not None:
            after_epoch(model)
    return history


@torch.no_grad()
def predict(model, images):
    """The most probable class of each image: an int64 tensor of shape (n,). Leaves the model's mode as it was."""
    was_training = model.training
    model.eval()
    predictions = model(images).argmax(dim=1)
    model.train(was_training)
    return predictions


def accuracy(model, images, labels):
    """The percentage of images that the model classifies correctly, as a float."""
    return 100 * (predict(model, images) == labels).float().mean().item()


def group_scores(table):
    """{group: {value: [one score for each seed]}}, groups and values in the order in which they occur."""
    groups = {}
    for row in table:
        groups.setdefault(row["group"], {}).setdefault(row["value"], []).append(row["score"])
    return groups


def sweep_summary(table):
    """Print mean, sample standard deviation and number of seeds for each value of a sweep table."""
    print(f"{table[0]['variable']:>20} {'mean':>9} {'std':>8} {'seeds':>6}   {table[0]['metric']}")
    baselines = {(row["group"], row["value"]) for row in table if row["baseline"]}
    for group, values in group_scores(table).items():
        for value, scores in values.items():
            spread = np.std(scores, ddof=1) if len(scores) > 1 else float("nan")
            note = f"{group} {'<- baseline' if (group, value) in baselines else ''}"
            print(f"{value!s:>20} {np.mean(scores):9.3f} {spread:8.3f} {len(scores):6d}   {note}")


def show_sweep(table, xlabel=None, title=None, logx=False):
    """Draw a sweep table: a dot for each run, mean and sample standard deviation, baseline dashed."""
    figure, axes = plt.subplots(figsize=(7, 4.2))
    values = list(dict.fromkeys(row["value"] for row in table))
    numeric = all(isinstance(value, (int, float)) for value in values)
    place = {value: value if numeric else i for i, value in enumerate(values)}
    for i, (group, by_value) in enumerate(group_scores(table).items()):
        order = sorted(by_value, key=place.get)
        mean = [np.mean(by_value[value]) for value in order]
        spread = [np.std(by_value[value], ddof=1) if len(by_value[value]) > 1 else 0 for value in order]
        axes.errorbar([place[value] for value in order], mean, yerr=spread, color=f"C{i}", marker="os^Dv"[i % 5],
                      capsize=4, label=f"{group or 'mean'} ± 1 std")
        for value in order:
            axes.plot([place[value]] * len(by_value[value]), by_value[value], ".", color=f"C{i}", alpha=0.4)
    baseline = [row["score"] for row in table if row["baseline"]]
    if baseline:
        axes.axhline(np.mean(baseline), color="0.3", linestyle="--", label="baseline (mean)")
    if logx:
        axes.set_xscale("log")
        axes.set_xticks(sorted(place.values()), [f"{value:g}" for value in sorted(place.values())])
        axes.minorticks_off()
    if not numeric:
        axes.set_xticks(range(len(values)), [str(value) for value in values])
    axes.set(xlabel=xlabel or table[0]["variable"], ylabel=table[0]["metric"], title=title or table[0]["theme"])
    axes.grid(alpha=0.3)
    axes.legend()
    plt.show()


def show_curves(curves, ylabel, title, xlabel="epoch", logy=False):
    """Draw {label: [one list of values for each seed]}: the mean as a line, smallest to largest as a band."""
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for i, (label, runs) in enumerate(curves.items()):
        runs = np.array(runs, dtype=float)
        steps = np.arange(1, runs.shape[1] + 1)
        axes.plot(steps, runs.mean(axis=0), color=f"C{i}", label=label)
        axes.fill_between(steps, runs.min(axis=0), runs.max(axis=0), color=f"C{i}", alpha=0.2)
    if logy:
        axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    plt.show()


def make_autoencoder(width):
    """An autoencoder 784-128-width-128-784 with ReLU; images (n, 1, 28, 28) in, images of values in (0, 1) out."""
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, width))
    decoder = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
    return nn.Sequential(encoder, decoder)


def show_images(rows, title=None):
    """Draw {label: images of shape (n, 1, 28, 28)}, one row for each label."""
    n = min(len(images) for images in rows.values())
    figure, axes = plt.subplots(len(rows), n, figsize=(1.1 * n + 1, 1.2 * len(rows) + 0.4), squeeze=False)
    for line, (label, images) in zip(axes, rows.items()):
        for axis, image in zip(line, images):
            axis.imshow(image.detach().squeeze(0), cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    figure.suptitle(title)
    figure.tight_layout()
    plt.show()


STUDENT_NUMBER = "s2026001"


DIGEST = int(hashlib.sha256(str(STUDENT_NUMBER).strip().encode()).hexdigest(), 16)


MY_SEED = 1000 + DIGEST % 9000


SEEDS = (MY_SEED, MY_SEED + 1, MY_SEED + 2)


def add_noise(images, sigma, generator, clip=True):
    """Add Gaussian noise to images.

    Args:
        images: float32 tensor of any shape, values in [0, 1]; first dimension counts the images. Not changed.
        sigma: float >= 0, the standard deviation of the noise.
        generator: torch.Generator that all random numbers are drawn from (its seed is not set here).
        clip: bool; whether the result is clipped to [0, 1].

    Returns:
        A new float32 tensor of the same shape: one independent draw for each pixel of each image.
    """
    noisy = images + sigma * torch.randn(images.shape, generator=generator)
    return noisy.clamp(0, 1) if clip else noisy


def denoising_loss(model, clean, noisy):
    """The mean squared error of a denoising model.

    Args:
        model: Maps images to images of the same shape. Used as it is, in the mode in which it is.
        clean: (n, 1, H, W) float32 tensor, the images without noise. Not changed.
        noisy: Tensor of the same shape, the images with noise. Not changed.

    Returns:
        float32 tensor without dimensions: the mean over all images and pixels, differentiable.
    """
    return F.mse_loss(model(noisy), clean)


def psnr(clean, restored):
    """Peak signal-to-noise ratio of each image, for pixels in [0, 1].

    Args:
        clean: (n, ...) float32 tensor, the images without noise. Not changed.
        restored: float32 tensor of the same shape. Not changed.

    Returns:
        (n,) float32 tensor: 10 log10(1 / MSE) in decibels for each image; inf where the images are equal.
    """
    error = ((clean - restored) ** 2).flatten(1).mean(dim=1)
    return 10 * torch.log10(1 / error)


def mean_filter(images, size):
    """Replace each pixel by the mean of its size x size neighbourhood (less at the border)."""
    return F.avg_pool2d(images, size, stride=1, padding=size // 2, count_include_pad=False)


THEME = "theme_e_denoising"


METRIC = "test PSNR (dB)"


BASE_CONFIG = {"width": 32, "sigma": 0.5, "learning_rate": 0.002, "epochs": 8, "batch_size": 32}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples, noise).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the mean PSNR of the restored test images in dB;
        "history": list of float, the mean training loss of each epoch (config["epochs"] of them);
        "model": the trained model;
        "noisy", "restored": float32 tensors, the first 100 test images (all, if there are fewer) with noise, and restored.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_autoencoder(config["width"])
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    history = train(model, data["train_images"], data["train_images"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed, loss_function=F.mse_loss,
                    prepare=lambda x, y: (add_noise(x, config["sigma"], generator), y))
    noisy = add_noise(data["test_images"].clone(), config["sigma"], torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        restored = model(noisy)
    return {
        "score": psnr(data["test_images"], restored).mean().item(),
        "history": history,
        "model": model,
        "noisy": noisy[:100],
        "restored": restored[:100],
    }


RESULTS = {}


def experiment(config, seed):
    """What run(config, seed) gives. Each pair is run only once: its result is kept, and one line is printed."""
    key = (tuple(sorted(config.items())), seed)
    if key not in RESULTS:
        start = time.perf_counter()
        result = run(config, seed)
        changed = {name: value for name, value in config.items() if BASE_CONFIG.get(name) != value}
        print(f"run {len(RESULTS) + 1}: seed {seed}, {changed or 'baseline'}: score {result['score']:.4g}, "
              f"{time.perf_counter() - start:.1f} s")
        RESULTS[key] = result
    return RESULTS[key]
