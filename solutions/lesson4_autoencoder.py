"""Reference implementations of lesson4_autoencoder: built from its answer cells by `autograder build`, not edited."""

from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets
import hashlib
import matplotlib.pyplot as plt
import torch

DECIMALS = {  # of the numbers that you will claim
    "percent_left": 1, "error_0": 4, "ink_0": 3, "worst_digit": 0, "error_worst": 4, "ink_worst": 3,
    "latent_middle": 4, "pixel_middle": 4,
}


def code_of(numbers):
    """Six letters that belong to these numbers and to your student number."""
    words = "".join(f" {name}={numbers[name]:.{DECIMALS[name]}f}" for name in sorted(numbers))
    return hashlib.sha256((student_number + words).encode()).hexdigest()[:6]


def print_claims(numbers):
    """Print your numbers, rounded, with their code: copy the line into the cell `claims`."""
    words = ", ".join(f'"{name}": {numbers[name]:.{DECIMALS[name]}f}' for name in DECIMALS)
    print(f'claims = {{{words}, "code": "{code_of(numbers)}"}}')


def image_rows(dataset):
    """All images of an MNIST data set as rows: (n, 784), float32, 0 (black) to 1 (white)."""
    return dataset.data.reshape(len(dataset), 784).float() / 255


def show_images(rows, titles=None, n_columns=10, row_labels=()):
    """Draw rows of 784 pixels as 28x28 pictures, n_columns side by side."""
    n_rows = -(-len(rows) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(1.15 * n_columns, 1.45 * n_rows), squeeze=False
    )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[], frame_on=False)
    for i, (axis, row) in enumerate(zip(axes.flat, rows)):
        axis.imshow(row.detach().reshape(28, 28), cmap="gray", vmin=0, vmax=1)
        if titles is not None:
            axis.set_xlabel(titles[i], fontsize=9)
    for axis, label in zip(axes[:, 0], row_labels):
        axis.set_ylabel(label, fontsize=9)
    figure.tight_layout()
    plt.show()


class Autoencoder(nn.Module):
    """784-128-64-32 encoder and its mirror image, a 32-64-128-784 decoder.

    ReLU after every linear layer, except: nothing after the last layer of the encoder,
    a sigmoid after the last layer of the decoder. All linear layers have a bias.

    Attributes:
        encoder: An nn.Module that maps (n, 784) to (n, 32).
        decoder: An nn.Module that maps (n, 32) to (n, 784), all values between 0 and 1.
    """

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(784, 128),
            nn.ReLU(),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Linear(64, 32),
        )
        self.decoder = nn.Sequential(
            nn.Linear(32, 64),
            nn.ReLU(),
            nn.Linear(64, 128),
            nn.ReLU(),
            nn.Linear(128, 784),
            nn.Sigmoid(),
        )

    def forward(self, x):
        """Encode and decode: (n, 784) float32 -> (n, 784) float32."""
        return self.decoder(self.encoder(x))


def train_autoencoder(model, loader, epochs=10, lr=1e-3):
    """Train a model, in place, to reproduce its input: MSE loss, Adam.

    Args:
        model: Any nn.Module that maps (B, D) to (B, D); put into training mode here.
        loader: Any sequence of batches (images, labels), a DataLoader or a list; images is
            a (B, D) float32 tensor, labels are not used. The last batch may be smaller. It is
            looped over once in each epoch; nothing else of it is used (no len, no dataset).
        epochs: How many times to go through the loader.
        lr: Learning rate of Adam; its other settings keep their defaults.

    Returns:
        A list of `epochs` Python floats: for each epoch the mean, over its images, of the
        losses computed before the steps (each batch weighted by its number of images).
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.MSELoss()
    model.train()
    losses = []
    for _ in range(epochs):
        total, n_images = 0.0, 0
        for images, _labels in loader:
            loss = criterion(model(images), images)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
            n_images += len(images)
        losses.append(total / n_images)
    return losses


def reconstruction_error(model, images):
    """Mean squared error of the reconstruction, for each image.

    Args:
        model: An nn.Module that maps (n, D) to (n, D). Used in evaluation mode, and may
            be left in it; its parameters and buffers must stay as they are.
        images: (n, D) float32 tensor, n >= 1; not changed.

    Returns:
        (n,) float32 tensor, without gradient: the mean over the D pixels of each image.
    """
    model.eval()
    with torch.no_grad():
        return ((model(images) - images) ** 2).mean(dim=1)


def encode(encoder, images):
    """Codes of images.

    Args:
        encoder: An nn.Module that maps (n, D) to (n, d). Used in evaluation mode, and may be left in it.
        images: float32 tensor with n >= 1 images of D values each: (n, D), (n, height, width)
            or (n, 1, height, width); not changed.

    Returns:
        (n, d) float32 tensor, without gradient; row i is the code of image i.
    """
    encoder.eval()
    with torch.no_grad():
        return encoder(images.reshape(len(images), -1))


def interpolate(z1, z2, num):
    """Equally spaced points on the line from z1 to z2, both ends included.

    Args:
        z1: (d,) float32 tensor, the first point (alpha = 0); not changed.
        z2: (d,) float32 tensor, the last point (alpha = 1); not changed.
        num: Number of points, an int, at least 2.

    Returns:
        (num, d) float32 tensor; row i is (1 - alpha) z1 + alpha z2 with alpha = i / (num - 1).
    """
    alphas = torch.linspace(0, 1, num)[:, None]
    return (1 - alphas) * z1 + alphas * z2


def decode_path(decoder, z1, z2, alphas):
    """Pictures along the line from z1 to z2 in latent space: blend the codes, then decode.

    Args:
        decoder: An nn.Module that maps (k, d) to (k, D). Used in evaluation mode, and may be left in it.
        z1: (d,) float32 tensor, the code at alpha = 0; not changed.
        z2: (d,) float32 tensor, the code at alpha = 1; not changed.
        alphas: (k,) float32 tensor, k >= 1, in any order, also below 0 or above 1; not changed.

    Returns:
        (k, D) float32 tensor, without gradient; row i is decoded from the blend at alphas[i].
    """
    alphas = alphas[:, None]
    codes = (1 - alphas) * z1 + alphas * z2
    decoder.eval()
    with torch.no_grad():
        return decoder(codes)


def nearest_distance(pictures):
    """Mean squared error to the nearest training image, for each picture."""
    return torch.cdist(pictures, train_images).min(dim=1).values ** 2 / 784
