"""Reference implementations of theme_f_adversarial: built from its answer cells by `autograder build`, not edited."""

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


def input_gradient(model, images, labels):
    """The gradient of each image's own cross entropy with respect to its pixels.

    Args:
        model: A module that takes images and returns logits. Nothing of it changes: not its parameters, nor
            their .grad and requires_grad, nor its mode.
        images: (n, ...) float32 tensor. Not changed (neither its values nor its requires_grad).
        labels: (n,) int64 tensor, the true classes.

    Returns:
        Tensor of the shape and dtype of images, without a graph; image k has the gradient of its own loss
        (of the sum of the losses, not of their mean).
    """
    x = images.detach().clone().requires_grad_()
    loss = F.cross_entropy(model(x), labels, reduction="sum")
    return torch.autograd.grad(loss, x)[0]


def fgsm(images, gradient, epsilon):
    """The attack in one step: every pixel moves by epsilon up the sign of its gradient.

    Args:
        images: (n, ...) float32 tensor with values in [0, 1]. Not changed.
        gradient: Tensor of the same shape: the gradient of the loss with respect to the images. Not changed.
        epsilon: float >= 0, how far a pixel may move.

    Returns:
        Tensor of the shape and dtype of images, clipped to [0, 1] after the move. A pixel whose gradient is 0 stays.
    """
    return (images + epsilon * gradient.sign()).clamp(0, 1)


def pgd(gradient_at, images, epsilon, step_size, steps):
    """The attack in many steps: up the sign of the gradient, back to within epsilon of the original images.

    Args:
        gradient_at: Function; gradient_at(x) is the gradient of the loss at images x, of the same shape.
        images: (n, ...) float32 tensor with values in [0, 1], the original images. Not changed.
        epsilon: float >= 0, how far a pixel may be from its original value.
        step_size: float > 0, how far a pixel moves in one step.
        steps: int >= 0, the number of steps.

    Returns:
        Tensor of the shape and dtype of images: the images after the last step, within epsilon of the original
        images and within [0, 1]. It starts at the original images; nothing is random.
    """
    x = images.clone()
    for _ in range(steps):
        x = x + step_size * gradient_at(x).sign()
        x = torch.clamp(x, images - epsilon, images + epsilon).clamp(0, 1)
    return x


def fgsm_attack(epsilon):
    """FGSM as an attack: a function (model, images, labels) -> attacked images."""
    def attack(model, images, labels):
        return fgsm(images.clone(), input_gradient(model, images, labels), epsilon)
    return attack


def pgd_attack(epsilon, steps):
    """PGD with step size 2.5 epsilon / steps as an attack: a function (model, images, labels) -> attacked images."""
    def attack(model, images, labels):
        @torch.enable_grad()
        def gradient_at(x):
            return input_gradient(model, x, labels)
        return pgd(gradient_at, images.clone(), epsilon, 2.5 * epsilon / steps, steps)
    return attack


@torch.no_grad()
def mean_loss(x):
    return F.cross_entropy(plain_model(x), some_labels).item()


def toy_darken(model, images, labels):
    """A stand-in for an attack: images with an odd label become half as bright."""
    return images * torch.where(labels % 2 == 1, 0.5, 1.0).reshape(-1, 1, 1, 1)


def toy_invert(model, images, labels):
    """A stand-in for an attack: inverts the images that the model gets right, and leaves gradients in the model."""
    logits = model(images)
    F.cross_entropy(logits, labels).backward()
    right = (logits.argmax(dim=1) == labels).reshape(-1, 1, 1, 1)
    return torch.where(right, 1 - images, images)


def robust_accuracy(model, attacks, images, labels):
    """The percentage of images that the model classifies correctly as they are and under every attack.

    Args:
        model: A module that takes images and returns logits.
        attacks: list of functions (model, images, labels) -> attacked images; may be empty. They use gradients.
        images: (n, ...) float32 tensor, n >= 1. Not changed.
        labels: (n,) int64 tensor, the true classes (also what the attacks get).

    Returns:
        float between 0 and 100.
    """
    survived = predict(model, images) == labels
    for attack in attacks:
        survived = survived & (predict(model, attack(model, images, labels)) == labels)
    return 100 * survived.float().mean().item()


def adversarial_train_step(model, optimizer, attack, images, labels):
    """One training step on the attacked images.

    Args:
        model: The module to train. It comes in training mode, in which the step is made; its parameters
            change.
        optimizer: An optimizer of its parameters.
        attack: Function (model, images, labels) -> attacked images. It may leave gradients in the model.
        images: (n, ...) float32 tensor. Not changed.
        labels: (n,) int64 tensor, the true classes.

    Returns:
        float, the mean cross entropy of the attacked images before the update.
    """
    attacked = attack(model, images, labels)
    optimizer.zero_grad()
    loss = F.cross_entropy(model(attacked), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def steps_from_zero(attack, images, labels, steps):
    """Let adversarial_train_step train a linear model that starts at 0 (rate 0.5): the losses, and the weights."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = [adversarial_train_step(model, optimizer, attack, images, labels) for _ in range(steps)]
    return losses, model[1].weight.detach().flatten()


THEME = "theme_f_adversarial"


METRIC = "accuracy under PGD attack (%)"


BASE_CONFIG = {"learning_rate": 0.05, "momentum": 0.9, "epochs": 5, "batch_size": 32,
               "train_epsilon": 0.0, "attack_epsilon": 0.1, "attack_steps": 10}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the accuracy on the attacked test images in percent;
        "clean_score": float, the accuracy on the test images as they are, in percent;
        "history": list of float, the mean training loss of each epoch (config["epochs"] of them);
        "adversarial_logits": (n_test, 10) float32 tensor, the outputs for the attacked test images;
        "model": the trained model.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    train_attack = fgsm_attack(config["train_epsilon"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed,
                    prepare=lambda x, y: (train_attack(model, x, y), y))
    model.eval()
    images, labels = data["test_images"], data["test_labels"]
    attacked = pgd_attack(config["attack_epsilon"], config["attack_steps"])(model, images, labels)
    return {
        "score": accuracy(model, attacked, labels),
        "clean_score": accuracy(model, images, labels),
        "history": history,
        "adversarial_logits": model(attacked).detach(),
        "model": model,
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
