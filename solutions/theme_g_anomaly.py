"""Reference implementations of theme_g_anomaly: built from its answer cells by `autograder build`, not edited."""

from sklearn.metrics import roc_auc_score, roc_curve
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


MY_DIGIT = 2 + DIGEST % 8  # 2 to 9


def anomaly_score(model, images):
    """The reconstruction error of each image.

    Args:
        model: Maps images to images of the same shape. Its parameters are not changed; its mode makes no difference here
            (no dropout, no batch normalization).
        images: (n, 1, H, W) float32 tensor. Not changed.

    Returns:
        (n,) float32 tensor without gradients: the mean squared error over the pixels of each image.
    """
    with torch.no_grad():
        return ((model(images) - images) ** 2).flatten(1).mean(dim=1)


def fit_threshold(scores, q):
    """The threshold that a fraction q of the normal scores does not exceed.

    Args:
        scores: (n,) float32 tensor, n >= 1, the anomaly scores of normal images, in any order. Not changed.
        q: float, 0 <= q <= 1.

    Returns:
        float: the q-quantile of the scores, with linear interpolation at the position q * (n - 1).
    """
    return torch.quantile(scores, q).item()


def confusion_at(scores, is_anomaly, threshold):
    """Count right and wrong decisions at a threshold; an anomaly is the positive class.

    Args:
        scores: (n,) float32 tensor of anomaly scores. Not changed.
        is_anomaly: (n,) bool tensor, True for real anomalies. Not changed.
        threshold: float; scores strictly above it are called anomalies.

    Returns:
        dict with the ints "tp", "fp", "fn", "tn".
    """
    found = scores > threshold
    return {
        "tp": (found & is_anomaly).sum().item(),
        "fp": (found & ~is_anomaly).sum().item(),
        "fn": (~found & is_anomaly).sum().item(),
        "tn": (~found & ~is_anomaly).sum().item(),
    }


def auroc(scores, is_anomaly):
    """The probability that an anomaly has a larger score than a normal image, a tie counting one half.

    Args:
        scores: (n,) float32 tensor of anomaly scores. Not changed.
        is_anomaly: (n,) bool tensor with at least one True and one False. Not changed.

    Returns:
        float between 0 and 1.
    """
    anomalous = scores[is_anomaly][:, None]
    normal = scores[~is_anomaly][None, :]
    return ((anomalous > normal).double() + 0.5 * (anomalous == normal).double()).mean().item()


THEME = "theme_g_anomaly"


METRIC = "test AUROC"


BASE_CONFIG = {"normal_digit": 8, "width": 32, "q": 0.95, "learning_rate": 0.002, "epochs": 20, "batch_size": 16}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the AUROC on the test images;
        "history": list of float, the mean training loss of each epoch (config["epochs"] of them);
        "model": the trained model;
        "scores": (n_test,) float32 tensor, the anomaly score of each test image;
        "threshold": float, the q-quantile of the scores of the normal training images held back.
    """
    data = mnist if data is None else data
    normal = data["train_images"][data["train_labels"] == config["normal_digit"]]
    used = len(normal) - len(normal) // 5
    torch.manual_seed(seed)
    model = make_autoencoder(config["width"])
    optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    history = train(model, normal[:used], normal[:used], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed, loss_function=F.mse_loss)
    with torch.no_grad():
        scores, held_back = [
            F.mse_loss(model(images), images, reduction="none").mean(dim=(1, 2, 3))
            for images in (data["test_images"], normal[used:])
        ]
    is_anomaly = data["test_labels"] != config["normal_digit"]
    return {
        "score": float(roc_auc_score(is_anomaly.numpy(), scores.numpy())),
        "history": history,
        "model": model,
        "scores": scores,
        "threshold": torch.quantile(held_back, config["q"]).item(),
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


NORMAL_DIGIT = MY_DIGIT
