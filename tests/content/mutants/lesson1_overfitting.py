"""Wrong and unusual answers to lesson1_overfitting."""

from __future__ import annotations

from tests.content.mutants import Mutant
from tests.content.mutants.claims import wrong_claims

__all__ = ["MUTANTS", "REWRITES"]

MODEL = ("test_simple_model",)
ACCURACY = ("test_accuracy",)
EVALUATE = ("test_evaluate",)
EPOCH = ("test_train_epoch",)
FIT = ("test_fit",)
STOPPING = ("test_early_stopping",)
DATASETS = ("test_make_datasets",)

SUM = 'F.cross_entropy(logits, labels, reduction="sum").item()'
STEPS = """        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
"""

MUTANTS = [
    # SimpleModel
    Mutant(
        "softmax in the model",
        "simple_model",
        "return self.fc3(x)",
        "return self.fc3(x).softmax(dim=1)",
        MODEL,
    ),
    Mutant(
        "log_softmax", "simple_model", "return self.fc3(x)", "return F.log_softmax(self.fc3(x), dim=1)", MODEL
    ),
    Mutant(
        "ReLU after the last layer", "simple_model", "return self.fc3(x)", "return F.relu(self.fc3(x))", MODEL
    ),
    Mutant("no ReLU after layer 2", "simple_model", "F.relu(self.fc2(x))", "self.fc2(x)", MODEL),
    Mutant("sigmoid for ReLU", "simple_model", "F.relu(self.fc1(x))", "torch.sigmoid(self.fc1(x))", MODEL),
    Mutant("no bias", "simple_model", "nn.Linear(784, 128)", "nn.Linear(784, 128, bias=False)", MODEL),
    Mutant(
        "64 hidden units", "simple_model", "nn.Linear(128, 128)", "nn.Linear(128, 128 * 1, bias=False)", MODEL
    ),
    Mutant("hidden layer skipped", "simple_model", "x = F.relu(self.fc2(x))", "x = x + 0", MODEL),
    Mutant(
        "hidden layer twice",
        "simple_model",
        "F.relu(self.fc2(x))",
        "F.relu(self.fc2(F.relu(self.fc2(x))))",
        MODEL,
    ),
    Mutant(
        "dropout added",
        "simple_model",
        "return self.fc3(x)",
        "return self.fc3(F.dropout(x, 0.5, self.training))",
        MODEL,
    ),
    Mutant(
        "squeeze loses a batch of one",
        "simple_model",
        "images.flatten(1)",
        "images.squeeze().flatten(-2)",
        MODEL,
    ),
    Mutant("batch flattened too", "simple_model", "images.flatten(1)", "images.view(784, -1).T", MODEL),
    Mutant(
        "weights start at 0",
        "simple_model",
        "self.fc3 = nn.Linear(128, 10)\n",
        "self.fc3 = nn.Linear(128, 10)\n        for p in self.parameters():\n            nn.init.zeros_(p)\n",
        MODEL,
    ),
    Mutant("detached", "simple_model", "return self.fc3(x)", "return self.fc3(x.detach())", MODEL),
    Mutant("input changed", "simple_model", "images.flatten(1)", "images.mul_(2).sub_(1).flatten(1)", MODEL),
    # accuracy
    Mutant("fraction", "accuracy", "return 100 * ", "return ", ACCURACY),
    Mutant("tensor", "accuracy", ".mean().item()", ".mean()", ACCURACY),
    Mutant(
        "count",
        "accuracy",
        "100 * (logits.argmax(dim=1) == labels).float().mean()",
        "1.0 * (logits.argmax(dim=1) == labels).sum()",
        ACCURACY,
    ),
    Mutant(
        "wrong dimension", "accuracy", "logits.argmax(dim=1)", "logits.argmax(dim=0)[: len(labels)]", ACCURACY
    ),
    Mutant("argmin", "accuracy", "argmax", "argmin", ACCURACY),
    Mutant(
        "one-hot tables compared entry by entry",
        "accuracy",
        "100 * (logits.argmax(dim=1) == labels).float().mean().item()",
        "100 * (F.one_hot(logits.argmax(dim=1), logits.shape[1]) == F.one_hot(labels, logits.shape[1]))"
        ".float().mean().item()",
        ACCURACY,
    ),
    Mutant(
        "labels and predictions swapped in a one-hot",
        "accuracy",
        "(logits.argmax(dim=1) == labels)",
        "(F.one_hot(labels, logits.shape[1]).argmax(dim=0)[logits.argmax(dim=1)]"
        " == torch.arange(len(labels)))",
        ACCURACY,
    ),
    Mutant("error rate", "accuracy", "== labels", "!= labels", ACCURACY),
    Mutant(
        "rounded",
        "accuracy",
        "100 * (logits.argmax(dim=1) == labels).float().mean().item()",
        "float(round(100 * (logits.argmax(dim=1) == labels).float().mean().item()))",
        ACCURACY,
    ),
    Mutant("per batch of 64", "accuracy", ".float().mean().item()", ".float().sum().item() / 64", ACCURACY),
    # evaluate
    Mutant(
        "mean of batch means",
        "evaluate",
        None,
        """
def evaluate(model, loader):
    was_training = model.training
    model.eval()
    losses, percents = [], []
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images)
            losses.append(F.cross_entropy(logits, labels).item())
            percents.append(100 * (logits.argmax(dim=1) == labels).float().mean().item())
    model.train(was_training)
    return sum(losses) / len(losses), sum(percents) / len(percents)
""",
        EVALUATE,
    ),
    Mutant(
        "accuracy as the mean of batch accuracies",
        "evaluate",
        None,
        """
def evaluate(model, loader):
    was_training = model.training
    model.eval()
    loss, percents = 0.0, []
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images)
            loss += F.cross_entropy(logits, labels).item() * len(labels)
            percents.append(100 * (logits.argmax(dim=1) == labels).float().mean().item())
    model.train(was_training)
    return loss / len(loader.dataset), sum(percents) / len(percents)
""",
        EVALUATE,
    ),
    Mutant(
        "last partial batch dropped",
        "evaluate",
        "            logits = model(images)\n",
        "            if count and len(labels) < loader.batch_size:\n                break\n"
        "            logits = model(images)\n",
        EVALUATE,
    ),
    Mutant(
        "first batch only",
        "evaluate",
        "            count += len(labels)\n",
        "            count += len(labels)\n            break\n",
        EVALUATE,
    ),
    Mutant("gradients on", "evaluate", "with torch.no_grad():", "if True:", EVALUATE),
    Mutant("mode never restored", "evaluate", "    model.train(was_training)\n", "", EVALUATE),
    Mutant(
        "always back to training mode", "evaluate", "model.train(was_training)", "model.train()", EVALUATE
    ),
    Mutant("no eval mode", "evaluate", "    model.eval()\n", "", EVALUATE),
    Mutant(
        "softmax before cross entropy",
        "evaluate",
        "F.cross_entropy(logits,",
        "F.cross_entropy(logits.softmax(dim=1),",
        EVALUATE,
    ),
    Mutant("fraction", "evaluate", "100 * right / count", "right / count", EVALUATE),
    Mutant("sum for mean", "evaluate", "return loss / count", "return loss", EVALUATE),
    Mutant(
        "divided by the number of batches",
        "evaluate",
        "return loss / count",
        "return loss / len(loader)",
        EVALUATE,
    ),
    Mutant("mean loss not weighted", "evaluate", SUM, "F.cross_entropy(logits, labels).item()", EVALUATE),
    Mutant("tensor returned", "evaluate", SUM, 'F.cross_entropy(logits, labels, reduction="sum")', EVALUATE),
    Mutant(
        "accuracy first",
        "evaluate",
        "return loss / count, 100 * right / count",
        "return 100 * right / count, loss / count",
        EVALUATE,
    ),
    Mutant(
        "labels and predictions swapped in a one-hot",
        "evaluate",
        SUM,
        "F.cross_entropy(F.one_hot(labels, logits.shape[1]).float(), logits.softmax(dim=1), reduction='sum')"
        ".item()",
        EVALUATE,
    ),
    Mutant("assumes batches of 64", "evaluate", "count += len(labels)", "count += 64", EVALUATE),
    # train_epoch
    Mutant("no zero_grad", "train_epoch", "        optimizer.zero_grad()\n", "", EPOCH),
    Mutant(
        "zero_grad after backward",
        "train_epoch",
        STEPS,
        """        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
""",
        EPOCH,
    ),
    Mutant(
        "zero_grad once, before the loop",
        "train_epoch",
        "    for images, labels in loader:\n        optimizer.zero_grad()\n",
        "    optimizer.zero_grad()\n    for images, labels in loader:\n",
        EPOCH,
    ),
    Mutant("no step", "train_epoch", "        optimizer.step()\n", "", EPOCH),
    Mutant(
        "one step for the whole epoch",
        "train_epoch",
        "        optimizer.step()\n",
        "    optimizer.step()\n",
        EPOCH,
    ),
    Mutant(
        "softmax before cross entropy",
        "train_epoch",
        "model(images), labels",
        "model(images).softmax(dim=1), labels",
        EPOCH,
    ),
    Mutant(
        "sum for mean",
        "train_epoch",
        "model(images), labels)",
        'model(images), labels, reduction="sum")',
        EPOCH,
    ),
    Mutant(
        "last partial batch dropped",
        "train_epoch",
        "        optimizer.zero_grad()\n",
        "        if len(labels) < loader.batch_size:\n            continue\n        optimizer.zero_grad()\n",
        EPOCH,
    ),
    Mutant(
        "first batch only",
        "train_epoch",
        "        optimizer.step()\n",
        "        optimizer.step()\n        break\n",
        EPOCH,
    ),
    Mutant("eval mode", "train_epoch", "model.train()", "model.eval()", EPOCH),
    Mutant("no train mode", "train_epoch", "    model.train()\n", "", EPOCH),
    Mutant("steps uphill", "train_epoch", "loss.backward()", "(-loss).backward()", EPOCH),
    Mutant(
        "squared error for cross entropy",
        "train_epoch",
        "F.cross_entropy(model(images), labels)",
        "((model(images) - F.one_hot(labels, model(images).shape[1])) ** 2).mean()",
        EPOCH,
    ),
    Mutant(
        "labels and predictions swapped in a one-hot",
        "train_epoch",
        "F.cross_entropy(model(images), labels)",
        "F.cross_entropy((z := model(images)) * 0 + F.one_hot(labels, z.shape[1]), z.softmax(dim=1))",
        EPOCH,
    ),
    Mutant(
        "an optimizer of its own",
        "train_epoch",
        "    model.train()\n",
        "    model.train()\n    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n",
        EPOCH,
    ),
    Mutant(
        "each batch twice",
        "train_epoch",
        "    for images, labels in loader:\n",
        "    for images, labels in [*loader, *loader]:\n",
        EPOCH,
    ),
    # fit
    Mutant(
        "curves exchanged",
        "fit",
        '(("train", train_loader), ("test", test_loader))',
        '(("train", test_loader), ("test", train_loader))',
        FIT,
    ),
    Mutant(
        "trained on the test set",
        "fit",
        "train_epoch(model, train_loader, optimizer)",
        "train_epoch(model, test_loader, optimizer)",
        FIT,
    ),
    Mutant(
        "measured before training",
        "fit",
        None,
        """
def fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = {"train_loss": [], "test_loss": [], "train_accuracy": [], "test_accuracy": []}
    for _ in range(epochs):
        for part, loader in (("train", train_loader), ("test", test_loader)):
            loss, percent = evaluate(model, loader)
            history[f"{part}_loss"].append(loss)
            history[f"{part}_accuracy"].append(percent)
        train_epoch(model, train_loader, optimizer)
    return history
""",
        FIT,
    ),
    Mutant(
        "training set measured before the epoch",
        "fit",
        None,
        """
def fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = {"train_loss": [], "test_loss": [], "train_accuracy": [], "test_accuracy": []}
    for _ in range(epochs):
        train = evaluate(model, train_loader)
        train_epoch(model, train_loader, optimizer)
        test = evaluate(model, test_loader)
        for part, (loss, percent) in (("train", train), ("test", test)):
            history[f"{part}_loss"].append(loss)
            history[f"{part}_accuracy"].append(percent)
    return history
""",
        FIT,
    ),
    Mutant("one epoch too few", "fit", "range(epochs)", "range(1, epochs)", FIT),
    Mutant("one epoch too many", "fit", "range(epochs)", "range(epochs + 1)", FIT),
    Mutant(
        "last values only",
        "fit",
        "return history",
        "return {key: values[-1:] for key, values in history.items()}",
        FIT,
    ),
    Mutant("loss and accuracy exchanged", "fit", "loss, percent = evaluate", "percent, loss = evaluate", FIT),
    Mutant("momentum", "fit", "lr=lr)", "lr=lr, momentum=0.9)", FIT),
    Mutant("learning rate fixed", "fit", "lr=lr)", "lr=0.1)", FIT),
    Mutant("Adam", "fit", "torch.optim.SGD(", "torch.optim.Adam(", FIT),
    Mutant(
        "learning rate decays",
        "fit",
        "        train_epoch(model,",
        "        optimizer.param_groups[0]['lr'] *= 0.95\n        train_epoch(model,",
        FIT,
    ),
    Mutant(
        "a copy is trained",
        "fit",
        "    optimizer = torch",
        "    model = copy.deepcopy(model)\n    optimizer = torch",
        FIT,
    ),
    Mutant(
        "trained without gradients",
        "fit",
        "        train_epoch(model, train_loader, optimizer)\n",
        "        with torch.no_grad():\n            train_epoch(model, train_loader, optimizer)\n",
        FIT,
    ),
    Mutant("a tuple of lists", "fit", "return history", "return tuple(history.values())", FIT),
    # EarlyStopping
    Mutant(
        "last weights returned",
        "early_stopping",
        "copy.deepcopy(model.state_dict())",
        "model.state_dict()",
        STOPPING,
    ),
    Mutant(
        "shallow copy",
        "early_stopping",
        "copy.deepcopy(model.state_dict())",
        "dict(model.state_dict())",
        STOPPING,
    ),
    Mutant("patience one too long", "early_stopping", ">= self.patience", "> self.patience", STOPPING),
    Mutant("patience one too short", "early_stopping", ">= self.patience", ">= self.patience - 1", STOPPING),
    Mutant(
        "restore does nothing", "early_stopping", "model.load_state_dict(self.best_state)", "pass", STOPPING
    ),
    Mutant(
        "restore hands out the weights",
        "early_stopping",
        "model.load_state_dict(self.best_state)",
        "return self.best_state",
        STOPPING,
    ),
    Mutant(
        "a tie is an improvement",
        "early_stopping",
        "loss < self.best_loss",
        "loss <= self.best_loss",
        STOPPING,
    ),
    Mutant(
        "greatest loss",
        "early_stopping",
        None,
        """
class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best_loss, self.best_epoch, self.epoch = patience, float("-inf"), -1, -1

    def update(self, loss, model):
        self.epoch += 1
        if loss > self.best_loss:
            self.best_loss, self.best_epoch = loss, self.epoch
            self.best_state = copy.deepcopy(model.state_dict())
        return self.epoch - self.best_epoch >= self.patience

    def restore(self, model):
        model.load_state_dict(self.best_state)
""",
        STOPPING,
    ),
    Mutant(
        "compares with the epoch before",
        "early_stopping",
        None,
        """
class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best_loss, self.best_epoch, self.epoch = patience, float("inf"), -1, -1
        self.previous, self.count = float("inf"), 0

    def update(self, loss, model):
        self.epoch += 1
        self.count = 0 if loss < self.previous else self.count + 1
        self.previous = loss
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, self.epoch
            self.best_state = copy.deepcopy(model.state_dict())
        return self.count >= self.patience

    def restore(self, model):
        model.load_state_dict(self.best_state)
""",
        STOPPING,
    ),
    Mutant(
        "count never reset",
        "early_stopping",
        None,
        """
class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best_loss, self.best_epoch, self.epoch = patience, float("inf"), -1, -1
        self.count = 0

    def update(self, loss, model):
        self.epoch += 1
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, self.epoch
            self.best_state = copy.deepcopy(model.state_dict())
        else:
            self.count += 1
        return self.count >= self.patience

    def restore(self, model):
        model.load_state_dict(self.best_state)
""",
        STOPPING,
    ),
    Mutant(
        "epochs counted from 1",
        "early_stopping",
        "self.best_epoch = self.epoch\n",
        "self.best_epoch = self.epoch + 1\n",
        STOPPING,
    ),
    Mutant(
        "best weights not updated",
        "early_stopping",
        "self.best_state = copy.deepcopy(model.state_dict())",
        "self.best_state = self.best_state or copy.deepcopy(model.state_dict())",
        STOPPING,
    ),
    Mutant("returns nothing", "early_stopping", "return self.epoch", "self.stop = self.epoch", STOPPING),
    Mutant(
        "first layer only",
        "early_stopping",
        "model.load_state_dict(self.best_state)",
        "model.load_state_dict(dict(list(self.best_state.items())[:2]), strict=False)",
        STOPPING,
    ),
    # make_datasets
    Mutant(
        "transform applied to the test set",
        "make_datasets",
        "test_transform = transforms.Compose(plain)",
        "test_transform = train_transform",
        DATASETS,
    ),
    Mutant("no augmentation", "make_datasets", "[*augmentations, *plain]", "plain", DATASETS),
    Mutant(
        "augmented after Normalize",
        "make_datasets",
        "[*augmentations, *plain]",
        "[*plain, *augmentations]",
        DATASETS,
    ),
    Mutant(
        "augmented between ToTensor and Normalize",
        "make_datasets",
        "[*augmentations, *plain]",
        "[plain[0], *augmentations, plain[1]]",
        DATASETS,
    ),
    Mutant(
        "only the first augmentation",
        "make_datasets",
        "*augmentations, *plain",
        "*augmentations[:1], *plain",
        DATASETS,
    ),
    Mutant(
        "test set augmented instead",
        "make_datasets",
        "train_transform = transforms.Compose([*augmentations, *plain])\n"
        "    test_transform = transforms.Compose(plain)",
        "test_transform = transforms.Compose([*augmentations, *plain])\n"
        "    train_transform = transforms.Compose(plain)",
        DATASETS,
    ),
    Mutant(
        "no Normalize",
        "make_datasets",
        "[transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]",
        "[transforms.ToTensor()]",
        DATASETS,
    ),
    Mutant("training files for both", "make_datasets", "train=False", "train=True", DATASETS),
    Mutant(
        "exchanged",
        "make_datasets",
        None,
        """
def make_datasets(augmentations):
    plain = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    augmented = transforms.Compose([*augmentations, *plain])
    train = datasets.MNIST("./data", train=True, download=True, transform=augmented)
    test = datasets.MNIST("./data", train=False, download=True, transform=transforms.Compose(plain))
    return test, train
""",
        DATASETS,
    ),
    # prediction
    Mutant("prediction as text", "prediction", "= 98.0", '= "98 %"', ("test_prediction",)),
    Mutant("prediction out of range", "prediction", "= 95.0", "= 950", ("test_prediction",)),
    Mutant("prediction not a number", "prediction", "= 95.0", '= float("nan")', ("test_prediction",)),
]

