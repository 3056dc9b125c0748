"""Wrong and differently written answers to lesson4_autoencoder."""

from __future__ import annotations

from tests.content.mutants import Mutant
from tests.content.mutants.claims import wrong_claims

__all__ = ["MUTANTS", "REWRITES"]

MODEL = ("test_autoencoder",)
TRAIN = ("test_train_autoencoder",)
ERROR = ("test_reconstruction_error",)
ENCODE = ("test_encode",)
POINTS = ("test_interpolate",)
PATH = ("test_decode_path",)
GUESS = ("test_prediction",)

STEP = """            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
"""
FORWARD = "return self.decoder(self.encoder(x))"
MEASURE = """    with torch.no_grad():
        return ((model(images) - images) ** 2).mean(dim=1)"""

MUTANTS = [
    Mutant("prediction left out", "prediction", "prediction = 20.0", "prediction = None", GUESS),
    Mutant("prediction as a fraction above 1", "prediction", "20.0", "784 / 32 * 10", GUESS),
    Mutant("prediction not a number", "prediction", "20.0", 'float("nan")', GUESS),
    # the model
    Mutant("no sigmoid", "autoencoder", "            nn.Sigmoid(),\n", "", MODEL),
    Mutant("tanh for sigmoid", "autoencoder", "nn.Sigmoid()", "nn.Tanh()", MODEL),
    Mutant("hard sigmoid", "autoencoder", "nn.Sigmoid()", "nn.Hardsigmoid()", MODEL),
    Mutant(
        "ReLU on the code",
        "autoencoder",
        "nn.Linear(64, 32),",
        "nn.Linear(64, 32),\n            nn.ReLU(),",
        MODEL,
    ),
    Mutant(
        "no ReLU in the middle of the encoder",
        "autoencoder",
        "nn.Linear(128, 64),\n            nn.ReLU(),",
        "nn.Linear(128, 64),",
        MODEL,
    ),
    Mutant(
        "no ReLU in the middle of the decoder",
        "autoencoder",
        "nn.Linear(64, 128),\n            nn.ReLU(),",
        "nn.Linear(64, 128),",
        MODEL,
    ),
    Mutant(
        "another activation",
        "autoencoder",
        "nn.Linear(784, 128),\n            nn.ReLU()",
        "nn.Linear(784, 128),\n            nn.LeakyReLU(0.1)",
        MODEL,
    ),
    Mutant("layer without bias", "autoencoder", "nn.Linear(64, 32)", "nn.Linear(64, 32, bias=False)", MODEL),
    Mutant(
        "layer of 64 skipped in the decoder",
        "autoencoder",
        "nn.Linear(32, 64),\n            nn.ReLU(),\n            nn.Linear(64, 128),",
        "nn.Linear(32, 128),",
        MODEL,
    ),
    Mutant(
        "dropout added",
        "autoencoder",
        "nn.Linear(64, 32),",
        "nn.Dropout(0.2),\n            nn.Linear(64, 32),",
        MODEL,
    ),
    Mutant("forward returns the code", "autoencoder", FORWARD, "return self.encoder(x)", MODEL),
    Mutant(
        "forward returns code and output",
        "autoencoder",
        FORWARD,
        "return self.encoder(x), self.decoder(self.encoder(x))",
        MODEL,
    ),
    Mutant("code detached", "autoencoder", FORWARD, "return self.decoder(self.encoder(x).detach())", MODEL),
    Mutant(
        "forward without gradients",
        "autoencoder",
        FORWARD,
        "with torch.no_grad():\n            return self.decoder(self.encoder(x))",
        MODEL,
    ),
    Mutant(
        "residual connection", "autoencoder", FORWARD, "return (self.decoder(self.encoder(x)) + x) / 2", MODEL
    ),
    Mutant(
        "clamped after the sigmoid",
        "autoencoder",
        FORWARD,
        "return self.decoder(self.encoder(x)).clamp(0.48, 1)",
        MODEL,
    ),
    # training
    Mutant(
        "noisy target",
        "train_autoencoder",
        "criterion(model(images), images)",
        "criterion(model(images), images + 0.1 * torch.randn_like(images))",
        TRAIN,
    ),
    Mutant(
        "noisy input",
        "train_autoencoder",
        "criterion(model(images), images)",
        "criterion(model(images + 0.3 * torch.randn_like(images)), images)",
        TRAIN,
    ),
    Mutant(
        "labels as target",
        "train_autoencoder",
        "criterion(model(images), images)",
        "criterion(model(images), _labels)",
        TRAIN,
    ),
    Mutant(
        "labels as target, made to fit",
        "train_autoencoder",
        "criterion(model(images), images)",
        "criterion(model(images), _labels.float()[:, None].expand_as(images))",
        TRAIN,
    ),
    Mutant("sum for mean", "train_autoencoder", "nn.MSELoss()", 'nn.MSELoss(reduction="sum")', TRAIN),
    Mutant("absolute error", "train_autoencoder", "nn.MSELoss()", "nn.L1Loss()", TRAIN),
    Mutant("cross entropy of pixels", "train_autoencoder", "nn.MSELoss()", "nn.BCELoss()", TRAIN),
    Mutant(
        "mean of batch means",
        "train_autoencoder",
        "total += loss.item() * len(images)\n            n_images += len(images)",
        "total += loss.item()\n            n_images += 1",
        TRAIN,
    ),
    Mutant(
        "loss of the last batch only",
        "train_autoencoder",
        "losses.append(total / n_images)",
        "losses.append(loss.item())",
        TRAIN,
    ),
    Mutant(
        "last partial batch dropped",
        "train_autoencoder",
        "            loss = criterion",
        "            if len(images) < loader.batch_size:\n"
        "                continue\n"
        "            loss = criterion",
        TRAIN,
    ),
    Mutant("sum over the epoch", "train_autoencoder", "total / n_images", "total", TRAIN),
    Mutant(
        "batches of 64 assumed",
        "train_autoencoder",
        "total / n_images",
        "total / (64 * len(loader))",
        TRAIN,
    ),
    Mutant(
        "total never reset",
        "train_autoencoder",
        None,
        """def train_autoencoder(model, loader, epochs=10, lr=1e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses, total = [], 0.0
    for _ in range(epochs):
        for images, _labels in loader:
            loss = nn.functional.mse_loss(model(images), images)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
        losses.append(total / len(loader.dataset))
    return losses
""",
        TRAIN,
    ),
    Mutant("no zero_grad", "train_autoencoder", "            optimizer.zero_grad()\n", "", TRAIN),
    Mutant(
        "zero_grad after backward",
        "train_autoencoder",
        STEP,
        "            loss.backward()\n            optimizer.zero_grad()\n            optimizer.step()\n",
        TRAIN,
    ),
    Mutant("no step", "train_autoencoder", "            optimizer.step()\n", "", TRAIN),
    Mutant("SGD for Adam", "train_autoencoder", "optim.Adam(", "optim.SGD(", TRAIN),
    Mutant("lr ignored", "train_autoencoder", "lr=lr)", "lr=1e-3)", TRAIN),
    Mutant("other default lr", "train_autoencoder", "epochs=10, lr=1e-3):", "epochs=10, lr=1e-4):", TRAIN),
    Mutant("one epoch less", "train_autoencoder", "range(epochs)", "range(epochs - 1)", TRAIN),
    Mutant("epochs ignored", "train_autoencoder", "range(epochs)", "range(10)", TRAIN),
    Mutant("trained in evaluation mode", "train_autoencoder", "model.train()", "model.eval()", TRAIN),
    Mutant("mode left as it was", "train_autoencoder", "    model.train()\n", "", TRAIN),
    Mutant(
        "new optimizer in every epoch",
        "train_autoencoder",
        "        total, n_images = 0.0, 0",
        "        optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n        total, n_images = 0.0, 0",
        TRAIN,
    ),
    Mutant("tensors for floats", "train_autoencoder", "loss.item() *", "loss.detach() *", TRAIN),
    Mutant("nothing returned", "train_autoencoder", "    return losses\n", "", TRAIN),
    Mutant(
        "stops after the first epoch",
        "train_autoencoder",
        "    return losses\n",
        "        return losses\n",
        TRAIN,
    ),
    # reconstruction error
    Mutant("one number for the batch", "reconstruction_error", ".mean(dim=1)", ".mean()", ERROR),
    Mutant("mean over images", "reconstruction_error", ".mean(dim=1)", ".mean(dim=0)", ERROR),
    Mutant("sum for mean over pixels", "reconstruction_error", ".mean(dim=1)", ".sum(dim=1)", ERROR),
    Mutant(
        "batch mean repeated", "reconstruction_error", ".mean(dim=1)", ".mean().repeat(len(images))", ERROR
    ),
    Mutant("root of the error", "reconstruction_error", ".mean(dim=1)", ".mean(dim=1).sqrt()", ERROR),
    Mutant(
        "absolute for squared",
        "reconstruction_error",
        MEASURE,
        "    with torch.no_grad():\n        return (model(images) - images).abs().mean(dim=1)",
        ERROR,
    ),
    Mutant(
        "squared mean difference",
        "reconstruction_error",
        MEASURE,
        "    with torch.no_grad():\n        return (model(images) - images).mean(dim=1) ** 2",
        ERROR,
    ),
    Mutant("evaluation mode forgotten", "reconstruction_error", "    model.eval()\n", "", ERROR),
    Mutant("training mode", "reconstruction_error", "model.eval()", "model.train()", ERROR),
    Mutant("max over pixels", "reconstruction_error", ".mean(dim=1)", ".max(dim=1).values", ERROR),
    Mutant("divided by 784", "reconstruction_error", ".mean(dim=1)", ".sum(dim=1) / 784", ERROR),
    Mutant("squeezed for one image", "reconstruction_error", ".mean(dim=1)", ".mean(dim=1).squeeze()", ERROR),
    Mutant(
        "images changed",
        "reconstruction_error",
        MEASURE,
        "    with torch.no_grad():\n        return images.sub_(model(images)).pow_(2).mean(dim=1)",
        ERROR,
    ),
    Mutant("column returned", "reconstruction_error", "mean(dim=1)", "mean(dim=1, keepdim=True)", ERROR),
    # codes
    Mutant("evaluation mode forgotten", "encode", "    encoder.eval()\n", "", ENCODE),
    Mutant("not laid out as rows", "encode", "images.reshape(len(images), -1)", "images", ENCODE),
    Mutant(
        "784 pixels assumed", "encode", "images.reshape(len(images), -1)", "images.reshape(-1, 784)", ENCODE
    ),
    Mutant(
        "whole batch as one row", "encode", "images.reshape(len(images), -1)", "images.reshape(1, -1)", ENCODE
    ),
    Mutant(
        "columns before rows",
        "encode",
        "images.reshape(len(images), -1)",
        "images.transpose(-1, -2).reshape(len(images), -1) if images.dim() > 2 else images",
        ENCODE,
    ),
    Mutant(
        "pixels mixed between images",
        "encode",
        "images.reshape(len(images), -1)",
        "images.flatten().reshape(-1, len(images)).T",
        ENCODE,
    ),
    Mutant(
        "code normalised",
        "encode",
        "encoder(images.reshape(len(images), -1))",
        "nn.functional.normalize(encoder(images.reshape(len(images), -1)), dim=1)",
        ENCODE,
    ),
    Mutant(
        "first image only",
        "encode",
        "encoder(images.reshape(len(images), -1))",
        "encoder(images.reshape(len(images), -1))[0]",
        ENCODE,
    ),
    Mutant(
        "ReLU on the code afterwards",
        "encode",
        "encoder(images.reshape(len(images), -1))",
        "torch.relu(encoder(images.reshape(len(images), -1)))",
        ENCODE,
    ),
    # interpolation
    Mutant(
        "alpha reversed",
        "interpolate",
        "(1 - alphas) * z1 + alphas * z2",
        "alphas * z1 + (1 - alphas) * z2",
        POINTS,
    ),
    Mutant(
        "num - 1 points", "interpolate", "torch.linspace(0, 1, num)", "torch.linspace(0, 1, num - 1)", POINTS
    ),
    Mutant(
        "num + 1 points", "interpolate", "torch.linspace(0, 1, num)", "torch.linspace(0, 1, num + 1)", POINTS
    ),
    Mutant(
        "last end missing", "interpolate", "torch.linspace(0, 1, num)", "(torch.arange(num) / num)", POINTS
    ),
    Mutant(
        "first end missing",
        "interpolate",
        "torch.linspace(0, 1, num)",
        "(torch.arange(1, num + 1) / num)",
        POINTS,
    ),
    Mutant(
        "both ends missing",
        "interpolate",
        "torch.linspace(0, 1, num)",
        "(torch.arange(1, num + 1) / (num + 1))",
        POINTS,
    ),
    Mutant("z1 not weighted", "interpolate", "(1 - alphas) * z1", "z1", POINTS),
    Mutant(
        "smooth steps",
        "interpolate",
        "num)[:, None]",
        "num)[:, None]\n    alphas = alphas * alphas * (3 - 2 * alphas)",
        POINTS,
    ),
    Mutant("rounded alphas", "interpolate", "num)[:, None]", "num)[:, None].mul(10).round().div(10)", POINTS),
    Mutant(
        "transposed",
        "interpolate",
        "return (1 - alphas) * z1 + alphas * z2",
        "return ((1 - alphas) * z1 + alphas * z2).T",
        POINTS,
    ),
    Mutant(
        "list of points",
        "interpolate",
        "return (1 - alphas) * z1 + alphas * z2",
        "return list((1 - alphas) * z1 + alphas * z2)",
        POINTS,
    ),
    Mutant(
        "z1 changed",
        "interpolate",
        "return (1 - alphas) * z1 + alphas * z2",
        "points = (1 - alphas) * z1 + alphas * z2\n    z1.copy_(z2)\n    return points",
        POINTS,
    ),
    Mutant(
        "ten points always", "interpolate", "torch.linspace(0, 1, num)", "torch.linspace(0, 1, 10)", POINTS
    ),
    Mutant(
        "random points", "interpolate", "torch.linspace(0, 1, num)", "torch.rand(num).sort().values", POINTS
    ),
    # decoded path
    Mutant(
        "decode then blend",
        "decode_path",
        None,
        """def decode_path(decoder, z1, z2, alphas):
    decoder.eval()
    with torch.no_grad():
        first, last = decoder(torch.stack([z1, z2]))
    return (1 - alphas)[:, None] * first + alphas[:, None] * last
""",
        PATH,
    ),
    Mutant(
        "alpha reversed",
        "decode_path",
        "(1 - alphas) * z1 + alphas * z2",
        "alphas * z1 + (1 - alphas) * z2",
        PATH,
    ),
    Mutant("evaluation mode forgotten", "decode_path", "    decoder.eval()\n", "", PATH),
    Mutant(
        "equal steps assumed",
        "decode_path",
        "alphas = alphas[:, None]",
        "alphas = torch.linspace(0, 1, len(alphas))[:, None]",
        PATH,
    ),
    Mutant(
        "interpolate used",
        "decode_path",
        "(1 - alphas) * z1 + alphas * z2",
        "interpolate(z1, z2, len(alphas))",
        PATH,
    ),
    Mutant(
        "alphas sorted",
        "decode_path",
        "alphas = alphas[:, None]",
        "alphas = alphas.sort().values[:, None]",
        PATH,
    ),
    Mutant(
        "alphas clamped",
        "decode_path",
        "alphas = alphas[:, None]",
        "alphas = alphas.clamp(0, 1)[:, None]",
        PATH,
    ),
    Mutant("not decoded", "decode_path", "return decoder(codes)", "return codes", PATH),
    Mutant(
        "decoded twice for the ends",
        "decode_path",
        "return decoder(codes)",
        "pictures = decoder(codes)\n        pictures[0] = decoder(z1[None])[0]\n        return pictures",
        PATH,
    ),
    Mutant(
        "list of pictures",
        "decode_path",
        "return decoder(codes)",
        "return [decoder(z[None]) for z in codes]",
        PATH,
    ),
    Mutant(
        "clamped code", "decode_path", "return decoder(codes)", "return decoder(codes.clamp(-1, 1))", PATH
    ),
    Mutant("z1 not weighted", "decode_path", "(1 - alphas) * z1", "z1", PATH),
    Mutant(
        "z2 changed",
        "decode_path",
        "codes = (1 - alphas) * z1 + alphas * z2",
        "codes = (1 - alphas) * z1 + z2.mul_(1.0) * alphas\n    z2 -= z1",
        PATH,
    ),
]

