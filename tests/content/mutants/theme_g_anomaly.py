"""Wrong and unusual answers to theme G: anomaly detection with an autoencoder."""

from __future__ import annotations

from tests.content.mutants import Mutant

SCORE = ("test_anomaly_score",)
THRESHOLD = ("test_fit_threshold",)
CONFUSION = ("test_confusion_at",)
AUROC = ("test_auroc",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

ERROR = "((model(images) - images) ** 2).flatten(1).mean(dim=1)"
QUANTILE = "torch.quantile(scores, q).item()"
PAIRS = "((anomalous > normal).double() + 0.5 * (anomalous == normal).double()).mean().item()"
SEED = "    torch.manual_seed(seed)"
ROC = "float(roc_auc_score(is_anomaly.numpy(), scores.numpy()))"
TRAIN = "train(model, normal[:used], normal[:used]"
CUT = 'torch.quantile(held_back, config["q"]).item()'

MUTANTS = [
    # anomaly_score
    Mutant("one number for the batch", "anomaly_score", ".flatten(1).mean(dim=1)", ".mean()", SCORE),
    Mutant(
        "batch mean for every image",
        "anomaly_score",
        ERROR,
        "((model(images) - images) ** 2).mean().repeat(len(images))",
        SCORE,
    ),
    Mutant("sum over the pixels", "anomaly_score", ".mean(dim=1)", ".sum(dim=1)", SCORE),
    Mutant(
        "absolute error",
        "anomaly_score",
        "((model(images) - images) ** 2)",
        "(model(images) - images).abs()",
        SCORE,
    ),
    Mutant("root of the error", "anomaly_score", ".mean(dim=1)", ".mean(dim=1).sqrt()", SCORE),
    Mutant("largest pixel", "anomaly_score", ".mean(dim=1)", ".amax(dim=1)", SCORE),
    Mutant("median pixel", "anomaly_score", ".mean(dim=1)", ".median(dim=1).values", SCORE),
    Mutant("mean over the images", "anomaly_score", ".mean(dim=1)", ".mean(dim=0)", SCORE),
    Mutant(
        "difference of the means",
        "anomaly_score",
        ERROR,
        "(model(images) - images).flatten(1).mean(dim=1) ** 2",
        SCORE,
    ),
    Mutant(
        "only the first row of pixels",
        "anomaly_score",
        ERROR,
        "((model(images) - images) ** 2)[:, 0, 0].mean(dim=1)",
        SCORE,
    ),
    Mutant(
        "divided by the brightness",
        "anomaly_score",
        ".mean(dim=1)",
        ".mean(dim=1) / (images.flatten(1).mean(dim=1) + 1e-6)",
        SCORE,
    ),
    Mutant(
        "normalised over the batch",
        "anomaly_score",
        "return " + ERROR,
        "s = " + ERROR + "\n        return (s - s.min()) / (s.max() - s.min() + 1e-9)",
        SCORE,
    ),
    Mutant(
        "restored twice",
        "anomaly_score",
        "(model(images) - images)",
        "(model(model(images)) - images)",
        SCORE,
    ),
    # fit_threshold
    Mutant("1 - q", "fit_threshold", "quantile(scores, q)", "quantile(scores, 1 - q)", THRESHOLD),
    Mutant(
        "mean plus deviations",
        "fit_threshold",
        QUANTILE,
        "(scores.mean() + 2 * scores.std(unbiased=False)).item()",
        THRESHOLD,
    ),
    Mutant("largest score", "fit_threshold", QUANTILE, "scores.max().item()", THRESHOLD),
    Mutant("part of the largest", "fit_threshold", QUANTILE, "(q * scores.max()).item()", THRESHOLD),
    Mutant(
        "part of the range",
        "fit_threshold",
        QUANTILE,
        "(scores.min() + q * (scores.max() - scores.min())).item()",
        THRESHOLD,
    ),
    Mutant(
        "lower neighbour",
        "fit_threshold",
        "quantile(scores, q)",
        'quantile(scores, q, interpolation="lower")',
        THRESHOLD,
    ),
    Mutant(
        "nearest neighbour",
        "fit_threshold",
        "quantile(scores, q)",
        'quantile(scores, q, interpolation="nearest")',
        THRESHOLD,
    ),
    Mutant(
        "position q n",
        "fit_threshold",
        QUANTILE,
        "scores.sort().values[min(int(q * len(scores)), len(scores) - 1)].item()",
        THRESHOLD,
    ),
    Mutant("not sorted", "fit_threshold", QUANTILE, "scores[round(q * (len(scores) - 1))].item()", THRESHOLD),
    Mutant("always 0.95", "fit_threshold", "quantile(scores, q)", "quantile(scores, 0.95)", THRESHOLD),
    Mutant("a tensor", "fit_threshold", ".item()", "", THRESHOLD),
    Mutant(
        "sorted in place",
        "fit_threshold",
        "    return",
        "    scores.copy_(scores.sort().values)\n    return",
        THRESHOLD,
    ),
    Mutant("percent", "fit_threshold", "quantile(scores, q)", "quantile(scores, q / 100)", THRESHOLD),
    # confusion_at
    Mutant("ties are anomalies", "confusion_at", "scores > threshold", "scores >= threshold", CONFUSION),
    Mutant("comparison turned round", "confusion_at", "scores > threshold", "scores < threshold", CONFUSION),
    Mutant(
        "normal is positive",
        "confusion_at",
        "    found = scores > threshold",
        "    found = scores <= threshold\n    is_anomaly = ~is_anomaly",
        CONFUSION,
    ),
    Mutant(
        "labels flipped",
        "confusion_at",
        "    found =",
        "    is_anomaly = ~is_anomaly\n    found =",
        CONFUSION,
    ),
    Mutant(
        "fp and fn exchanged",
        "confusion_at",
        '"fp": (found & ~is_anomaly).sum().item(),\n        "fn": (~found & is_anomaly).sum().item()',
        '"fn": (found & ~is_anomaly).sum().item(),\n        "fp": (~found & is_anomaly).sum().item()',
        CONFUSION,
    ),
    Mutant(
        "rates",
        "confusion_at",
        "(found & is_anomaly).sum().item()",
        "(found & is_anomaly).float().mean().item()",
        CONFUSION,
    ),
    Mutant(
        "tensors",
        "confusion_at",
        "(found & is_anomaly).sum().item()",
        "(found & is_anomaly).sum()",
        CONFUSION,
    ),
    Mutant(
        "all anomalies found",
        "confusion_at",
        "(found & is_anomaly).sum().item()",
        "is_anomaly.sum().item()",
        CONFUSION,
    ),
    Mutant(
        "all that is found",
        "confusion_at",
        "(found & is_anomaly).sum().item()",
        "found.sum().item()",
        CONFUSION,
    ),
    Mutant("threshold fixed at 0.5", "confusion_at", "scores > threshold", "scores > 0.5", CONFUSION),
    # auroc
    Mutant(
        "max(a, 1 - a)",
        "auroc",
        "return " + PAIRS,
        "value = " + PAIRS + "\n    return max(value, 1 - value)",
        AUROC,
    ),
    Mutant("labels flipped in auroc", "auroc", PAIRS, PAIRS.replace(">", "<"), AUROC),
    Mutant("ties count nothing", "auroc", " + 0.5 * (anomalous == normal).double()", "", AUROC),
    Mutant("ties count one", "auroc", "0.5 * (", "1.0 * (", AUROC),
    Mutant(
        "same rank order for ties",
        "auroc",
        None,
        """def auroc(scores, is_anomaly):
    order = scores.argsort(stable=True)
    rank = torch.empty(len(scores))
    rank[order] = torch.arange(1, len(scores) + 1).float()
    a, n = int(is_anomaly.sum()), int((~is_anomaly).sum())
    return ((rank[is_anomaly].sum() - a * (a + 1) / 2) / (a * n)).item()
""",
        AUROC,
    ),
    Mutant(
        "accuracy at the mean",
        "auroc",
        "return " + PAIRS,
        "return ((scores > scores.mean()) == is_anomaly).double().mean().item()",
        AUROC,
    ),
    Mutant(
        "pairs side by side",
        "auroc",
        "return " + PAIRS,
        "k = min(anomalous.numel(), normal.numel())\n    a, n = anomalous.flatten()[:k], normal.flatten()[:k]\n    return ((a > n).double() + 0.5 * (a == n).double()).mean().item()",
        AUROC,
    ),
    Mutant(
        "difference of the means in auroc",
        "auroc",
        "return " + PAIRS,
        "return (anomalous.mean() > normal.mean()).double().item()",
        AUROC,
    ),
    Mutant("a tensor in auroc", "auroc", ".mean().item()", ".mean()", AUROC),
    Mutant("percent in auroc", "auroc", "return ", "return 100 * ", AUROC),
    Mutant("sum of the pairs", "auroc", ".mean().item()", ".sum().item()", AUROC),
    Mutant("all pairs of images", "auroc", "scores[~is_anomaly][None, :]", "scores[None, :]", AUROC),
    Mutant("ties within a tolerance", "auroc", "(anomalous > normal)", "(anomalous > normal + 0.3)", AUROC),
    # run
    Mutant(
        "trained on all digits", "run", TRAIN, 'train(model, data["train_images"], data["train_images"]', RUN
    ),
    Mutant(
        "trained on the anomalies",
        "run",
        TRAIN,
        TRAIN.replace(
            "normal[:used]", 'data["train_images"][data["train_labels"] != config["normal_digit"]]'
        ),
        RUN,
    ),
    Mutant("not trained", "run", 'lr=config["learning_rate"]', 'lr=1e-6 * config["learning_rate"]', RUN),
    Mutant("threshold from the images trained on", "run", "normal[used:]", "normal[:used]", RUN),
    Mutant("threshold from the test images", "run", CUT, 'torch.quantile(scores, config["q"]).item()', RUN),
    Mutant(
        "threshold from the anomalies",
        "run",
        CUT,
        'torch.quantile(scores[data["test_labels"] != config["normal_digit"]], config["q"]).item()',
        RUN,
    ),
    Mutant("threshold at 1 - q", "run", CUT, 'torch.quantile(held_back, 1 - config["q"]).item()', RUN),
    Mutant("q written out", "run", CUT, "torch.quantile(held_back, 0.95).item()", RUN),
    Mutant(
        "normal digit is the anomaly", "run", '!= config["normal_digit"]', '== config["normal_digit"]', RUN
    ),
    Mutant("score turned above one half", "run", ROC, "max(" + ROC + ", 1 - " + ROC + ")", RUN),
    Mutant(
        "accuracy for AUROC",
        "run",
        ROC,
        "float(((scores > held_back.mean()) == is_anomaly).float().mean())",
        RUN,
    ),
    Mutant("percent in run", "run", ROC, "100 * " + ROC, RUN + TABLE),
    Mutant("scores negated", "run", '"scores": scores', '"scores": -scores', RUN),
    Mutant(
        "scores of the training images",
        "run",
        'for images in (data["test_images"]',
        'for images in (data["train_images"][: len(data["test_images"])]',
        RUN,
    ),
    Mutant("seed ignored", "run", SEED, "    seed = 0\n" + SEED, RUN),
    Mutant("weights without a seed", "run", SEED, "    pass", RUN),
    Mutant("width written out", "run", 'config["width"]', "32", RUN),
    Mutant(
        "digit written out",
        "run",
        'data["train_labels"] == config["normal_digit"]',
        'data["train_labels"] == 8',
        RUN,
    ),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.002", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=20", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=16", RUN),
    Mutant("a config key added in place", "run", SEED, '    config["momentum"] = 0.9\n' + SEED, RUN),
    Mutant(
        "labels changed in place",
        "run",
        SEED,
        '    data["test_labels"][data["test_labels"] != config["normal_digit"]] = -1\n' + SEED,
        RUN,
    ),
    Mutant("history of the last epoch only", "run", '"history": history', '"history": history[-1:]', RUN),
    Mutant("threshold is a tensor", "run", CUT, 'torch.quantile(held_back, config["q"]).repeat(2)', RUN),
    Mutant("data argument ignored", "run", "    normal = ", "    data = mnist\n    normal = ", RUN),
    # sweep_table
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant(
        "the same seed three times", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0, 0, 0):", TABLE
    ),
    Mutant("two widths", "sweep_table", "(1, 4, 16, 32, 128)", "(1, 32)", TABLE),
    Mutant("no baseline", "sweep_table", "value == 32", "False", TABLE),
    Mutant("narrowest called the baseline", "sweep_table", "value == 32", "value == 1", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("score in percent", "sweep_table", 'result["score"]', '100 * result["score"]', TABLE),
    Mutant("score as text", "sweep_table", 'result["score"]', "f\"{result['score']:.3f}\"", TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "normal digit changes with the width",
        "sweep_table",
        '"normal_digit": NORMAL_DIGIT',
        '"normal_digit": value % 10',
        TABLE,
    ),
    Mutant("best seed for all", "sweep_table", "run(config, seed)", "run(config, 7)", TABLE),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 0.9 + value / 2000}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "image by image",
        "anomaly_score",
        None,
        """def anomaly_score(model, images):
    values = []
    for i in range(len(images)):
        x = images[i:i + 1]
        values.append(F.mse_loss(model(x).detach(), x).item())
    return torch.tensor(values)
""",
        (),
    ),
    Mutant(
        "mse_loss without reduction, evaluation mode",
        "anomaly_score",
        None,
        """def anomaly_score(model, images):
    was_training = model.training
    model.eval()
    error = F.mse_loss(model(images), images, reduction="none").mean(dim=(1, 2, 3)).detach()
    model.train(was_training)
    return error
""",
        (),
    ),
    Mutant(
        "numpy quantile",
        "fit_threshold",
        None,
        """def fit_threshold(scores, q):
    return float(np.quantile(scores.numpy(), q))
""",
        (),
    ),
    Mutant(
        "sorted by hand",
        "fit_threshold",
        None,
        """def fit_threshold(scores, q):
    ordered = sorted(scores.tolist())
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
""",
        (),
    ),
    Mutant(
        "loop over the images",
        "confusion_at",
        None,
        """def confusion_at(scores, is_anomaly, threshold):
    counts = dict(tn=0, fn=0, fp=0, tp=0)
    for s, a in zip(scores.tolist(), is_anomaly.tolist()):
        positive = s > threshold
        counts[("t" if positive == a else "f") + ("p" if positive else "n")] += 1
    return counts
""",
        (),
    ),
    Mutant(
        "sklearn confusion matrix",
        "confusion_at",
        None,
        """def confusion_at(scores, is_anomaly, threshold):
    from sklearn.metrics import confusion_matrix
    m = confusion_matrix(is_anomaly.numpy(), (scores > threshold).numpy(), labels=[False, True])
    return {"tp": int(m[1, 1]), "fp": int(m[0, 1]), "fn": int(m[1, 0]), "tn": int(m[0, 0])}
""",
        (),
    ),
    Mutant(
        "double loop",
        "auroc",
        None,
        """def auroc(scores, is_anomaly):
    a = [s for s, flag in zip(scores.tolist(), is_anomaly.tolist()) if flag]
    n = [s for s, flag in zip(scores.tolist(), is_anomaly.tolist()) if not flag]
    wins = 0.0
    for x in a:
        for y in n:
            wins += 1 if x > y else 0.5 if x == y else 0
    return wins / (len(a) * len(n))
""",
        (),
    ),
    Mutant(
        "sklearn",
        "auroc",
        None,
        """def auroc(scores, is_anomaly):
    from sklearn.metrics import roc_auc_score
    return float(roc_auc_score(is_anomaly.numpy(), scores.numpy()))
""",
        (),
    ),
    Mutant(
        "mean ranks",
        "auroc",
        None,
        """def auroc(scores, is_anomaly):
    from scipy.stats import rankdata
    rank = rankdata(scores.numpy())
    flags = is_anomaly.numpy()
    a, n = flags.sum(), (~flags).sum()
    return float((rank[flags].sum() - a * (a + 1) / 2) / (a * n))
""",
        (),
    ),
    Mutant(
        "own functions, own loop",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    net = make_autoencoder(config["width"])
    normal = data["train_images"][data["train_labels"] == config["normal_digit"]]
    n_held = len(normal) // 5
    fit, held = normal[:len(normal) - n_held], normal[len(normal) - n_held:]
    adam = torch.optim.Adam(net.parameters(), lr=config["learning_rate"])
    history = []
    for epoch in range(config["epochs"]):
        total = 0.0
        for batch in torch.randperm(len(fit)).split(config["batch_size"]):
            loss = nn.MSELoss()(net(fit[batch]), fit[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += float(loss) * len(batch)
        history.append(total / len(fit))
    s = anomaly_score(net, data["test_images"])
    flags = data["test_labels"] != config["normal_digit"]
    threshold = fit_threshold(anomaly_score(net, held), config["q"])
    return {"score": auroc(s, flags), "history": history, "model": net, "scores": s, "threshold": threshold,
            "confusion": confusion_at(s, flags, threshold)}
""",
        (),
    ),
    Mutant(
        "DataLoader and numpy quantile",
        "run",
        None,
        """def run(config, seed, data=None):
    from torch.utils.data import DataLoader, TensorDataset
    data = mnist if data is None else data
    torch.manual_seed(seed)
    indices = torch.nonzero(data["train_labels"] == config["normal_digit"]).flatten()
    cut = len(indices) - len(indices) // 5
    x, rest = data["train_images"][indices[:cut]], data["train_images"][indices[cut:]]
    loader = DataLoader(TensorDataset(x), batch_size=config["batch_size"], shuffle=True)
    model = make_autoencoder(config["width"])
    optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    history = []
    for _ in range(config["epochs"]):
        losses = []
        for (b,) in loader:
            optimizer.zero_grad()
            loss = F.mse_loss(model(b), b)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        history.append(float(np.mean(losses)))
    model.eval()

    def errors(images):
        return (model(images) - images).detach().square().mean(dim=[1, 2, 3])

    scores = errors(data["test_images"])
    truth = [int(label != config["normal_digit"]) for label in data["test_labels"].tolist()]
    return dict(score=float(roc_auc_score(truth, scores.tolist())), history=history, model=model, scores=scores,
                threshold=float(np.quantile(errors(rest).numpy(), config["q"])))
""",
        (),
    ),
    Mutant(
        "another digit, comprehension, short training",
        "sweep_table",
        None,
        """NORMAL_DIGIT = 1
base = {**BASE_CONFIG, "normal_digit": NORMAL_DIGIT, "epochs": 2}
sweep_table = [
    dict(theme=THEME, variable="width", value=w, group="", seed=s, metric=METRIC,
         score=run({**base, "width": w}, s)["score"], baseline=bool(w == 32), config=dict(base, width=w))
    for w in (2, 32, 64) for s in range(4)
]
""",
        (),
    ),
    Mutant(
        "two digits as two groups",
        "sweep_table",
        None,
        """NORMAL_DIGIT = 4
sweep_table = []
for digit in (4, 0):
    for s in [10, 20, 30]:
        for w in [2, 8, 32]:
            c = dict(BASE_CONFIG)
            c["normal_digit"], c["width"], c["epochs"] = digit, w, 2
            sweep_table += [{"theme": THEME, "variable": "width", "value": w, "group": f"normal {digit}", "seed": s,
                             "metric": METRIC, "score": run(c, s)["score"], "baseline": w == 32, "config": c}]
""",
        (),
    ),
]
