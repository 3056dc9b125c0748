"""Wrong and unusual answers to theme F: how well models withstand adversarial examples."""

from __future__ import annotations

from tests.content.mutants import Mutant

GRADIENT = ("test_input_gradient",)
FGSM = ("test_fgsm",)
PGD = ("test_pgd",)
ROBUST = ("test_robust_accuracy",)
STEP = ("test_adversarial_train_step",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

LOSS = '    loss = F.cross_entropy(model(x), labels, reduction="sum")'
GRAD = "    return torch.autograd.grad(loss, x)[0]"
FGSM_LINE = "    return (images + epsilon * gradient.sign()).clamp(0, 1)"
MOVE = "        x = x + step_size * gradient_at(x).sign()"
PROJECT = "        x = torch.clamp(x, images - epsilon, images + epsilon).clamp(0, 1)"
SURVIVED = "        survived = survived & (predict(model, attack(model, images, labels)) == labels)"

MUTANTS = [
    # input_gradient
    Mutant("mean of the batch", "input_gradient", ', reduction="sum"', "", GRADIENT),
    Mutant(
        "minus sign",
        "input_gradient",
        "return torch.autograd.grad(loss, x)[0]",
        "return -torch.autograd.grad(loss, x)[0]",
        GRADIENT,
    ),  # fmt: skip
    Mutant(
        "predicted for true label",
        "input_gradient",
        LOSS,
        '    logits = model(x)\n    loss = F.cross_entropy(logits, logits.argmax(dim=1), reduction="sum")',
        GRADIENT,
    ),  # fmt: skip
    Mutant(
        "softmax before cross entropy",
        "input_gradient",
        "model(x), labels",
        "model(x).softmax(dim=1), labels",
        GRADIENT,
    ),  # fmt: skip
    Mutant(
        "gradients left in the model",
        "input_gradient",
        GRAD,
        "    loss.backward()\n    return x.grad",
        GRADIENT,
    ),
    Mutant(
        "other gradients thrown away",
        "input_gradient",
        GRAD,
        "    loss.backward()\n    model.zero_grad()\n    return x.grad",
        GRADIENT,
    ),  # fmt: skip
    Mutant(
        "the images keep requires_grad",
        "input_gradient",
        "images.detach().clone().requires_grad_()",
        "images.requires_grad_()",
        GRADIENT,
    ),  # fmt: skip
    Mutant("left in eval mode", "input_gradient", LOSS, "    model.eval()\n" + LOSS, GRADIENT),
    Mutant("switched to train mode", "input_gradient", LOSS, "    model.train()\n" + LOSS, GRADIENT),
    Mutant("sign already taken", "input_gradient", "loss, x)[0]", "loss, x)[0].sign()", GRADIENT),
    Mutant("absolute values", "input_gradient", "loss, x)[0]", "loss, x)[0].abs()", GRADIENT),
    Mutant(
        "normalised",
        "input_gradient",
        GRAD,
        "    g = torch.autograd.grad(loss, x)[0]\n    return g / g.norm()",
        GRADIENT,
    ),  # fmt: skip
    Mutant(
        "logit of the label for the loss",
        "input_gradient",
        LOSS,
        "    loss = -model(x).gather(1, labels[:, None]).sum()",
        GRADIENT,
    ),  # fmt: skip
    # fgsm
    Mutant("FGSM goes down", "fgsm", "images + epsilon", "images - epsilon", FGSM),
    Mutant("raw gradient", "fgsm", "gradient.sign()", "gradient", FGSM),
    Mutant(
        "L2 normalised",
        "fgsm",
        "gradient.sign()",
        "gradient / (gradient.flatten(1).norm(dim=1).reshape(-1, *[1] * (images.dim() - 1)) + 1e-12)",
        FGSM,
    ),  # fmt: skip
    Mutant("no clip", "fgsm", ".clamp(0, 1)", "", FGSM),
    Mutant("clipped to [-1, 1]", "fgsm", ".clamp(0, 1)", ".clamp(-1, 1)", FGSM),
    Mutant(
        "returns the perturbation",
        "fgsm",
        "(images + epsilon * gradient.sign()).clamp(0, 1)",
        "epsilon * gradient.sign()",
        FGSM,
    ),  # fmt: skip
    Mutant("epsilon in 255ths", "fgsm", "epsilon *", "epsilon / 255 *", FGSM),
    Mutant("epsilon written out", "fgsm", "epsilon *", "0.1 *", FGSM),
    Mutant(
        "a zero gradient moves up", "fgsm", "gradient.sign()", "torch.where(gradient >= 0, 1.0, -1.0)", FGSM
    ),
    Mutant(
        "images changed in place",
        "fgsm",
        FGSM_LINE,
        "    images += epsilon * gradient.sign()\n    return images.clamp_(0, 1)",
        FGSM,
    ),  # fmt: skip
    Mutant(
        "rescaled to [0, 1]",
        "fgsm",
        FGSM_LINE,
        "    x = images + epsilon * gradient.sign()\n    return (x - x.min()) / (x.max() - x.min() + 1e-12)",
        FGSM,
    ),  # fmt: skip
    # pgd
    Mutant(
        "projection missing",
        "pgd",
        "torch.clamp(x, images - epsilon, images + epsilon).clamp(0, 1)",
        "x.clamp(0, 1)",
        PGD,
    ),  # fmt: skip
    Mutant(
        "projection around the last iterate",
        "pgd",
        MOVE + "\n" + PROJECT,
        "        new = x + step_size * gradient_at(x).sign()\n"
        "        x = torch.clamp(new, x - epsilon, x + epsilon).clamp(0, 1)",
        PGD,
    ),  # fmt: skip
    Mutant(
        "projection only at the end",
        "pgd",
        PROJECT + "\n    return x",
        "        x = x.clamp(0, 1)\n    return torch.clamp(x, images - epsilon, images + epsilon)",
        PGD,
    ),  # fmt: skip
    Mutant("PGD without clip", "pgd", ".clamp(0, 1)", "", PGD),
    Mutant(
        "gradient of the original images only",
        "pgd",
        "gradient_at(x).sign()",
        "gradient_at(images).sign()",
        PGD,
    ),
    Mutant("PGD goes down", "pgd", "x + step_size", "x - step_size", PGD),
    Mutant("PGD with the raw gradient", "pgd", "gradient_at(x).sign()", "gradient_at(x)", PGD),
    Mutant(
        "PGD with the L2 gradient",
        "pgd",
        MOVE,
        "        g = gradient_at(x)\n        x = x + step_size * g / (g.norm() + 1e-12)",
        PGD,
    ),  # fmt: skip
    Mutant(
        "L2 ball for the box",
        "pgd",
        PROJECT,
        "        d = x - images\n        norm = d.flatten(1).norm(dim=1).clamp(min=1e-12)\n"
        "        scale = (epsilon / norm).clamp(max=1).reshape(-1, *[1] * (images.dim() - 1))\n"
        "        x = (images + d * scale).clamp(0, 1)",
        PGD,
    ),  # fmt: skip
    Mutant("epsilon for the step size", "pgd", "step_size * gradient_at", "epsilon * gradient_at", PGD),
    Mutant(
        "epsilon / steps for the step size",
        "pgd",
        "step_size * gradient_at",
        "epsilon / steps * gradient_at",
        PGD,
    ),
    Mutant("PGD: one step too many", "pgd", "range(steps)", "range(steps + 1)", PGD),
    Mutant("PGD: one step too few", "pgd", "range(steps)", "range(steps - 1)", PGD),
    Mutant(
        "random start",
        "pgd",
        "x = images.clone()",
        "x = (images + epsilon * (2 * torch.rand_like(images) - 1)).clamp(0, 1)",
        PGD,
    ),  # fmt: skip
    Mutant(
        "PGD changes the images in place",
        "pgd",
        "    x = images.clone()\n",
        "    x = images\n    start = images\n"
        "    images = images.clone()\n    for _ in range(steps):\n"
        "        start.copy_(torch.clamp(start + step_size * gradient_at(start).sign(), images - epsilon,\n"
        "                                images + epsilon).clamp(0, 1))\n    return start\n",
        PGD,
    ),  # fmt: skip
    Mutant(
        "projects to half the box",
        "pgd",
        "images - epsilon, images + epsilon",
        "images, images + epsilon",
        PGD,
    ),
    # robust_accuracy
    Mutant(
        "mean over the attacks",
        "robust_accuracy",
        None,
        "def robust_accuracy(model, attacks, images, labels):\n"
        "    scores = [accuracy(model, attack(model, images, labels), labels) for attack in attacks]\n"
        "    return float(np.mean(scores)) if scores else accuracy(model, images, labels)\n",
        ROBUST,
    ),  # fmt: skip
    Mutant(
        "batch mean hides: least of the accuracies",
        "robust_accuracy",
        None,
        "def robust_accuracy(model, attacks, images, labels):\n"
        "    scores = [accuracy(model, images, labels)]\n"
        "    for attack in attacks:\n"
        "        scores.append(accuracy(model, attack(model, images, labels), labels))\n"
        "    return min(scores)\n",
        ROBUST,
    ),  # fmt: skip
    Mutant("right under any attack", "robust_accuracy", "survived & (", "survived | (", ROBUST),
    Mutant("last attack only", "robust_accuracy", "survived & (", "(", ROBUST),
    Mutant(
        "clean images left out",
        "robust_accuracy",
        "survived = predict(model, images) == labels",
        "survived = torch.ones_like(labels, dtype=torch.bool) if attacks else predict(model, images) == labels",
        ROBUST,
    ),  # fmt: skip
    Mutant("robust fraction", "robust_accuracy", "100 * survived", "survived", ROBUST),
    Mutant("robust tensor", "robust_accuracy", ".mean().item()", ".mean()", ROBUST),
    Mutant(
        "one attack on top of the other",
        "robust_accuracy",
        SURVIVED,
        "        images = attack(model, images, labels)\n"
        "        survived = survived & (predict(model, images) == labels)",
        ROBUST,
    ),  # fmt: skip
    Mutant(
        "success rate of the attack",
        "robust_accuracy",
        "100 * survived.float().mean().item()",
        "100 - 100 * survived.float().mean().item()",
        ROBUST,
    ),  # fmt: skip
    Mutant(
        "first attack only", "robust_accuracy", "for attack in attacks:", "for attack in attacks[:1]:", ROBUST
    ),
    # adversarial_train_step
    Mutant("trains on the clean images", "adversarial_train_step", "model(attacked)", "model(images)", STEP),
    Mutant(
        "zero_grad before the attack",
        "adversarial_train_step",
        "    attacked = attack(model, images, labels)\n    optimizer.zero_grad()",
        "    optimizer.zero_grad()\n    attacked = attack(model, images, labels)",
        STEP,
    ),  # fmt: skip
    Mutant("no zero_grad", "adversarial_train_step", "    optimizer.zero_grad()\n", "", STEP),
    Mutant("no step", "adversarial_train_step", "    optimizer.step()\n", "", STEP),
    Mutant(
        "zero_grad after backward",
        "adversarial_train_step",
        "    optimizer.zero_grad()\n    loss = F.cross_entropy(model(attacked), labels)\n    loss.backward()",
        "    loss = F.cross_entropy(model(attacked), labels)\n    loss.backward()\n    optimizer.zero_grad()",
        STEP,
    ),  # fmt: skip
    Mutant("loss is a tensor", "adversarial_train_step", "return loss.item()", "return loss.detach()", STEP),
    Mutant(
        "loss after the step",
        "adversarial_train_step",
        "return loss.item()",
        "return F.cross_entropy(model(attacked), labels).item()",
        STEP,
    ),  # fmt: skip
    Mutant(
        "loss of the clean images",
        "adversarial_train_step",
        "    return loss.item()",
        "    with torch.no_grad():\n        clean = F.cross_entropy(model(images), labels)\n"
        "    return clean.item()",
        STEP,
    ),  # fmt: skip
    Mutant(
        "clean and attacked images",
        "adversarial_train_step",
        "loss = F.cross_entropy(model(attacked), labels)",
        "loss = (F.cross_entropy(model(attacked), labels) + F.cross_entropy(model(images), labels)) / 2",
        STEP,
    ),  # fmt: skip
    Mutant(
        "attack gets the predicted labels in training",
        "adversarial_train_step",
        "attack(model, images, labels)",
        "attack(model, images, predict(model, images))",
        STEP,
    ),  # fmt: skip
    Mutant(
        "trains on its own predictions",
        "adversarial_train_step",
        "model(attacked), labels)",
        "model(attacked), predict(model, images))",
        STEP,
    ),  # fmt: skip
    Mutant(
        "sum for the mean in training",
        "adversarial_train_step",
        "model(attacked), labels)",
        'model(attacked), labels, reduction="sum")',
        STEP,
    ),  # fmt: skip
    Mutant(
        "softmax in training",
        "adversarial_train_step",
        "model(attacked), labels)",
        "model(attacked).softmax(dim=1), labels)",
        STEP,
    ),  # fmt: skip
    Mutant("up the loss", "adversarial_train_step", "    loss.backward()", "    (-loss).backward()", STEP),
    # run
    Mutant("seed ignored for the weights", "run", "    torch.manual_seed(seed)\n", "", RUN),
    Mutant(
        "seed is always 0", "run", "torch.manual_seed(seed)", "seed = 0\n    torch.manual_seed(seed)", RUN
    ),
    Mutant(
        "trained without the attack",
        "run",
        ",\n                    prepare=lambda x, y: (train_attack(model, x, y), y))",
        ")",
        RUN,
    ),  # fmt: skip
    Mutant(
        "training epsilon written out", "run", 'fgsm_attack(config["train_epsilon"])', "fgsm_attack(0.1)", RUN
    ),
    Mutant(
        "training epsilon of the attack",
        "run",
        'fgsm_attack(config["train_epsilon"])',
        'fgsm_attack(config["attack_epsilon"])',
        RUN,
    ),  # fmt: skip
    Mutant(
        "examples for an untrained model",
        "run",
        "(train_attack(model, x, y), y)",
        "(train_attack(make_mlp(), x, y), y)",
        RUN,
    ),
    Mutant(
        "attacked with wrong labels",
        "run",
        "(train_attack(model, x, y), y)",
        "(train_attack(model, x, (y + 1) % 10), y)",
        RUN,
    ),  # fmt: skip
    Mutant("attack epsilon written out", "run", 'pgd_attack(config["attack_epsilon"]', "pgd_attack(0.1", RUN),
    Mutant("attack steps written out", "run", 'config["attack_steps"]', "10", RUN),
    Mutant("momentum not passed on", "run", ', momentum=config["momentum"])', ")", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.1", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=10", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=64", RUN),
    Mutant(
        "score on the clean images",
        "run",
        '"score": accuracy(model, attacked, labels)',
        '"score": accuracy(model, images, labels)',
        RUN,
    ),  # fmt: skip
    Mutant(
        "clean score on the attacked images",
        "run",
        '"clean_score": accuracy(model, images, labels)',
        '"clean_score": accuracy(model, attacked, labels)',
        RUN,
    ),  # fmt: skip
    Mutant("logits of the clean images", "run", "model(attacked).detach()", "model(images).detach()", RUN),
    Mutant(
        "evaluated on the training data",
        "run",
        'data["test_images"], data["test_labels"]',
        'data["train_images"], data["train_labels"]',
        RUN,
    ),  # fmt: skip
    Mutant(
        "trained on the test data",
        "run",
        'train(model, data["train_images"], data["train_labels"]',
        'train(model, data["test_images"], data["test_labels"]',
        RUN,
    ),  # fmt: skip
    Mutant(
        "fraction for percent",
        "run",
        '"score": accuracy(model, attacked, labels)',
        '"score": accuracy(model, attacked, labels) / 100',
        RUN,
    ),  # fmt: skip
    Mutant(
        "score is a tensor",
        "run",
        '"score": accuracy(model, attacked, labels)',
        '"score": torch.tensor(accuracy(model, attacked, labels))',
        RUN,
    ),  # fmt: skip
    Mutant(
        "config changed in place",
        "run",
        "    model = make_mlp()\n",
        '    model = make_mlp()\n    config["step_size"] = 2.5 * config["attack_epsilon"]\n',
        RUN,
    ),  # fmt: skip
    Mutant(
        "test images changed in place",
        "run",
        "    return {",
        '    data["test_images"].clamp_(0.01, 1)\n    return {',
        RUN,
    ),
    Mutant(
        "one model for all runs",
        "run",
        "    model = make_mlp()\n",
        '    if not hasattr(run, "model"):\n        run.model = make_mlp()\n    model = run.model\n',
        RUN,
    ),  # fmt: skip
    Mutant("returns a new model", "run", '"model": model,', '"model": make_mlp(),', RUN),
    Mutant("history of the last epoch only", "run", '"history": history', '"history": history[-1:]', RUN),
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
    Mutant("two values", "sweep_table", "(0.0, 0.05, 0.1, 0.2)", "(0.0, 0.1)", TABLE),
    Mutant("no baseline", "sweep_table", '"baseline": value == 0.0', '"baseline": False', TABLE),
    Mutant("best value called the baseline", "sweep_table", "value == 0.0", "value == 0.1", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("clean score for the score", "sweep_table", 'result["score"]', 'result["clean_score"]', TABLE),
    Mutant("score as a fraction", "sweep_table", 'result["score"]', 'result["score"] / 100', TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "attack changed together with the training",
        "sweep_table",
        '"train_epsilon": value}',
        '"train_epsilon": value, "attack_epsilon": value}',
        TABLE,
    ),  # fmt: skip
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 0)", TABLE),
    Mutant(
        "other variable named", "sweep_table", '"variable": "train_epsilon"', '"variable": "epsilon"', TABLE
    ),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 20.0 + 300 * value - 1200 * value**2}',
        TABLE,
    ),  # fmt: skip
    Mutant(
        "rows are one dict",
        "sweep_table",
        None,
        "sweep_table = []\nrow = {}\nfor value in (0.0, 0.1, 0.2):\n    for seed in (0, 1, 2):\n"
        '        config = {**BASE_CONFIG, "train_epsilon": value, "epochs": 2}\n'
        '        row.update(theme=THEME, variable="train_epsilon", value=value, group="", seed=seed,\n'
        '                   metric=METRIC, score=run(config, seed)["score"], baseline=value == 0.0,\n'
        "                   config=config)\n        sweep_table.append(row)\n",
        TABLE,
    ),  # fmt: skip
]

