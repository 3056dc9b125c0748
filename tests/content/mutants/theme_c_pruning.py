"""Wrong and unusual answers to theme C: pruning."""

from __future__ import annotations

from tests.content.mutants import Mutant

PRUNE = ("test_prune_model",)
GLOBAL = ("test_global_prune",)
COUNT = ("test_nonzero_parameters",)
TUNE = ("test_finetune_masked",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

COPY = "result = copy.deepcopy(model)"
ORDER = "weight.abs().flatten().argsort()"
SET = "            weight.view(-1)[smallest] = 0"
LOOP = "        for name in layers:\n            weight = modules[name].weight\n"
RANK = "everything[everything.abs().argsort()[:count]] = 0"
SUM = "sum(int((p != 0).sum()) for p in model.parameters())"
TRAIN = "train(model, images, labels, optimizer, epochs, batch_size, seed, after_step=apply_masks)"
MASKS = "{name: p.detach() != 0 for name, p in model.named_parameters() if p.dim() > 1}"
SEED = "    torch.manual_seed(seed)\n"
SCORE = 'accuracy(model, data["test_images"], data["test_labels"])'
AMOUNTS = "(0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)"
TUNE_LINES = """    if config["finetune_epochs"] > 0:
        finetune_masked(model, data["train_images"], data["train_labels"], config["learning_rate"],
                        config["finetune_epochs"], config["batch_size"], seed)
"""
PRUNE_LINES = """    if config["amount"] > 0:
        method = {"layer": prune_model, "global": global_prune}[config["method"]]
        model = method(model, config["amount"], LAYERS)
"""

MUTANTS = [
    # prune_model
    Mutant("model pruned in place", "prune_model", COPY, "result = model", PRUNE),
    Mutant("shallow copy", "prune_model", COPY, "result = copy.copy(model)", PRUNE),
    Mutant(
        "biases pruned",
        "prune_model",
        SET,
        SET + "\n            bias = modules[name].bias\n"
        "            bias[bias.abs().argsort()[:int(len(bias) * amount)]] = 0",
        PRUNE,
    ),
    Mutant(
        "biases ranked with the weights",
        "prune_model",
        None,
        """def prune_model(model, amount, layers):
    result = copy.deepcopy(model)
    modules = dict(result.named_modules())
    with torch.no_grad():
        for name in layers:
            parameters = list(modules[name].parameters())
            everything = torch.cat([p.flatten() for p in parameters])
            everything[everything.abs().argsort()[:int(len(everything) * amount + 1e-9)]] = 0
            for p, part in zip(parameters, everything.split([p.numel() for p in parameters])):
                p.copy_(part.view_as(p))
    return result
""",
        PRUNE,
    ),
    Mutant(
        "all layers pruned",
        "prune_model",
        LOOP,
        "        for name in [n for n, m in modules.items() if isinstance(m, (nn.Linear, nn.Conv2d))]:\n"
        "            weight = modules[name].weight\n",
        PRUNE,
    ),
    Mutant(
        "linear layers only",
        "prune_model",
        LOOP,
        LOOP + "            if not isinstance(modules[name], nn.Linear):\n                continue\n",
        PRUNE,
    ),
    Mutant(
        "names matched by their beginning",
        "prune_model",
        LOOP,
        "        for name in modules:\n"
        "            weight = getattr(modules[name], 'weight', None)\n"
        "            if not any(name.startswith(layer) for layer in layers) or weight is None:\n"
        "                continue\n",
        PRUNE,
    ),
    Mutant("first layer only", "prune_model", "for name in layers:", "for name in layers[:1]:", PRUNE),
    Mutant("signed weights", "prune_model", ORDER, "weight.flatten().argsort()", PRUNE),
    Mutant("largest pruned", "prune_model", ORDER, ORDER[:-1] + "descending=True)", PRUNE),
    Mutant("amount is the share to keep", "prune_model", "numel() * amount", "numel() * (1 - amount)", PRUNE),
    Mutant(
        "amount taken as a threshold",
        "prune_model",
        SET,
        "            weight[weight.abs() < amount] = 0",
        PRUNE,
    ),
    Mutant(
        "tied weights pruned together",
        "prune_model",
        SET,
        "            if count:\n"
        "                weight[weight.abs() <= weight.abs().flatten().kthvalue(count).values] = 0",
        PRUNE,
    ),
    Mutant("one too many", "prune_model", "amount + 1e-9)\n", "amount + 1)\n", PRUNE),
    Mutant(
        "rounded up",
        "prune_model",
        "int(weight.numel() * amount + 1e-9)",
        "math.ceil(weight.numel() * amount)",
        PRUNE,
    ),
    Mutant(
        "the same share of each row",
        "prune_model",
        SET,
        "            rows = weight.view(len(weight), -1)\n"
        "            for row in rows:\n"
        "                row[row.abs().argsort()[:int(len(row) * amount + 1e-9)]] = 0",
        PRUNE,
    ),
    Mutant(
        "random weights",
        "prune_model",
        ORDER,
        "torch.randperm(weight.numel())",
        PRUNE,
    ),
    Mutant(
        "kept weights rescaled",
        "prune_model",
        SET,
        SET + "\n            weight.div_(1 - amount + 1e-6)",
        PRUNE,
    ),
    Mutant(
        "sets small numbers, not 0", "prune_model", SET, "            weight.view(-1)[smallest] = 1e-8", PRUNE
    ),
    Mutant("original returned", "prune_model", "return result", "return model", PRUNE),
    # global_prune
    Mutant(
        "per-layer for global",
        "global_prune",
        "    with torch.no_grad():",
        "    return prune_model(model, amount, layers)\n    with torch.no_grad():",
        GLOBAL,
    ),
    Mutant(
        "per-layer for global, written out",
        "global_prune",
        "            weight.copy_(part.view_as(weight))",
        "            weight.view(-1)[weight.abs().flatten().argsort()[:int(weight.numel() * amount + 1e-9)]] = 0",
        GLOBAL,
    ),
    Mutant(
        "magnitudes relative to the layer's largest",
        "global_prune",
        RANK,
        "scores = torch.cat([(w / w.abs().max()).abs().flatten() for w in weights])\n"
        "        everything[scores.argsort()[:count]] = 0",
        GLOBAL,
    ),
    Mutant("model pruned in place", "global_prune", COPY, "result = model", GLOBAL),
    Mutant("signed weights", "global_prune", "everything.abs().argsort()", "everything.argsort()", GLOBAL),
    Mutant(
        "biases ranked with the weights",
        "global_prune",
        "weights = [modules[name].weight for name in layers]",
        "weights = [p for name in layers for p in modules[name].parameters()]",
        GLOBAL,
    ),
    Mutant(
        "every layer of the model",
        "global_prune",
        "for name in layers]",
        "for name in modules if isinstance(modules[name], (nn.Linear, nn.Conv2d))]",
        GLOBAL,
    ),
    Mutant(
        "amount is the share to keep",
        "global_prune",
        "len(everything) * amount",
        "len(everything) * (1 - amount)",
        GLOBAL,
    ),
    Mutant(
        "tied weights pruned together",
        "global_prune",
        RANK,
        "if count:\n            everything[everything.abs() <= everything.abs().sort().values[count - 1]] = 0",
        GLOBAL,
    ),
    Mutant(
        "quantile, one off",
        "global_prune",
        RANK,
        "everything[everything.abs() < torch.quantile(everything.abs(), amount)] = 0",
        GLOBAL,
    ),
    Mutant(
        "parts written back in reverse order",
        "global_prune",
        "        for weight, part in zip(weights, everything.split([weight.numel() for weight in weights])):",
        "        for weight, part in zip(weights[::-1], everything.split([weight.numel() for weight in weights[::-1]])):",
        GLOBAL,
    ),
    Mutant(
        "not written back",
        "global_prune",
        "            weight.copy_(part.view_as(weight))",
        "            pass",
        GLOBAL,
    ),
    Mutant(
        "count of the first layer",
        "global_prune",
        "int(len(everything) * amount + 1e-9)",
        "int(weights[0].numel() * amount + 1e-9)",
        GLOBAL,
    ),
    # nonzero_parameters
    Mutant("all parameters", "nonzero_parameters", "int((p != 0).sum())", "p.numel()", COUNT),
    Mutant("zeros counted", "nonzero_parameters", "p != 0", "p == 0", COUNT),
    Mutant("positive ones only", "nonzero_parameters", "p != 0", "p > 0", COUNT),
    Mutant("small ones taken for zeros", "nonzero_parameters", "p != 0", "p.abs() > 1e-6", COUNT),
    Mutant(
        "weights only",
        "nonzero_parameters",
        "in model.parameters()",
        "in model.parameters() if p.dim() > 1",
        COUNT,
    ),
    Mutant(
        "buffers counted",
        "nonzero_parameters",
        "p in model.parameters()",
        "p in model.state_dict().values()",
        COUNT,
    ),
    Mutant(
        "shared parameters twice",
        "nonzero_parameters",
        "p in model.parameters()",
        "m in model.modules() for p in m.parameters(recurse=False)",
        COUNT,
    ),
    Mutant(
        "frozen ones left out",
        "nonzero_parameters",
        "in model.parameters()",
        "in model.parameters() if p.requires_grad",
        COUNT,
    ),
    Mutant(
        "tensor returned", "nonzero_parameters", SUM, "sum((p != 0).sum() for p in model.parameters())", COUNT
    ),
    Mutant(
        "float returned",
        "nonzero_parameters",
        SUM,
        "sum((p != 0).float().mean().item() * p.numel() for p in model.parameters())",
        COUNT,
    ),
    Mutant(
        "last parameter only",
        "nonzero_parameters",
        SUM,
        "[int((p != 0).sum()) for p in model.parameters()][-1]",
        COUNT,
    ),
    Mutant(
        "linear layers only",
        "nonzero_parameters",
        SUM,
        "sum(int((p != 0).sum()) for m in model.modules() if isinstance(m, nn.Linear) for p in m.parameters())",
        COUNT,
    ),
    # finetune_masked
    Mutant("mask lost on the first step", "finetune_masked", ", after_step=apply_masks", "", TUNE),
    Mutant(
        "mask applied before training only",
        "finetune_masked",
        f"return {TRAIN}",
        "apply_masks(model)\n    return " + TRAIN.replace(", after_step=apply_masks", ""),
        TUNE,
    ),
    Mutant(
        "mask applied at the end only",
        "finetune_masked",
        f"return {TRAIN}",
        "history = "
        + TRAIN.replace(", after_step=apply_masks", "")
        + "\n    apply_masks(model)\n    return history",
        TUNE,
    ),
    Mutant("mask applied once an epoch", "finetune_masked", "after_step=", "after_epoch=", TUNE),
    Mutant(
        "mask taken anew after each step",
        "finetune_masked",
        "                p.mul_(masks[name])",
        "                p.mul_(p != 0)",
        TUNE,
    ),
    Mutant("biases masked", "finetune_masked", " if p.dim() > 1", "", TUNE),
    Mutant("mask inverted", "finetune_masked", "p.detach() != 0", "p.detach() == 0", TUNE),
    Mutant("mask for two dimensions only", "finetune_masked", "p.dim() > 1", "p.dim() == 2", TUNE),
    Mutant(
        "mask of the first layer only",
        "finetune_masked",
        MASKS,
        f"dict(list({MASKS}.items())[:1])",
        TUNE,
    ),
    Mutant(
        "kept weights frozen",
        "finetune_masked",
        "SGD(model.parameters()",
        "SGD([p for p in model.parameters() if p.dim() == 1]",
        TUNE,
    ),
    Mutant(
        "biases not trained",
        "finetune_masked",
        "SGD(model.parameters()",
        "SGD([p for p in model.parameters() if p.dim() > 1]",
        TUNE,
    ),
    Mutant(
        "a copy trained",
        "finetune_masked",
        f"return {TRAIN}",
        "model = copy.deepcopy(model)\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)\n"
        f"    return {TRAIN}",
        TUNE,
    ),
    Mutant("momentum", "finetune_masked", "lr=learning_rate", "lr=learning_rate, momentum=0.9", TUNE),
    Mutant(
        "weight decay", "finetune_masked", "lr=learning_rate", "lr=learning_rate, weight_decay=0.01", TUNE
    ),
    Mutant("Adam", "finetune_masked", "torch.optim.SGD(", "torch.optim.Adam(", TUNE),
    Mutant("learning rate written out", "finetune_masked", "lr=learning_rate", "lr=0.05", TUNE),
    Mutant("epochs ignored", "finetune_masked", "optimizer, epochs,", "optimizer, 1,", TUNE),
    Mutant(
        "batch size ignored",
        "finetune_masked",
        "optimizer, epochs, batch_size,",
        "optimizer, epochs, 64,",
        TUNE,
    ),
    Mutant("last loss only", "finetune_masked", f"return {TRAIN}", f"return {TRAIN}[-1:]", TUNE),
    Mutant("nothing returned", "finetune_masked", f"return {TRAIN}", TRAIN, TUNE),
    # run
    Mutant("seed ignored for the weights", "run", SEED, "", RUN),
    Mutant("seed is always 0", "run", SEED, "    seed = 0\n" + SEED, RUN),
    Mutant("momentum written out", "run", 'momentum=config["momentum"]', "momentum=0.9", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.05", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=5", RUN),
    Mutant("never pruned", "run", PRUNE_LINES, "", RUN),
    Mutant(
        "always 50 %", "run", 'method(model, config["amount"], LAYERS)', "method(model, 0.5, LAYERS)", RUN
    ),
    Mutant("method written out", "run", '[config["method"]]', '["layer"]', RUN),
    Mutant("never fine-tuned", "run", TUNE_LINES, "", RUN),
    Mutant(
        "always one epoch of fine-tuning",
        "run",
        '                        config["finetune_epochs"],',
        "                        1,",
        RUN,
    ),
    Mutant(
        "the baseline is not fine-tuned",
        "run",
        '    if config["finetune_epochs"] > 0:',
        '    if config["finetune_epochs"] > 0 and config["amount"] > 0:',
        RUN,
    ),
    Mutant(
        "fine-tuned before pruning",
        "run",
        PRUNE_LINES + TUNE_LINES,
        TUNE_LINES + PRUNE_LINES,
        RUN,
    ),
    Mutant("pruned copy thrown away", "run", "model = method(", "pruned = method(", RUN),
    Mutant(
        "pruned before training",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    if config["amount"] > 0:
        method = {"layer": prune_model, "global": global_prune}[config["method"]]
        model = method(model, config["amount"], LAYERS)
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    if config["finetune_epochs"] > 0:
        finetune_masked(model, data["train_images"], data["train_labels"], config["learning_rate"],
                        config["finetune_epochs"], config["batch_size"], seed)
    with torch.no_grad():
        logits = model(data["test_images"])
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history, "logits": logits}
""",
        RUN,
    ),
    Mutant(
        "trained models kept and pruned further",
        "run",
        None,
        """models = {}


def run(config, seed, data=None):
    data = mnist if data is None else data
    key = (seed, len(data["train_images"]), *(config[k] for k in ("learning_rate", "momentum", "epochs", "batch_size")))
    if key not in models:
        torch.manual_seed(seed)
        model = make_mlp()
        optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
        history = train(model, data["train_images"], data["train_labels"], optimizer,
                        epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
        models[key] = model, history
    model, history = models[key]
    if config["amount"] > 0:
        method = {"layer": prune_model, "global": global_prune}[config["method"]]
        model = method(model, config["amount"], LAYERS)
        models[key] = model, history
    if config["finetune_epochs"] > 0:
        finetune_masked(model, data["train_images"], data["train_labels"], config["learning_rate"],
                        config["finetune_epochs"], config["batch_size"], seed)
    with torch.no_grad():
        logits = model(data["test_images"])
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": list(history),
            "logits": logits}
""",
        RUN + TABLE,  # its table has, at amount 0, scores of pruned models
    ),
    Mutant("accuracy on the training data", "run", SCORE, SCORE.replace("test_", "train_"), RUN),
    Mutant("fraction for percent", "run", SCORE, SCORE + " / 100", RUN),
    Mutant("score is a tensor", "run", SCORE, f"torch.tensor({SCORE})", RUN),
    Mutant(
        "trained on the test data",
        "run",
        'train(model, data["train_images"], data["train_labels"], optimizer',
        'train(model, data["test_images"], data["test_labels"], optimizer',
        RUN,
    ),
    Mutant(
        "a config key removed",
        "run",
        SEED,
        '    config.pop("method", None)\n    config["method"] = "layer"\n' + SEED,
        RUN,
    ),
    Mutant(
        "outputs for the training images",
        "run",
        'model(data["test_images"])',
        'model(data["train_images"])',
        RUN,
    ),
    Mutant(
        "one model for all runs",
        "run",
        "    model = make_mlp()\n",
        '    if not hasattr(run, "model"):\n        run.model = make_mlp()\n    model = run.model\n',
        RUN,
    ),
    Mutant("data argument ignored", "run", SEED, "    data = mnist\n" + SEED, RUN),
    # sweep_table
    Mutant(
        "cumulative pruning in the sweep",
        "sweep_table",
        None,
        """sweep_table = []
for seed in (0, 1, 2):
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=BASE_CONFIG["learning_rate"], momentum=BASE_CONFIG["momentum"])
    train(model, mnist["train_images"], mnist["train_labels"], optimizer, BASE_CONFIG["epochs"],
          BASE_CONFIG["batch_size"], seed)
    for value in (0.0, 0.98, 0.9, 0.5):
        model = prune_model(model, value, LAYERS)
        sweep_table.append({
            "theme": THEME, "variable": "amount", "value": value, "group": "", "seed": seed, "metric": METRIC,
            "score": accuracy(model, mnist["test_images"], mnist["test_labels"]), "baseline": value == 0.0,
            "config": {**BASE_CONFIG, "amount": value},
        })
""",
        TABLE,
    ),
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant("two values", "sweep_table", AMOUNTS, "(0.0, 0.9)", TABLE),
    Mutant("no baseline run", "sweep_table", AMOUNTS, "(0.5, 0.9, 0.95)", TABLE),
    Mutant("best value called the baseline", "sweep_table", "value == 0.0", "value == 0.5", TABLE),
    Mutant("value in percent", "sweep_table", '"value": value,', '"value": 100 * value,', TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": f"{value:.0%}",', TABLE),
    Mutant("both curves in one group", "sweep_table", '"group": group,', '"group": "",', TABLE),
    Mutant(
        "score as a fraction",
        "sweep_table",
        '"score": result["score"]',
        '"score": result["score"] / 100',
        TABLE,
    ),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "two things changed at once",
        "sweep_table",
        '"finetune_epochs": epochs}',
        '"finetune_epochs": epochs, "method": "global" if value > 0.8 else "layer"}',
        TABLE,
    ),
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 7)", TABLE),
    Mutant(
        "difference from the baseline for the score",
        "sweep_table",
        '"score": result["score"]',
        '"score": result["score"] - run({**BASE_CONFIG, "epochs": 1}, seed)["score"]',
        TABLE,
    ),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 99.0 - 60 * value**8}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "mask by rank, multiplied",
        "prune_model",
        None,
        """def prune_model(model, amount, layers):
    new = copy.deepcopy(model)
    for name, module in new.named_modules():
        if name in layers:
            w = module.weight.data
            k = int(w.numel() * amount + 1e-9)
            mask = torch.ones(w.numel())
            mask[torch.topk(w.abs().reshape(-1), k, largest=False).indices] = 0
            module.weight.data = w * mask.reshape(w.shape)
    return new
""",
        (),
    ),
    Mutant(
        "through the state dict, numpy",
        "prune_model",
        None,
        """def prune_model(model, amount, layers):
    other = copy.deepcopy(model)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    for layer in layers:
        w = state[layer + ".weight"].numpy()
        flat = w.flatten()
        k = int(flat.size * amount + 1e-9)
        flat[np.argsort(np.abs(flat), kind="stable")[:k]] = 0.0
        state[layer + ".weight"] = torch.tensor(flat.reshape(w.shape))
    other.load_state_dict(state)
    return other
""",
        (),
    ),
    Mutant(
        "torch's own pruning",
        "prune_model",
        None,
        """def prune_model(model, amount, layers):
    from torch.nn.utils import prune
    result = copy.deepcopy(model)
    for name in layers:
        module = result.get_submodule(name)
        count = int(module.weight.numel() * amount + 1e-9)
        if count > 0:
            prune.l1_unstructured(module, "weight", amount=count)
            prune.remove(module, "weight")
    return result
""",
        (),
    ),
    Mutant(
        "global mask by rank",
        "global_prune",
        None,
        """def global_prune(model, amount, layers):
    new = copy.deepcopy(model)
    chosen = [m for n, m in new.named_modules() if n in layers]
    sizes = [m.weight.numel() for m in chosen]
    magnitudes = torch.cat([m.weight.detach().abs().reshape(-1) for m in chosen])
    k = int(sum(sizes) * amount + 1e-9)
    keep = torch.ones(sum(sizes), dtype=torch.bool)
    keep[torch.sort(magnitudes).indices[:k]] = False
    start = 0
    for m, size in zip(chosen, sizes):
        m.weight.data[~keep[start:start + size].reshape(m.weight.shape)] = 0
        start += size
    return new
""",
        (),
    ),
    Mutant(
        "sorted list of positions",
        "global_prune",
        None,
        """def global_prune(model, amount, layers):
    result = copy.deepcopy(model)
    entries = []
    for layer in layers:
        flat = result.get_submodule(layer).weight.detach().flatten().tolist()
        entries += [(abs(value), layer, position) for position, value in enumerate(flat)]
    entries.sort()
    with torch.no_grad():
        for _, layer, position in entries[:int(len(entries) * amount + 1e-9)]:
            result.get_submodule(layer).weight.view(-1)[position] = 0
    return result
""",
        (),
    ),
    Mutant(
        "torch's own global pruning",
        "global_prune",
        None,
        """def global_prune(model, amount, layers):
    from torch.nn.utils import prune
    result = copy.deepcopy(model)
    pairs = [(result.get_submodule(name), "weight") for name in layers]
    count = int(sum(m.weight.numel() for m, _ in pairs) * amount + 1e-9)
    if count > 0:
        prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=count)
        for m, name in pairs:
            prune.remove(m, name)
    return result