MUTANTS += wrong_claims('"test_accuracy": 88.0', '"test_accuracy": 91.9')

REWRITES = [
    Mutant("integers", "prediction", None, "predicted_train, predicted_test = 100, 90", ()),
    Mutant(
        "nn.Sequential",
        "simple_model",
        None,
        """
class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(28 * 28, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 10),
        )

    def forward(self, images):
        return self.layers(images)
""",
        (),
    ),
    Mutant(
        "layers named in reverse order",
        "simple_model",
        None,
        """
class SimpleModel(nn.Module):
    def __init__(self):
        super(SimpleModel, self).__init__()
        self.output = nn.Linear(128, 10)
        self.hidden2 = nn.Linear(128, 128)
        self.hidden1 = nn.Linear(784, 128)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = x.view(-1, 28 * 28)
        x = self.act(self.hidden1(x))
        x = self.act(self.hidden2(x))
        x = self.output(x)
        return x
""",
        (),
    ),
    Mutant(
        "a loop over nn.ModuleList",
        "simple_model",
        None,
        """
class SimpleModel(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [784, 128, 128, 10]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        x = torch.reshape(x, (x.size(0), -1))
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < len(self.layers) - 1:
                x = torch.clamp(x, min=0)
        return x
""",
        (),
    ),
    Mutant(
        "a subclass of nn.Sequential",
        "simple_model",
        None,
        """
class SimpleModel(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
        )
""",
        (),
    ),
    Mutant(
        "a loop",
        "accuracy",
        None,
        """
def accuracy(logits, labels):
    correct = 0
    for row, label in zip(logits, labels):
        if int(row.argmax()) == int(label):
            correct += 1
    return correct / len(labels) * 100.0
""",
        (),
    ),
    Mutant(
        "numpy",
        "accuracy",
        None,
        """
import numpy as np

def accuracy(logits, labels):
    return float(np.mean(np.argmax(logits.numpy(), axis=1) == labels.numpy()) * 100)
""",
        (),
    ),
    Mutant(
        "torch.max and a count",
        "accuracy",
        None,
        """
def accuracy(logits, labels):
    _, predicted = torch.max(logits, 1)
    correct = (predicted == labels).sum().item()
    return 100.0 * correct / labels.size(0)
""",
        (),
    ),
    Mutant(
        "evaluation in one batch",
        "evaluate",
        None,
        """
def evaluate(model, loader):
    mode = model.training
    model.eval()
    pairs = list(loader)
    x = torch.cat([a for a, _ in pairs])
    y = torch.cat([b for _, b in pairs])
    with torch.inference_mode():
        z = model(x)
        loss = nn.CrossEntropyLoss()(z, y)
        acc = (z.argmax(-1) == y).float().mean() * 100
    if mode:
        model.train()
    return loss.item(), acc.item()
""",
        (),
    ),
    Mutant(
        "means times sizes, decorator",
        "evaluate",
        None,
        """
@torch.no_grad()
def evaluate(model, loader):
    was_training = model.training
    model.eval()
    criterion = nn.CrossEntropyLoss()
    total_loss = 0.0
    correct = 0
    for x, y in loader:
        outputs = model(x)
        total_loss += criterion(outputs, y).item() * x.size(0)
        correct += torch.sum(torch.max(outputs, 1)[1] == y).item()
    n = len(loader.dataset)
    model.train(was_training)
    return total_loss / n, correct / n * 100
""",
        (),
    ),
    Mutant(
        "logarithms by hand, in double precision",
        "evaluate",
        None,
        """
def evaluate(model, loader):
    was_training = model.training
    try:
        model.eval()
        losses, hits = [], []
        with torch.no_grad():
            for x, y in loader:
                p = F.log_softmax(model(x).double(), dim=1)
                losses += [-p[i, t].item() for i, t in enumerate(y.tolist())]
                hits += (p.argmax(1) == y).tolist()
    finally:
        model.train(was_training)
    return sum(losses) / len(losses), 100.0 * sum(hits) / len(hits)
""",
        (),
    ),
    Mutant(
        "nn.CrossEntropyLoss, zero_grad last",
        "train_epoch",
        None,
        """
def train_epoch(model, loader, optimizer):
    criterion = nn.CrossEntropyLoss()
    model.train()
    for batch in loader:
        x, y = batch
        output = model(x)
        loss = criterion(output, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
""",
        (),
    ),
    Mutant(
        "model.zero_grad, running loss returned",
        "train_epoch",
        None,
        """
def train_epoch(model, loader, optimizer):
    model.train()
    running = 0.0
    for i, (x, y) in enumerate(loader):
        model.zero_grad(set_to_none=False)
        loss = F.nll_loss(F.log_softmax(model(x), dim=1), y)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(y)
    return running / len(loader.dataset)
""",
        (),
    ),
    Mutant(
        "gradients from autograd.grad, a closure",
        "train_epoch",
        None,
        """
def train_epoch(model, loader, optimizer):
    model.train(True)
    for x, y in loader:
        def closure():
            optimizer.zero_grad()
            value = F.cross_entropy(model(x), y, reduction="sum") / len(y)
            value.backward()
            return value
        optimizer.step(closure)
""",
        (),
    ),
    Mutant(
        "four lists",
        "fit",
        None,
        """
def fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate):
    opt = torch.optim.SGD(model.parameters(), lr)
    a, b, c, d = [], [], [], []
    for epoch in range(epochs):
        train_epoch(model, train_loader, opt)
        test = evaluate(model, test_loader)
        train = evaluate(model, train_loader)
        a.append(train[0])
        b.append(test[0])
        c.append(train[1])
        d.append(test[1])
        print(f"epoch {epoch + 1}: {train[0]:.3f} {test[0]:.3f}")
    return {"test_accuracy": d, "train_accuracy": c, "test_loss": b, "train_loss": a}
""",
        (),
    ),
    Mutant(
        "keyword arguments, a new optimizer for each epoch",
        "fit",
        None,
        """
def fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate):
    rows = []
    while len(rows) < epochs:
        optimizer = torch.optim.SGD(params=model.parameters(), lr=lr)
        train_epoch(model=model, loader=train_loader, optimizer=optimizer)
        rows.append((*evaluate(model=model, loader=train_loader), *evaluate(model=model, loader=test_loader)))
    keys = ["train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    return {key: [row[i] for row in rows] for i, key in enumerate(keys)}
""",
        (),
    ),
    Mutant(
        "a count, cloned tensors",
        "early_stopping",
        None,
        """
class EarlyStopping:
    def __init__(self, patience):
        self.patience = patience
        self.losses = []
        self.best_loss = float("inf")
        self.best_epoch = 0
        self.counter = 0

    def update(self, loss, model):
        self.losses.append(loss)
        if loss >= self.best_loss:
            self.counter += 1
            if self.counter >= self.patience:
                return True
        else:
            self.best_loss = loss
            self.best_epoch = len(self.losses) - 1
            self.best = {k: v.detach().clone() for k, v in model.state_dict().items()}
            self.counter = 0
        return False

    def restore(self, model):
        model.load_state_dict(self.best)
""",
        (),
    ),
    Mutant(
        "a list of parameters, properties",
        "early_stopping",
        None,
        """
class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.history, self.saved = patience, [], None

    @property
    def best_loss(self):
        return min(self.history, default=float("inf"))

    @property
    def best_epoch(self):
        return self.history.index(self.best_loss)

    def update(self, loss, model):
        self.history.append(loss)
        if self.best_epoch == len(self.history) - 1:
            self.saved = [p.data.clone() for p in model.parameters()]
        return len(self.history) - 1 - self.best_epoch >= self.patience

    def restore(self, model):
        with torch.no_grad():
            for p, saved in zip(model.parameters(), self.saved):
                p.copy_(saved)
""",
        (),
    ),
    Mutant(
        "a loop over the two parts",
        "make_datasets",
        None,
        """
def make_datasets(augmentations):
    sets = []
    for train in (True, False):
        steps = list(augmentations) if train else []
        steps.append(transforms.ToTensor())
        steps.append(transforms.Normalize((0.5,), (0.5,)))
        chain = transforms.Compose(steps)
        sets.append(datasets.MNIST(root="./data", train=train, download=True, transform=chain))
    return tuple(sets)
""",
        (),
    ),
    Mutant(
        "nested Compose",
        "make_datasets",
        None,
        """
def make_datasets(augmentations):
    base = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean=0.5, std=0.5)])
    train_set = datasets.MNIST("./data", True, transforms.Compose(augmentations + [base]), download=True)
    test_set = datasets.MNIST("./data", False, base, download=True)
    return [train_set, test_set]
""",
        (),
    ),
]