REWRITES = [
    Mutant(
        "backward on the images only",
        "input_gradient",
        None,
        """def input_gradient(model, images, labels):
    pixels = images.clone().detach()
    pixels.requires_grad = True
    with torch.enable_grad():
        nn.CrossEntropyLoss(reduction="sum")(model(pixels), labels).backward(inputs=[pixels])
    return pixels.grad
""",
        (),
    ),  # fmt: skip
    Mutant(
        "eval mode, put back",
        "input_gradient",
        None,
        """def input_gradient(model, images, labels):
    training = model.training
    model.eval()
    x = torch.tensor(images.numpy().copy(), requires_grad=True)
    log_p = F.log_softmax(model(x), dim=1)
    loss = -log_p[torch.arange(len(labels)), labels].sum()
    (gradient,) = torch.autograd.grad(loss, [x])
    model.train(training)
    return gradient.detach()
""",
        (),
    ),  # fmt: skip
    Mutant(
        "image by image",
        "input_gradient",
        None,
        """def input_gradient(model, images, labels):
    out = []
    frozen = [p.requires_grad for p in model.parameters()]
    for k in range(len(images)):
        x = images[k:k + 1].detach().clone().requires_grad_(True)
        loss = F.cross_entropy(model(x), labels[k:k + 1])
        out.append(torch.autograd.grad(loss, x)[0])
    return torch.cat(out)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "mean times n",
        "input_gradient",
        None,
        """def input_gradient(model, images, labels):
    x = images.detach() + 0
    x.requires_grad_()
    loss = F.cross_entropy(model(x), labels) * len(images)
    return torch.autograd.grad(loss, x)[0]
""",
        (),
    ),  # fmt: skip
    Mutant(
        "torch.where",
        "fgsm",
        None,
        """def fgsm(images, gradient, epsilon):
    step = torch.where(gradient > 0, epsilon, torch.where(gradient < 0, -epsilon, 0.0))
    return torch.clip(images + step, 0.0, 1.0)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "numpy FGSM",
        "fgsm",
        None,
        """def fgsm(images, gradient, epsilon):
    moved = images.numpy() + np.float32(epsilon) * np.sign(gradient.numpy())
    return torch.from_numpy(np.clip(moved, 0, 1).astype(np.float32))
""",
        (),
    ),  # fmt: skip
    Mutant(
        "perturbation kept",
        "pgd",
        None,
        """def pgd(gradient_at, images, epsilon, step_size, steps):
    delta = torch.zeros_like(images)
    for step in range(steps):
        g = gradient_at((images + delta).detach())
        delta = (delta + step_size * torch.sign(g)).clamp(-epsilon, epsilon)
        delta = (images + delta).clamp(0, 1) - images
    return images + delta
""",
        (),
    ),  # fmt: skip
    Mutant(
        "one box, minimum and maximum",
        "pgd",
        None,
        """def pgd(gradient_at, images, epsilon, step_size, steps):
    low, high = (images - epsilon).clamp(min=0), (images + epsilon).clamp(max=1)
    x = images.detach().clone()
    while steps > 0:
        with torch.no_grad():
            x += gradient_at(x.clone()).sign() * step_size
            x = torch.minimum(torch.maximum(x, low), high)
        steps -= 1
    return x
""",
        (),
    ),  # fmt: skip
    Mutant(
        "built on fgsm",
        "pgd",
        None,
        """def pgd(gradient_at, images, epsilon, step_size, steps):
    x = 1 * images
    for _ in range(steps):
        x = fgsm(x, gradient_at(x), step_size)
        x = torch.max(torch.min(x, images + epsilon), images - epsilon)
        x = torch.clamp(x, 0, 1)
    return x
""",
        (),
    ),  # fmt: skip
    Mutant(
        "stack and all",
        "robust_accuracy",
        None,
        """def robust_accuracy(model, attacks, images, labels):
    versions = [images] + [attack(model, images, labels) for attack in attacks]
    right = torch.stack([predict(model, v) == labels for v in versions])
    return right.all(dim=0).double().mean().item() * 100
""",
        (),
    ),  # fmt: skip
    Mutant(
        "loop over images",
        "robust_accuracy",
        None,
        """def robust_accuracy(model, attacks, images, labels):
    model.eval()
    attacked = [attack(model, images, labels) for attack in attacks]
    count = 0
    with torch.no_grad():
        for k in range(len(labels)):
            ok = int(model(images[k:k + 1]).argmax()) == int(labels[k])
            for x in attacked:
                ok = ok and int(model(x[k:k + 1]).argmax()) == int(labels[k])
            count += ok
    return 100.0 * count / len(labels)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "clears twice, module loss",
        "adversarial_train_step",
        None,
        """def adversarial_train_step(model, optimizer, attack, images, labels):
    model.zero_grad()
    x_adv = attack(model, images, labels).detach()
    optimizer.zero_grad(set_to_none=False)
    criterion = nn.CrossEntropyLoss()
    loss = criterion(model(x_adv), labels)
    value = float(loss)
    loss.backward()
    optimizer.step()
    return value
""",
        (),
    ),  # fmt: skip
    Mutant(
        "autograd.grad and a hand-set .grad",
        "adversarial_train_step",
        None,
        """def adversarial_train_step(model, optimizer, attack, images, labels):
    adversarial = attack(model, images.clone(), labels)
    parameters = list(model.parameters())
    loss = -F.log_softmax(model(adversarial), dim=1)[range(len(labels)), labels].mean()
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = g
    optimizer.step()
    return loss.item()
""",
        (),
    ),  # fmt: skip
    Mutant(
        "own loop with adversarial_train_step, other order",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                          nn.Linear(128, 10))
    sgd = torch.optim.SGD(model.parameters(), config["learning_rate"], momentum=config["momentum"])
    x, y = data["train_images"], data["train_labels"]
    attack = fgsm_attack(config["train_epsilon"])
    history = []
    for epoch in range(config["epochs"]):
        losses = []
        for batch in torch.randperm(len(x)).split(config["batch_size"]):
            losses.append(adversarial_train_step(model, sgd, attack, x[batch], y[batch]) * len(batch))
        history.append(sum(losses) / len(x))
    evaluate = pgd_attack(config["attack_epsilon"], config["attack_steps"])
    images, labels = data["test_images"], data["test_labels"]
    logits = model(evaluate(model, images, labels))
    right = logits.argmax(dim=1) == labels
    with torch.no_grad():
        clean = (model(images).argmax(1) == labels).sum().item() / len(labels) * 100
    return dict(model=model, history=history, score=right.double().mean().item() * 100, clean_score=clean,
                adversarial_logits=logits)
""",
        (),
    ),  # fmt: skip
    Mutant(
        "no attack at epsilon 0, attack in batches, extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    settings = dict(config)
    torch.manual_seed(seed)
    model = make_mlp()
    opt = torch.optim.SGD(model.parameters(), lr=settings["learning_rate"], momentum=settings["momentum"])
    epsilon = settings["train_epsilon"]
    harden = None
    if epsilon > 0:
        def harden(x, y):
            return fgsm(x, input_gradient(model, x, y), epsilon), y
    history = train(model, data["train_images"], data["train_labels"], opt, settings["epochs"],
                    settings["batch_size"], seed, prepare=harden)
    model.eval()
    attack = pgd_attack(settings["attack_epsilon"], settings["attack_steps"])
    parts = [attack(model, x, y) for x, y in zip(data["test_images"].split(64), data["test_labels"].split(64))]
    attacked = torch.cat(parts)
    with torch.no_grad():
        out = model(attacked)
    return {"score": accuracy(model, attacked, data["test_labels"]), "history": [float(h) for h in history],
            "clean_score": accuracy(model, data["test_images"], data["test_labels"]),
            "adversarial_logits": out, "model": model, "attacked": attacked, "config": settings}
""",
        (),
    ),  # fmt: skip
    Mutant(
        "comprehension, five seeds",
        "sweep_table",
        None,
        """sweep_table = [
    dict(theme=THEME, variable="train_epsilon", value=e, group="", seed=s, metric=METRIC,
         score=run({**BASE_CONFIG, "train_epsilon": e, "epochs": 3}, s)["score"], baseline=bool(e == 0),
         config=dict(BASE_CONFIG, train_epsilon=e, epochs=3))
    for e in (float(v) for v in np.linspace(0, 0.2, 3)) for s in range(5)
]
""",
        (),
    ),  # fmt: skip
    Mutant(
        "two groups, integer zero",
        "sweep_table",
        None,
        """def make_row(epsilon, steps, s):
    c = dict(BASE_CONFIG)
    c.update(train_epsilon=epsilon, attack_steps=steps, epochs=2)
    r = run(dict(c), s)
    return {"theme": THEME, "variable": "train_epsilon", "value": epsilon, "group": f"{steps} steps", "seed": s,
            "metric": METRIC, "score": float(r["score"]), "baseline": epsilon == 0, "config": c}


sweep_table = []
for steps in (1, 5):
    for s in [10, 20, 30]:
        for epsilon in [0, 0.05, 0.1]:
            sweep_table += [make_row(epsilon, steps, s)]
""",
        (),
    ),  # fmt: skip
]
