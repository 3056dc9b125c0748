"""Wrong and unusual answers to theme A: momentum in optimizers."""

from __future__ import annotations

from tests.content.mutants import Mutant

SGD = ("test_sgd_step",)
MOMENTUM = ("test_momentum_step",)
SURFACE = ("test_run_surface",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

SGD_LINE = "    return [w - learning_rate * g for w, g in zip(parameters, gradients)]"
VELOCITY = "    new_velocities = [momentum * v + g for v, g in zip(velocities, gradients)]"
WEIGHTS = "    new_parameters = [w - learning_rate * v for w, v in zip(parameters, new_velocities)]"

MUTANTS = [
    # sgd_step
    Mutant("up the gradient", "sgd_step", "w - learning_rate", "w + learning_rate", SGD),
    Mutant("learning rate ignored", "sgd_step", "learning_rate * g", "0.1 * g", SGD),
    Mutant(
        "parameters changed in place",
        "sgd_step",
        SGD_LINE,
        "    for w, g in zip(parameters, gradients):\n        w -= learning_rate * g\n    return parameters",
        SGD,
    ),
    Mutant("normalised gradient", "sgd_step", "* g for", "* g / (g.norm() + 1e-12) for", SGD),
    Mutant(
        "only the first parameter",
        "sgd_step",
        SGD_LINE,
        "    return [parameters[0] - learning_rate * gradients[0]]",
        SGD,
    ),
    Mutant("weight times step", "sgd_step", "w - learning_rate * g", "w * (1 - learning_rate * g)", SGD),
    Mutant("returns the step", "sgd_step", "w - learning_rate * g", "-learning_rate * g", SGD),
    Mutant(
        "stops at the first zero gradient",
        "sgd_step",
        SGD_LINE,
        "    out = []\n    for w, g in zip(parameters, gradients):\n"
        "        out.append(w - learning_rate * g if g.abs().min() > 0 else w)\n    return out",
        SGD,
    ),
    Mutant("sign of the gradient only", "sgd_step", "* g for", "* g.sign() for", SGD),
    # momentum_step
    Mutant(
        "learning rate inside the velocity",
        "momentum_step",
        VELOCITY + "\n" + WEIGHTS,
        "    new_velocities = [momentum * v - learning_rate * g for v, g in zip(velocities, gradients)]\n"
        "    new_parameters = [w + v for w, v in zip(parameters, new_velocities)]",
        MOMENTUM,
    ),
    Mutant(
        "learning rate inside the velocity, other sign",
        "momentum_step",
        VELOCITY + "\n" + WEIGHTS,
        "    new_velocities = [momentum * v + learning_rate * g for v, g in zip(velocities, gradients)]\n"
        "    new_parameters = [w - v for w, v in zip(parameters, new_velocities)]",
        MOMENTUM,
    ),
    Mutant(
        "moving average", "momentum_step", "momentum * v + g", "momentum * v + (1 - momentum) * g", MOMENTUM
    ),
    Mutant(
        "step before the update",
        "momentum_step",
        "zip(parameters, new_velocities)",
        "zip(parameters, velocities)",
        MOMENTUM,
    ),
    Mutant(
        "Nesterov",
        "momentum_step",
        WEIGHTS,
        "    new_parameters = [w - learning_rate * (g + momentum * v)\n"
        "                      for w, g, v in zip(parameters, gradients, new_velocities)]",
        MOMENTUM,
    ),
    Mutant(
        "velocity of the first parameter for all",
        "momentum_step",
        VELOCITY,
        "    new_velocities = [momentum * velocities[0].mean() + g for g in gradients]",
        MOMENTUM,
    ),
    Mutant(
        "one velocity shared by all",
        "momentum_step",
        VELOCITY,
        "    shared = velocities[0]\n    new_velocities = []\n    for v, g in zip(velocities, gradients):\n"
        "        shared = momentum * shared + g if shared.shape == g.shape else momentum * v + g\n"
        "        new_velocities.append(shared)",
        MOMENTUM,
    ),
    Mutant("old velocity forgotten", "momentum_step", "momentum * v + g", "0 * v + g", MOMENTUM),
    Mutant("velocity never decays", "momentum_step", "momentum * v + g", "v + g", MOMENTUM),
    Mutant("momentum fixed at 0.9", "momentum_step", "momentum * v + g", "0.9 * v + g", MOMENTUM),
    Mutant(
        "returns the old velocities",
        "momentum_step",
        "return new_parameters, new_velocities",
        "return new_parameters, velocities",
        MOMENTUM,
    ),
    Mutant(
        "velocities changed in place",
        "momentum_step",
        VELOCITY,
        "    for v, g in zip(velocities, gradients):\n        v.mul_(momentum).add_(g)\n"
        "    new_velocities = velocities",
        MOMENTUM,
    ),
    Mutant(
        "returned in the other order",
        "momentum_step",
        "return new_parameters, new_velocities",
        "return new_velocities, new_parameters",
        MOMENTUM,
    ),
    Mutant(
        "gradient not multiplied by the learning rate",
        "momentum_step",
        "w - learning_rate * v",
        "w - v",
        MOMENTUM,
    ),
    # run_surface
    Mutant("slope of y has the wrong sign", "run_surface", "[2.0, -0.2]", "[2.0, 0.2]", SURFACE),
    Mutant("derivative of x² forgotten", "run_surface", "[2.0, -0.2]", "[1.0, -0.1]", SURFACE),
    Mutant("start not in the path", "run_surface", "path = [point]", "path = []", SURFACE),
    Mutant("one step too many", "run_surface", "range(steps)", "range(steps + 1)", SURFACE),
    Mutant(
        "start ignored", "run_surface", "torch.tensor(start, dtype", "torch.tensor((9.0, 1.0), dtype", SURFACE
    ),
    Mutant(
        "position before velocity",
        "run_surface",
        "        velocity = momentum * velocity + slope * point\n"
        "        point = point - learning_rate * velocity",
        "        point = point - learning_rate * velocity\n"
        "        velocity = momentum * velocity + slope * point",
        SURFACE,
    ),
    Mutant("momentum ignored", "run_surface", "momentum * velocity + slope", "slope", SURFACE),
    Mutant(
        "moving average in the surface",
        "run_surface",
        "+ slope * point",
        "+ (1 - momentum) * slope * point",
        SURFACE,
    ),
    Mutant(
        "the same tensor in every row",
        "run_surface",
        "        point = point - learning_rate * velocity",
        "        point -= learning_rate * velocity",
        SURFACE,
    ),
    Mutant("float32", "run_surface", "return torch.stack(path)", "return torch.stack(path).float()", SURFACE),
    Mutant(
        "clipped to the plot",
        "run_surface",
        "return torch.stack(path)",
        "return torch.stack(path).clamp(-10, 10)",
        SURFACE,
    ),
    Mutant(
        "transposed", "run_surface", "return torch.stack(path)", "return torch.stack(path, dim=1)", SURFACE
    ),
    # run
    Mutant("seed ignored for the weights", "run", "torch.manual_seed(seed)", "pass", RUN),
    Mutant(
        "seed is always 0",
        "run",
        "    torch.manual_seed(seed)",
        "    seed = 0\n    torch.manual_seed(seed)",
        RUN,
    ),
    Mutant("momentum not passed on", "run", ', momentum=config["momentum"])', ")", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.05", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=5", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=64", RUN),
    Mutant(
        "accuracy on the training data",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'accuracy(model, data["train_images"], data["train_labels"])',
        RUN,
    ),
    Mutant(
        "fraction for percent",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'accuracy(model, data["test_images"], data["test_labels"]) / 100',
        RUN,
    ),
    Mutant(
        "score is a tensor",
        "run",
        'accuracy(model, data["test_images"], data["test_labels"])',
        'torch.tensor(accuracy(model, data["test_images"], data["test_labels"]))',
        RUN,
    ),
    Mutant(
        "trained on the test data",
        "run",
        'train(model, data["train_images"], data["train_labels"]',
        'train(model, data["test_images"], data["test_labels"]',
        RUN,
    ),
    Mutant(
        "a config key added in place",
        "run",
        "    torch.manual_seed(seed)",
        '    config["weight_decay"] = 0.0\n    torch.manual_seed(seed)',
        RUN,
    ),
    Mutant(
        "images normalised in place",
        "run",
        "    torch.manual_seed(seed)",
        '    data["train_images"].sub_(data["train_images"].mean()).div_(data["train_images"].std())\n'
        "    torch.manual_seed(seed)",
        RUN,
    ),
    Mutant(
        "one model for all runs",
        "run",
        "    model = make_mlp()\n",
        '    if not hasattr(run, "model"):\n        run.model = make_mlp()\n    model = run.model\n',
        RUN,
    ),
    Mutant(
        "history of the last epoch only",
        "run",
        '"history": history',
        '"history": history[-1:]',
        RUN,
    ),
    Mutant(
        "predictions of the training images",
        "run",
        'predict(model, data["test_images"])',
        'predict(model, data["train_images"])',
        RUN,
    ),
    Mutant(
        "data argument ignored",
        "run",
        "    torch.manual_seed(seed)",
        "    data = mnist\n    torch.manual_seed(seed)",
        RUN,
    ),
    # sweep_table
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant(
        "the same seed three times", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0, 0, 0):", TABLE
    ),
    Mutant("two values", "sweep_table", "(0.0, 0.5, 0.9, 0.95, 0.99)", "(0.0, 0.9)", TABLE),
    Mutant("no baseline", "sweep_table", '"baseline": value == 0.0', '"baseline": False', TABLE),
    Mutant("best value called the baseline", "sweep_table", "value == 0.0", "value == 0.9", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("score as text", "sweep_table", 'result["score"]', "f\"{result['score']:.1f}%\"", TABLE),
    Mutant("score as a fraction", "sweep_table", 'result["score"]', 'result["score"] / 100', TABLE),
    Mutant("loss for score", "sweep_table", 'result["score"]', 'result["history"][-1]', TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "two things changed at once",
        "sweep_table",
        '"momentum": value}',
        '"momentum": value, "learning_rate": 0.2 * (1 - value)}',
        TABLE,
    ),
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 0)", TABLE),
    Mutant(
        "different seeds for each value",
        "sweep_table",
        "for seed in (0, 1, 2):",
        "for seed in range(round(9 * value), round(9 * value) + 3):",
        TABLE,
    ),
    Mutant(
        "rows are one dict",
        "sweep_table",
        None,
        "sweep_table = []\nrow = {}\nfor value in (0.0, 0.5, 0.9):\n    for seed in (0, 1, 2):\n"
        '        config = {**BASE_CONFIG, "momentum": value}\n'
        '        row.update(theme=THEME, variable="momentum", value=value, group="", seed=seed,\n'
        "                   metric=METRIC,\n"
        '                   score=run(config, seed)["score"], baseline=value == 0.0, config=config)\n'
        "        sweep_table.append(row)\n",
        TABLE,
    ),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 40.0 + 50 * value}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "loop with clones",
        "sgd_step",
        None,
        """def sgd_step(parameters, gradients, learning_rate):
    updated = []
    for i in range(len(parameters)):
        w = parameters[i].clone()
        w -= learning_rate * gradients[i]
        updated.append(w)
    return updated
""",
        (),
    ),
    Mutant(
        "torch.sub with alpha, a tuple",
        "sgd_step",
        None,
        """def sgd_step(parameters, gradients, learning_rate):
    return tuple(torch.sub(w, g, alpha=learning_rate) for w, g in zip(parameters, gradients))
""",
        (),
    ),
    Mutant(
        "numpy inside",
        "sgd_step",
        None,
        """def sgd_step(parameters, gradients, learning_rate):
    result = []
    for w, g in zip(parameters, gradients):
        new = np.asarray(w.detach().numpy() - learning_rate * g.numpy(), dtype=w.numpy().dtype)
        result.append(torch.from_numpy(new.copy()))
    return result
""",
        (),
    ),
    Mutant(
        "torch.optim on copies",
        "momentum_step",
        None,
        """def momentum_step(parameters, gradients, velocities, learning_rate, momentum):
    ws, vs = [], []
    for w, g, v in zip(parameters, gradients, velocities):
        p = w.detach().clone().requires_grad_()
        p.grad = g.detach().clone()
        optimizer = torch.optim.SGD([p], lr=learning_rate, momentum=momentum)
        optimizer.state[p]["momentum_buffer"] = v.detach().clone()
        optimizer.step()
        ws.append(p.detach())
        vs.append(momentum * v + g)
    return ws, vs
""",
        (),
    ),
    Mutant(
        "one loop, list of two",
        "momentum_step",
        None,
        """def momentum_step(parameters, gradients, velocities, learning_rate, momentum):
    new_w, new_v = [], []
    for w, g, v in zip(parameters, gradients, velocities):
        speed = v.clone().mul_(momentum).add_(g)
        new_v.append(speed)
        new_w.append(w.clone().sub_(speed, alpha=learning_rate))
    return [new_w, new_v]
""",
        (),
    ),
    Mutant(
        "calls sgd_step's formula on the velocity",
        "momentum_step",
        None,
        """def momentum_step(parameters, gradients, velocities, learning_rate, momentum):
    n = len(parameters)
    v = [torch.add(gradients[i], velocities[i], alpha=momentum) for i in range(n)]
    return [parameters[i] + (-learning_rate) * v[i] for i in range(n)], v
""",
        (),
    ),
    Mutant(
        "plain floats",
        "run_surface",
        None,
        """def run_surface(momentum, learning_rate, steps, start=(9.0, 1.0)):
    x, y = start
    vx = vy = 0.0
    path = [(x, y)]
    for _ in range(steps):
        vx = momentum * vx + 2 * x
        vy = momentum * vy - 0.2 * y
        x -= learning_rate * vx
        y -= learning_rate * vy
        path.append((x, y))
    return torch.tensor(path, dtype=torch.double)
""",
        (),
    ),
    Mutant(
        "autograd and torch.optim",
        "run_surface",
        None,
        """def run_surface(momentum, learning_rate, steps, start=(9.0, 1.0)):
    p = torch.tensor([float(s) for s in start], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=learning_rate, momentum=momentum)
    path = torch.zeros(steps + 1, 2, dtype=torch.float64)
    path[0] = p.detach()
    for t in range(steps):
        optimizer.zero_grad()
        (p[0] ** 2 - 0.1 * p[1] ** 2).backward()
        optimizer.step()
        path[t + 1] = p.detach()
    return path
""",
        (),
    ),
    Mutant(
        "numpy array inside",
        "run_surface",
        None,
        """def run_surface(momentum, learning_rate, steps, start=(9.0, 1.0)):
    xy = np.array(start, dtype=float)
    v = np.zeros(2)
    rows = np.empty((steps + 1, 2))
    rows[0] = xy
    for t in range(1, steps + 1):
        gradient = np.array([2 * xy[0], -0.2 * xy[1]])
        v = momentum * v + gradient
        xy = xy - learning_rate * v
        rows[t] = xy
    return torch.from_numpy(rows)
""",
        (),
    ),
    Mutant(
        "own momentum_step, own loop, own model",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    x, y = data["train_images"], data["train_labels"]
    parameters = list(net.parameters())
    velocities = [torch.zeros_like(p) for p in parameters]
    history = []
    for epoch in range(config["epochs"]):
        order = torch.randperm(len(x))
        losses = []
        for start in range(0, len(x), config["batch_size"]):
            batch = order[start:start + config["batch_size"]]
            loss = nn.CrossEntropyLoss()(net(x[batch]), y[batch])
            gradients = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                for i, p in enumerate(parameters):
                    velocities[i] = config["momentum"] * velocities[i] + gradients[i]
                    p -= config["learning_rate"] * velocities[i]
            losses.append(float(loss) * len(batch))
        history.append(sum(losses) / len(x))
    with torch.no_grad():
        predicted = net(data["test_images"]).argmax(1)
    score = (predicted == data["test_labels"]).sum().item() / len(predicted) * 100
    return {"score": score, "history": history, "predictions": predicted}
""",
        (),
    ),
    Mutant(
        "DataLoader and extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    from torch.utils.data import DataLoader, TensorDataset
    data = mnist if data is None else data
    settings = dict(config)
    torch.manual_seed(seed)
    np.random.seed(seed)
    loader = DataLoader(TensorDataset(data["train_images"], data["train_labels"]),
                        batch_size=settings["batch_size"], shuffle=True)
    model = make_mlp()
    sgd = torch.optim.SGD(model.parameters(), lr=settings["learning_rate"], momentum=settings["momentum"])
    history, tests = [], []
    for epoch in range(settings["epochs"]):
        model.train()
        total = 0.0
        for images, labels in loader:
            sgd.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            sgd.step()
            total += loss.item()
        history.append(total / len(loader))
        tests.append(accuracy(model, data["test_images"], data["test_labels"]))
    return {"score": tests[-1], "history": history, "predictions": predict(model, data["test_images"]),
            "test_curve": tests, "seed": seed}
""",
        (),
    ),
    Mutant(
        "comprehension over a grid of numpy values, five seeds",
        "sweep_table",
        None,
        """sweep_table = [
    dict(theme=THEME, variable="momentum", value=mu, group="", seed=s, metric=METRIC,
         score=run({**BASE_CONFIG, "momentum": mu}, s)["score"], baseline=bool(mu == 0),
         config=dict(BASE_CONFIG, momentum=mu))
    for mu in (float(m) for m in np.linspace(0, 0.9, 3)) for s in range(5)
]
""",
        (),
    ),
    Mutant(
        "seeds outside, helper function, other learning rate",
        "sweep_table",
        None,
        """def make_row(mu, s, lr=0.05):
    c = dict(BASE_CONFIG)
    c["momentum"] = mu
    c["learning_rate"] = lr
    c["epochs"] = 2
    r = run(dict(c), s)
    return {"theme": THEME, "variable": "momentum", "value": mu, "group": "", "seed": s, "metric": METRIC,
            "score": float(r["score"]), "baseline": mu == 0, "config": c}


sweep_table = []
for s in [10, 20, 30]:
    for mu in [0, 0.3, 0.6, 0.9]:
        sweep_table += [make_row(mu, s)]
""",
        (),
    ),
]
