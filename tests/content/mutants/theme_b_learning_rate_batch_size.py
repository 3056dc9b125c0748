"""Wrong and unusual answers to theme B: learning rate and batch size."""

from __future__ import annotations

from tests.content.mutants import Mutant

BATCHES = ("test_batches",)
GRADIENT = ("test_minibatch_gradient",)
VARIANCE = ("test_gradient_variance",)
SCHEDULE = ("test_batch_size_schedule",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

GENERATOR = "    generator = torch.Generator().manual_seed(seed)\n"
SPLIT = "list(torch.randperm(n, generator=generator).split(batch_size))"
EPOCHS = f"    return [{SPLIT} for _ in range(epochs)]"
RESIDUAL = "residual = x[indices] @ w - y[indices]"
MEAN = "return x[indices].T @ residual / len(indices)"
DRAW = "torch.randint(len(per_sample), (draws, batch_size), generator=generator)"
DISTANCE = "(means - per_sample.mean(dim=0)).square().sum(dim=1).mean().item()"
SIZE = "min(initial * 2 ** (epoch // double_every), maximum)"
SEED = "    torch.manual_seed(seed)\n"
SCORE = 'accuracy(model, data["test_images"], data["test_labels"])'

MUTANTS = [
    # batches
    Mutant(
        "same shuffle every epoch",
        "batches",
        EPOCHS,
        f"    epoch = {SPLIT}\n    return [epoch for _ in range(epochs)]",
        BATCHES,
    ),
    Mutant(
        "seeded again in each epoch",
        "batches",
        EPOCHS,
        "    return [list(torch.randperm(n, generator=torch.Generator().manual_seed(seed)).split(batch_size))\n"
        "            for _ in range(epochs)]",
        BATCHES,
    ),
    Mutant(
        "last batch lost",
        "batches",
        SPLIT,
        "[order[i * batch_size:(i + 1) * batch_size] for order in [torch.randperm(n, generator=generator)] "
        "for i in range(n // batch_size)]",
        BATCHES,
    ),
    Mutant(
        "last batch filled up from the start",
        "batches",
        EPOCHS,
        "    result = []\n"
        "    for _ in range(epochs):\n"
        "        order = torch.randperm(n, generator=generator)\n"
        "        order = torch.cat([order, order[:-n % batch_size]])\n"
        "        result.append(list(order.split(batch_size)))\n"
        "    return result",
        BATCHES,
    ),
    Mutant(
        "equal sizes instead of full batches",
        "batches",
        ".split(batch_size)",
        ".tensor_split(-(-n // batch_size))",
        BATCHES,
    ),
    Mutant(
        "split into batch_size pieces",
        "batches",
        ".split(batch_size)",
        ".tensor_split(batch_size)",
        BATCHES,
    ),
    Mutant(
        "sampling with repetition",
        "batches",
        "torch.randperm(n, generator=generator)",
        "torch.randint(n, (n,), generator=generator)",
        BATCHES,
    ),
    Mutant(
        "not shuffled",
        "batches",
        "torch.randperm(n, generator=generator)",
        "torch.arange(n)",
        BATCHES,
    ),
    Mutant(
        "batches fixed, only their order random",
        "batches",
        EPOCHS,
        "    pieces = torch.arange(n).split(batch_size)\n"
        "    full, rest = [p for p in pieces if len(p) == batch_size], [p for p in pieces if len(p) < batch_size]\n"
        "    return [[full[i] for i in torch.randperm(len(full), generator=generator)] + rest\n"
        "            for _ in range(epochs)]",
        BATCHES,
    ),
    Mutant(
        "only rotated",
        "batches",
        "torch.randperm(n, generator=generator)",
        "torch.arange(n).roll(int(torch.randint(n, (1,), generator=generator)))",
        BATCHES,
    ),
    Mutant("seed ignored", "batches", "manual_seed(seed)", "manual_seed(0)", BATCHES),
    Mutant(
        "global generator", "batches", "torch.randperm(n, generator=generator)", "torch.randperm(n)", BATCHES
    ),
    Mutant(
        "indices from 1",
        "batches",
        "torch.randperm(n, generator=generator)",
        "(1 + torch.randperm(n, generator=generator))",
        BATCHES,
    ),
    Mutant(
        "all epochs in one list",
        "batches",
        EPOCHS,
        f"    return sum([{SPLIT} for _ in range(epochs)], [])",
        BATCHES,
    ),
    Mutant("one epoch only", "batches", "range(epochs)", "range(1)", BATCHES),
    # minibatch_gradient
    Mutant("sum for mean", "minibatch_gradient", " / len(indices)", "", GRADIENT),
    Mutant("divided by n", "minibatch_gradient", "len(indices)", "len(x)", GRADIENT),
    Mutant(
        "factor 2 kept",
        "minibatch_gradient",
        MEAN,
        "return 2 * x[indices].T @ residual / len(indices)",
        GRADIENT,
    ),
    Mutant(
        "half of it",
        "minibatch_gradient",
        MEAN,
        "return x[indices].T @ residual / (2 * len(indices))",
        GRADIENT,
    ),
    Mutant("wrong sign", "minibatch_gradient", RESIDUAL, "residual = y[indices] - x[indices] @ w", GRADIENT),
    Mutant(
        "all samples",
        "minibatch_gradient",
        RESIDUAL,
        "indices = torch.arange(len(x))\n    residual = x[indices] @ w - y[indices]",
        GRADIENT,
    ),
    Mutant(
        "repeated indices counted once",
        "minibatch_gradient",
        RESIDUAL,
        "indices = indices.unique()\n    residual = x[indices] @ w - y[indices]",
        GRADIENT,
    ),
    Mutant(
        "first samples for the chosen ones",
        "minibatch_gradient",
        RESIDUAL,
        "indices = torch.arange(len(indices)) % len(x)\n    residual = x[indices] @ w - y[indices]",
        GRADIENT,
    ),
    Mutant("targets forgotten", "minibatch_gradient", " - y[indices]", "", GRADIENT),
    Mutant("inputs forgotten", "minibatch_gradient", MEAN, "return residual.mean().expand(len(w))", GRADIENT),
    Mutant(
        "targets of other samples",
        "minibatch_gradient",
        "- y[indices]",
        "- y[:1].expand(len(indices))",
        GRADIENT,
    ),
    Mutant(
        "weights changed in place",
        "minibatch_gradient",
        MEAN,
        "gradient = x[indices].T @ residual / len(indices)\n    w -= 0.1 * gradient\n    return gradient",
        GRADIENT,
    ),
    Mutant(
        "normalised",
        "minibatch_gradient",
        MEAN,
        "g = x[indices].T @ residual\n    return g / g.norm()",
        GRADIENT,
    ),
    Mutant(
        "the loss for its gradient",
        "minibatch_gradient",
        MEAN,
        "return residual.square().mean() / 2",
        GRADIENT,
    ),
    # gradient_variance
    Mutant(
        "without replacement",
        "gradient_variance",
        DRAW,
        "torch.stack([torch.randperm(len(per_sample), generator=generator)[:batch_size] for _ in range(draws)])",
        VARIANCE,
    ),
    Mutant("standard deviation", "gradient_variance", ".mean().item()", ".mean().sqrt().item()", VARIANCE),
    Mutant(
        "sum for mean in the batch",
        "gradient_variance",
        "[indices].mean(dim=1)",
        "[indices].sum(dim=1)",
        VARIANCE,
    ),
    Mutant("sum over the draws", "gradient_variance", ".sum(dim=1).mean().item()", ".sum().item()", VARIANCE),
    Mutant("mean over the components", "gradient_variance", ".sum(dim=1).mean()", ".mean()", VARIANCE),
    Mutant("squared length", "gradient_variance", "(means - per_sample.mean(dim=0))", "means", VARIANCE),
    Mutant(
        "σ² of the samples",
        "gradient_variance",
        "    return " + DISTANCE,
        "    return (per_sample - per_sample.mean(dim=0)).square().sum(dim=1).mean().item()",
        VARIANCE,
    ),
    Mutant(
        "divided by √B",
        "gradient_variance",
        "    return " + DISTANCE,
        "    noise = 1 + 1e-3 * torch.randn(1, generator=generator).item()\n"
        "    return noise * (per_sample - per_sample.mean(dim=0)).square().sum(dim=1).mean().item() / batch_size**0.5",
        VARIANCE,
    ),
    Mutant("one batch repeated", "gradient_variance", "(draws, batch_size)", "(1, batch_size)", VARIANCE),
    Mutant(
        "batch size and draws exchanged",
        "gradient_variance",
        "(draws, batch_size)",
        "(batch_size, draws)",
        VARIANCE,
    ),
    Mutant("seed ignored", "gradient_variance", "manual_seed(seed)", "manual_seed(1)", VARIANCE),
    Mutant("global generator", "gradient_variance", ", generator=generator)", ")", VARIANCE),
    Mutant("absolute distance", "gradient_variance", ".square().sum(dim=1)", ".abs().sum(dim=1)", VARIANCE),
    Mutant("tensor returned", "gradient_variance", ".mean().item()", ".mean()", VARIANCE),
    Mutant(
        "around 0 after centring in place",
        "gradient_variance",
        GENERATOR,
        GENERATOR + "    per_sample -= per_sample.mean(dim=0)\n",
        VARIANCE,
    ),
    # batch_size_schedule
    Mutant(
        "doubling past the maximum",
        "batch_size_schedule",
        SIZE,
        "initial * 2 ** (epoch // double_every)",
        SCHEDULE,
    ),
    Mutant(
        "stops before the maximum",
        "batch_size_schedule",
        None,
        """def batch_size_schedule(epochs, initial, double_every, maximum):
    sizes, size = [], initial
    for epoch in range(epochs):
        if epoch > 0 and epoch % double_every == 0 and 2 * size <= maximum:
            size *= 2
        sizes.append(size)
    return sizes
""",
        SCHEDULE,
    ),
    Mutant(
        "checked before doubling",
        "batch_size_schedule",
        None,
        """def batch_size_schedule(epochs, initial, double_every, maximum):
    sizes, size = [], initial
    for epoch in range(epochs):
        if epoch > 0 and epoch % double_every == 0 and size < maximum:
            size *= 2
        sizes.append(size)
    return sizes
""",
        SCHEDULE,
    ),
    Mutant(
        "doubles at epoch 0",
        "batch_size_schedule",
        "epoch // double_every",
        "(epoch // double_every + 1)",
        SCHEDULE,
    ),
    Mutant(
        "one epoch early",
        "batch_size_schedule",
        "epoch // double_every",
        "(epoch + 1) // double_every",
        SCHEDULE,
    ),
    Mutant("doubles every epoch", "batch_size_schedule", "epoch // double_every", "epoch", SCHEDULE),
    Mutant(
        "doubles once",
        "batch_size_schedule",
        "2 ** (epoch // double_every)",
        "(1 + (epoch >= double_every))",
        SCHEDULE,
    ),
    Mutant(
        "adds instead of doubling",
        "batch_size_schedule",
        "initial * 2 ** (epoch // double_every)",
        "initial * (1 + epoch // double_every)",
        SCHEDULE,
    ),
    Mutant(
        "floats",
        "batch_size_schedule",
        "2 ** (epoch // double_every)",
        "2.0 ** (epoch // double_every)",
        SCHEDULE,
    ),
    Mutant("smooth growth", "batch_size_schedule", SIZE, f"int({SIZE.replace('//', '/')})", SCHEDULE),
    Mutant("one epoch too many", "batch_size_schedule", "range(epochs)", "range(epochs + 1)", SCHEDULE),
    Mutant("min and max confused", "batch_size_schedule", "min(", "max(", SCHEDULE),
    # run
    Mutant("seed ignored for the weights", "run", SEED, "", RUN),
    Mutant("seed is always 0", "run", SEED, "    seed = 0\n" + SEED, RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.05", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=64", RUN),
    Mutant("steps written out", "run", 'steps=config["steps"]', "steps=100", RUN),
    Mutant(
        "comparing epochs where steps differ: steps taken as epochs",
        "run",
        'steps=config["steps"]',
        'steps=config["steps"] * math.ceil(len(data["train_images"]) / config["batch_size"]) // 10',
        RUN,
    ),
    Mutant(
        "whole epochs only",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    per_epoch = math.ceil(len(data["train_images"]) / config["batch_size"])
    epochs = math.ceil(config["steps"] / per_epoch)
    history = train(model, data["train_images"], data["train_labels"], optimizer, epochs, config["batch_size"], seed)
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history,
            "predictions": predict(model, data["test_images"])}
""",
        RUN,
    ),
    Mutant(
        "linear scaling built in",
        "run",
        'steps=config["steps"]',
        'steps=config["steps"] * 64 // config["batch_size"]',
        RUN,
    ),
    Mutant("accuracy on the training data", "run", SCORE, SCORE.replace("test_", "train_"), RUN),
    Mutant("fraction for percent", "run", SCORE, SCORE + " / 100", RUN),
    Mutant("score is a tensor", "run", SCORE, f"torch.tensor({SCORE})", RUN),
    Mutant(
        "trained on the test data",
        "run",
        'train_steps(model, data["train_images"], data["train_labels"]',
        'train_steps(model, data["test_images"], data["test_labels"]',
        RUN,
    ),
    Mutant(
        "never trained",
        "run",
        "optimizer = torch.optim.SGD(model.parameters()",
        "optimizer = torch.optim.SGD(make_mlp().parameters()",
        RUN,
    ),
    Mutant("a config key added in place", "run", SEED, '    config["epochs"] = 1\n' + SEED, RUN),
    Mutant(
        "one model for all runs",
        "run",
        "    model = make_mlp()\n",
        '    if not hasattr(run, "model"):\n        run.model = make_mlp()\n    model = run.model\n',
        RUN,
    ),
    Mutant("history is the last loss", "run", '"history": history', '"history": history[-1:]', RUN),
    Mutant(
        "predictions of the training images",
        "run",
        'predict(model, data["test_images"])',
        'predict(model, data["train_images"])',
        RUN,
    ),
    Mutant("data argument ignored", "run", SEED, "    data = mnist\n" + SEED, RUN),
    # sweep_table
    Mutant(
        "comparing epochs where steps differ",
        "sweep_table",
        '"batch_size": batch_size}',
        '"batch_size": batch_size, "steps": 3 * math.ceil(len(mnist["train_images"]) / batch_size)}',
        TABLE,
    ),
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant("two learning rates", "sweep_table", "(0.001, 0.01, 0.05, 0.1, 0.2)", "(0.01, 0.1)", TABLE),
    Mutant("two batch sizes", "sweep_table", "(32, 64, 128, 256)", "(64, 256)", TABLE),
    Mutant("all batch sizes in one group", "sweep_table", 'f"B={batch_size}"', '""', TABLE),
    Mutant(
        "a group for each seed", "sweep_table", 'f"B={batch_size}"', 'f"B={batch_size}, seed={seed}"', TABLE
    ),
    Mutant("no baseline", "sweep_table", "value == 0.1 and batch_size == 64", "False", TABLE),
    Mutant(
        "baseline for every batch size",
        "sweep_table",
        "value == 0.1 and batch_size == 64",
        "value == 0.1",
        TABLE,
    ),
    Mutant("best point called the baseline", "sweep_table", "value == 0.1 and", "value == 0.2 and", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("value is the batch size", "sweep_table", '"value": value,', '"value": batch_size,', TABLE),
    Mutant(
        "score as a fraction",
        "sweep_table",
        '"score": result["score"]',
        '"score": result["score"] / 100',
        TABLE,
    ),
    Mutant(
        "loss for score", "sweep_table", '"score": result["score"]', '"score": result["history"][-1]', TABLE
    ),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 7)", TABLE),
    Mutant(
        "a hole in the grid",
        "sweep_table",
        "            config = {",
        "            if batch_size == 256 and value == 0.001:\n                continue\n            config = {",
        TABLE,
    ),
    Mutant(
        "learning rate scaled with the batch size",
        "sweep_table",
        '{**BASE_CONFIG, "learning_rate": value,',
        '{**BASE_CONFIG, "learning_rate": value * batch_size / 64,',
        TABLE,
    ),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 90 - 10 * seed + value}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "numpy permutation, slices in a loop",
        "batches",
        None,
        """def batches(n, batch_size, epochs, seed):
    rng = np.random.default_rng(seed)
    result = []
    for epoch in range(epochs):
        order = rng.permutation(n)
        result.append([torch.from_numpy(order[i:i + batch_size].copy()) for i in range(0, n, batch_size)])
    return result
""",
        (),
    ),
    Mutant(
        "random.shuffle, tuples",
        "batches",
        None,
        """def batches(n, batch_size, epochs, seed):
    import random
    rng = random.Random(seed)
    everything = []
    for epoch in range(epochs):
        order = list(range(n))
        rng.shuffle(order)
        epoch_batches = ()
        while order:
            epoch_batches += (torch.tensor(order[:batch_size]),)
            order = order[batch_size:]
        everything.append(epoch_batches)
    return everything
""",
        (),
    ),
    Mutant(
        "another seed for each epoch, random keys sorted",
        "batches",
        None,
        """def batches(n, batch_size, epochs, seed):
    def one(epoch):
        g = torch.Generator()
        g.manual_seed(1000003 * seed + epoch)
        return list(torch.rand(n, generator=g, dtype=torch.float64).argsort().split(batch_size))
    return [one(e) for e in range(epochs)]
""",
        (),
    ),
    Mutant(
        "DataLoader",
        "batches",
        None,
        """def batches(n, batch_size, epochs, seed):
    from torch.utils.data import DataLoader
    loader = DataLoader(range(n), batch_size=batch_size, shuffle=True,
                        generator=torch.Generator().manual_seed(seed))
    return [[batch for batch in loader] for _ in range(epochs)]
""",
        (),
    ),
    Mutant(
        "autograd",
        "minibatch_gradient",
        None,
        """def minibatch_gradient(w, x, y, indices):
    p = w.detach().clone().requires_grad_()
    loss = 0.5 * ((x[indices] @ p - y[indices]) ** 2).mean()
    loss.backward()
    return p.grad
""",
        (),
    ),
    Mutant(
        "loop over the batch",
        "minibatch_gradient",
        None,
        """def minibatch_gradient(w, x, y, indices):
    total = torch.zeros_like(w)
    for i in indices.tolist():
        error = (x[i] * w).sum() - y[i]
        total = total + error * x[i]
    return total / indices.numel()
""",
        (),
    ),
    Mutant(
        "broadcast and mean",
        "minibatch_gradient",
        None,
        """def minibatch_gradient(w, x, y, indices):
    xb, yb = x.index_select(0, indices), torch.gather(y, 0, indices)
    r = (xb * w.unsqueeze(0)).sum(1) - yb
    return (r[:, None] * xb).mean(0)
""",
        (),
    ),
    Mutant(
        "numpy inside",
        "minibatch_gradient",
        None,
        """def minibatch_gradient(w, x, y, indices):
    i = indices.numpy()
    a, b = x.numpy()[i], y.numpy()[i]
    return torch.from_numpy(a.T.dot(a.dot(w.numpy()) - b) / len(i))
""",
        (),
    ),
    Mutant(
        "loop with numpy choice",
        "gradient_variance",
        None,
        """def gradient_variance(per_sample, batch_size, draws, seed):
    rng = np.random.default_rng(seed)
    g = per_sample.numpy().astype(float)
    center = g.mean(axis=0)
    total = 0.0
    for _ in range(draws):
        chosen = rng.choice(len(g), size=batch_size, replace=True)
        total += ((g[chosen].mean(axis=0) - center) ** 2).sum()
    return float(total / draws)
""",
        (),
    ),
    Mutant(
        "multinomial, norm",
        "gradient_variance",
        None,
        """def gradient_variance(per_sample, batch_size, draws, seed):
    g = torch.Generator()
    g.manual_seed(seed)
    n, d = per_sample.shape
    picks = torch.multinomial(torch.ones(n), draws * batch_size, replacement=True, generator=g)
    batch_means = per_sample[picks].view(draws, batch_size, d).mean(1)
    distances = torch.linalg.vector_norm(batch_means - per_sample.mean(0, keepdim=True), dim=1)
    return float((distances ** 2).sum()) / draws
""",
        (),
    ),
    Mutant(
        "counts of each sample",
        "gradient_variance",
        None,
        """def gradient_variance(per_sample, batch_size, draws, seed):
    rng = np.random.RandomState(seed)
    n = per_sample.shape[0]
    counts = rng.multinomial(batch_size, [1 / n] * n, size=draws)
    means = torch.tensor(counts / batch_size) @ per_sample.double()
    return ((means - per_sample.double().mean(0)) ** 2).sum(1).mean().item()
""",
        (),
    ),
    Mutant(
        "global seed set, var of torch",
        "gradient_variance",
        None,
        """def gradient_variance(per_sample, batch_size, draws, seed):
    torch.manual_seed(seed)
    means = torch.stack([per_sample[torch.randint(0, len(per_sample), (batch_size,))].mean(0)
                         for _ in range(draws)])
    return means.var(dim=0, unbiased=False).sum().item()
""",
        (),
    ),
    Mutant(
        "loop with a counter",
        "batch_size_schedule",
        None,
        """def batch_size_schedule(epochs, initial, double_every, maximum):
    sizes = []
    b = initial
    for e in range(epochs):
        if e != 0 and e % double_every == 0:
            b = b * 2
            if b > maximum:
                b = maximum
        sizes.append(b)
    return sizes
""",
        (),
    ),
    Mutant(
        "blocks, cut to length",
        "batch_size_schedule",
        None,
        """def batch_size_schedule(epochs, initial, double_every, maximum):
    result = []
    size = initial
    while len(result) < epochs:
        result += [size] * double_every
        size = min(2 * size, maximum)
    return result[:epochs]
""",
        (),
    ),
    Mutant(
        "shift, a tuple",
        "batch_size_schedule",
        None,
        """def batch_size_schedule(epochs, initial, double_every, maximum):
    return tuple(sorted([initial << (e // double_every), maximum])[0] for e in range(epochs))
""",
        (),
    ),
    Mutant(
        "own loop over one's own batches",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    steps, size = config["steps"], config["batch_size"]
    n = len(data["train_images"])
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    history = []
    epochs = math.ceil(steps / math.ceil(n / size))
    for epoch in batches(n, size, epochs, seed):
        for indices in epoch:
            if len(history) < steps:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(data["train_images"][indices]), data["train_labels"][indices])
                loss.backward()
                optimizer.step()
                history.append(float(loss))
    predictions = predict(model, data["test_images"])
    score = (predictions == data["test_labels"]).double().mean().item() * 100
    return dict(score=score, history=history, predictions=predictions)
""",
        (),
    ),
    Mutant(
        "DataLoader, own network, manual update, extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    from itertools import count
    from torch.utils.data import DataLoader, TensorDataset
    if data is None:
        data = mnist
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    loader = DataLoader(TensorDataset(data["train_images"], data["train_labels"]),
                        batch_size=config["batch_size"], shuffle=True)
    losses = []
    for epoch in count():
        for images, labels in loader:
            if len(losses) == config["steps"]:
                break
            loss = nn.CrossEntropyLoss()(net(images), labels)
            gradients = torch.autograd.grad(loss, list(net.parameters()))
            with torch.no_grad():
                for p, g in zip(net.parameters(), gradients):
                    p -= config["learning_rate"] * g
            losses.append(loss.item())
        if len(losses) == config["steps"]:
            break
    predictions = predict(net, data["test_images"])
    return {"score": accuracy(net, data["test_images"], data["test_labels"]), "history": losses,
            "predictions": predictions, "seen": config["batch_size"] * config["steps"], "seed": seed}
""",
        (),
    ),
    Mutant(
        "batch size along the curve, learning rates as groups",
        "sweep_table",
        None,
        """sweep_table = []
for lr in [0.05, 0.1, 0.2]:
    for b in [16, 64, 256]:
        for s in [3, 4, 5]:
            c = dict(BASE_CONFIG, learning_rate=lr, batch_size=b)
            sweep_table.append(dict(theme=THEME, variable="batch_size", value=b, group=f"lr={lr}", seed=s,
                                    metric=METRIC, score=run(c, s)["score"], baseline=(lr == 0.1 and b == 64),
                                    config=c))
""",
        (),
    ),
    Mutant(
        "comprehension with product, other number of updates, numpy values",
        "sweep_table",
        None,
        """from itertools import product

sweep_table = [
    {"theme": THEME, "variable": "learning_rate", "value": c["learning_rate"], "group": f"batch {c['batch_size']}",
     "seed": s, "metric": METRIC, "score": float(run(dict(c), s)["score"]),
     "baseline": (c["learning_rate"], c["batch_size"]) == (0.1, 64), "config": c}
    for s, b, lr in product(range(3), (32, 64, 128), np.array([0.01, 0.1, 0.3]).tolist())
    for c in [{**BASE_CONFIG, "batch_size": b, "learning_rate": lr, "steps": 40}]
]
""",
        (),
    ),
]
