"""Reference implementations of theme_c_pruning: built from its answer cells by `autograder build`, not edited."""

from torch import nn
from torch.nn import functional as F
from torchvision import datasets, transforms
import copy
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


def prune_model(model, amount, layers):
    """A copy of a model in which the smallest weights of each named layer are 0.

    Args:
        model: nn.Module. Not changed, and nothing of it is shared with the result.
        amount: float from 0 (nothing) to 1 (everything): the share of the weights to prune.
        layers: list of str, names of nn.Linear or nn.Conv2d layers as in model.named_modules().

    Returns:
        a new nn.Module. In each named layer exactly int(n * amount + 1e-9) of its n weights, those of
        smallest magnitude in the layer, are 0; ties are broken in any way. Biases, all other layers and
        buffers are as in model.
    """
    result = copy.deepcopy(model)
    modules = dict(result.named_modules())
    with torch.no_grad():
        for name in layers:
            weight = modules[name].weight
            count = int(weight.numel() * amount + 1e-9)
            smallest = weight.abs().flatten().argsort()[:count]
            weight.view(-1)[smallest] = 0
    return result


def global_prune(model, amount, layers):
    """A copy of a model in which the smallest of all weights of the named layers are 0.

    Args:
        model: nn.Module. Not changed, and nothing of it is shared with the result.
        amount: float from 0 (nothing) to 1 (everything): the share of the weights to prune.
        layers: list of str (at least one), names of nn.Linear or nn.Conv2d layers.

    Returns:
        a new nn.Module. Of the N weights of all named layers together exactly int(N * amount + 1e-9),
        those of smallest magnitude, are 0; ties are broken in any way. Biases, all other layers and
        buffers are as in model.
    """
    result = copy.deepcopy(model)
    modules = dict(result.named_modules())
    weights = [modules[name].weight for name in layers]
    with torch.no_grad():
        everything = torch.cat([weight.flatten() for weight in weights])
        count = int(len(everything) * amount + 1e-9)
        everything[everything.abs().argsort()[:count]] = 0
        for weight, part in zip(weights, everything.split([weight.numel() for weight in weights])):
            weight.copy_(part.view_as(weight))
    return result


def nonzero_parameters(model):
    """Count the parameters of a model that are not exactly 0.

    Args:
        model: nn.Module. Not changed.

    Returns:
        int: over all of model.parameters(), weights and biases, the number of elements that are not 0.
    """
    return sum(int((p != 0).sum()) for p in model.parameters())


def finetune_masked(model, images, labels, learning_rate, epochs, batch_size, seed):
    """Train a pruned model further, in place; weights that are 0 at the start stay 0.

    Args:
        model: nn.Module; trained in place with SGD (no momentum) on the cross entropy. Its parameters of
            two or more dimensions are masked: their zeros stay. Biases are trained freely.
        images, labels: Tensors whose first dimension counts the samples. Not changed.
        learning_rate: float.
        epochs, batch_size, seed: ints, as for train; epochs may be 0.

    Returns:
        list of float: the mean training loss of each epoch.
    """
    masks = {name: p.detach() != 0 for name, p in model.named_parameters() if p.dim() > 1}

    @torch.no_grad()
    def apply_masks(model):
        for name, p in model.named_parameters():
            if name in masks:
                p.mul_(masks[name])

    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    return train(model, images, labels, optimizer, epochs, batch_size, seed, after_step=apply_masks)


THEME = "theme_c_pruning"


METRIC = "test accuracy (%)"


LAYERS = ["1", "3", "5"]


BASE_CONFIG = {"learning_rate": 0.05, "momentum": 0.9, "epochs": 5, "batch_size": 64,
               "amount": 0.0, "method": "layer", "finetune_epochs": 0}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG; "amount" is 0 ... 1, "method" is "layer" or "global",
            "finetune_epochs" is an int >= 0. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the accuracy of the final model on the test images in percent;
        "history": list of float, the mean training loss of each epoch before pruning (config["epochs"] of them);
        "logits": (n_test, 10) float32 tensor, the outputs of the final model for the test images.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    if config["amount"] > 0:
        method = {"layer": prune_model, "global": global_prune}[config["method"]]
        model = method(model, config["amount"], LAYERS)
    if config["finetune_epochs"] > 0:
        finetune_masked(model, data["train_images"], data["train_labels"], config["learning_rate"],
                        config["finetune_epochs"], config["batch_size"], seed)
    with torch.no_grad():
        logits = model(data["test_images"])
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history, "logits": logits}


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