MUTANTS += wrong_claims('"pixel_middle": 0.0357', '"pixel_middle": 0.0457')

REWRITES = [
    Mutant("whole number", "prediction", "20.0", "35", ()),
    Mutant(
        "layers made in a loop, other names",
        "autoencoder",
        None,
        """class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [784, 128, 64, 32]
        enc, dec = [], []
        for i in range(3):
            enc.append(nn.Linear(sizes[i], sizes[i + 1]))
            enc.append(nn.ReLU())
        for i in range(3, 0, -1):
            dec.append(nn.Linear(sizes[i], sizes[i - 1]))
            dec.append(nn.ReLU())
        self.encoder = nn.Sequential(*enc[:-1])
        self.decoder = nn.Sequential(*dec[:-1], nn.Sigmoid())

    def forward(self, x):
        z = self.encoder(x)
        x_hat = self.decoder(z)
        return x_hat
""",
        (),
    ),
    Mutant(
        "halves as classes of their own, decoder made first",
        "autoencoder",
        None,
        """class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(128, 784)
        self.up2 = nn.Linear(64, 128)
        self.up1 = nn.Linear(32, 64)

    def forward(self, z):
        h = torch.relu(self.up1(z))
        h = torch.relu(self.up2(h))
        return torch.sigmoid(self.out(h))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 32)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.fc3(nn.functional.relu(self.fc2(nn.functional.relu(self.fc1(x)))))


class Autoencoder(nn.Module):
    def __init__(self):
        super(Autoencoder, self).__init__()
        self.decoder = Decoder()
        self.encoder = Encoder()

    def forward(self, x):
        return self.decoder(self.encoder(x))
""",
        (),
    ),
    Mutant(
        "Xavier initialisation, in-place activations",
        "autoencoder",
        None,
        """class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 128), nn.ReLU(True),
            nn.Linear(128, 64), nn.ReLU(True),
            nn.Linear(64, 32),
        )
        self.decoder = nn.Sequential(
            nn.Linear(32, 64), nn.ReLU(True),
            nn.Linear(64, 128), nn.ReLU(True),
            nn.Linear(128, 784), nn.Sigmoid(),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.decoder(self.encoder(x))
""",
        (),
    ),
    Mutant(
        "functional loss, zero_grad last, for loop with enumerate",
        "train_autoencoder",
        None,
        """def train_autoencoder(model, loader, epochs=10, lr=1e-3):
    opt = torch.optim.Adam(params=model.parameters(), lr=lr, betas=(0.9, 0.999))
    opt.zero_grad()
    history = []
    for epoch in range(1, epochs + 1):
        model.train()
        running = []
        for i, (x, y) in enumerate(loader):
            x = x.view(x.size(0), -1)
            out = model(x)
            loss = torch.mean((out - x) ** 2)
            loss.backward()
            opt.step()
            opt.zero_grad()
            running += [loss.item()] * x.size(0)
        history.append(sum(running) / len(running))
        print(f"epoch {epoch}: {history[-1]:.4f}")
    return history
""",
        (),
    ),
    Mutant(
        "sizes from the data set, loss per image, numpy mean",
        "train_autoencoder",
        None,
        """import numpy as np


def train_autoencoder(model, loader, epochs=10, lr=1e-3):
    model = model.train()
    optimizer = torch.optim.Adam(list(model.parameters()), lr)
    losses = []
    while len(losses) < epochs:
        per_image = []
        for batch in loader:
            images = batch[0]
            error = ((images - model(images)) ** 2).mean(dim=1)
            model.zero_grad(set_to_none=False)
            error.mean().backward()
            optimizer.step()
            per_image.append(error.detach().numpy())
        losses.append(float(np.concatenate(per_image).mean()))
    return losses
""",
        (),
    ),
    Mutant(
        "sum divided by hand, total from the loader",
        "train_autoencoder",
        None,
        """def train_autoencoder(model, loader, epochs=10, lr=1e-3):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loss_sum = nn.MSELoss(reduction="sum")
    result = []
    for _ in range(epochs):
        total = 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_sum(model(images), images) / images.numel()
            loss.backward()
            optimizer.step()
            total = total + loss.item() * images.shape[0]
        result.append(total / len(loader.dataset))
    return result
""",
        (),
    ),
    Mutant(
        "image by image, mode restored",
        "reconstruction_error",
        None,
        """def reconstruction_error(model, images):
    was_training = model.training
    model.eval()
    errors = []
    with torch.no_grad():
        for image in images:
            output = model(image[None])[0]
            errors.append(nn.functional.mse_loss(output, image).item())
    model.train(was_training)
    return torch.tensor(errors)
""",
        (),
    ),
    Mutant(
        "unreduced loss",
        "reconstruction_error",
        None,
        """@torch.no_grad()
def reconstruction_error(model, images):
    model.eval()
    x = images.clone()
    loss = nn.MSELoss(reduction="none")(model(x), x)
    return loss.sum(dim=1) / x.shape[1]
""",
        (),
    ),
    Mutant(
        "numpy",
        "reconstruction_error",
        None,
        """import numpy as np


def reconstruction_error(model, images):
    model.eval()
    output = model(images).detach().numpy()
    return torch.from_numpy(np.mean((output - images.numpy()) ** 2, axis=1))
""",
        (),
    ),
    Mutant(
        "view and detach",
        "encode",
        None,
        """def encode(encoder, images):
    encoder = encoder.eval()
    return encoder(images.view(images.size(0), -1)).detach()
""",
        (),
    ),
    Mutant(
        "one by one, stacked",
        "encode",
        None,
        """def encode(encoder, images):
    encoder.train(False)
    with torch.inference_mode():
        rows = [encoder(image.flatten().unsqueeze(0)).squeeze(0) for image in images]
    return torch.stack(rows).clone()
""",
        (),
    ),
    Mutant(
        "loop and stack",
        "interpolate",
        None,
        """def interpolate(z1, z2, num):
    points = []
    for i in range(num):
        alpha = i / (num - 1)
        points.append((1 - alpha) * z1 + alpha * z2)
    return torch.stack(points)
""",
        (),
    ),
    Mutant(
        "torch.lerp",
        "interpolate",
        None,
        """def interpolate(z1, z2, num):
    weight = torch.arange(num).unsqueeze(1) / (num - 1)
    return torch.lerp(z1.unsqueeze(0), z2.unsqueeze(0), weight)
""",
        (),
    ),
    Mutant(
        "start plus difference, numpy",
        "interpolate",
        None,
        """import numpy as np


def interpolate(z1, z2, num):
    a, b = z1.numpy(), z2.numpy()
    return torch.tensor(np.linspace(a, b, num), dtype=torch.float32)
""",
        (),
    ),
    Mutant(
        "outer products",
        "interpolate",
        None,
        """def interpolate(z1, z2, num):
    t = torch.linspace(0.0, 1.0, steps=num)
    return z1 + torch.outer(t, z2 - z1)
""",
        (),
    ),
    Mutant(
        "one picture at a time",
        "decode_path",
        None,
        """def decode_path(decoder, z1, z2, alphas):
    decoder.eval()
    pictures = []
    for alpha in alphas:
        z = z1 * (1 - alpha) + z2 * alpha
        pictures.append(decoder(z).detach())
    return torch.stack(pictures)
""",
        (),
    ),
    Mutant(
        "floats and concatenation",
        "decode_path",
        None,
        """@torch.no_grad()
def decode_path(decoder, z1, z2, alphas):
    was_training = decoder.training
    decoder.eval()
    path = torch.cat([decoder((z1 + float(a) * (z2 - z1)).unsqueeze(0)) for a in alphas.tolist()], dim=0)
    decoder.train(was_training)
    return path
""",
        (),
    ),
    Mutant(
        "outer products",
        "decode_path",
        None,
        """def decode_path(decoder, z1, z2, alphas):
    codes = torch.outer(1 - alphas, z1) + torch.outer(alphas, z2)
    return decoder.eval()(codes).detach()
""",
        (),
    ),
]
