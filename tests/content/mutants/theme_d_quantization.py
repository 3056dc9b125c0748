"""Wrong and unusual answers to theme D: quantization parameters and model performance."""

from __future__ import annotations

from tests.content.mutants import Mutant

QUANTIZE = ("test_quantize",)
RANGE = ("test_find_range",)
CHANNEL = ("test_quantize_per_channel",)
MODEL = ("test_quantize_model",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

CODES = "    q = torch.round((x.clamp(lo, hi) - lo) / step).to(torch.int64)"
COPY = "            p.copy_(quantizer(p, lo, hi))"
SCORE = 'accuracy(model, data["test_images"], data["test_labels"])'
SEED = "    torch.manual_seed(seed)"
EMPTY = "    if step == 0:\n        return torch.zeros_like(x, dtype=torch.int64), torch.full_like(x, lo)\n"

MUTANTS = [
    # quantize
    Mutant("clip forgotten", "quantize", "x.clamp(lo, hi) - lo", "x - lo", QUANTIZE),
    Mutant("clipped at hi only", "quantize", "x.clamp(lo, hi)", "x.clamp(max=hi)", QUANTIZE),
    Mutant(
        "truncated", "quantize", CODES, "    q = ((x.clamp(lo, hi) - lo) / step).to(torch.int64)", QUANTIZE
    ),
    Mutant("rounded up", "quantize", "torch.round(", "torch.ceil(", QUANTIZE),
    Mutant("2^b steps", "quantize", "(2**bits - 1)", "2**bits", QUANTIZE),
    Mutant(
        "wrap-around of uint8",
        "quantize",
        CODES,
        "    q = torch.round((x - lo) / step).to(torch.int64) % 2**bits",
        QUANTIZE,
    ),
    Mutant(
        "codes in int8",
        "quantize",
        CODES,
        CODES.replace(".to(torch.int64)", ".to(torch.int8).to(torch.int64)"),
        QUANTIZE,
    ),
    Mutant("offset forgotten in x_hat", "quantize", "(lo + q * step)", "(q * step)", QUANTIZE),
    Mutant("offset forgotten in q", "quantize", "x.clamp(lo, hi) - lo)", "x.clamp(lo, hi))", QUANTIZE),
    Mutant(
        "range of x instead of the arguments",
        "quantize",
        "    step = (hi - lo)",
        "    lo, hi = x.min().item(), x.max().item()\n    step = (hi - lo)",
        QUANTIZE,
    ),
    Mutant("codes are floats", "quantize", ".to(torch.int64)\n", "\n", QUANTIZE),
    Mutant("x_hat in float64", "quantize", ".to(torch.float32)", ".to(torch.float64)", QUANTIZE),
    Mutant("NaN for an empty range", "quantize", EMPTY, "", QUANTIZE),
    Mutant("step ignores bits", "quantize", "(2**bits - 1)", "(2**8 - 1)", QUANTIZE),
    Mutant("in place", "quantize", "x.clamp(lo, hi)", "x.clamp_(lo, hi)", QUANTIZE),
    Mutant(
        "clipped codes are lost (set to 0)",
        "quantize",
        CODES,
        "    q = torch.round((x - lo) / step).to(torch.int64)\n    q[(x < lo) | (x > hi)] = 0",
        QUANTIZE,
    ),
    Mutant(
        "rounded before dividing",
        "quantize",
        CODES,
        "    q = (torch.round(x.clamp(lo, hi) - lo) / step).to(torch.int64).clamp(0, 2**bits - 1)",
        QUANTIZE,
    ),
    Mutant("middle of the cell", "quantize", "(lo + q * step)", "(lo + (q + 0.5) * step)", QUANTIZE),
    Mutant(
        "returned in the other order",
        "quantize",
        "return q, (lo + q * step).to(torch.float32)",
        "return (lo + q * step).to(torch.float32), q",
        QUANTIZE,
    ),
    # find_range
    Mutant(
        "population standard deviation",
        "find_range",
        "x.mean() - 3 * x.std(), x.mean() + 3 * x.std()",
        "x.mean() - 3 * x.std(correction=0), x.mean() + 3 * x.std(correction=0)",
        RANGE,
    ),
    Mutant(
        "variance for deviation",
        "find_range",
        "x.mean() - 3 * x.std(), x.mean() + 3 * x.std()",
        "x.mean() - 3 * x.var(), x.mean() + 3 * x.var()",
        RANGE,
    ),
    Mutant(
        "mean left out",
        "find_range",
        "x.mean() - 3 * x.std(), x.mean() + 3 * x.std()",
        "-3 * x.std(), 3 * x.std()",
        RANGE,
    ),
    Mutant("two sigma above", "find_range", "x.mean() + 3 * x.std()", "x.mean() + 2 * x.std()", RANGE),
    Mutant(
        "sigma clipped to the data",
        "find_range",
        "x.mean() - 3 * x.std(), x.mean() + 3 * x.std()",
        "torch.maximum(x.min(), x.mean() - 3 * x.std()), torch.minimum(x.max(), x.mean() + 3 * x.std())",
        RANGE,
    ),
    Mutant("signed maximum for symmetric", "find_range", "hi = x.abs().max()", "hi = x.max()", RANGE),
    Mutant(
        "symmetric about the mean",
        "find_range",
        "hi = x.abs().max()",
        "hi = (x - x.mean()).abs().max()",
        RANGE,
    ),
    Mutant(
        "percentiles without interpolation",
        "find_range",
        "torch.quantile(x, 0.01), torch.quantile(x, 0.99)",
        'torch.quantile(x, 0.01, interpolation="nearest"), torch.quantile(x, 0.99, interpolation="nearest")',
        RANGE,
    ),
    Mutant(
        "5th and 95th percentile",
        "find_range",
        "torch.quantile(x, 0.01), torch.quantile(x, 0.99)",
        "torch.quantile(x, 0.05), torch.quantile(x, 0.95)",
        RANGE,
    ),
    Mutant(
        "percentile of unsorted data",
        "find_range",
        "torch.quantile(x, 0.01), torch.quantile(x, 0.99)",
        "x.flatten()[int(0.01 * x.numel())], x.flatten()[int(0.99 * x.numel())]",
        RANGE,
    ),
    Mutant(
        "first row only",
        "find_range",
        '    if method == "minmax":\n        lo, hi = x.min(), x.max()',
        '    if method == "minmax":\n        lo, hi = x[0].min(), x[0].max()',
        RANGE,
    ),
    Mutant(
        "min-max always contains 0",
        "find_range",
        "lo, hi = x.min(), x.max()",
        "lo, hi = x.min().clamp(max=0), x.max().clamp(min=0)",
        RANGE,
    ),
    Mutant("tensors for floats", "find_range", "return lo.item(), hi.item()", "return lo, hi", RANGE),
    Mutant("hi before lo", "find_range", "return lo.item(), hi.item()", "return hi.item(), lo.item()", RANGE),
    # quantize_per_channel
    Mutant(
        "same scale for all channels",
        "quantize_per_channel",
        "a = rows.abs().amax(dim=1, keepdim=True)",
        "a = rows.abs().max().expand(len(w), 1)",
        CHANNEL,
    ),
    Mutant(
        "scale of each column",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    columns = w.reshape(len(w), -1)
    a = columns.abs().amax(dim=0, keepdim=True)
    steps = 2 * a / (2**bits - 1)
    divisor = torch.where(steps > 0, steps, torch.ones_like(steps))
    q = torch.round((columns + a) / divisor)
    return (-a + q * steps).reshape(w.shape), steps.flatten()[:len(w)]
""",
        CHANNEL,
    ),
    Mutant("signed maximum", "quantize_per_channel", "rows.abs().amax", "rows.amax", CHANNEL),
    Mutant(
        "min-max of each row",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    rows = w.reshape(len(w), -1)
    lo, hi = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
    steps = (hi - lo) / (2**bits - 1)
    divisor = torch.where(steps > 0, steps, torch.ones_like(steps))
    return (lo + torch.round((rows - lo) / divisor) * steps).reshape(w.shape), steps.flatten()
""",
        CHANNEL,
    ),
    Mutant(
        "NaN for a row of zeros",
        "quantize_per_channel",
        "torch.where(steps > 0, steps, torch.ones_like(steps))",
        "steps",
        CHANNEL,
    ),
    Mutant("truncated rows", "quantize_per_channel", "torch.round(", "torch.floor(", CHANNEL),
    Mutant("2^b steps per row", "quantize_per_channel", "2 * a / (2**bits - 1)", "2 * a / 2**bits", CHANNEL),
    Mutant(
        "levels k·Δ (0 is a level)",
        "quantize_per_channel",
        "    q = torch.round((rows + a) / divisor)\n    return (-a + q * steps)",
        "    q = torch.round(rows / divisor)\n    return (q * steps)",
        CHANNEL,
    ),
    Mutant(
        "last axis only",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    a = w.abs().amax(dim=-1, keepdim=True)
    steps = 2 * a / (2**bits - 1)
    divisor = torch.where(steps > 0, steps, torch.ones_like(steps))
    q = torch.round((w + a) / divisor)
    return -a + q * steps, steps.flatten()
""",
        CHANNEL,
    ),
    Mutant("half of the range for the step", "quantize_per_channel", "steps = 2 * a", "steps = a", CHANNEL),
    Mutant("steps with an axis too many", "quantize_per_channel", "steps.flatten()", "steps", CHANNEL),
    # quantize_model
    Mutant("the original is changed", "quantize_model", "copy.deepcopy(model)", "model", MODEL),
    Mutant("shallow copy", "quantize_model", "copy.deepcopy(model)", "copy.copy(model)", MODEL),
    Mutant(
        "biases' range from the weights",
        "quantize_model",
        "            lo, hi = choose_range(p)",
        "            if p.dim() > 1:\n                lo, hi = choose_range(p)",
        MODEL,
    ),
    Mutant(
        "one range for the whole model",
        "quantize_model",
        "        for p in result.parameters():\n            lo, hi = choose_range(p)",
        "        lo, hi = choose_range(torch.cat([p.flatten() for p in result.parameters()]))\n"
        "        for p in result.parameters():",
        MODEL,
    ),
    Mutant(
        "biases left out",
        "quantize_model",
        "            lo, hi = choose_range(p)",
        "            if p.dim() < 2:\n                continue\n            lo, hi = choose_range(p)",
        MODEL,
    ),
    Mutant(
        "last layer left out",
        "quantize_model",
        "in result.parameters()",
        "in list(result.parameters())[:-2] or result.parameters()",
        MODEL,
    ),
    Mutant(
        "buffers quantized too",
        "quantize_model",
        "in result.parameters()",
        "in [t for t in result.state_dict().values() if t.is_floating_point()]",
        MODEL,
    ),
    Mutant(
        "value not written",
        "quantize_model",
        COPY,
        "            p = quantizer(p, lo, hi)",
        MODEL,
    ),
    Mutant(
        "min-max whatever was asked",
        "quantize_model",
        "lo, hi = choose_range(p)",
        "lo, hi = p.min(), p.max()",
        MODEL,
    ),
    Mutant(
        "range of each row",
        "quantize_model",
        COPY,
        "            for row in (p if p.dim() > 1 else [p]):\n"
        "                lo, hi = choose_range(row)\n"
        "                row.copy_(quantizer(row, lo, hi))",
        MODEL,
    ),
    # run
    Mutant("seed ignored for the weights", "run", SEED, "    pass", RUN),
    Mutant("seed is always 0", "run", SEED, "    seed = 0\n    torch.manual_seed(seed)", RUN),
    Mutant("momentum written out", "run", 'momentum=config["momentum"]', "momentum=0.9", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.05", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=5", RUN),
    Mutant("never quantized", "run", "if bits != 32:", "if False:", RUN),
    Mutant("always 4 bits", "run", "quantize(p, lo, hi, bits)[1]", "quantize(p, lo, hi, 4)[1]", RUN),
    Mutant("method written out", "run", "find_range(p, method)", 'find_range(p, "minmax")', RUN),
    Mutant(
        "quantized before training",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    bits, method = config["bits"], config["method"]
    if bits != 32:
        model = quantize_model(model, lambda p: find_range(p, method),
                               lambda p, lo, hi: quantize(p, lo, hi, bits)[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history,
            "logits": model(data["test_images"])}
""",
        RUN,
    ),
    Mutant(
        "accuracy on the training data",
        "run",
        SCORE,
        'accuracy(model, data["train_images"], data["train_labels"])',
        RUN,
    ),
    Mutant("fraction for percent", "run", SCORE, SCORE + " / 100", RUN),
    Mutant("score is a tensor", "run", SCORE, f"torch.tensor({SCORE})", RUN),
    Mutant(
        "trained on the test data",
        "run",
        'train(model, data["train_images"], data["train_labels"]',
        'train(model, data["test_images"], data["test_labels"]',
        RUN,
    ),
    Mutant("a config key added in place", "run", SEED, '    config["device"] = "cpu"\n' + SEED, RUN),
    Mutant(
        "one model for all runs",
        "run",
        "    model = make_mlp()\n",
        '    if not hasattr(run, "model"):\n        run.model = make_mlp()\n    model = run.model\n',
        RUN,
    ),
    Mutant(
        "outputs for the training images",
        "run",
        'logits = model(data["test_images"])',
        'logits = model(data["train_images"])',
        RUN,
    ),
    Mutant(
        "outputs of the model before quantization",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    bits, method = config["bits"], config["method"]
    final = model
    if bits != 32:
        final = quantize_model(model, lambda p: find_range(p, method),
                               lambda p, lo, hi: quantize(p, lo, hi, bits)[1])
    return {"score": accuracy(final, data["test_images"], data["test_labels"]), "history": history,
            "logits": model(data["test_images"]).detach()}
""",
        RUN,
    ),
    Mutant(
        "accuracy of the model before quantization",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    model = make_mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    history = train(model, data["train_images"], data["train_labels"], optimizer,
                    epochs=config["epochs"], batch_size=config["batch_size"], seed=seed)
    bits, method = config["bits"], config["method"]
    final = model
    if bits != 32:
        final = quantize_model(model, lambda p: find_range(p, method),
                               lambda p, lo, hi: quantize(p, lo, hi, bits)[1])
    return {"score": accuracy(model, data["test_images"], data["test_labels"]), "history": history,
            "logits": final(data["test_images"]).detach()}
""",
        RUN,
    ),
    Mutant("data argument ignored", "run", SEED, "    data = mnist\n" + SEED, RUN),
    # sweep_table
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant("two values", "sweep_table", "(1, 2, 3, 4, 5, 6, 8, 32)", "(2, 32)", TABLE),
    Mutant("no baseline run", "sweep_table", "(1, 2, 3, 4, 5, 6, 8, 32)", "(1, 2, 3, 4)", TABLE),
    Mutant("8 bits called the baseline", "sweep_table", "value == 32", "value == 8", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": f"{value} bits",', TABLE),
    Mutant("score as a fraction", "sweep_table", 'result["score"]', 'result["score"] / 100', TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "two things changed at once",
        "sweep_table",
        '"bits": value}',
        '"bits": value, "method": "sigma" if value < 4 else "minmax"}',
        TABLE,
    ),
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 0)", TABLE),
    Mutant(
        "baseline run with one seed",
        "sweep_table",
        "    for seed in (0, 1, 2):",
        "    for seed in ((0,) if value == 32 else (0, 1, 2)):",
        TABLE,
    ),
    Mutant(
        "scores of the first value in all rows",
        "sweep_table",
        "result = run(config, seed)",
        'result = run(config, seed) if value == 1 else {"score": sweep_table[0]["score"]}',
        TABLE,
    ),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 95.0 - 20.0 / value}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "codes clipped after rounding",
        "quantize",
        None,
        """def quantize(x, lo, hi, bits):
    levels = 2 ** bits
    if hi <= lo:
        q = torch.zeros(x.shape, dtype=torch.long)
        return q, torch.zeros(x.shape) + lo
    scale = (levels - 1) / (hi - lo)
    q = ((x - lo) * scale).round().clamp(0, levels - 1).long()
    return q, lo + q.float() / scale
""",
        (),
    ),
    Mutant(
        "nearest level by distance",
        "quantize",
        None,
        """def quantize(x, lo, hi, bits):
    n = 2**bits
    if lo == hi:
        return torch.zeros_like(x).long(), torch.ones_like(x) * lo
    delta = (hi - lo) / (n - 1)
    q = torch.floor((torch.clamp(x, min=lo, max=hi) - lo) / delta + 0.5).long()
    q = torch.minimum(q, torch.tensor(n - 1))
    return q, (q.double() * delta + lo).float()
""",
        (),
    ),
    Mutant(
        "numpy inside",
        "quantize",
        None,
        """def quantize(x, lo, hi, bits):
    values = np.clip(x.numpy().astype(np.float64), lo, hi)
    delta = (hi - lo) / (2**bits - 1) or 1.0
    q = np.rint((values - lo) / delta).astype(np.int64)
    return torch.from_numpy(q), torch.from_numpy((lo + q * delta).astype(np.float32))
""",
        (),
    ),
    Mutant(
        "numpy inside",
        "find_range",
        None,
        """def find_range(x, method):
    v = x.detach().cpu().numpy().ravel().astype(float)
    if method == "percentile":
        lo, hi = np.percentile(v, [1, 99])
    elif method == "sigma":
        m, s = v.mean(), v.std(ddof=1)
        lo, hi = m - 3 * s, m + 3 * s
    elif method == "symmetric":
        a = max(abs(v.min()), abs(v.max()))
        lo, hi = -a, a
    else:
        lo, hi = v.min(), v.max()
    return float(lo), float(hi)
""",
        (),
    ),
    Mutant(
        "dict of functions, list returned",
        "find_range",
        None,
        """def find_range(x, method):
    x = x.flatten().float()
    n = len(x)

    def sigma():
        mean = x.sum() / n
        s = (((x - mean) ** 2).sum() / (n - 1)).sqrt()
        return mean - 3 * s, mean + 3 * s

    def percentile():
        ordered = x.sort().values
        ends = []
        for p in (0.01, 0.99):
            position = p * (n - 1)
            k = min(int(position), n - 2)
            ends.append(ordered[k] + (position - k) * (ordered[k + 1] - ordered[k]))
        return ends

    table = {"minmax": lambda: (min(x.tolist()), max(x.tolist())), "sigma": sigma, "percentile": percentile,
             "symmetric": lambda: (-x.abs().max(), x.abs().max())}
    return [float(end) for end in table[method]()]
""",
        (),
    ),
    Mutant(
        "loop over the channels",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    w_hat = torch.zeros_like(w)
    steps = torch.zeros(w.shape[0])
    for i in range(w.shape[0]):
        a = w[i].abs().max().item()
        if a == 0:
            continue
        delta = 2 * a / (2 ** bits - 1)
        steps[i] = delta
        w_hat[i] = torch.round((w[i] + a) / delta) * delta - a
    return w_hat, steps
""",
        (),
    ),
    Mutant(
        "calls quantize for each channel",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    out, steps = [], []
    for channel in w:
        a = float(channel.abs().max())
        out.append(quantize(channel, -a, a, bits)[1])
        steps.append(2 * a / (2**bits - 1))
    return torch.stack(out), torch.tensor(steps)
""",
        (),
    ),
    Mutant(
        "broadcast over all axes",
        "quantize_per_channel",
        None,
        """def quantize_per_channel(w, bits):
    n = 2**bits - 1
    a = w.flatten(1).abs().max(dim=1).values if w.dim() > 1 else w.abs()
    shape = [-1] + [1] * (w.dim() - 1)
    delta = (2 * a / n).reshape(shape)
    k = torch.nan_to_num((w + a.reshape(shape)) / delta).round().clamp(0, n)
    return k * delta - a.reshape(shape), 2 * a / n
""",
        (),
    ),
    Mutant(
        "through the state dict",
        "quantize_model",
        None,
        """def quantize_model(model, choose_range, quantizer):
    from copy import deepcopy
    other = deepcopy(model)
    state = {k: v.clone() for k, v in other.state_dict().items()}
    for name, p in model.named_parameters():
        low, high = choose_range(p.detach())
        state[name] = quantizer(p.detach(), low, high)
    other.load_state_dict(state)
    return other
""",
        (),
    ),
    Mutant(
        "param.data, floats for the range",
        "quantize_model",
        None,
        """import copy


def quantize_model(model, choose_range, quantizer):
    new = copy.deepcopy(model)
    for module in new.modules():
        for name, p in module.named_parameters(recurse=False):
            bounds = choose_range(p.data)
            p.data = quantizer(p.data.clone(), float(bounds[0]), float(bounds[1]))
    return new
""",
        (),
    ),
    Mutant(
        "own loop and DataLoader, extra keys",
        "run",
        None,
        """def run(config, seed, data=None):
    from torch.utils.data import DataLoader, TensorDataset
    if data is None:
        data = mnist
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    sgd = torch.optim.SGD(net.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    pairs = TensorDataset(data["train_images"], data["train_labels"])
    loader = DataLoader(pairs, config["batch_size"], shuffle=True)
    history = []
    for _ in range(config["epochs"]):
        running = []
        for x, y in loader:
            loss = F.cross_entropy(net(x), y)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            running.append(loss.item())
        history.append(float(np.mean(running)))
    plain = accuracy(net, data["test_images"], data["test_labels"])
    if config["bits"] < 32:
        with torch.no_grad():
            for p in net.parameters():
                lo, hi = find_range(p, config["method"])
                p.copy_(quantize(p, lo, hi, config["bits"])[1])
    net.eval()
    with torch.no_grad():
        outputs = net(data["test_images"])
    score = float((outputs.argmax(1) == data["test_labels"]).double().mean() * 100)
    return {"score": score, "history": history, "logits": outputs, "plain": plain}
""",
        (),
    ),
    Mutant(
        "functions with names",
        "run",
        None,
        """def run(config, seed, data=None):
    d = dict(mnist if data is None else data)
    c = dict(config)
    torch.manual_seed(seed)
    model = make_mlp(hidden=(128, 128))
    opt = torch.optim.SGD(model.parameters(), c["learning_rate"], c["momentum"])
    losses = train(model, d["train_images"], d["train_labels"], opt, c["epochs"], c["batch_size"], seed)

    def choose(p):
        return find_range(p, c["method"])

    def rounding(p, lo, hi):
        q, x_hat = quantize(p, lo, hi, c["bits"])
        return x_hat

    final = model if c["bits"] == 32 else quantize_model(model, choose, rounding)
    return dict(score=accuracy(final, d["test_images"], d["test_labels"]), history=losses,
                logits=final(d["test_images"]).detach())
""",
        (),
    ),
    Mutant(
        "baseline first, five seeds, comprehension",
        "sweep_table",
        None,
        """def row(bits, seed):
    config = dict(BASE_CONFIG, bits=bits, epochs=3)
    return dict(theme=THEME, variable="bits", value=bits, group="", seed=seed, metric=METRIC,
                score=round(run(config, seed)["score"], 2), baseline=bits == 32, config=config)


sweep_table = [row(bits, seed) for bits in [32, 8, 4, 2] for seed in range(5)]
""",
        (),
    ),
    Mutant(
        "two methods as groups",
        "sweep_table",
        None,
        """sweep_table = []
for method in ("minmax", "sigma"):
    for seed in (3, 4, 5):
        for bits in (2, 4, 32):
            c = {**BASE_CONFIG, "bits": bits, "method": method}
            sweep_table.append(dict(theme=THEME, variable="bits", value=bits, group=method, seed=seed,
                                    metric=METRIC, score=run(c, seed)["score"],
                                    baseline=bits == 32, config=c))
""",
        (),
    ),
]
