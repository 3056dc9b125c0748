"""Reference implementations of lesson1_overfitting: built from its answer cells by `autograder build`, not edited."""

from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms
import copy
import hashlib
import matplotlib.pyplot as plt
import torch

DECIMALS = {"train_accuracy": 1, "test_accuracy": 1, "best_epoch": 0, "lowest_test_loss": 3, "accuracy_at_lowest_loss": 1, "last_test_loss": 3}  # of the numbers that you will claim


def code_of(numbers):
    """Six letters that belong to these numbers and to your student number."""
    words = "".join(f" {name}={numbers[name]:.{DECIMALS[name]}f}" for name in sorted(numbers))
    return hashlib.sha256((student_number + words).encode()).hexdigest()[:6]


def print_claims(numbers):
    """Print your numbers, rounded, with their code: copy the line into the cell `claims`."""
    words = ", ".join(f'"{name}": {numbers[name]:.{DECIMALS[name]}f}' for name in DECIMALS)
    print(f'claims = {{{words}, "code": "{code_of(numbers)}"}}')


TRAIN_IMAGES = 1000


VALIDATION_IMAGES = 1000


BATCH_SIZE = 64


EPOCHS = 60


LEARNING_RATE = 0.1


def in_memory(dataset, start, stop):
    """Images start, ..., stop - 1 of a dataset as tensors, so that each one is transformed only once."""
    images, labels = zip(*(dataset[i] for i in range(start, stop)))
    return TensorDataset(torch.stack(images), torch.tensor(labels))


class SimpleModel(nn.Module):
    """A multilayer perceptron 784-128-128-10 with ReLU after each of the two hidden layers.

    It has three nn.Linear layers (with bias, initialised as PyTorch does it) and no other parameters:
    118,282 in total. You may choose the names of the layers, or use nn.Sequential.
    """

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 128)
        self.fc3 = nn.Linear(128, 10)

    def forward(self, images):
        """Compute the logits.

        Args:
            images: float32 tensor of shape (N, 1, 28, 28), N >= 1. It must not be changed.

        Returns:
            float32 tensor of shape (N, 10): the output of the last layer, without softmax.
        """
        x = images.flatten(1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def accuracy(logits, labels):
    """Percentage of images whose largest logit is at the label.

    Args:
        logits: float32 tensor of shape (N, C), N >= 1; no two logits of a row are equal. It must not be changed.
        labels: int64 tensor of shape (N,), values from 0 to C - 1. It must not be changed.

    Returns:
        A Python float from 0.0 to 100.0.
    """
    return 100 * (logits.argmax(dim=1) == labels).float().mean().item()


def evaluate(model, loader):
    """Mean cross entropy and accuracy of a model over all images of a loader.

    The model is evaluated in eval mode and without recording gradients. Afterwards model.training and all numbers
    in it (weights, running means, gradients) are as before.

    Args:
        model: A module; model(images) gives logits of shape (B, C).
        loader: A DataLoader of batches (images, labels); the last batch may be smaller than the others.

    Returns:
        (loss, accuracy): a tuple of two Python floats: the mean of the loss over the images, and the
        percentage of images (0 to 100) whose largest logit is at the label.
    """
    was_training = model.training
    model.eval()
    loss, right, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images)
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            right += (logits.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    model.train(was_training)
    return loss / count, 100 * right / count


def train_epoch(model, loader, optimizer):
    """Train a model for one epoch: one step of the optimizer for each batch, on the mean cross entropy.

    The model is trained in place, in training mode.

    Args:
        model: A module; model(images) gives logits of shape (B, C).
        loader: A DataLoader of batches (images, labels). Use every batch once, also the last, smaller one.
        optimizer: An optimizer of the model's parameters; it knows the learning rate.

    Returns:
        None
    """
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()


def one_epoch_from_zero(inputs, labels, batch_size, lr, classes=3):
    """The weights (classes, D) of a linear model that starts at 0, after one call of train_epoch."""
    model = nn.Linear(inputs.shape[1], classes, bias=False)
    nn.init.zeros_(model.weight)
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=batch_size)
    train_epoch(model, loader, torch.optim.SGD(model.parameters(), lr=lr))
    return model.weight.detach()


def toy_train_epoch(model, loader, optimizer):
    """A stand-in for train_epoch: pretends that every gradient is 2, and steps once for each batch."""
    if not torch.is_grad_enabled():
        raise RuntimeError("training needs gradients: call train_epoch outside torch.no_grad()")
    model.train()
    for _ in loader:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, 2.0)
        optimizer.step()


def toy_evaluate(model, loader):
    """A stand-in for evaluate: gives (number of images x mean of the parameters, number of images)."""
    count = sum(len(labels) for _, labels in loader)
    mean = torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).mean().item()
    return count * mean, float(count)


def fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate):
    """Train a model in place with SGD and measure it after each epoch.

    Use the functions that are passed in: train_epoch(model, loader, optimizer), which trains for one epoch,
    and evaluate(model, loader), which returns (loss, accuracy).

    Args:
        model: The module to train.
        train_loader: A DataLoader of the training data.
        test_loader: A DataLoader of the test data. It is only measured, never trained on.
        epochs: Number of epochs, an int >= 1.
        lr: Learning rate of torch.optim.SGD (no momentum, no weight decay).
        train_epoch, evaluate: The two functions described above.

    Returns:
        A dict with the keys "train_loss", "test_loss", "train_accuracy", "test_accuracy". Each value is a list
        of `epochs` floats: element i is measured after epoch i + 1.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = {"train_loss": [], "test_loss": [], "train_accuracy": [], "test_accuracy": []}
    for _ in range(epochs):
        train_epoch(model, train_loader, optimizer)
        for part, loader in (("train", train_loader), ("test", test_loader)):
            loss, percent = evaluate(model, loader)
            history[f"{part}_loss"].append(loss)
            history[f"{part}_accuracy"].append(percent)
    return history


def plot_curves(histories, predictions=None):
    """Loss and accuracy side by side; solid: test, dashed: training; one colour for each history."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    for number, (name, history) in enumerate(histories.items()):
        epochs = range(1, len(history["test_loss"]) + 1)
        for ax, what in ((left, "loss"), (right, "accuracy")):
            ax.plot(epochs, history[f"train_{what}"], "--", color=f"C{number}", label=f"{name}: train")
            ax.plot(epochs, history[f"test_{what}"], "-", color=f"C{number}", label=f"{name}: test")
        best = min(range(len(epochs)), key=lambda i: history["test_loss"][i])
        left.plot(best + 1, history["test_loss"][best], "o", color=f"C{number}")
    for name, value, style in predictions or ():
        label = f"your prediction: {name} {value:g} %"
        right.axhline(value, color="gray", linestyle=style, linewidth=1.2, label=label)
    left.set(xlabel="epoch", ylabel="cross entropy loss", title="Loss (dot: lowest test loss)")
    left.set_ylim(bottom=0)
    right.set(xlabel="epoch", ylabel="accuracy [%]", title="Accuracy")
    for ax in (left, right):
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    fig.tight_layout()
    plt.show()


def print_gap(history, every=10):
    """A table of the curves, and of the gap between training and test."""
    print("epoch | train loss  test loss    gap | train acc.  test acc.    gap")
    for i in range(len(history["test_loss"])):
        if i == 0 or (i + 1) % every == 0 or i + 1 == len(history["test_loss"]):
            a, b = history["train_loss"][i], history["test_loss"][i]
            c, d = history["train_accuracy"][i], history["test_accuracy"][i]
            print(f"{i + 1:5} | {a:10.3f} {b:10.3f} {b - a:6.3f} | {c:8.2f} %  {d:7.2f} % {c - d:6.2f}")
    best = min(range(len(history["test_loss"])), key=lambda i: history["test_loss"][i])
    print(f"lowest test loss: {history['test_loss'][best]:.3f} after epoch {best + 1}")


class EarlyStopping:
    """Stops a training when the loss has not reached a new minimum for a number of epochs in a row.

    Attributes:
        best_loss: The lowest loss so far, a float (infinity before the first epoch).
        best_epoch: The epoch of that loss (the first one, if several are equal), an int, counted from 0; its value
            before the first update does not matter.
    """

    def __init__(self, patience):
        """Prepare for the first epoch.

        Args:
            patience: Stop after this number of epochs in a row without a new minimum, an int >= 1.
        """
        self.patience = patience
        self.best_loss = float("inf")
        self.best_epoch = -1
        self.best_state = None
        self.epoch = -1

    def update(self, loss, model):
        """Take note of the loss after one more epoch; call it once for each epoch.

        A loss equal to the minimum so far is not a new minimum.

        Args:
            loss: The loss after this epoch, a float.
            model: The model after this epoch. It must not be changed.

        Returns:
            True if the training should stop now, otherwise False.
        """
        self.epoch += 1
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_epoch = self.epoch
            self.best_state = copy.deepcopy(model.state_dict())
        return self.epoch - self.best_epoch >= self.patience

    def restore(self, model):
        """Give the model, in place, the weights (its parameters) that it had after the best epoch."""
        model.load_state_dict(self.best_state)


