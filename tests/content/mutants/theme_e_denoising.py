"""Wrong and unusual answers to theme E: denoising with an autoencoder."""

from __future__ import annotations

from tests.content.mutants import Mutant

NOISE = ("test_add_noise",)
LOSS = ("test_denoising_loss",)
PSNR = ("test_psnr",)
RUN = ("test_run",)
TABLE = ("test_sweep_table",)

DRAW = "torch.randn(images.shape, generator=generator)"
NOISY = "    noisy = images + sigma * torch.randn(images.shape, generator=generator)"
CLIP = "return noisy.clamp(0, 1) if clip else noisy"
MSE = "F.mse_loss(model(noisy), clean)"
ERROR = "((clean - restored) ** 2).flatten(1).mean(dim=1)"
DECIBELS = "10 * torch.log10(1 / error)"
PREPARE = 'lambda x, y: (add_noise(x, config["sigma"], generator), y)'
SEED = "    torch.manual_seed(seed)"
SCORE = 'psnr(data["test_images"], restored).mean().item()'

MUTANTS = [
    # add_noise
    Mutant("sigma taken for the variance", "add_noise", "sigma * torch", "sigma**0.5 * torch", NOISE),
    Mutant("sigma squared", "add_noise", "sigma * torch", "sigma**2 * torch", NOISE),
    Mutant("sigma fixed at 0.5", "add_noise", "sigma * torch", "0.5 * torch", NOISE),
    Mutant(
        "one number for each image",
        "add_noise",
        DRAW,
        "torch.randn(len(images), *[1] * (images.dim() - 1), generator=generator)",
        NOISE,
    ),
    Mutant(
        "one noise image for all",
        "add_noise",
        DRAW,
        "torch.randn(images.shape[1:], generator=generator)",
        NOISE,
    ),
    Mutant(
        "one number for each row of pixels",
        "add_noise",
        DRAW,
        "torch.randn(*images.shape[:-1], 1, generator=generator)",
        NOISE,
    ),
    Mutant("uniform noise", "add_noise", "torch.randn(", "torch.rand(", NOISE),
    Mutant(
        "uniform noise of the right variance",
        "add_noise",
        DRAW,
        "(torch.rand(images.shape, generator=generator) - 0.5) * 12**0.5",
        NOISE,
    ),
    Mutant("absolute noise", "add_noise", DRAW, DRAW + ".abs()", NOISE),
    Mutant("multiplied by the image", "add_noise", "sigma * torch", "sigma * images * torch", NOISE),
    Mutant(
        "noise cut, not the image",
        "add_noise",
        NOISY,
        NOISY.replace("sigma * " + DRAW, "(sigma * " + DRAW + ").clamp(-1, 1)"),
        NOISE,
    ),
    Mutant("no clipping", "add_noise", CLIP, "return noisy", NOISE),
    Mutant("always clipped", "add_noise", CLIP, "return noisy.clamp(0, 1)", NOISE),
    Mutant("clip the other way round", "add_noise", "if clip", "if not clip", NOISE),
    Mutant("cut to [-1, 1]", "add_noise", "clamp(0, 1)", "clamp(-1, 1)", NOISE),
    Mutant("only cut from above", "add_noise", "clamp(0, 1)", "clamp(max=1)", NOISE),
    Mutant("generator not used", "add_noise", ", generator=generator)", ")", NOISE),
    Mutant("seed set inside", "add_noise", NOISY, "    generator.manual_seed(0)\n" + NOISY, NOISE),
    Mutant(
        "images changed in place", "add_noise", NOISY, "    noisy = images.add_(sigma * " + DRAW + ")", NOISE
    ),
    Mutant(
        "noise in half of the pixels",
        "add_noise",
        DRAW,
        DRAW + " * (torch.rand(images.shape, generator=generator) < 0.5)",
        NOISE,
    ),
    # denoising_loss
    Mutant("noisy target", "denoising_loss", MSE, "F.mse_loss(model(noisy), noisy)", LOSS),
    Mutant("clean input", "denoising_loss", MSE, "F.mse_loss(model(clean), clean)", LOSS),
    Mutant("clean input, noisy target", "denoising_loss", MSE, "F.mse_loss(model(clean), noisy)", LOSS),
    Mutant("sum", "denoising_loss", MSE, 'F.mse_loss(model(noisy), clean, reduction="sum")', LOSS),
    Mutant(
        "sum over pixels, mean over images",
        "denoising_loss",
        MSE,
        '(F.mse_loss(model(noisy), clean, reduction="sum") / len(clean))',
        LOSS,
    ),
    Mutant("absolute error", "denoising_loss", MSE, "F.l1_loss(model(noisy), clean)", LOSS),
    Mutant("root", "denoising_loss", MSE, "(F.mse_loss(model(noisy), clean) + 1e-16) ** 0.5", LOSS),
    Mutant("half", "denoising_loss", MSE, "0.5 * F.mse_loss(model(noisy), clean)", LOSS),
    Mutant(
        "one value for each image",
        "denoising_loss",
        MSE,
        "((model(noisy) - clean) ** 2).flatten(1).mean(dim=1)",
        LOSS,
    ),
    Mutant("a float", "denoising_loss", MSE, "F.mse_loss(model(noisy), clean).item()", LOSS),
    Mutant("output detached", "denoising_loss", MSE, "F.mse_loss(model(noisy).detach(), clean)", LOSS),
    Mutant(
        "no gradient",
        "denoising_loss",
        "    return " + MSE,
        "    with torch.no_grad():\n        return " + MSE,
        LOSS,
    ),
    Mutant(
        "noise added again",
        "denoising_loss",
        "model(noisy)",
        "model(noisy + 0.1 * torch.randn_like(noisy))",
        LOSS,
    ),
    Mutant("output cut in the loss", "denoising_loss", "model(noisy)", "model(noisy).clamp(0, 1)", LOSS),
    # psnr
    Mutant("natural logarithm", "psnr", "torch.log10", "torch.log", PSNR),
    Mutant("20 for 10", "psnr", DECIBELS, "20 * torch.log10(1 / error)", PSNR),
    Mutant("sign turned round", "psnr", "1 / error", "error", PSNR),
    Mutant("sum over the pixels", "psnr", ".flatten(1).mean(dim=1)", ".flatten(1).sum(dim=1)", PSNR),
    Mutant("one value for the batch", "psnr", ".flatten(1).mean(dim=1)", ".mean()", PSNR),
    Mutant(
        "batch value for each image",
        "psnr",
        ERROR,
        "((clean - restored) ** 2).mean().repeat(len(clean))",
        PSNR,
    ),
    Mutant("absolute error in psnr", "psnr", "((clean - restored) ** 2)", "(clean - restored).abs()", PSNR),
    Mutant("difference of the means", "psnr", ERROR, "(clean - restored).flatten(1).mean(dim=1) ** 2", PSNR),
    Mutant(
        "peak from the image",
        "psnr",
        "1 / error",
        "clean.flatten(1).amax(dim=1).clamp(min=0.05) ** 2 / error",
        PSNR,
    ),
    Mutant("peak 255", "psnr", "1 / error", "255**2 / error", PSNR),
    Mutant("epsilon in the denominator", "psnr", "1 / error", "1 / (error + 1e-3)", PSNR),
    Mutant("equal images give 100", "psnr", DECIBELS, "(10 * torch.log10(1 / error)).clamp(max=100)", PSNR),
    Mutant("restored cut first", "psnr", "(clean - restored)", "(clean - restored.clamp(0, 1))", PSNR),
    Mutant(
        "only the last dimension",
        "psnr",
        ERROR,
        "((clean - restored) ** 2).mean(dim=-1).flatten(1).amax(dim=1)",
        PSNR,
    ),
    # run
    Mutant("seed ignored", "run", SEED, "    seed = 0\n    torch.manual_seed(seed)", RUN),
    Mutant("weights without a seed", "run", SEED, "    pass", RUN),
    Mutant(
        "noise without a seed",
        "run",
        "generator = torch.Generator().manual_seed(seed)",
        "generator = torch.default_generator\n    generator.seed()",
        RUN,
    ),
    Mutant("width written out", "run", 'make_autoencoder(config["width"])', "make_autoencoder(32)", RUN),
    Mutant("learning rate written out", "run", 'lr=config["learning_rate"]', "lr=0.002", RUN),
    Mutant("epochs written out", "run", 'epochs=config["epochs"]', "epochs=8", RUN),
    Mutant("batch size written out", "run", 'batch_size=config["batch_size"]', "batch_size=32", RUN),
    Mutant(
        "trained towards the noisy image",
        "run",
        PREPARE,
        'lambda x, y: (add_noise(x, config["sigma"], generator),) * 2',
        RUN,
    ),
    Mutant(
        "trained towards other noise",
        "run",
        PREPARE,
        'lambda x, y: (add_noise(x, config["sigma"], generator), add_noise(y, config["sigma"], generator))',
        RUN,
    ),
    Mutant("not trained", "run", 'lr=config["learning_rate"]', 'lr=1e-5 * config["learning_rate"]', RUN),
    Mutant(
        "clean images at the test",
        "run",
        "restored = model(noisy)",
        'restored = model(data["test_images"])',
        RUN,
    ),
    Mutant("score of the noisy images", "run", SCORE, 'psnr(data["test_images"], noisy).mean().item()', RUN),
    Mutant("score against the noisy images", "run", SCORE, "psnr(noisy, restored).mean().item()", RUN),
    Mutant(
        "score on the training images",
        "run",
        SCORE,
        'psnr(data["train_images"], model(data["train_images"]).detach()).mean().item()',
        RUN,
    ),
    Mutant("loss for score", "run", SCORE, "history[-1]", RUN),
    Mutant("best image for the mean", "run", ".mean().item()", ".max().item()", RUN),
    Mutant("score is a tensor", "run", ".mean().item()", ".mean()", RUN),
    Mutant(
        "trained on the test images",
        "run",
        'train(model, data["train_images"], data["train_images"]',
        'train(model, data["test_images"], data["test_images"]',
        RUN,
    ),
    Mutant(
        "restored the training images",
        "run",
        'noisy = add_noise(data["test_images"].clone()',
        'noisy = add_noise(data["train_images"][:len(data["test_images"])]',
        RUN,
    ),
    Mutant("a config key added in place", "run", SEED, '    config["momentum"] = 0.9\n' + SEED, RUN),
    Mutant(
        "noise added to the data in place", "run", SEED, SEED + '\n    data["train_images"].add_(0.01)', RUN
    ),
    Mutant(
        "one model for all runs",
        "run",
        '    model = make_autoencoder(config["width"])\n',
        '    if not hasattr(run, "model"):\n        run.model = make_autoencoder(config["width"])\n    model = run.model\n',
        RUN,
    ),
    Mutant("history of the last epoch only", "run", '"history": history', '"history": history[-1:]', RUN),
    Mutant("data argument ignored", "run", SEED, "    data = mnist\n" + SEED, RUN),
    # sweep_table
    Mutant("one seed", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0,):", TABLE),
    Mutant(
        "the same seed three times", "sweep_table", "for seed in (0, 1, 2):", "for seed in (0, 0, 0):", TABLE
    ),
    Mutant("two widths", "sweep_table", "(2, 8, 32, 128)", "(2, 32)", TABLE),
    Mutant("no baseline", "sweep_table", "value == 32", "False", TABLE),
    Mutant("narrowest called the baseline", "sweep_table", "value == 32", "value == 2", TABLE),
    Mutant("value as text", "sweep_table", '"value": value,', '"value": str(value),', TABLE),
    Mutant("score as text", "sweep_table", 'result["score"]', "f\"{result['score']:.1f} dB\"", TABLE),
    Mutant("loss for score in the table", "sweep_table", 'result["score"]', 'result["history"][-1]', TABLE),
    Mutant("config left out", "sweep_table", ', "config": config,', ",", TABLE),
    Mutant("config without the change", "sweep_table", '"config": config', '"config": BASE_CONFIG', TABLE),
    Mutant(
        "two things changed at once",
        "sweep_table",
        '"width": value}',
        '"width": value, "sigma": 0.2 + value / 200}',
        TABLE,
    ),
    Mutant("seed of another run", "sweep_table", "run(config, seed)", "run(config, 7)", TABLE),
    Mutant(
        "numbers typed in",
        "sweep_table",
        "result = run(config, seed)",
        'result = {"score": 17.0 + value / 40}',
        TABLE,
    ),
]

