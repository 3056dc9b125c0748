"""Reference implementations of theme_d_quantization: built from its answer cells by `autograder build`, not edited."""

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


def quantize(x, lo, hi, bits):
    """Uniform quantization of a tensor in the range [lo, hi].

    Args:
        x: float32 tensor of any shape. Not changed.
        lo, hi: floats, lo <= hi. Elements outside are clipped to the nearer end.
        bits: int, 1 <= bits <= 16; there are 2**bits levels, lo and hi among them.

    Returns:
        (q, x_hat): int64 tensor of codes in 0 ... 2**bits - 1, and float32 tensor lo + q * step,
        both of x's shape. Nearest level; ties may go either way. If lo == hi, all codes are 0.
    """
    step = (hi - lo) / (2**bits - 1)
    if step == 0:
        return torch.zeros_like(x, dtype=torch.int64), torch.full_like(x, lo)
    q = torch.round((x.clamp(lo, hi) - lo) / step).to(torch.int64)
    return q, (lo + q * step).to(torch.float32)


def find_range(x, method):
    """Choose the range of quantization from a tensor.

    Args:
        x: float32 tensor of any shape, at least 2 elements. Not changed.
        method: "minmax", "sigma" (mean ± 3 sample standard deviations), "percentile" (1st and 99th,
            linear interpolation), or "absmax" (−a, a with a the largest absolute value).

    Returns:
        (lo, hi): two Python floats, computed over all elements.
    """
    if method == "minmax":
        lo, hi = x.min(), x.max()
    elif method == "sigma":
        lo, hi = x.mean() - 3 * x.std(), x.mean() + 3 * x.std()
    elif method == "percentile":
        lo, hi = torch.quantile(x, 0.01), torch.quantile(x, 0.99)
    elif method == "absmax":
        hi = x.abs().max()
        lo = -hi
    else:
        raise ValueError(f"unknown method {method!r}")
    return lo.item(), hi.item()


def quantize_per_channel(w, bits):
    """Symmetric quantization with a scale of its own for each channel; 0 is always a level.

    Args:
        w: float32 tensor of one or more dimensions; the first one counts the channels. Not changed.
        bits: int, 2 <= bits <= 8.

    Returns:
        (w_hat, steps): float32 tensor of w's shape, each element on a level q * step of its channel,
        q = -q_max ... q_max with q_max = 2**(bits - 1) - 1, and float32 tensor (n_channels,) of the
        steps a / q_max, a the largest absolute value of the channel. Nearest level; ties may go
        either way. A channel of zeros stays zero, step 0.
    """
    rows = w.reshape(len(w), -1)
    a = rows.abs().amax(dim=1, keepdim=True)
    steps = a / (2 ** (bits - 1) - 1)
    divisor = torch.where(steps > 0, steps, torch.ones_like(steps))
    q = torch.round(rows / divisor)
    return (q * steps).reshape(w.shape), steps.flatten()


def quantize_model(model, choose_range, quantizer):
    """A copy of a model in which every parameter is quantized in a range of its own.

    Args:
        model: nn.Module. Neither its parameters nor its buffers are changed.
        choose_range: Called as choose_range(p) for each parameter p; gives (lo, hi).
        quantizer: Called as quantizer(p, lo, hi); gives the quantized tensor, of p's shape and dtype.

    Returns:
        a new nn.Module of the same kind; buffers (such as running means) are as in the original.
    """
    result = copy.deepcopy(model)
    with torch.no_grad():
        for p in result.parameters():
            lo, hi = choose_range(p)
            p.copy_(quantizer(p, lo, hi))
    return result


def quantization(method, bits):
    """The functions (choose_range, quantizer) that quantize_model needs for a method and a number of bits.

    Args:
        method: "minmax", "sigma", "percentile", "absmax" (ranges of find_range), "symmetric" (0 is a
            level, one scale for the whole tensor), or "channel" (0 is a level, a scale for each channel).
        bits: int, 1 ... 16 with a range, 2 ... 8 for "symmetric" and "channel".
    """
    if method in ("symmetric", "channel"):
        def largest(p):
            limit = p.abs().max().item()
            return -limit, limit

        def rounded(p, lo, hi):
            rows = p if method == "channel" else p.reshape(1, -1)
            return quantize_per_channel(rows, bits)[0].reshape(p.shape)

        return largest, rounded
    return lambda p: find_range(p, method), lambda p, lo, hi: quantize(p, lo, hi, bits)[1]


THEME = "theme_d_quantization"


METRIC = "test accuracy (%)"


BASE_CONFIG = {"learning_rate": 0.05, "momentum": 0.9, "epochs": 5, "batch_size": 64, "bits": 32, "method": "minmax"}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG; "bits" is 32 for no quantization, "method" is one of those
            that `quantization` knows. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the accuracy of the quantized model on the test images in percent;
        "history": list of float, the mean training loss of each epoch (config["epochs"] of them);
        "logits": (n_test, 10) float32 tensor, the outputs of the quantized model for the test images.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    bits, method = config["bits"], config["method"]
    if bits != 32:
        model = quantize_model(model, *quantization(method, bits))
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


def trained_with(seed):
    """The model that run(BASE_CONFIG, seed) trains."""
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=BASE_CONFIG["learning_rate"], momentum=BASE_CONFIG["momentum"])
    train(model, mnist["train_images"], mnist["train_labels"], optimizer, BASE_CONFIG["epochs"], BASE_CONFIG["batch_size"], seed)
    return model


def moved_to_zero(p):
    """A range as wide as min-max whose middle is 0."""
    lo, hi = find_range(p, "minmax")
    return (lo - hi) / 2, (hi - lo) / 2


def zeros(model):
    """The percentage of the weights that are 0, and the number of rows in which all of them are."""
    zero = [p == 0 for p in model.parameters() if p.dim() == 2]
    return 100 * torch.cat([z.flatten() for z in zero]).float().mean().item(), sum(z.all(dim=1).sum().item() for z in zero)