def replay(losses, patience):
    """Feed a loss curve to EarlyStopping. The only weight of the model is the number of the epoch.

    Returns:
        (stopped_at, best_epoch, weight): the epoch at which it stopped (None if it never did), its best
        epoch, and the weight after restore.
    """
    model = nn.Linear(1, 1, bias=False)
    stopper = EarlyStopping(patience)
    stopped_at = None
    for epoch, loss in enumerate(losses):
        nn.init.constant_(model.weight, epoch)  # in place, as a step of the optimizer
        if stopper.update(loss, model):
            stopped_at = epoch
            break
    stopper.restore(model)
    return stopped_at, stopper.best_epoch, model.weight.item()


def make_datasets(augmentations):
    """MNIST for training, with augmentation, and for testing, without.

    Args:
        augmentations: A list of transforms of images (possibly empty), to be applied in this order, before
            ToTensor() and Normalize((0.5,), (0.5,)), to the training images only. The list must not be changed.

    Returns:
        (train_set, test_set): two datasets with all images of MNIST (root "./data", download=True). An item
        is (image, label): a float32 tensor of shape (1, 28, 28) in [-1, 1], and an int.
    """
    plain = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    train_transform = transforms.Compose([*augmentations, *plain])
    test_transform = transforms.Compose(plain)
    return (
        datasets.MNIST(root="./data", train=True, download=True, transform=train_transform),
        datasets.MNIST(root="./data", train=False, download=True, transform=test_transform),
    )


STRENGTH = {"augmentation": 10, "weight decay": 0.003, "dropout": 0.5, "early stopping": 10}


class Relabelled(torch.utils.data.Dataset):
    """The first images of a dataset, with other labels."""

    def __init__(self, dataset, labels):
        self.dataset, self.labels = dataset, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.dataset[i][0], self.labels[i]


def wrong_labels(labels, share):
    """Labels of which this share is wrong: another digit, drawn at random."""
    generator = torch.Generator().manual_seed(my_seed)
    wrong = torch.rand(len(labels), generator=generator) < share
    return torch.where(wrong, (labels + torch.randint(1, 10, labels.shape, generator=generator)) % 10, labels)


def train_with(remedy, strength=None, wrong=0.0):
    """Train as in Section 6 with one remedy (or "no remedy"); wrong: share of wrong labels.

    Test labels stay right. Returns the four curves; they are kept in `runs`.
    """
    strength = STRENGTH.get(remedy) if strength is None else strength
    if (remedy, strength, wrong) in runs:
        return runs[remedy, strength, wrong]
    torch.manual_seed(my_seed)
    new_model, decay, stopper, images = SimpleModel(), 0.0, None, train_set
    if remedy == "augmentation":
        size = strength / 100
        deform = transforms.RandomAffine(strength, translate=(size / 2, size / 2), scale=(1 - size, 1 + size))
        images, _ = make_datasets([deform])
    elif remedy == "weight decay":
        decay = strength
    elif remedy == "dropout":
        new_model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 128), nn.ReLU(), nn.Dropout(strength),
            nn.Linear(128, 128), nn.ReLU(), nn.Dropout(strength),
            nn.Linear(128, 10),
        )
    elif remedy == "early stopping":
        stopper = EarlyStopping(patience=strength)
    elif remedy != "no remedy":
        raise ValueError(f"there is no remedy {remedy!r}")

    labels = wrong_labels(train_set.tensors[1], wrong)
    validation_labels = wrong_labels(validation_set.tensors[1], wrong)
    loader = DataLoader(Relabelled(images, labels), batch_size=BATCH_SIZE, shuffle=True)
    # Measured on the images as they are, also where the training images are augmented.
    as_they_are, held_back = (
        DataLoader(TensorDataset(part.tensors[0], given), batch_size=500, generator=torch.Generator())
        for part, given in ((train_set, labels), (validation_set, validation_labels))
    )
    optimizer = torch.optim.SGD(new_model.parameters(), lr=LEARNING_RATE, weight_decay=decay)
    curves = {"train_loss": [], "test_loss": [], "train_accuracy": [], "test_accuracy": []}
    for epoch in range(EPOCHS):
        train_epoch(new_model, loader, optimizer)
        for part, measured in (("train", as_they_are), ("test", test_loader)):
            loss, percent = evaluate(new_model, measured)
            curves[f"{part}_loss"].append(loss)
            curves[f"{part}_accuracy"].append(percent)
        if (epoch + 1) % 20 == 0:
            print(f"{remedy}: {epoch + 1} epochs done")
        if stopper is not None and stopper.update(evaluate(new_model, held_back)[0], new_model):
            break
    if stopper is not None:
        stopper.restore(new_model)
        loss, percent = evaluate(new_model, test_loader)
        print(f"stopped after epoch {epoch + 1}, back to the weights after epoch {stopper.best_epoch + 1}: "
              f"test loss {loss:.3f}, test accuracy {percent:.2f} %")
        curves["restored"] = (loss, percent)
    runs[remedy, strength, wrong] = curves
    return curves
