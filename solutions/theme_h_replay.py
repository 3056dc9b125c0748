"""Reference implementations of theme_h_replay: built from its answer cells by `autograder build`, not edited."""

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


class ReplayMemory:
    """A memory of at most `capacity` samples that keeps the newest ones (FIFO).

    Args:
        capacity: int >= 0, the largest number of samples.
        seed: int; decides everything that is random.

    Attributes:
        images: list with a tensor for each stored image, oldest first.
        labels: list with an int for each stored label.
        seen: int, how many samples were ever added (also those that are not stored any more).
        generator: torch.Generator for random choices.
    """

    def __init__(self, capacity, seed=0):
        self.capacity = capacity
        self.images, self.labels = [], []
        self.seen = 0
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.images)

    def contents(self):
        """All stored samples: images (len, ...) and labels (len,) int64. Not called on an empty memory."""
        return torch.stack(self.images), torch.tensor(self.labels)

    def add(self, images, labels):
        """Add a batch, image by image, in order; where there is no room, the oldest sample goes.

        Args:
            images: (n, ...) float32 tensor. Copied: what happens to it later does not matter.
            labels: (n,) int64 tensor.
        """
        for image, label in zip(images, labels.tolist()):
            self.seen += 1
            self.images.append(image.clone())
            self.labels.append(label)
            if len(self.images) > self.capacity:
                self.images.pop(0)
                self.labels.pop(0)

    def sample(self, n):
        """Draw min(n, len) different samples, each equally likely. Not called on an empty memory.

        Returns:
            (images, labels): tensors of shapes (min(n, len), ...) and (min(n, len),), the labels int64.
        """
        chosen = torch.randperm(len(self.images), generator=self.generator)[:n].tolist()
        return torch.stack([self.images[i] for i in chosen]), torch.tensor([self.labels[i] for i in chosen])


class ReservoirMemory(ReplayMemory):
    """A memory of at most `capacity` samples that is a fair sample of everything that was added.

    After T samples each of them is stored with probability capacity / T (1 if all fit). The order of the
    stored samples does not matter.
    """

    def add(self, images, labels):
        """Add a batch, image by image, in order; in a full memory the t-th sample replaces slot j < capacity.

        For each sample that finds the memory full, one j is drawn uniformly from 0 ... t - 1, where t counts all
        samples so far, this one included; if j >= capacity the sample is not stored.

        Args:
            images: (n, ...) float32 tensor. Copied: what happens to it later does not matter.
            labels: (n,) int64 tensor.
        """
        for image, label in zip(images, labels.tolist()):
            self.seen += 1
            if len(self.images) < self.capacity:
                self.images.append(image.clone())
                self.labels.append(label)
            else:
                j = int(torch.randint(self.seen, (1,), generator=self.generator))
                if j < self.capacity:
                    self.images[j] = image.clone()
                    self.labels[j] = label


def left_of_three(memory_class, seeds):
    """Which of 3 samples (label k, brightness k / 10) is left in a memory of capacity 1: (len, brightness, label) for each seed."""
    images, labels = torch.tensor([0.1, 0.2, 0.3]).reshape(3, 1, 1, 1), torch.tensor([1, 2, 3])
    left = []
    for seed in seeds:
        memory = memory_class(1, seed)
        memory.add(images, labels)
        image, label = memory.contents()
        left.append((len(memory), image.flatten()[0].item(), label[0].item()))
    return left


