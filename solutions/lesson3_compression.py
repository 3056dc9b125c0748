"""Reference implementations of lesson3_compression: built from its answer cells by `autograder build`, not edited."""

from torch import nn
from torchvision import datasets
import hashlib
import io
import math
import matplotlib.pyplot as plt
import numpy as np
import torch

DECIMALS = {  # of the numbers that you will claim
    "middle": 2, "accuracy_1bit": 1, "accuracy_middle0": 1, "cosine_middle0": 2, "rmse_middle0": 3,
    "accuracy_pruned95": 1, "cosine_pruned95": 2, "rmse_pruned95": 3,
}


def code_of(numbers):
    """Six letters that belong to these numbers and to your student number."""
    words = "".join(f" {name}={numbers[name]:.{DECIMALS[name]}f}" for name in sorted(numbers))
    return hashlib.sha256((student_number + words).encode()).hexdigest()[:6]


def print_claims(numbers):
    """Print your numbers, rounded, with their code: copy the line into the cell `claims`."""
    words = ", ".join(f'"{name}": {numbers[name]:.{DECIMALS[name]}f}' for name in DECIMALS)
    print(f'claims = {{{words}, "code": "{code_of(numbers)}"}}')


def accuracy_with(new_weight):
    """Test accuracy in percent with the first layer's weight replaced; the model does not change."""
    with torch.no_grad():
        hidden = torch.relu(test_x @ new_weight.T + model[0].bias)
        return 100 * (model[2](hidden).argmax(dim=1) == test_y).float().mean().item()


def rmse_of(new_weight):
    """Root-mean-square difference between the new and the original weight."""
    return (new_weight - weight).square().mean().sqrt().item()


def cosine_of(new_weight):
    """Cosine of the angle between new and original weight, as vectors of 50,176 numbers; 1: same direction."""
    return torch.cosine_similarity(new_weight.flatten(), weight.flatten(), dim=0).item()


def plot_tradeoff(error_axis, accuracy_axis, method, labels):
    """Draw RMSE and accuracy of `curves[method]` against size, with a label at each point."""
    sizes, errors, accuracies, _ = zip(*curves[method])
    error_axis.plot(sizes, errors, "o-")
    error_axis.set(xlabel="size of the layer (kB)", ylabel="RMSE", title=f"{method}: error against size")
    accuracy_axis.plot(sizes, accuracies, "o-")
    accuracy_axis.axhline(accuracy_with(weight), color="gray", linestyle=":", label="original (32 bits)")
    accuracy_axis.set(xlabel="size of the layer (kB)", ylabel="test accuracy (%)", ylim=(0, 103),
                      title=f"{method}: accuracy against size")
    accuracy_axis.legend(loc="lower right")
    for axis, values, offset in ((error_axis, errors, (0, 7)), (accuracy_axis, accuracies, (14, -12))):
        for x, y, label in zip(sizes, values, labels):
            axis.annotate(label, (x, y), textcoords="offset points", xytext=offset, fontsize=8, ha="center")
        axis.set_xscale("log")
        axis.set_xticks([2, 5, 10, 20, 50, 100, 200], labels=["2", "5", "10", "20", "50", "100", "200"])
        axis.minorticks_off()
        axis.margins(0.12)


def quantize_minmax(x, bits):
    """Quantize a tensor to 2**bits levels, evenly spaced from its minimum to its maximum.

    Args:
        x: float32 tensor of any shape (one or more dimensions) with at least one element. It must not be changed.
        bits: int, 1 to 16.

    Returns:
        A tuple (q, lo, hi).
        q: int64 tensor of the shape of x with values in 0 ... 2**bits - 1: x minus lo, divided by
            delta = (hi - lo) / (2**bits - 1), rounded to the nearest integer. Halfway between two
            levels either one is fine. Where hi == lo, every element is 0. Add nothing (no 1e-8) to delta.
        lo, hi: smallest and largest element of the whole tensor, as Python floats.
    """
    lo, hi = x.min().item(), x.max().item()
    if hi == lo:
        return torch.zeros(x.shape, dtype=torch.int64), lo, hi
    delta = (hi - lo) / (2**bits - 1)
    q = torch.round((x - lo) / delta).to(torch.int64)
    return q, lo, hi


def dequantize_minmax(q, lo, hi, bits):
    """Return the levels that the numbers q stand for.

    Args:
        q: int64 tensor of any shape (one or more dimensions) with values in 0 ... 2**bits - 1. It must not be changed.
        lo, hi: Python floats, lo <= hi: the values of the lowest and of the highest level.
        bits: int, 1 to 16.

    Returns:
        float32 tensor of the shape of q: lo + q * delta, delta = (hi - lo) / (2**bits - 1).
    """
    delta = (hi - lo) / (2**bits - 1)
    return lo + q * delta


def quantization_error(x, x_hat):
    """Measure how far an approximation is from the original tensor.

    Args:
        x: float32 tensor of any shape (one or more dimensions) with at least one element. It must not be changed.
        x_hat: float32 tensor of the same shape, the approximation. It must not be changed.

    Returns:
        A tuple (max_error, rmse) of Python floats.
        max_error: the largest |x - x_hat| over all elements.
        rmse: the square root of the mean over all elements of (x - x_hat)**2.
    """
    difference = x - x_hat
    max_error = difference.abs().max().item()
    rmse = difference.square().mean().sqrt().item()
    return max_error, rmse


