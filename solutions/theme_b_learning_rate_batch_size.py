"""Reference implementations of theme_b_learning_rate_batch_size: built from its answer cells by `autograder build`, not edited."""

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


STUDENT_NUMBER = "s2026001"


DIGEST = int(hashlib.sha256(str(STUDENT_NUMBER).strip().encode()).hexdigest(), 16)


MY_SEED = 1000 + DIGEST % 9000


SEEDS = (MY_SEED, MY_SEED + 1, MY_SEED + 2)


def batches(n, batch_size, epochs, seed):
    """Divide the indices of n samples into random batches, anew for each epoch.

    Args:
        n: int >= 1, number of samples.
        batch_size: int >= 1; may be larger than n (then an epoch is one batch of n).
        epochs: int >= 0.
        seed: int, for the random generator made here; the same seed gives the same batches, another seed others.

    Returns:
        list with one list for each epoch: ceil(n / batch_size) int64 tensors of indices, shape
        (batch_size,), the last one possibly shorter. In an epoch each of 0 ... n - 1 occurs once.
    """
    generator = torch.Generator().manual_seed(seed)
    return [list(torch.randperm(n, generator=generator).split(batch_size)) for _ in range(epochs)]


def minibatch_gradient(w, x, y, indices):
    """The gradient of the mean of (x_i · w - y_i)**2 / 2 over the samples of a batch.

    Args:
        w: (d,) float tensor, the weights. Not changed.
        x: (n, d) float tensor, the inputs of all samples. Not changed.
        y: (n,) float tensor, the targets of all samples. Not changed.
        indices: (B,) int64 tensor, the samples of the batch, B >= 1; an index may occur more than once.

    Returns:
        (d,) tensor of w's dtype: the mean over the batch of (x_i · w - y_i) x_i.
    """
    residual = x[indices] @ w - y[indices]
    return x[indices].T @ residual / len(indices)


def gradient_variance(per_sample, batch_size, draws, seed):
    """Estimate how much the gradient of a batch varies around the gradient of all samples.

    Args:
        per_sample: (n, d) float tensor, the gradient of each sample. Not changed.
        batch_size: int >= 1, number of samples in a batch; may be larger than n.
        draws: int >= 1, how many batches are drawn, each with replacement.
        seed: int, for the random generator made here; the same seed gives the same value, another seed another.

    Returns:
        float: the mean over the draws of the squared distance (summed over the d components) between
        the mean gradient of the batch and the mean of per_sample.
    """
    generator = torch.Generator().manual_seed(seed)
    indices = torch.randint(len(per_sample), (draws, batch_size), generator=generator)
    means = per_sample[indices].mean(dim=1)
    return (means - per_sample.mean(dim=0)).square().sum(dim=1).mean().item()


def batch_size_schedule(epochs, initial, double_every, maximum):
    """The batch size of each epoch: doubled every few epochs, up to a maximum.

    Args:
        epochs: int >= 0, number of epochs.
        initial: int >= 1, batch size of epoch 0; at most maximum.
        double_every: int >= 1, epochs after which the batch size doubles (again and again).
        maximum: int; where doubling would exceed it, the batch size is maximum.

    Returns:
        list of epochs ints.
    """
    return [min(initial * 2 ** (epoch // double_every), maximum) for epoch in range(epochs)]


def train_steps(model, inputs, targets, optimizer, steps, batch_size, seed):
    """Like `train`, but for an exact number of updates; returns the loss of each update, before it.

    Args:
        model: The module to train, in place.
        inputs, targets: Tensors whose first dimension counts the samples.
        optimizer: An optimizer of the model's parameters.
        steps: int, the number of updates; the last epoch may stay incomplete.
        batch_size: int; the last batch of an epoch may be smaller.
        seed: Decides the order of the samples (they are shuffled again in each epoch).

    Returns:
        list of steps floats.
    """
    generator = torch.Generator().manual_seed(seed)
    losses = []
    model.train()
    while len(losses) < steps:
        for indices in torch.randperm(len(inputs), generator=generator).split(batch_size)[:steps - len(losses)]:
            loss = F.cross_entropy(model(inputs[indices]), targets[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


THEME = "theme_b_learning_rate_batch_size"


METRIC = "test accuracy (%)"


BASE_CONFIG = {"learning_rate": 0.1, "batch_size": 64, "steps": 100}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the accuracy on the test images in percent;
        "history": list of float, the training loss of each update (config["steps"] of them);
        "predictions": (n_test,) int64 tensor, the predicted class of each test image.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    history = train_steps(model, data["train_images"], data["train_labels"], optimizer,
                          steps=config["steps"], batch_size=config["batch_size"], seed=seed)
    return {
        "score": accuracy(model, data["test_images"], data["test_labels"]),
        "history": history,
        "predictions": predict(model, data["test_images"]),
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


def show_heat_map(table, title):
    """Mean (and standard deviation) of the score for each learning rate and batch size; the baseline is framed."""
    scores = {}
    for row in table:
        point = row["config"]["learning_rate"], row["config"]["batch_size"]
        scores.setdefault(point, []).append(row["score"])
    rates, sizes = (sorted({point[axis] for point in scores}) for axis in (0, 1))
    image = np.array([[np.mean(scores.get((rate, size), [np.nan])) for size in sizes] for rate in rates])
    figure, axes = plt.subplots(figsize=(6.5, 4.5))
    picture = axes.imshow(image, origin="lower", cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for (rate, size), values in scores.items():
        text = f"{np.mean(values):.1f}" + (f"\n±{np.std(values, ddof=1):.1f}" if len(values) > 1 else "")
        axes.text(sizes.index(size), rates.index(rate), text, ha="center", va="center",
                  color="black" if np.mean(values) > 60 else "white")
    for row in table:
        if row["baseline"]:
            corner = sizes.index(row["config"]["batch_size"]) - 0.5, rates.index(row["config"]["learning_rate"]) - 0.5
            axes.add_patch(plt.Rectangle(corner, 1, 1, fill=False, edgecolor="red", linewidth=3))
    axes.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    axes.set_yticks(range(len(rates)), [str(rate) for rate in rates])
    axes.set(xlabel="batch size B", ylabel="learning rate η", title=title)
    figure.colorbar(picture, label=table[0]["metric"])
    plt.show()
