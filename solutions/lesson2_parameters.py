"""Reference implementations of lesson2_parameters: built from its answer cells by `autograder build`, not edited."""

from collections import OrderedDict
from torch import nn
from torchvision import datasets
import copy
import hashlib
import matplotlib.pyplot as plt
import torch

DECIMALS = {  # of the numbers that you will claim
    "my_width": 0, "parameters_mlp": 0, "parameters_cnn": 0, "accuracy_mlp": 1, "accuracy_cnn": 1,
    "accuracy_mlp_shuffled": 1, "accuracy_cnn_shuffled": 1,
}


def code_of(numbers):
    """Six letters that belong to these numbers and to your student number."""
    words = "".join(f" {name}={numbers[name]:.{DECIMALS[name]}f}" for name in sorted(numbers))
    return hashlib.sha256((student_number + words).encode()).hexdigest()[:6]


def print_claims(numbers):
    """Print your numbers, rounded, with their code: copy the line into the cell `claims`."""
    words = ", ".join(f'"{name}": {numbers[name]:.{DECIMALS[name]}f}' for name in DECIMALS)
    print(f'claims = {{{words}, "code": "{code_of(numbers)}"}}')


class LinearRegressionModel(nn.Module):
    """The line y = wx + b.

    It has exactly two parameters, w and b, with one element each (float32), both 0 at first.
    You may choose their names and their shapes (for example (1,)).
    """

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))
        self.b = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        """Compute wx + b for each sample.

        Args:
            x: float32 tensor of shape (n, 1). It must not be changed.

        Returns:
            float32 tensor of shape (n, 1).
        """
        return self.w * x + self.b


def linear_parameters(n_in, n_out, bias=True):
    """Compute the number of parameters of nn.Linear(n_in, n_out, bias=bias).

    Args:
        n_in: int >= 1, number of inputs.
        n_out: int >= 1, number of outputs.
        bias: bool, whether the layer has a bias.

    Returns:
        Python int.
    """
    weights = n_out * n_in
    return weights + n_out if bias else weights


def count_parameters(model, trainable_only=False):
    """Count the parameters of a model, that is, the elements of all its parameter tensors.

    Args:
        model: nn.Module with layers of any kind, possibly nested. It must not be changed.
        trainable_only: bool, whether to count only parameters with requires_grad=True.

    Returns:
        Python int (turn a tensor or a NumPy number into one with int(...)); 0 if there is none.
        A parameter shared by several layers counts once. Buffers do not count.
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)


def conv2d_parameters(c_in, c_out, k, groups=1, bias=True):
    """Compute the number of parameters of nn.Conv2d(c_in, c_out, k, groups=groups, bias=bias).

    Args:
        c_in: int >= 1, number of input channels, a multiple of groups.
        c_out: int >= 1, number of output channels, a multiple of groups.
        k: int >= 1, side of the square kernel.
        groups: int >= 1, number of groups.
        bias: bool, whether the layer has a bias.

    Returns:
        Python int (not a float).
    """
    weights = c_out * (c_in // groups) * k**2
    return weights + c_out if bias else weights


def parameter_table(model):
    """List the layers that have parameters of their own, with their numbers of parameters.

    Args:
        model: nn.Module with layers of any kind, possibly nested. It must not be changed.

    Returns:
        List of tuples (layer name: str, type: str, number of parameters: Python int), in the
        order of model.named_parameters(). For example [("0", "Linear", 8), ("2", "Linear", 3)].
        - The name is "" for parameters that belong directly to the model.
        - The type is the name of the layer's class.
        - A parameter shared by several layers counts in the first of them only.
        - Buffers do not count. Layers to which no parameter is counted have no row.
    """
    counts = {}
    for name, p in model.named_parameters():
        layer_name = name.rpartition(".")[0]
        counts[layer_name] = counts.get(layer_name, 0) + p.numel()
    return [(name, type(model.get_submodule(name)).__name__, count) for name, count in counts.items()]


def make_cnn():
    """The CNN of Section 0, for 1 x 28 x 28 images and 10 classes."""
    return nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 16, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(16, 32, 3, padding=1), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(), fc1=nn.Linear(32 * 7 * 7, 128), relu3=nn.ReLU(), fc2=nn.Linear(128, 10),
    ))


def model_bytes(n_parameters, bits):
    """Compute the memory that parameters take.

    Args:
        n_parameters: int >= 0, number of parameters.
        bits: int >= 1, number of bits for each parameter.

    Returns:
        Number of bytes, int or float, not rounded: 3 parameters of 4 bits take 1.5 bytes.
    """
    return n_parameters * bits / 8


def gigabytes(n_bytes):
    """Convert bytes to gigabytes, 1 GB = 1000**3 bytes.

    Args:
        n_bytes: int or float >= 0, number of bytes.

    Returns:
        Number of GB, int or float, not rounded: 407080 bytes are 0.00040708 GB.
    """
    return n_bytes / 1000**3


N_PARAMETERS = 7_000_000_000


GPU_GB = 16


def make_mlp():
    """784 pixels in one row, one hidden layer as wide as your student number says."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, my_width), nn.ReLU(), nn.Linear(my_width, 10))


def make_small_cnn():
    """Two convolutions and one small fully connected layer."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )


def in_order(images, shuffled):
    """Images of shape (n, 1, 28, 28), their pixels in the same other order where they are shuffled."""
    return images.flatten(1)[:, shuffled_pixels].reshape(images.shape) if shuffled else images


def trained(make, shuffled=False, epochs=3):
    """A new model after training; shuffled: the pixels of every image in the same other order."""
    inputs = in_order(train_x, shuffled)
    torch.manual_seed(my_seed)
    model = make()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[batch]), train_y[batch]).backward()
            optimizer.step()
    return model


def accuracy(model, shuffled=False):
    """Test accuracy (%)."""
    with torch.no_grad():
        return 100 * (model(in_order(test_x, shuffled)).argmax(dim=1) == test_y).float().mean().item()


def rounded(model, bits):
    """A copy in which each weight matrix and bias has 2 ** bits values, evenly spaced between its ends."""
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in copied.parameters():
            low, high = parameter.min(), parameter.max()
            step = (high - low) / (2**bits - 1)
            parameter.copy_(low + torch.round((parameter - low) / step) * step)
    return copied