def one_bit_around(m):
    """1-bit weights with levels m - half and m + half: each weight goes to the level on its side of m."""
    return torch.where(weight > m, m + half, m - half)


def vector_quantize(rows, k):
    """Cluster the rows of a matrix by k-means (Euclidean distance).

    Args:
        rows: float32 tensor of shape (n, d). It must not be changed.
        k: int, 1 <= k <= n: the number of centroids.

    Returns:
        A tuple (codebook, indices).
        codebook: float32 tensor of shape (k, d), the centroids.
        indices: int64 tensor of shape (n,), values in 0 ... k - 1: the centroid of each row.

    Start from k rows at different positions (any choice, any seed) and repeat until the indices no
    longer change, at most 100 times. At the end each row has a nearest centroid (ties: any of them),
    and each centroid with rows is their mean; a centroid without rows stays where it was, never NaN.
    sklearn.cluster.KMeans is allowed too (with tol=0, converted to the dtypes above).
    """
    n = len(rows)
    start = torch.randperm(n, generator=torch.Generator().manual_seed(0))[:k]
    codebook = rows[start].clone()
    indices = None
    for _ in range(100):
        nearest = torch.cdist(rows, codebook).argmin(dim=1)
        if indices is not None and torch.equal(nearest, indices):
            break
        indices = nearest
        for j in range(k):
            members = rows[indices == j]
            if len(members) > 0:
                codebook[j] = members.mean(dim=0)
    return codebook, indices


def vq_bits(n, d, k):
    """Return the size in bits of n rows of length d after vector quantization with k centroids.

    Args:
        n, d, k: ints, at least 1: number of rows, length of a row, number of centroids.

    Returns:
        int: n indices of ceil(log2(k)) bits each, and a codebook of k * d numbers of 32 bits each.
    """
    return n * math.ceil(math.log2(k)) + 32 * k * d


def prune_magnitude(w, amount):
    """Set the weights of smallest absolute value to 0.

    Args:
        w: float32 tensor of any shape (one or more dimensions) with n >= 1 elements. It must not be changed.
        amount: float from 0 (prune nothing) to 1 (prune everything): the share to prune.

    Returns:
        A new float32 tensor of the same shape. Exactly int(n * amount + 1e-9) elements, those of
        smallest absolute value in the whole tensor, are set to 0 (among equal absolute values any
        of them); all others are unchanged.
    """
    count = int(w.numel() * amount + 1e-9)
    pruned = w.flatten().clone()
    pruned[pruned.abs().argsort()[:count]] = 0
    return pruned.reshape(w.shape)


def sparsity(w):
    """Return the share of elements that are exactly 0.

    Args:
        w: float32 tensor of any shape (one or more dimensions) with at least one element. It must not be changed.

    Returns:
        Python float from 0.0 (no element is 0) to 1.0 (all are).
    """
    return (w == 0).float().mean().item()


def low_rank(w, k):
    """Factor a matrix into its best approximation of rank k (truncated singular value decomposition).

    Args:
        w: float32 tensor of shape (m, n), any m and n. It must not be changed.
        k: int, 1 <= k <= min(m, n).

    Returns:
        A tuple (a, b) of float32 tensors of shapes (m, k) and (k, n): a @ b has the least possible
        squared error, the sum of the squared singular values after the k-th. How the singular values
        are shared between a and b is free. Use the exact decomposition, torch.linalg.svd.
    """
    U, S, Vh = torch.linalg.svd(w, full_matrices=False)
    a = U[:, :k] * S[:k]
    b = Vh[:k]
    return a, b


def low_rank_parameters(m, n, k):
    """Return how many numbers the two factors of a rank-k approximation have together.

    Args:
        m, n, k: ints, at least 1: the factors have shapes (m, k) and (k, n).

    Returns:
        int. It may be more than m * n.
    """
    return k * (m + n)


def rank_for_energy(w, energy):
    """Return the smallest rank that keeps at least the given share of the energy.

    Args:
        w: float32 tensor of shape (m, n), not all zeros. It must not be changed.
        energy: float, 0 < energy < 1.

    Returns:
        int k, 1 <= k <= min(m, n): the smallest k for which the sum of the k largest squared singular
        values is at least energy times the sum of all squared singular values.
    """
    squares = torch.linalg.svdvals(w).square()
    share = torch.cumsum(squares, dim=0) / squares.sum()
    for k in range(1, len(share)):
        if share[k - 1] >= energy:
            return k
    return len(share)


def packed(numbers, bits):
    """Whole numbers below 2 ** bits as bits without gaps: an array of bytes."""
    return np.packbits(numbers.numpy().reshape(-1, 1) >> np.arange(bits) & 1)


def unpacked(data, bits, count):
    """The numbers that were packed."""
    return np.unpackbits(data, count=count * bits).reshape(count, bits) @ (1 << np.arange(bits))


def file_bytes(*arrays):
    """Size of a NumPy file with these arrays."""
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getbuffer().nbytes
