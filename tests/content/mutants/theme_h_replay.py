"""Wrong and unusual answers to theme H: preventing forgetting with a replay memory."""

from __future__ import annotations

from tests.content.mutants import Mutant

FIFO = ("test_replay_memory",)
RESERVOIR = ("test_reservoir_memory",)
STEP = ("test_replay_step",)
MATRIX = ("test_accuracy_matrix",)
FORGETTING = ("test_forgetting",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

DROP = (
    "            if len(self.images) > self.capacity:\n"
    "                self.images.pop(0)\n"
    "                self.labels.pop(0)\n"
)
CHOOSE = "torch.randperm(len(self.images), generator=self.generator)[:n].tolist()"
SLOT = "int(torch.randint(self.seen, (1,), generator=self.generator))"
REPLACE = "                    self.images[j] = image.clone()\n                    self.labels[j] = label\n"

MUTANTS = [
    # ReplayMemory.add
    Mutant("no limit", "replay_memory", DROP, "", FIFO),
    Mutant(
        "first C kept",
        "replay_memory",
        DROP,
        "            if len(self.images) > self.capacity:\n"
        "                self.images.pop()\n                self.labels.pop()\n",
        FIFO,
    ),  # fmt: skip
    Mutant("one too few", "replay_memory", "> self.capacity", ">= self.capacity > 0", FIFO),
    Mutant("one too many", "replay_memory", "> self.capacity", "> self.capacity + 1", FIFO),
    Mutant(
        "emptied when full",
        "replay_memory",
        DROP,
        "            if len(self.images) > self.capacity:\n"
        "                self.images, self.labels = self.images[-1:], self.labels[-1:]\n"
        "            if self.capacity == 0:\n                self.images, self.labels = [], []\n",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "new samples in front",
        "replay_memory",
        None,
        """class ReplayMemory:
    def __init__(self, capacity, seed=0):
        self.capacity, self.seen = capacity, 0
        self.images, self.labels = [], []
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.images)

    def contents(self):
        return torch.stack(self.images), torch.tensor(self.labels)

    def add(self, images, labels):
        for image, label in zip(images, labels.tolist()):
            self.seen += 1
            self.images = ([image.clone()] + self.images)[:self.capacity]
            self.labels = ([label] + self.labels)[:self.capacity]

    def sample(self, n):
        chosen = torch.randperm(len(self.images), generator=self.generator)[:n].tolist()
        return torch.stack([self.images[i] for i in chosen]), torch.tensor([self.labels[i] for i in chosen])
""",
        FIFO,
    ),  # fmt: skip
    Mutant("aliases stored", "replay_memory", "image.clone()", "image", FIFO),
    Mutant("detach is not a copy", "replay_memory", "image.clone()", "image.detach()", FIFO),
    Mutant(
        "oldest image dropped, newest label dropped",
        "replay_memory",
        "self.labels.pop(0)",
        "self.labels.pop()",
        FIFO,
    ),
    Mutant(
        "once for a batch",
        "replay_memory",
        DROP,
        "        if len(self.images) > self.capacity:\n"
        "            self.images.pop(0)\n            self.labels.pop(0)\n",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "only the first image of a batch",
        "replay_memory",
        "zip(images, labels.tolist())",
        "zip(images[:1], labels[:1].tolist())",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "batch in reverse order",
        "replay_memory",
        "zip(images, labels.tolist())",
        "zip(images.flip(0), labels.flip(0).tolist())",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "random sample dropped",
        "replay_memory",
        DROP,
        "            if len(self.images) > self.capacity:\n"
        "                k = int(torch.randint(len(self.images), (1,), generator=self.generator))\n"
        "                self.images.pop(k)\n                self.labels.pop(k)\n",
        FIFO,
    ),  # fmt: skip
    # ReplayMemory.sample
    Mutant(
        "sampling with repetition",
        "replay_memory",
        CHOOSE,
        "torch.randint(len(self.images), (min(n, len(self.images)),), generator=self.generator).tolist()",
        FIFO,
    ),  # fmt: skip
    Mutant("always the newest", "replay_memory", CHOOSE, "list(range(len(self.images)))[-n:]", FIFO),
    Mutant("always the first ones", "replay_memory", CHOOSE, "list(range(len(self.images)))[:n]", FIFO),
    Mutant(
        "n samples whatever there is",
        "replay_memory",
        CHOOSE,
        "[i % len(self.images) for i in torch.randperm(max(n, len(self.images)), generator=self.generator)[:n].tolist()]",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "labels drawn on their own",
        "replay_memory",
        "torch.tensor([self.labels[i] for i in chosen])",
        "torch.tensor([self.labels[i] for i in sorted(chosen)])",
        FIFO,
    ),  # fmt: skip
    Mutant("global random generator", "replay_memory", ", generator=self.generator)[:n]", ")[:n]", FIFO),
    Mutant(
        "the same draw every time",
        "replay_memory",
        CHOOSE,
        "torch.randperm(len(self.images), generator=torch.Generator().manual_seed(0))[:n].tolist()",
        FIFO,
    ),  # fmt: skip
    Mutant(
        "a window of neighbours",
        "replay_memory",
        CHOOSE,
        "[(int(torch.randint(len(self.images), (1,), generator=self.generator)) + 0) % len(self.images)]\n"
        "        chosen = [(chosen[0] + i) % len(self.images) for i in range(min(n, len(self.images)))]",
        FIFO,
    ),  # fmt: skip
    Mutant("one sample too few", "replay_memory", "[:n].tolist()", "[:max(1, n - 1)].tolist()", FIFO),
    Mutant(
        "taken out of the memory",
        "replay_memory",
        "        return torch.stack([self.images[i] for i in chosen]), torch.tensor([self.labels[i] for i in chosen])",
        "        out = torch.stack([self.images[i] for i in chosen]), torch.tensor([self.labels[i] for i in chosen])\n"
        "        if len(self.images) > 1:\n            self.images.pop()\n            self.labels.pop()\n"
        "        return out",
        FIFO,
    ),  # fmt: skip
    # ReservoirMemory
    Mutant("first C kept for good", "reservoir_memory", "if j < self.capacity:", "if False:", RESERVOIR),
    Mutant(
        "always replace",
        "reservoir_memory",
        "torch.randint(self.seen, ",
        "torch.randint(max(self.capacity, 1), ",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "one number too few",
        "reservoir_memory",
        "torch.randint(self.seen, ",
        "torch.randint(max(self.seen - 1, 1), ",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "one number too many",
        "reservoir_memory",
        "torch.randint(self.seen, ",
        "torch.randint(self.seen + 1, ",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "j <= capacity",
        "reservoir_memory",
        "if j < self.capacity:\n                    self.images[j]",
        "if j <= self.capacity and self.capacity:\n                    j = min(j, self.capacity - 1)\n"
        "                    self.images[j]",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "half of the time",
        "reservoir_memory",
        SLOT,
        "int(torch.randint(2 * max(self.capacity, 1), (1,), generator=self.generator))",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "counts batches",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def add(self, images, labels):
        self.seen += 1
        for image, label in zip(images, labels.tolist()):
            if len(self.images) < self.capacity:
                self.images.append(image.clone())
                self.labels.append(label)
            else:
                j = int(torch.randint(self.seen, (1,), generator=self.generator))
                if j < self.capacity:
                    self.images[j] = image.clone()
                    self.labels[j] = label
""",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "counts only what is stored",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def add(self, images, labels):
        for image, label in zip(images, labels.tolist()):
            if len(self.images) < self.capacity:
                self.seen += 1
                self.images.append(image.clone())
                self.labels.append(label)
            else:
                j = int(torch.randint(self.seen + 1, (1,), generator=self.generator))
                if j < self.capacity:
                    self.seen += 1
                    self.images[j] = image.clone()
                    self.labels[j] = label
""",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "always slot 0",
        "reservoir_memory",
        REPLACE,
        "                    self.images[0] = image.clone()\n                    self.labels[0] = label\n",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "oldest slot replaced",
        "reservoir_memory",
        REPLACE,
        "                    self.images = self.images[1:] + [image.clone()]\n"
        "                    self.labels = self.labels[1:] + [label]\n",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "one draw for a batch",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def add(self, images, labels):
        u = torch.rand(1, generator=self.generator).item()
        for image, label in zip(images, labels.tolist()):
            self.seen += 1
            j = int(u * self.seen)
            if len(self.images) < self.capacity:
                self.images.append(image.clone())
                self.labels.append(label)
            elif j < self.capacity:
                self.images[j] = image.clone()
                self.labels[j] = label
""",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "label stays behind",
        "reservoir_memory",
        "                    self.labels[j] = label\n",
        "",
        RESERVOIR,
    ),
    Mutant(
        "reservoir of aliases",
        "reservoir_memory",
        "                self.images.append(image.clone())",
        "                self.images.append(image)",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "FIFO again",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    pass
""",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "reservoir with the global generator", "reservoir_memory", ", generator=self.generator", "", RESERVOIR
    ),
    Mutant(
        "reservoir with a fixed seed",
        "reservoir_memory",
        "generator=self.generator",
        "generator=torch.Generator().manual_seed(self.seen)",
        RESERVOIR,
    ),  # fmt: skip
    Mutant(
        "reservoir without limit",
        "reservoir_memory",
        "if len(self.images) < self.capacity:",
        "if len(self.images) <= self.capacity and self.capacity:",
        RESERVOIR,
    ),  # fmt: skip
    # replay_step
    Mutant("replay ignored", "replay_step", "if replayed is not None:", "if False:", STEP),
    Mutant(
        "only the replayed samples",
        "replay_step",
        "        images = torch.cat([images, old_images])\n        labels = torch.cat([labels, old_labels])\n",
        "        images, labels = old_images, old_labels\n",
        STEP,
    ),  # fmt: skip
    Mutant(
        "mean of two means",
        "replay_step",
        "    loss = F.cross_entropy(model(images), labels)\n",
        "    loss = F.cross_entropy(model(images), labels)\n    if replayed is not None:\n        n = len(old_images)\n"
        "        loss = (F.cross_entropy(model(images[:-n]), labels[:-n])\n"
        "                + F.cross_entropy(model(old_images), old_labels)) / 2\n",
        STEP,
    ),  # fmt: skip
    Mutant(
        "sum of two means",
        "replay_step",
        "    loss = F.cross_entropy(model(images), labels)\n",
        "    loss = F.cross_entropy(model(images), labels)\n    if replayed is not None:\n        n = len(old_images)\n"
        "        loss = F.cross_entropy(model(images[:-n]), labels[:-n]) + F.cross_entropy(model(old_images), old_labels)\n",
        STEP,
    ),  # fmt: skip
    Mutant(
        "sum for the mean",
        "replay_step",
        "model(images), labels)",
        'model(images), labels, reduction="sum")',
        STEP,
    ),
    Mutant(
        "images and labels in different order",
        "replay_step",
        "torch.cat([labels, old_labels])",
        "torch.cat([old_labels, labels])",
        STEP,
    ),  # fmt: skip
    Mutant("no zero_grad", "replay_step", "    optimizer.zero_grad()\n", "", STEP),
    Mutant(
        "zero_grad after backward",
        "replay_step",
        "    optimizer.zero_grad()\n    loss.backward()\n",
        "    loss.backward()\n    optimizer.zero_grad()\n",
        STEP,
    ),  # fmt: skip
    Mutant("no step", "replay_step", "    optimizer.step()\n", "", STEP),
    Mutant(
        "a step for each part",
        "replay_step",
        None,
        """def replay_step(model, optimizer, images, labels, replayed=None):
    parts = [(images, labels)] + ([replayed] if replayed is not None else [])
    total = 0.0
    for x, y in parts:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    return total / sum(len(x) for x, _ in parts)
""",
        STEP,
    ),  # fmt: skip
    Mutant("loss is a tensor", "replay_step", "return loss.item()", "return loss.detach()", STEP),
    Mutant(
        "loss after the step",
        "replay_step",
        "return loss.item()",
        "return F.cross_entropy(model(images), labels).item()",
        STEP,
    ),  # fmt: skip
    Mutant(
        "loss of the new samples only",
        "replay_step",
        "    loss.backward()\n",
        "    n = len(images) - (0 if replayed is None else len(old_images))\n"
        "    new_loss = F.cross_entropy(model(images[:n]), labels[:n]).item()\n    loss.backward()\n"
        "    loss = torch.tensor(new_loss)\n",
        STEP,
    ),  # fmt: skip
    Mutant(
        "softmax before cross entropy",
        "replay_step",
        "model(images), labels)",
        "model(images).softmax(dim=1), labels)",
        STEP,
    ),  # fmt: skip
    # accuracy_matrix
    Mutant(
        "transposed",
        "accuracy_matrix",
        "for images, labels in tasks] for model in models])",
        "for images, labels in tasks] for model in models]).T",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "fractions",
        "accuracy_matrix",
        "accuracy(model, images, labels)",
        "accuracy(model, images, labels) / 100",
        MATRIX,
    ),
    Mutant(
        "last model in every row",
        "accuracy_matrix",
        "accuracy(model, images",
        "accuracy(models[-1], images",
        MATRIX,
    ),
    Mutant(
        "only the diagonal",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    matrix = torch.zeros(len(models), len(tasks))
    for i in range(min(len(models), len(tasks))):
        matrix[i, i] = accuracy(models[i], *tasks[i])
    return matrix
""",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "only tasks that were learned already",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    matrix = torch.zeros(len(models), len(tasks))
    for i in range(len(models)):
        for j in range(min(i + 1, len(tasks))):
            matrix[i, j] = accuracy(models[i], *tasks[j])
    return matrix
""",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "whole numbers", "accuracy_matrix", "for model in models])", "for model in models]).long()", MATRIX
    ),
    Mutant(
        "a list",
        "accuracy_matrix",
        "torch.tensor([[accuracy(model, images, labels) for images, labels in tasks] for model in models])",
        "[[accuracy(model, images, labels) for images, labels in tasks] for model in models]",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "train mode",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    rows = []
    for model in models:
        rows.append([100 * (model(x).argmax(dim=1) == y).float().mean().item() for x, y in tasks])
    return torch.tensor(rows)
""",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "errors for accuracies",
        "accuracy_matrix",
        "accuracy(model, images, labels)",
        "100 - accuracy(model, images, labels)",
        MATRIX,
    ),  # fmt: skip
    Mutant(
        "all tasks pooled",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    x, y = torch.cat([images for images, _ in tasks]), torch.cat([labels for _, labels in tasks])
    return torch.tensor([[accuracy(model, x, y) for _ in tasks] for model in models])
""",
        MATRIX,
    ),  # fmt: skip
    # forgetting
    Mutant(
        "final minus first",
        "forgetting",
        "(best - matrix[-1])[:-1]",
        "(matrix[-1] - matrix[0])[:-1]",
        FORGETTING,
    ),
    Mutant("last minus best", "forgetting", "best - matrix[-1]", "matrix[-1] - best", FORGETTING),
    Mutant("last row among the best", "forgetting", "matrix[:-1].max", "matrix.max", FORGETTING),
    Mutant("last task counted", "forgetting", "(best - matrix[-1])[:-1]", "(best - matrix[-1])", FORGETTING),
    Mutant(
        "diagonal for the best",
        "forgetting",
        "matrix[:-1].max(dim=0).values",
        "matrix.diagonal()",
        FORGETTING,
    ),
    Mutant("first minus last", "forgetting", "matrix[:-1].max(dim=0).values", "matrix[0]", FORGETTING),
    Mutant("row before the last", "forgetting", "matrix[:-1].max(dim=0).values", "matrix[-2]", FORGETTING),
    Mutant(
        "never negative",
        "forgetting",
        "(best - matrix[-1])[:-1]",
        "(best - matrix[-1])[:-1].clamp(min=0)",
        FORGETTING,
    ),
    Mutant("sum over the tasks", "forgetting", ".mean()", ".sum()", FORGETTING),
    Mutant(
        "mean over T", "forgetting", "[:-1].mean().item()", "[:-1].sum().item() / len(matrix)", FORGETTING
    ),
    Mutant(
        "rows for columns",
        "forgetting",
        "best = matrix[:-1]",
        "matrix = matrix.T\n    best = matrix[:-1]",
        FORGETTING,
    ),
    Mutant("forgetting as a tensor", "forgetting", ".mean().item()", ".mean()", FORGETTING),
    Mutant(
        "matrix changed in place",
        "forgetting",
        "    return (best - matrix[-1])",
        "    matrix -= matrix[-1].clone()\n"
        "    best = matrix[:-1].max(dim=0).values\n    return (best - matrix[-1])",
        FORGETTING,
    ),  # fmt: skip
    # run
    Mutant("seed ignored for the weights", "run", "    torch.manual_seed(seed)\n", "", RUN),
    Mutant(
        "seed is always 0", "run", "torch.manual_seed(seed)", "seed = 0\n    torch.manual_seed(seed)", RUN
    ),
    Mutant(
        "memory not used",
        "run",
        ',\n                         prepare=with_replay(memory, config["n_replay"]))',
        ")",
        RUN,
    ),
    Mutant(
        "a new memory for each task",
        "run",
        "    for task in (~is_new, is_new):\n",
        "    for task in (~is_new, is_new):\n"
        '        memory = MEMORIES[config["memory"]](config["capacity"], seed)\n',
        RUN,
    ),  # fmt: skip
    Mutant("capacity written out", "run", '(config["capacity"], seed)', "(500, seed)", RUN),
    Mutant("always FIFO", "run", 'MEMORIES[config["memory"]]', "ReplayMemory", RUN),
    Mutant("replay size written out", "run", 'config["n_replay"]', "64", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.1", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs_per_task"]', "epochs=5", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=64", RUN),
    Mutant("the model itself for a copy", "run", "copy.deepcopy(model)", "model", RUN),
    Mutant(
        "a new model for the second task",
        "run",
        "    for task in (~is_new, is_new):\n",
        "    for task in (~is_new, is_new):\n        torch.manual_seed(seed)\n        model = make_mlp()\n"
        '        optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])\n',
        RUN,
    ),  # fmt: skip
    Mutant(
        "both tasks at once",
        "run",
        "for task in (~is_new, is_new):",
        "for task in (~is_new | is_new, is_new):",
        RUN,
    ),
    Mutant("9 first", "run", "for task in (~is_new, is_new):", "for task in (is_new, ~is_new):", RUN),
    Mutant("models in the other order", "run", '"models": models', '"models": models[::-1]', RUN),
    Mutant("history of the second task only", "run", "history += train", "history = train", RUN),
    Mutant(
        "score on the old digits only",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'accuracy(model, *(data[k][data["test_labels"] != NEW_DIGIT] for k in ("test_images", "test_labels")))',
        RUN,
    ),  # fmt: skip
    Mutant(
        "score on the training data",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'accuracy(model, data["train_images"], data["train_labels"])',
        RUN,
    ),  # fmt: skip
    Mutant(
        "predictions of the first model",
        "run",
        'predict(model, data["test_images"])',
        'predict(models[0], data["test_images"])',
        RUN,
    ),  # fmt: skip
    Mutant(
        "fraction for percent",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'accuracy(model, data["test_images"], data["test_labels"]) / 100',
        RUN,
    ),  # fmt: skip
    Mutant(
        "score is a tensor",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'torch.tensor(accuracy(model, data["test_images"], data["test_labels"]))',
        RUN,
    ),  # fmt: skip
    Mutant(
        "trained on the test data",
        "run",
        'data["train_images"][task], data["train_labels"][task]',
        'data["test_images"][task[:len(data["test_images"])]], data["test_labels"][task[:len(data["test_images"])]]',
        RUN,
    ),  # fmt: skip
    Mutant(
        "config changed in place",
        "run",
        "    model = make_mlp()\n",
        '    model = make_mlp()\n    config["new_digit"] = NEW_DIGIT\n',
        RUN,
    ),  # fmt: skip
    Mutant(
        "labels renamed in place",
        "run",
        "    history, models = [], []\n",
        '    history, models = [], []\n    data["train_labels"][is_new] = 9\n    data["train_labels"][0] = 0\n',
        RUN,
    ),  # fmt: skip
    Mutant(
        "data argument ignored",
        "run",
        "    torch.manual_seed(seed)",
        "    data = mnist\n    torch.manual_seed(seed)",
        RUN,
    ),  # fmt: skip
    # sweep_table
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant(
        "the same seed three times", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0, 0, 0):", TABLE
    ),
    Mutant("two values", "sweep_table", "(0, 50, 500, 5000)", "(0, 500)", TABLE),
    Mutant("no baseline", "sweep_table", '"baseline": value == 0', '"baseline": False', TABLE),
    Mutant("largest memory called the baseline", "sweep_table", "value == 0", "value == 5000", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("score as a fraction", "sweep_table", 'result["score"]', 'result["score"] / 100', TABLE),
    Mutant("loss for the score", "sweep_table", 'result["score"]', 'result["history"][-1]', TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant("both memories in one group", "sweep_table", '"group": group', '"group": ""', TABLE),
    Mutant(
        "replay size changed together with the capacity",
        "sweep_table",
        '"capacity": value}',
        '"capacity": value, "n_replay": min(64, value)}',
        TABLE,
    ),  # fmt: skip
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 0)", TABLE),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 10.0 + 0.01 * value}',
        TABLE,
    ),  # fmt: skip
    Mutant(
        "rows are one dict",
        "sweep_table",
        None,
        "sweep_table = []\nrow = {}\nfor value in (0, 50, 500):\n    for seed in (0, 1, 2):\n"
        '        config = {**BASE_CONFIG, "capacity": value, "epochs_per_task": 1}\n'
        '        row.update(theme=THEME, variable="capacity", value=value, group="FIFO", seed=seed,\n'
        '                   metric=METRIC, score=run(config, seed)["score"], baseline=value == 0,\n'
        "                   config=config)\n        sweep_table.append(row)\n",
        TABLE,
    ),  # fmt: skip
]