""",
        (),
    ),
    Mutant(
        "count_nonzero in a loop",
        "nonzero_parameters",
        None,
        """def nonzero_parameters(model):
    total = 0
    for name, parameter in model.named_parameters():
        total += torch.count_nonzero(parameter).item()
    return total
""",
        (),
    ),
    Mutant(
        "numpy, vector of all parameters",
        "nonzero_parameters",
        None,
        """def nonzero_parameters(model):
    parts = [p.detach().numpy().ravel() for p in model.parameters()]
    return int(np.count_nonzero(np.concatenate(parts))) if parts else 0
""",
        (),
    ),
    Mutant(
        "own loop, gradients masked",
        "finetune_masked",
        None,
        """def finetune_masked(model, images, labels, learning_rate, epochs, batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    masks = [(p != 0).float() if p.dim() >= 2 else torch.ones_like(p) for p in model.parameters()]
    history = []
    model.train()
    for epoch in range(epochs):
        losses = []
        order = torch.randperm(len(images), generator=generator)
        for start in range(0, len(images), batch_size):
            index = order[start:start + batch_size]
            model.zero_grad()
            loss = nn.CrossEntropyLoss()(model(images[index]), labels[index])
            loss.backward()
            with torch.no_grad():
                for p, m in zip(model.parameters(), masks):
                    p -= learning_rate * m * p.grad
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history
""",
        (),
    ),
    Mutant(
        "zeros set again by index, DataLoader",
        "finetune_masked",
        None,
        """def finetune_masked(model, images, labels, learning_rate, epochs, batch_size, seed):
    from torch.utils.data import DataLoader, TensorDataset
    torch.manual_seed(seed)
    zeros = {n: (p.data == 0) for n, p in model.named_parameters() if "weight" in n}
    sgd = torch.optim.SGD(model.parameters(), lr=learning_rate)
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            for n, p in model.named_parameters():
                if n in zeros:
                    p.data[zeros[n]] = 0.0
            total += loss.item() * len(x)
            count += len(x)
        history.append(total / count)
    return history
""",
        (),
    ),
    Mutant(
        "gradient hooks",
        "finetune_masked",
        None,
        """def finetune_masked(model, images, labels, learning_rate, epochs, batch_size, seed):
    handles = []
    for p in model.parameters():
        if p.dim() > 1:
            keep = (p.detach() != 0).to(p.dtype)
            handles.append(p.register_hook(lambda g, keep=keep: g * keep))
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    history = train(model, images, labels, optimizer, epochs, batch_size, seed)
    for handle in handles:
        handle.remove()
    return history
""",
        (),
    ),
    Mutant(
        "models kept, copied before pruning",
        "run",
        None,
        """_trained = {}


def run(config, seed, data=None):
    data = mnist if data is None else data
    x, y = data["train_images"], data["train_labels"]
    key = (seed, config["learning_rate"], config["momentum"], config["epochs"], config["batch_size"],
           float(x.double().sum()), len(x))
    if key not in _trained:
        torch.manual_seed(seed)
        net = make_mlp()
        sgd = torch.optim.SGD(net.parameters(), config["learning_rate"], config["momentum"])
        _trained[key] = net, train(net, x, y, sgd, config["epochs"], config["batch_size"], seed)
    net, history = _trained[key]
    net = copy.deepcopy(net)
    if config["amount"] != 0:
        net = (prune_model if config["method"] == "layer" else global_prune)(net, config["amount"], LAYERS)
    if config["finetune_epochs"]:
        finetune_masked(net, x, y, config["learning_rate"], config["finetune_epochs"], config["batch_size"], seed)
    logits = net(data["test_images"]).detach()
    score = (logits.argmax(1) == data["test_labels"]).double().mean().item() * 100
    return {"score": score, "history": list(history), "logits": logits}
""",
        (),
    ),
    Mutant(
        "own loop, pruned at amount 0 too, extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    from torch.utils.data import DataLoader, TensorDataset
    if data is None:
        data = mnist
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                          nn.Linear(128, 10))
    sgd = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    loader = DataLoader(TensorDataset(data["train_images"], data["train_labels"]), config["batch_size"], shuffle=True)
    history = []
    for _ in range(config["epochs"]):
        losses = []
        for x, y in loader:
            sgd.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            sgd.step()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    dense = accuracy(model, data["test_images"], data["test_labels"])
    if config["method"] == "global":
        model = global_prune(model, config["amount"], LAYERS)
    else:
        model = prune_model(model, config["amount"], LAYERS)
    tuned = finetune_masked(model, data["train_images"], data["train_labels"], config["learning_rate"],
                            config["finetune_epochs"], config["batch_size"], seed)
    with torch.no_grad():
        logits = model(data["test_images"])
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history,
            "logits": logits, "dense": dense, "left": nonzero_parameters(model), "finetune_history": tuned}
""",
        (),
    ),
    Mutant(
        "one group, unsorted amounts, four seeds",
        "sweep_table",
        None,
        """sweep_table = [
    dict(theme=THEME, variable="amount", value=p, group="", seed=s, metric=METRIC,
         score=run({**BASE_CONFIG, "amount": p, "epochs": 2}, s)["score"], baseline=(p == 0),
         config={**BASE_CONFIG, "amount": p, "epochs": 2})
    for s in (4, 5, 6, 7) for p in (0.95, 0.0, 0.8)
]
""",
        (),
    ),
    Mutant(
        "methods as groups, numpy values",
        "sweep_table",
        None,
        """def one_row(method, p, s):
    c = dict(BASE_CONFIG)
    c.update(method=method, amount=float(p), epochs=2)
    return {"theme": THEME, "variable": "amount", "value": float(p), "group": method, "seed": s, "metric": METRIC,
            "score": float(run(dict(c), s)["score"]), "baseline": bool(p == 0), "config": c}


sweep_table = []
for method in ["layer", "global"]:
    for p in np.array([0.0, 0.6, 0.9, 0.99]):
        for s in range(3):
            sweep_table.append(one_row(method, p, s))
""",
        (),
    ),
]