REWRITES = [
    Mutant(
        "normal_ and torch.where",
        "add_noise",
        None,
        """def add_noise(images, sigma, generator, clip=True):
    out = torch.empty_like(images, memory_format=torch.contiguous_format).normal_(0.0, 1.0, generator=generator)
    out = out.mul(sigma).add(images)
    if clip:
        out = torch.where(out < 0, torch.zeros(()), torch.where(out > 1, torch.ones(()), out))
    return out
""",
        (),
    ),
    Mutant(
        "image by image",
        "add_noise",
        None,
        """def add_noise(images, sigma, generator, clip=True):
    result = images.clone()
    for i in range(len(images)):
        noise = torch.normal(0.0, 1.0, size=images[i].shape, generator=generator)
        result[i] += noise * sigma
        if clip:
            result[i] = torch.clip(result[i], 0.0, 1.0)
    return result
""",
        (),
    ),
    Mutant(
        "written out",
        "denoising_loss",
        None,
        """def denoising_loss(model, clean, noisy):
    difference = model(noisy) - clean
    return (difference * difference).sum() / difference.numel()
""",
        (),
    ),
    Mutant(
        "MSELoss, target first, training mode",
        "denoising_loss",
        None,
        """def denoising_loss(model, clean, noisy):
    criterion = nn.MSELoss()
    output = model(noisy)
    return criterion(clean.reshape(len(clean), -1), output.reshape(len(clean), -1))
""",
        (),
    ),
    Mutant(
        "loop over the images",
        "psnr",
        None,
        """def psnr(clean, restored):
    values = []
    for a, b in zip(clean, restored):
        mse = F.mse_loss(b, a).item()
        values.append(math.inf if mse == 0 else 10 * math.log10(1 / mse))
    return torch.tensor(values)
""",
        (),
    ),
    Mutant(
        "20 log10 of the root",
        "psnr",
        None,
        """def psnr(clean, restored):
    dims = tuple(range(1, clean.dim()))
    rmse = (restored - clean).square().mean(dim=dims).sqrt()
    return -20 * rmse.log10()
""",
        (),
    ),
    Mutant(
        "numpy inside",
        "psnr",
        None,
        """def psnr(clean, restored):
    a, b = clean.numpy().astype(float), restored.detach().numpy().astype(float)
    mse = ((a - b) ** 2).reshape(len(a), -1).mean(axis=1)
    with np.errstate(divide="ignore"):
        return torch.from_numpy(-10 * np.log10(mse)).float()
""",
        (),
    ),
    Mutant(
        "own loop, own denoising_loss, image by image score",
        "run",
        None,
        """def run(config, seed, data=None):
    data = mnist if data is None else data
    torch.manual_seed(seed)
    net = make_autoencoder(config["width"])
    noise_generator = torch.Generator()
    noise_generator.manual_seed(seed + 7)
    adam = torch.optim.Adam(net.parameters(), lr=config["learning_rate"])
    clean = data["train_images"]
    history = []
    for epoch in range(config["epochs"]):
        order = torch.randperm(len(clean))
        losses = []
        for start in range(0, len(clean), config["batch_size"]):
            x = clean[order[start:start + config["batch_size"]]]
            loss = denoising_loss(net, x, add_noise(x, config["sigma"], noise_generator))
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses.append(float(loss) * len(x))
        history.append(sum(losses) / len(clean))
    test = data["test_images"]
    noisy = add_noise(test, config["sigma"], noise_generator)
    net.eval()
    with torch.no_grad():
        restored = net(noisy)
    values = [psnr(test[i:i + 1], restored[i:i + 1]).item() for i in range(len(test))]
    return {"score": sum(values) / len(values), "history": history, "model": net,
            "noisy": noisy[:100], "restored": restored[:100], "seed": seed}
""",
        (),
    ),
    Mutant(
        "DataLoader, noise from the global state",
        "run",
        None,
        """def run(config, seed, data=None):
    from torch.utils.data import DataLoader, TensorDataset
    data = mnist if data is None else data
    torch.manual_seed(seed)
    loader = DataLoader(TensorDataset(data["train_images"]), batch_size=config["batch_size"], shuffle=True)
    model = make_autoencoder(config["width"])
    optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    history = []
    for _ in range(config["epochs"]):
        total = 0.0
        for (x,) in loader:
            optimizer.zero_grad()
            loss = F.mse_loss(model(add_noise(x, config["sigma"], torch.default_generator)), x)
            loss.backward()
            optimizer.step()
            total += loss.item()
        history.append(total / len(loader))
    noisy = add_noise(data["test_images"], config["sigma"], torch.Generator().manual_seed(1))
    restored = model(noisy).detach()
    return dict(score=float(psnr(data["test_images"], restored).mean()), history=history, model=model,
                noisy=noisy[:100], restored=restored[:100])
""",
        (),
    ),
    Mutant(
        "comprehension, more seeds, short training",
        "sweep_table",
        None,
        """sweep_table = [
    dict(theme=THEME, variable="width", value=w, group="", seed=s, metric=METRIC,
         score=run({**BASE_CONFIG, "epochs": 1, "width": w}, s)["score"], baseline=bool(w == 32),
         config=dict(BASE_CONFIG, width=w, epochs=1))
    for w in (4, 32, 64) for s in range(4)
]
""",
        (),
    ),
    Mutant(
        "seeds outside, helper function, two groups",
        "sweep_table",
        None,
        """def make_row(w, s, sigma):
    c = dict(BASE_CONFIG)
    c["width"], c["sigma"], c["epochs"] = w, sigma, 1
    r = run(dict(c), s)
    return {"theme": THEME, "variable": "width", "value": w, "group": f"sigma={sigma}", "seed": s, "metric": METRIC,
            "score": float(r["score"]), "baseline": w == 32, "config": c}


sweep_table = []
for sigma in (0.3, 0.6):
    for s in [10, 20, 30]:
        for w in [2, 16, 32]:
            sweep_table += [make_row(w, s, sigma)]
""",
        (),
    ),
]