REWRITES = [
    Mutant(
        "deques",
        "replay_memory",
        None,
        """from collections import deque


class ReplayMemory:
    def __init__(self, capacity, seed=0):
        self.capacity = capacity
        self.images, self.labels = deque(maxlen=capacity), deque(maxlen=capacity)
        self.seen = 0
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.labels)

    def contents(self):
        return torch.stack(list(self.images)), torch.tensor(list(self.labels))

    def add(self, images, labels):
        self.images.extend(images.clone().unbind(0))
        self.labels.extend(int(label) for label in labels)
        self.seen += len(labels)

    def sample(self, n):
        weights = torch.ones(len(self.labels))
        index = torch.multinomial(weights, min(n, len(self.labels)), replacement=False, generator=self.generator)
        images, labels = self.contents()
        return images[index], labels[index]
""",
        (),
    ),  # fmt: skip
    Mutant(
        "slices, numpy for the draw",
        "replay_memory",
        None,
        """class ReplayMemory:
    def __init__(self, capacity, seed=0):
        self.capacity = capacity
        self.images, self.labels = [], []
        self.seen = 0
        self.generator = torch.Generator().manual_seed(seed)
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return len(self.images)

    def contents(self):
        return torch.stack(self.images), torch.tensor(self.labels)

    def add(self, images, labels):
        self.images += [image.detach().clone() for image in images]
        self.labels += labels.tolist()
        self.seen += len(images)
        extra = max(len(self.images) - self.capacity, 0)
        self.images = self.images[extra:]
        self.labels = self.labels[extra:]

    def sample(self, n):
        size = min(n, len(self))
        index = self.rng.choice(len(self), size=size, replace=False)
        return torch.stack([self.images[k] for k in index]), torch.tensor([self.labels[k] for k in index])
""",
        (),
    ),  # fmt: skip
    Mutant(
        "random.Random of its own",
        "replay_memory",
        None,
        """class ReplayMemory:
    def __init__(self, capacity, seed=0):
        import random
        self.capacity = capacity
        self.images, self.labels = [], []
        self.seen = 0
        self.generator = torch.Generator().manual_seed(seed)
        self.random = random.Random(seed)

    def __len__(self):
        return len(self.labels)

    def contents(self):
        return torch.stack(self.images), torch.tensor(self.labels)

    def add(self, images, labels):
        for k in range(len(images)):
            self.seen += 1
            if self.capacity == 0:
                continue
            if len(self.images) == self.capacity:
                del self.images[0], self.labels[0]
            self.images.append(torch.empty_like(images[k]).copy_(images[k]))
            self.labels.append(labels[k].item())

    def sample(self, n):
        pairs = self.random.sample(list(zip(self.images, self.labels)), min(n, len(self.images)))
        images, labels = zip(*pairs)
        return torch.stack(images), torch.tensor(labels)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "accept, then choose a slot",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def add(self, images, labels):
        for k in range(len(labels)):
            self.seen = self.seen + 1
            if len(self.images) < self.capacity:
                self.images.append(images[k].clone())
                self.labels.append(labels[k].item())
                continue
            if torch.rand(1, generator=self.generator).item() < self.capacity / self.seen:
                slot = torch.randint(0, self.capacity, (), generator=self.generator).item()
                self.images[slot], self.labels[slot] = images[k].clone(), labels[k].item()
""",
        (),
    ),  # fmt: skip
    Mutant(
        "random keys, the greatest stay",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def __init__(self, capacity, seed=0):
        super().__init__(capacity, seed)
        self.keys = []

    def add(self, images, labels):
        keys = torch.rand(len(labels), generator=self.generator).tolist()
        self.seen += len(labels)
        for key, image, label in zip(keys, images, labels):
            self.keys.append(key)
            self.images.append(image.clone())
            self.labels.append(int(label))
            if len(self.keys) > self.capacity:
                least = self.keys.index(min(self.keys))
                for kept in (self.keys, self.images, self.labels):
                    kept.pop(least)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "random module, own counter",
        "reservoir_memory",
        None,
        """class ReservoirMemory(ReplayMemory):
    def __init__(self, capacity, seed=0):
        import random
        ReplayMemory.__init__(self, capacity, seed)
        self.random = random.Random(seed)
        self.t = 0

    def add(self, images, labels):
        copies = images.clone()
        for k, label in enumerate(labels.tolist()):
            if self.t < self.capacity:
                self.images.append(copies[k])
                self.labels.append(label)
            else:
                j = self.random.randint(0, self.t)
                if j < self.capacity:
                    self.images[j] = copies[k]
                    self.labels[j] = label
            self.t += 1
""",
        (),
    ),  # fmt: skip
    Mutant(
        "weighted means",
        "replay_step",
        None,
        """def replay_step(model, optimizer, images, labels, replayed=None):
    optimizer.zero_grad()
    n, m = len(images), 0
    loss = F.cross_entropy(model(images), labels)
    if replayed is not None:
        m = len(replayed[0])
        loss = (n * loss + m * F.cross_entropy(model(replayed[0]), replayed[1])) / (n + m)
    value = float(loss)
    loss.backward()
    optimizer.step()
    return value
""",
        (),
    ),  # fmt: skip
    Mutant(
        "two backward passes",
        "replay_step",
        None,
        """def replay_step(model, optimizer, images, labels, replayed=None):
    parts = [(images, labels)]
    if replayed is not None:
        parts.insert(0, tuple(replayed))
    total = sum(len(y) for _, y in parts)
    model.zero_grad()
    value = 0.0
    for x, y in parts:
        part = nn.CrossEntropyLoss(reduction="sum")(model(x), y) / total
        part.backward()
        value += part.item()
    optimizer.step()
    return value
""",
        (),
    ),  # fmt: skip
    Mutant(
        "double loop",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    result = torch.empty(len(models), len(tasks), dtype=torch.float32)
    for i, net in enumerate(models):
        net.eval()
        for j in range(len(tasks)):
            x, y = tasks[j]
            with torch.no_grad():
                right = (net(x).argmax(1) == y).sum().item()
            result[i, j] = 100.0 * right / len(y)
    return result
""",
        (),
    ),  # fmt: skip
    Mutant(
        "numpy table",
        "accuracy_matrix",
        None,
        """def accuracy_matrix(models, tasks):
    table = np.zeros((len(models), len(tasks)), dtype=np.float32)
    for (i, j) in np.ndindex(table.shape):
        table[i, j] = np.mean(predict(models[i], tasks[j][0]).numpy() == tasks[j][1].numpy()) * 100
    return torch.from_numpy(table)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "loops over the tasks",
        "forgetting",
        None,
        """def forgetting(matrix):
    R = matrix.tolist()
    T = len(R)
    total = 0
    for j in range(T - 1):
        best = max(R[i][j] for i in range(T - 1))
        total += best - R[T - 1][j]
    return float(total / (T - 1))
""",
        (),
    ),  # fmt: skip
    Mutant(
        "numpy forgetting",
        "forgetting",
        None,
        """def forgetting(matrix):
    r = np.array(matrix, dtype=float)[:, :-1]
    return float(np.mean(np.max(r[:-1], axis=0) - r[-1]))
""",
        (),
    ),  # fmt: skip
    Mutant(
        "own loop with replay_step",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    sgd = torch.optim.SGD(net.parameters(), config["learning_rate"])
    memory = MEMORIES[config["memory"]](config["capacity"], seed=seed)
    history, snapshots = [], []
    for new in (False, True):
        index = torch.nonzero((data["train_labels"] == NEW_DIGIT) == new).flatten()
        for epoch in range(config["epochs_per_task"]):
            losses = []
            for batch in index[torch.randperm(len(index))].split(config["batch_size"]):
                x, y = data["train_images"][batch], data["train_labels"][batch]
                replayed = memory.sample(config["n_replay"]) if len(memory) else None
                losses.append(replay_step(net, sgd, x, y, replayed))
                memory.add(x, y)
            history.append(sum(losses) / len(losses))
        snapshots.append(copy.deepcopy(net).eval())
    predicted = predict(net, data["test_images"])
    right = (predicted == data["test_labels"]).sum().item()
    return {"history": history, "models": tuple(snapshots), "predictions": predicted,
            "score": 100 * right / len(predicted)}
""",
        (),
    ),  # fmt: skip
    Mutant(
        "two calls of train, state_dict copy, extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    if data is None:
        data = mnist
    c = dict(config)
    torch.manual_seed(seed)
    model = make_mlp()
    opt = torch.optim.SGD(model.parameters(), lr=c["learning_rate"])
    kind = ReservoirMemory if c["memory"] == "reservoir" else ReplayMemory
    memory = kind(c["capacity"], seed + 100)
    x, y = data["train_images"], data["train_labels"]
    old = y != NEW_DIGIT
    prepare = with_replay(memory, c["n_replay"]) if c["capacity"] > 0 else None
    first = train(model, x[old], y[old], opt, c["epochs_per_task"], c["batch_size"], seed, prepare=prepare)
    before = make_mlp()
    before.load_state_dict(model.state_dict())
    second = train(model, x[~old], y[~old], opt, c["epochs_per_task"], c["batch_size"], seed + 1, prepare=prepare)
    return dict(score=accuracy(model, data["test_images"], data["test_labels"]), history=first + second,
                predictions=predict(model, data["test_images"]), models=[before, model], memory_size=len(memory))
""",
        (),
    ),  # fmt: skip
    Mutant(
        "one curve, comprehension",
        "sweep_table",
        None,
        """sweep_table = [
    dict(theme=THEME, variable="capacity", value=c, group="reservoir", seed=s, metric=METRIC,
         score=run({**BASE_CONFIG, "memory": "reservoir", "capacity": c, "epochs_per_task": 2}, s)["score"],
         baseline=c == 0,
         config={**BASE_CONFIG, "memory": "reservoir", "capacity": c, "epochs_per_task": 2})
    for c in (0, 100, 1000) for s in (3, 5, 8)
]
""",
        (),
    ),  # fmt: skip
    Mutant(
        "seeds outside, helper function",
        "sweep_table",
        None,
        """def make_row(memory, capacity, s):
    c = dict(BASE_CONFIG)
    c["memory"], c["capacity"], c["epochs_per_task"] = memory, capacity, 1
    r = run(dict(c), s)
    return {"theme": THEME, "variable": "capacity", "value": capacity, "group": memory, "seed": s, "metric": METRIC,
            "score": float(r["score"]), "baseline": capacity == 0, "config": c}


sweep_table = []
for s in [10, 20, 30]:
    for memory in MEMORIES:
        for capacity in [1000, 100, 0]:
            sweep_table += [make_row(memory, capacity, s)]
""",
        (),
    ),  # fmt: skip
]