def show_memories(images, labels, capacity=100, chunk=25):
    """Draw which digits a FIFO and a reservoir memory hold while 0-8 and then 9 go by."""
    order = torch.cat([torch.nonzero(labels < 9).flatten(), torch.nonzero(labels == 9).flatten()])
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
    for ax, memory, name in ((axes[0], ReplayMemory(capacity), "FIFO"), (axes[1], ReservoirMemory(capacity), "reservoir")):
        counts, steps = [], []
        for part in order.split(chunk):
            memory.add(images[part], labels[part])
            counts.append(torch.bincount(memory.contents()[1], minlength=10).tolist())
            steps.append(memory.seen)
        ax.stackplot(steps, np.array(counts).T, labels=[str(d) for d in range(10)], colors=plt.cm.tab10.colors)
        ax.axvline((labels < 9).sum().item(), color="k", linestyle="--")
        ax.set(xlabel="samples so far", title=f"{name}, capacity {capacity}")
    axes[0].set_ylabel("samples in the memory")
    axes[1].legend(title="digit", loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    plt.show()


def replay_step(model, optimizer, images, labels, replayed=None):
    """One training step on new samples and replayed ones together.

    Args:
        model: The module to train, in training mode; its parameters change.
        optimizer: An optimizer of its parameters.
        images, labels: The new batch: (n, ...) float32 and (n,) int64. Not changed.
        replayed: None, or what memory.sample gave: (images, labels) of m old samples. Not changed.

    Returns:
        float, the mean cross entropy over all n + m samples before the update.
    """
    if replayed is not None:
        old_images, old_labels = replayed
        images = torch.cat([images, old_images])
        labels = torch.cat([labels, old_labels])
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def steps_from_zero(images, labels, replayed, steps, lr):
    """Let replay_step train a linear model of 1 pixel and 2 classes that starts at 0: losses, weights, biases."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [replay_step(model, optimizer, images, labels, replayed) for _ in range(steps)]
    return losses, model[1].weight.detach().flatten(), model[1].bias.detach()


def with_replay(memory, n_replay):
    """A `prepare` for train: joins n_replay samples of the memory to each batch, then adds the batch to the memory."""
    def prepare(images, labels):
        batch = images, labels
        if len(memory) > 0 and n_replay > 0:
            old_images, old_labels = memory.sample(n_replay)
            images, labels = torch.cat([images, old_images]), torch.cat([labels, old_labels])
        memory.add(*batch)
        return images, labels
    return prepare


NEW_DIGIT = 9


def show_steps(data, steps=30):
    """Draw the accuracy on 0-8 and on 9 while a model that knows 0-8 learns only 9, with and without replay."""
    is_new, test_new = data["train_labels"] == NEW_DIGIT, data["test_labels"] == NEW_DIGIT
    old_x, old_y = data["train_images"][~is_new], data["train_labels"][~is_new]
    new_x, new_y = data["train_images"][is_new], data["train_labels"][is_new]
    figure, axes = plt.subplots(figsize=(7, 4))
    for i, name in enumerate(("no replay", "replay of 64")):
        torch.manual_seed(0)
        model = make_mlp()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        train(model, old_x, old_y, optimizer, epochs=5, batch_size=64, seed=0)
        generator = torch.Generator().manual_seed(0)
        curves = []
        for _ in range(steps + 1):
            curves.append([accuracy(model, data["test_images"][t], data["test_labels"][t]) for t in (~test_new, test_new)])
            batch = torch.randint(len(new_x), (64,), generator=generator)
            replayed = None
            if i == 1:
                chosen = torch.randint(len(old_x), (64,), generator=generator)
                replayed = old_x[chosen], old_y[chosen]
            replay_step(model, optimizer, new_x[batch], new_y[batch], replayed)
        for values, style, what in zip(zip(*curves), ("-", "--"), ("0-8", "9")):
            axes.plot(range(steps + 1), values, style, color=f"C{i}", label=f"{name}: digits {what}")
    axes.set(xlabel="step on the digit 9", ylabel="test accuracy (%)", title="Learning 9 after 0-8", ylim=(-3, 103))
    axes.grid(alpha=0.3)
    axes.legend()
    plt.show()


def accuracy_matrix(models, tasks):
    """The accuracy of each model on each task.

    Args:
        models: list of modules that take images and return logits; used in eval mode.
        tasks: list of (images, labels): the test data of each task, (n, ...) float32 and (n,) int64.
            The number of images may differ from task to task. Not changed.

    Returns:
        (len(models), len(tasks)) float32 tensor of percentages: row i is model i, column j is task j.
    """
    return torch.tensor([[accuracy(model, images, labels) for images, labels in tasks] for model in models])


def forgetting(matrix):
    """How many points of accuracy were lost: the mean over all tasks but the last of (best before - last).

    Args:
        matrix: (T, T) float tensor, T >= 2, as accuracy_matrix gives it: row i is the model after task i,
            column j is task j. Not changed.

    Returns:
        float, in points of accuracy; positive if something was forgotten. The best is taken over the
        rows 0 ... T-2, the last is row T-1, the mean is over the columns 0 ... T-2.
    """
    best = matrix[:-1].max(dim=0).values
    return (best - matrix[-1])[:-1].mean().item()


THEME = "theme_h_replay"


METRIC = "accuracy on all ten digits (%)"


MEMORIES = {"fifo": ReplayMemory, "reservoir": ReservoirMemory}


BASE_CONFIG = {"learning_rate": 0.1, "epochs_per_task": 5, "batch_size": 64, "n_replay": 64,
               "memory": "fifo", "capacity": 0}


def run(config, seed, data=None):
    """Run the experiment once: one configuration, one seed.

    Args:
        config: dict with the keys of BASE_CONFIG; "memory" is a key of MEMORIES. Not changed.
        seed: int; decides everything that is random (initial weights, order of the samples, memory).
        data: dict with the keys of `mnist`; None means `mnist`. Not changed.

    Returns:
        dict with
        "score": float, the accuracy on all test images after both tasks, in percent;
        "history": list of float, the mean training loss of each epoch of task 0, then of task 1
            (2 * config["epochs_per_task"] of them);
        "predictions": (n_test,) int64 tensor, the predicted class of each test image after both tasks;
        "models": list of two models: a copy of the model after task 0, and the model after task 1.
    """
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    memory = MEMORIES[config["memory"]](config["capacity"], seed)
    is_new = data["train_labels"] == NEW_DIGIT
    history, models = [], []
    for task in (~is_new, is_new):
        history += train(model, data["train_images"][task], data["train_labels"][task], optimizer,
                         epochs=config["epochs_per_task"], batch_size=config["batch_size"], seed=seed,
                         prepare=with_replay(memory, config["n_replay"]))
        models.append(copy.deepcopy(model))
    return {
        "score": accuracy(model, data["test_images"], data["test_labels"]),
        "history": history,
        "predictions": predict(model, data["test_images"]),
        "models": models,
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
