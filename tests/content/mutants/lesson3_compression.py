"""Wrong and right answers to lesson3_compression."""

from __future__ import annotations

from tests.content.mutants import Mutant
from tests.content.mutants.claims import wrong_claims

__all__ = ["MUTANTS", "REWRITES"]


def _mutant(cell: str, name: str, old: str | None, new: str) -> Mutant:
    return Mutant(name, cell, old, new, (f"test_{cell}",))


def _quantize(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("quantize_minmax", name, old, new)


def _dequantize(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("dequantize_minmax", name, old, new)


def _error(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("quantization_error", name, old, new)


def _cluster(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("vector_quantize", name, old, new)


def _prune(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("prune_magnitude", name, old, new)


def _low_rank(name: str, old: str | None, new: str) -> Mutant:
    return _mutant("low_rank", name, old, new)


QUANTIZE = [
    _quantize("floor instead of round", "torch.round(", "torch.floor("),
    _quantize("ceil instead of round", "torch.round(", "torch.ceil("),
    _quantize("cut off by the conversion", "torch.round((x - lo) / delta)", "((x - lo) / delta)"),
    _quantize("2^b steps", "(2**bits - 1)\n    q", "2**bits\n    q"),
    _quantize(
        "2^b steps, highest code clamped",
        "torch.round((x - lo) / delta)",
        "torch.round((x - lo) / ((hi - lo) / 2**bits)).clamp(max=2**bits - 1)",
    ),
    _quantize("always 8 bits", "(2**bits - 1)\n    q", "255\n    q"),
    _quantize("scale from max |x|", "\n    delta = (hi - lo)", "\n    delta = 2 * x.abs().max().item()"),
    _quantize(
        "range that contains 0",
        "lo, hi = x.min().item(), x.max().item()",
        "lo, hi = min(x.min().item(), 0.0), max(x.max().item(), 0.0)",
    ),
    _quantize("int8 wrap-around", ".to(torch.int64)", ".to(torch.int8).to(torch.int64)"),
    _quantize("uint8 wrap-around", ".to(torch.int64)", ".to(torch.int32).to(torch.uint8).to(torch.int64)"),
    _quantize("codes shifted to be signed", ".to(torch.int64)", ".to(torch.int64) - 2 ** (bits - 1)"),
    _quantize("offset forgotten", "(x - lo) / delta", "x / delta"),
    _quantize("float returned", ".to(torch.int64)", ""),
    _quantize("int32 returned", ".to(torch.int64)", ".to(torch.int32)"),
    _quantize("NaN on a constant tensor", "if hi == lo:", "if False:"),
    _quantize(
        "top code on a constant tensor",
        "torch.zeros(x.shape, dtype=torch.int64)",
        "torch.full(x.shape, 2**bits - 1)",
    ),
    _quantize("epsilon added to the step", "(2**bits - 1)\n    q", "(2**bits - 1) + 1e-8\n    q"),
    _quantize(
        "scale per row",
        "torch.round((x - lo) / delta)",
        "torch.round((x - x.amin(-1, keepdim=True)) / (x.amax(-1, keepdim=True) - "
        "x.amin(-1, keepdim=True) + 1e-12) * (2**bits - 1))",
    ),
    _quantize("lo and hi as tensors", "return q, lo, hi", "return q, x.min(), x.max()"),
    _quantize("step returned for hi", "return q, lo, hi", "return q, lo, delta"),
    _quantize("flattened", "return q, lo, hi", "return q.flatten(), lo, hi"),
    _quantize(
        "input changed", "    if hi == lo:", "    x -= lo\n    x += lo\n    x[x == hi] = 0\n    if hi == lo:"
    ),
    _quantize("only q returned", "return q, lo, hi", "return q"),
    _quantize(
        "range from mean and deviation",
        "lo, hi = x.min().item(), x.max().item()",
        "lo, hi = (x.mean() - 3 * x.std(correction=0)).item(), (x.mean() + 3 * x.std(correction=0)).item()",
    ),
]

DEQUANTIZE = [
    _dequantize("2^b steps", "(2**bits - 1)\n    return", "2**bits\n    return"),
    _dequantize("lo forgotten", "return lo + q * delta", "return q * delta"),
    _dequantize("counted from hi", "return lo + q * delta", "return hi - q * delta"),
    _dequantize("middle of the step", "return lo + q * delta", "return lo + (q + 0.5) * delta"),
    _dequantize(
        "step from the codes that occur", "(2**bits - 1)\n    return", "max(q.max().item(), 1)\n    return"
    ),
    _dequantize("float64 returned", "return lo + q * delta", "return lo + q.double() * delta"),
    _dequantize("half precision", "return lo + q * delta", "return (lo + q * delta).half().float()"),
    _dequantize("levels between 0 and 1", "    delta = (hi - lo) /", "    lo, delta = 0.0, 1 /"),
    _dequantize("mean of the range added", "return lo +", "return (lo + hi) / 2 +"),
    _dequantize(
        "codes changed", "    return lo +", "    q += 1\n    q -= 1\n    q[q == 0] = 1\n    return lo +"
    ),
    _dequantize("always 8 bits", "(2**bits - 1)\n    return", "255\n    return"),
]

ERROR = [
    _error("signed difference", "difference.abs().max()", "difference.max()"),
    _error("difference the other way round", "difference.abs().max()", "(x_hat - x).max()"),
    _error("no root", ".mean().sqrt()", ".mean()"),
    _error("sum for mean", ".square().mean()", ".square().sum()"),
    _error("mean absolute error", "difference.square().mean().sqrt()", "difference.abs().mean()"),
    _error("sample standard deviation", "difference.square().mean().sqrt()", "difference.std()"),
    _error("mean of the first dimension", ".square().mean().sqrt()", ".square().mean(0).sqrt().mean()"),
    _error(
        "tensors returned", "return max_error, rmse", "return torch.tensor(max_error), torch.tensor(rmse)"
    ),
    _error("order swapped", "return max_error, rmse", "return rmse, max_error"),
    _error(
        "relative to x", "return max_error, rmse", "return max_error, rmse / x.square().mean().sqrt().item()"
    ),
]

CLUSTER = [
    _cluster("L1 distance", "torch.cdist(rows, codebook)", "torch.cdist(rows, codebook, p=1)"),
    _cluster(
        "signed distance", "torch.cdist(rows, codebook)", "(rows[:, None, :] - codebook[None]).sum(dim=2)"
    ),
    _cluster(
        "largest coordinate", "torch.cdist(rows, codebook)", "torch.cdist(rows, codebook, p=float('inf'))"
    ),
    _cluster("farthest centroid", ".argmin(dim=1)", ".argmax(dim=1)"),
    _cluster("median centroid", "members.mean(dim=0)", "members.median(dim=0).values"),
    _cluster("one mean for all coordinates", "members.mean(dim=0)", "members.mean()"),
    _cluster("stale labels", "range(100)", "range(1)"),
    _cluster(
        "stale codebook",
        "    return codebook, indices",
        "    codebook = codebook + 0.05 * rows.std()\n    return codebook, indices",
    ),
    _cluster("too few rounds", "range(100)", "range(3)"),
    _cluster("starting rows never updated", "codebook[j] = members.mean(dim=0)", "pass"),
    _cluster("NaN for empty clusters", "if len(members) > 0:", "if True:"),
    _cluster(
        "same starting row for all",
        "codebook = rows[start].clone()",
        "codebook = rows[start[:1]].repeat(k, 1)",
    ),
    _cluster(
        "a centroid lost",
        "torch.cdist(rows, codebook).argmin(dim=1)",
        "torch.cdist(rows, codebook[: max(1, k - 1)]).argmin(dim=1)",
    ),
    _cluster("order swapped", "return codebook, indices", "return indices, codebook"),
    _cluster("int32 indices", "return codebook, indices", "return codebook, indices.int()"),
    _cluster("float64 codebook", "return codebook, indices", "return codebook.double(), indices"),
    _cluster("approximation for codebook", "return codebook, indices", "return codebook[indices], indices"),
    _cluster("codebook shares the rows' memory", "codebook = rows[start].clone()", "codebook = rows[:k]"),
    _cluster("columns instead of rows", "members.mean(dim=0)", "members.T.mean(dim=1).flip(0)"),
]

SIZES = [
    _mutant("vq_bits", "codebook left out", " + 32 * k * d", ""),
    _mutant("vq_bits", "log2 not rounded up", "math.ceil(math.log2(k))", "math.log2(k)"),
    _mutant("vq_bits", "log2 rounded down", "math.ceil(math.log2(k))", "int(math.log2(k))"),
    _mutant(
        "vq_bits", "rounded after the product", "n * math.ceil(math.log2(k))", "math.ceil(n * math.log2(k))"
    ),
    _mutant("vq_bits", "bit length of k", "math.ceil(math.log2(k))", "k.bit_length()"),
    _mutant("vq_bits", "at least 1 bit", "math.ceil(math.log2(k))", "max(1, math.ceil(math.log2(k)))"),
    _mutant("vq_bits", "an index for every number", "return n *", "return n * d *"),
    _mutant("vq_bits", "codebook without d", "32 * k * d", "32 * k"),
    _mutant("vq_bits", "natural logarithm", "math.log2(k)", "math.log(k)"),
    _mutant(
        "vq_bits",
        "bytes",
        None,
        "def vq_bits(n, d, k):\n    return (n * math.ceil(math.log2(k)) + 32 * k * d) // 8\n",
    ),
    _mutant("vq_bits", "float returned", "math.ceil(", "np.ceil("),
    _mutant("low_rank_parameters", "product for sum", "k * (m + n)", "k * m * n"),
    _mutant("low_rank_parameters", "one factor", "k * (m + n)", "k * m"),
    _mutant("low_rank_parameters", "brackets forgotten", "k * (m + n)", "k * m + n"),
    _mutant("low_rank_parameters", "singular values apart", "k * (m + n)", "k * (m + n + 1)"),
    _mutant("low_rank_parameters", "never more than mn", "k * (m + n)", "min(k * (m + n), m * n)"),
    _mutant("low_rank_parameters", "square matrices only", "k * (m + n)", "2 * k * m"),
    _mutant("low_rank_parameters", "float returned", "k * (m + n)", "k * (m + n) / 1"),
]

PRUNE = [
    _prune("signed magnitude", "pruned.abs().argsort()", "pruned.argsort()"),
    _prune(
        "amount taken as a threshold",
        "pruned[pruned.abs().argsort()[:count]] = 0",
        "pruned[pruned.abs() < amount] = 0",
    ),
    _prune(
        "quantile as a threshold",
        "pruned[pruned.abs().argsort()[:count]] = 0",
        "pruned[pruned.abs() < torch.quantile(pruned.abs(), amount)] = 0",
    ),
    _prune("quantile off by one", "[:count]", "[: count + 1]"),
    _prune("one too few", "[:count]", "[: max(count - 1, 0)]"),
    _prune("inverted mask", "[:count]", "[count:]"),
    _prune("largest pruned", ".argsort()", ".argsort(descending=True)"),
    _prune(
        "ties pruned together",
        "pruned[pruned.abs().argsort()[:count]] = 0",
        "if count > 0:\n        pruned[pruned.abs() <= pruned.abs().kthvalue(count).values] = 0",
    ),
    _prune(
        "ties kept together",
        "pruned[pruned.abs().argsort()[:count]] = 0",
        "t = pruned.abs().sort().values[min(count, len(pruned) - 1)]\n"
        "    pruned[(pruned.abs() < t) | (count == len(pruned))] = 0",
    ),
    _prune("rounded number", "int(w.numel() * amount + 1e-9)", "round(w.numel() * amount)"),
    _prune("rounded up", "int(w.numel() * amount + 1e-9)", "math.ceil(w.numel() * amount - 1e-9)"),
    _prune("no guard against rounding", "amount + 1e-9)\n", "amount)\n"),
    _prune("share of the rows", "w.numel() * amount", "len(w) * amount"),
    _prune("input changed", "w.flatten().clone()", "w.view(-1) if w.is_contiguous() else w.flatten()"),
    _prune(
        "mask returned", "return pruned.reshape(w.shape)", "return (pruned.reshape(w.shape) != 0).float()"
    ),
    _prune(
        "kept weights rescaled",
        "return pruned.reshape(w.shape)",
        "return pruned.reshape(w.shape) / (1 - amount if amount < 1 else 1)",
    ),
    _prune("flattened", "return pruned.reshape(w.shape)", "return pruned"),
    _prune("nearly zero", "argsort()[:count]] = 0", "argsort()[:count]] = 1e-8"),
    _prune("random weights", "pruned.abs().argsort()", "torch.randperm(len(pruned))"),
    _prune(
        "quota per row",
        None,
        """\
def prune_magnitude(w, amount):
    pruned = w.clone().reshape(len(w), -1)
    count = int(w.numel() * amount + 1e-9)
    for i, row in enumerate(pruned):
        row[row.abs().argsort()[: count // len(w) + (i < count % len(w))]] = 0
    return pruned.reshape(w.shape)
""",
    ),
    _prune(
        "existing zeros not counted",
        "pruned[pruned.abs().argsort()[:count]] = 0",
        "pruned[torch.where(pruned == 0, torch.inf, pruned.abs()).argsort()[:count]] = 0",
    ),
    _mutant("sparsity", "share that is kept", "(w == 0)", "(w != 0)"),
    _mutant("sparsity", "percent", ".mean().item()", ".mean().item() * 100"),
    _mutant("sparsity", "count", ".float().mean().item()", ".float().sum().item()"),
    _mutant("sparsity", "small counts as zero", "(w == 0)", "(w.abs() < 1e-4)"),
    _mutant("sparsity", "not positive counts as zero", "(w == 0)", "(w <= 0)"),
    _mutant("sparsity", "tensor returned", ".mean().item()", ".mean()"),
    _mutant("sparsity", "share of rows", ".float().mean().item()", ".float().sum().item() / len(w)"),
    _mutant("sparsity", "whole percent", ".mean().item()", ".mean().mul(100).round().item() / 100"),
]

LOW_RANK = [
    _low_rank("singular values twice", "b = Vh[:k]", "b = S[:k, None] * Vh[:k]"),
    _low_rank("singular values left out", "U[:, :k] * S[:k]", "U[:, :k]"),
    _low_rank("roots in one factor only", "U[:, :k] * S[:k]", "U[:, :k] * S[:k].sqrt()"),
    _low_rank("V for V transposed", "b = Vh[:k]", "b = Vh.T[:k]"),
    _low_rank("V cut to shape", "b = Vh[:k]", "b = torch.linalg.svd(w).Vh.T[:k]"),
    _low_rank(
        "smallest k",
        None,
        """\
def low_rank(w, k):
    U, S, Vh = torch.linalg.svd(w, full_matrices=False)
    return U[:, -k:] * S[-k:], Vh[-k:]
""",
    ),
    _low_rank(
        "columns cropped",
        None,
        """\
def low_rank(w, k):
    return w[:, :k].clone(), torch.eye(k, w.shape[1])
""",
    ),
    _low_rank(
        "all ranks kept",
        None,
        """\
def low_rank(w, k):
    U, S, Vh = torch.linalg.svd(w, full_matrices=False)
    return U * S, Vh
""",
    ),
    _low_rank("rows of U", "U[:, :k] * S[:k]", "U[:k].T * S[:k] if U.shape[0] == U.shape[1] else U[:, :k]"),
    _low_rank(
        "singular values on the rows",
        "U[:, :k] * S[:k]",
        "(torch.nn.functional.pad(S, (0, max(0, len(U) - len(S))))[: len(U), None] * U)[:, :k]",
    ),
    _low_rank("factors swapped", "return a, b", "return b, a"),
    _low_rank("second factor transposed", "return a, b", "return a, b.T"),
    _low_rank("product returned", "return a, b", "return a @ b"),
    _low_rank("rank one less", "b = Vh[:k]", "b = Vh[:k].clone()\n    b[-1] = 0"),
    _low_rank("signs lost", "b = Vh[:k]", "b = Vh[:k].abs()"),
    _low_rank("centred like PCA", "torch.linalg.svd(w, ", "torch.linalg.svd(w - w.mean(dim=0), "),
    _low_rank("float64 factors", "return a, b", "return a.double(), b.double()"),
    _low_rank(
        "randomised decomposition",
        None,
        """\
def low_rank(w, k):
    U, S, V = torch.svd_lowrank(w, q=k, niter=0)
    return U * S, V.T
""",
    ),
    _mutant("rank_for_energy", "energy from singular values", ".svdvals(w).square()", ".svdvals(w)"),
    _mutant("rank_for_energy", "index for rank", "return k\n", "return k - 1\n"),
    _mutant("rank_for_energy", "one too many", "return k\n", "return k + 1\n"),
    _mutant("rank_for_energy", "a margin added", ">= energy", "> energy + 0.2"),
    _mutant("rank_for_energy", "energy of the rest", ">= energy", ">= 1 - energy"),
    _mutant(
        "rank_for_energy",
        "each value on its own",
        "torch.cumsum(squares, dim=0) / squares.sum()",
        "squares / squares.sum()",
    ),
    _mutant(
        "rank_for_energy",
        "share of the directions",
        None,
        """\
def rank_for_energy(w, energy):
    return math.ceil(energy * min(w.shape))
""",
    ),
    _mutant("rank_for_energy", "relative to the largest", "squares.sum()", "squares[0]"),
    _mutant(
        "rank_for_energy",
        "tensor returned",
        None,
        """\
def rank_for_energy(w, energy):
    squares = torch.linalg.svdvals(w).square()
    share = torch.cumsum(squares, dim=0) / squares.sum()
    return (share < energy).sum() + 1
""",
    ),
    _mutant(
        "rank_for_energy",
        "plus one forgotten",
        None,
        """\
def rank_for_energy(w, energy):
    squares = torch.linalg.svdvals(w).square()
    share = torch.cumsum(squares, dim=0) / squares.sum()
    return int((share < energy).sum())
""",
    ),
    _mutant("rank_for_energy", "root of the energy", ">= energy", ">= energy**0.5"),
]

PREDICTION = [
    _mutant("prediction", "text", "40.0", "'40 %'"),
    _mutant("prediction", "out of range", "40.0", "140.0"),
    _mutant("prediction", "not a number", "40.0", "float('nan')"),
    _mutant("prediction", "truth value", "40.0", "True"),
]

CLAIMS = wrong_claims('"accuracy_middle0": 88.0', '"accuracy_middle0": 91.5')
MUTANTS = [*PREDICTION, *QUANTIZE, *DEQUANTIZE, *ERROR, *CLUSTER, *SIZES, *PRUNE, *LOW_RANK, *CLAIMS]


def _rewrite(cell: str, name: str, new: str) -> Mutant:
    return Mutant(name, cell, None, new, ())


REWRITES = [
    _rewrite("prediction", "whole number", "prediction = 85\n"),
    _rewrite(
        "quantize_minmax",
        "numpy",
        """\
def quantize_minmax(x, bits):
    values = x.numpy().astype(np.float64)
    smallest, largest = values.min(), values.max()
    if largest > smallest:
        q = np.rint((values - smallest) / (largest - smallest) * (2 ** bits - 1))
    else:
        q = np.zeros_like(values)
    return torch.from_numpy(q.astype(np.int64)), float(smallest), float(largest)
""",
    ),
    _rewrite(
        "quantize_minmax",
        "half added and floor",
        """\
def quantize_minmax(x, bits):
    lo, hi = float(torch.min(x)), float(torch.max(x))
    levels = 2 ** bits - 1
    if lo == hi:
        return torch.zeros_like(x).long(), lo, hi
    q = torch.floor((x - lo) * levels / (hi - lo) + 0.5)
    return q.clamp(0, levels).long(), lo, hi
""",
    ),
    _rewrite(
        "quantize_minmax",
        "loop",
        """\
def quantize_minmax(x, bits):
    numbers = x.flatten().tolist()
    lo, hi = min(numbers), max(numbers)
    codes = []
    for number in numbers:
        codes.append(0 if hi == lo else round((number - lo) / (hi - lo) * (2 ** bits - 1)))
    return torch.tensor(codes, dtype=torch.int64).reshape(x.shape), lo, hi
""",
    ),
    _rewrite(
        "quantize_minmax",
        "tensors throughout",
        """\
def quantize_minmax(x, bits):
    lo, hi = x.min(), x.max()
    delta = (hi - lo) / (2 ** bits - 1)
    q = torch.where(delta > 0, ((x - lo) / delta).round(), torch.zeros_like(x))
    return q.to(torch.int64), lo.item(), hi.item()
""",
    ),
    _rewrite(
        "quantize_minmax",
        "scale and zero point",
        """\
def quantize_minmax(x, bits):
    lo, hi = x.min().item(), x.max().item()
    scale = (2 ** bits - 1) / (hi - lo) if hi > lo else 0.0
    return torch.round(x.double() * scale - lo * scale).long(), lo, hi
""",
    ),
    _rewrite(
        "quantize_minmax",
        "nearest of a list of levels",
        """\
def quantize_minmax(x, bits):
    lo, hi = x.min().item(), x.max().item()
    levels = torch.linspace(lo, hi, 2 ** bits, dtype=torch.float64)
    middles = (levels[1:] + levels[:-1]) / 2
    q = torch.bucketize(x.double().contiguous(), middles)
    return q if hi > lo else torch.zeros_like(q), lo, hi
""",
    ),
    _rewrite(
        "dequantize_minmax",
        "numpy",
        """\
def dequantize_minmax(q, lo, hi, bits):
    levels = np.linspace(lo, hi, 2 ** bits)
    return torch.tensor(levels[q.numpy()], dtype=torch.float32)
""",
    ),
    _rewrite(
        "dequantize_minmax",
        "weights of both ends",
        """\
def dequantize_minmax(q, lo, hi, bits):
    t = q.float() / (2 ** bits - 1)
    return (1 - t) * lo + t * hi
""",
    ),
    _rewrite(
        "dequantize_minmax",
        "in place on a copy",
        """\
def dequantize_minmax(q, lo, hi, bits):
    out = q.clone().to(torch.float32)
    out *= hi - lo
    out /= 2 ** bits - 1
    out += lo
    return out
""",
    ),
    _rewrite(
        "quantization_error",
        "loop",
        """\
def quantization_error(x, x_hat):
    largest, total = 0.0, 0.0
    for a, b in zip(x.flatten().tolist(), x_hat.flatten().tolist()):
        largest = max(largest, abs(a - b))
        total += (a - b) ** 2
    return largest, math.sqrt(total / x.numel())
""",
    ),
    _rewrite(
        "quantization_error",
        "norms",
        """\
def quantization_error(x, x_hat):
    e = (x - x_hat).flatten()
    return [torch.linalg.vector_norm(e, float("inf")).item(), e.norm().item() / len(e) ** 0.5]
""",
    ),
    _rewrite(
        "quantization_error",
        "mse_loss",
        """\
def quantization_error(x, x_hat):
    return float((x - x_hat).abs().max()), float(nn.functional.mse_loss(x_hat, x)) ** 0.5
""",
    ),
    _rewrite(
        "vector_quantize",
        "first rows, broadcasting, one-hot means",
        """\
def vector_quantize(rows, k):
    c = rows[:k].clone()
    z = torch.full((rows.shape[0],), -1)
    for step in range(100):
        d = ((rows.unsqueeze(1) - c.unsqueeze(0)) ** 2).sum(-1)
        new = d.min(1).indices
        if (new == z).all():
            break
        z = new
        one_hot = nn.functional.one_hot(z, k).float()
        counts = one_hot.sum(0)
        means = one_hot.T @ rows / counts.clamp(min=1)[:, None]
        c = torch.where(counts[:, None] > 0, means, c)
    return c, z
""",
    ),
    _rewrite(
        "vector_quantize",
        "evenly spaced start, loops",
        """\
def vector_quantize(rows, k):
    n = len(rows)
    centroids = [rows[i * n // k].clone() for i in range(k)]
    labels = None
    while True:
        new = []
        for row in rows:
            distances = [float(((row - c) ** 2).sum()) for c in centroids]
            new.append(distances.index(min(distances)))
        if new == labels:
            break
        labels = new
        for j in range(k):
            members = [rows[i] for i in range(n) if labels[i] == j]
            if members:
                centroids[j] = torch.stack(members).mean(0)
    return torch.stack(centroids), torch.tensor(labels)
""",
    ),
    _rewrite(
        "vector_quantize",
        "numpy, random start",
        """\
def vector_quantize(rows, k):
    data = rows.numpy()
    centers = data[np.random.choice(len(data), k, replace=False)].copy()
    for _ in range(100):
        labels = np.linalg.norm(data[:, None] - centers[None], axis=2).argmin(axis=1)
        used = [(labels == j).any() for j in range(k)]
        new = np.stack([data[labels == j].mean(axis=0) if used[j] else centers[j] for j in range(k)])
        if np.allclose(new, centers, rtol=0, atol=1e-7):
            break
        centers = new
    return torch.from_numpy(centers), torch.from_numpy(labels)
""",
    ),
    _rewrite(
        "vector_quantize",
        "scikit-learn",
        """\
def vector_quantize(rows, k):
    from sklearn.cluster import KMeans
    kmeans = KMeans(n_clusters=k, n_init=1, random_state=0, tol=0).fit(rows.numpy())
    codebook = torch.tensor(kmeans.cluster_centers_, dtype=torch.float32)
    return codebook, torch.tensor(kmeans.labels_, dtype=torch.int64)
""",
    ),
    _rewrite(
        "vector_quantize",
        "scikit-learn, default tolerance, ten starts",
        """\
def vector_quantize(rows, k):
    from sklearn.cluster import KMeans
    kmeans = KMeans(n_clusters=k, n_init=10).fit(rows)
    return torch.tensor(kmeans.cluster_centers_).float(), torch.tensor(kmeans.labels_).long()
""",
    ),
    _rewrite(
        "vector_quantize",
        "k-means++ start, global generator",
        """\
def vector_quantize(rows, k):
    chosen = [int(torch.randint(len(rows), (1,)))]
    while len(chosen) < k:
        weights = torch.cdist(rows, rows[chosen]).min(1).values ** 2 + 1e-12
        weights[chosen] = 0
        chosen.append(int(torch.multinomial(weights, 1)))
    centers = rows[chosen].clone()
    previous = None
    for _ in range(100):
        labels = torch.cdist(rows, centers).argmin(1)
        if previous is not None and torch.equal(labels, previous):
            break
        previous = labels
        for j in labels.unique():
            centers[j] = rows[labels == j].mean(0)
    return centers, labels
""",
    ),
    _rewrite(
        "vq_bits",
        "bit length",
        """\
def vq_bits(n, d, k):
    index_bits = (k - 1).bit_length()
    return n * index_bits + k * d * 32
""",
    ),
    _rewrite(
        "vq_bits",
        "counting up",
        """\
def vq_bits(n, d, k):
    b = 0
    while 2 ** b < k:
        b += 1
    return int(n * b + 32 * k * d)
""",
    ),
    _rewrite(
        "prune_magnitude",
        "topk",
        """\
def prune_magnitude(w, amount):
    m = int(w.numel() * amount + 1e-9)
    mask = torch.ones(w.numel())
    mask[torch.topk(w.reshape(-1).abs(), m, largest=False).indices] = 0
    return w * mask.reshape(w.shape)
""",
    ),
    _rewrite(
        "prune_magnitude",
        "numpy",
        """\
def prune_magnitude(w, amount):
    flat = w.numpy().copy().reshape(-1)
    order = np.argsort(np.abs(flat), kind="stable")
    flat[order[: math.floor(amount * flat.size + 1e-9)]] = 0.0
    return torch.from_numpy(flat).reshape(w.shape)
""",
    ),
    _rewrite(
        "prune_magnitude",
        "loop",
        """\
def prune_magnitude(w, amount):
    values = w.flatten().tolist()
    positions = sorted(range(len(values)), key=lambda i: abs(values[i]))
    for i in positions[: int(len(values) * amount + 1e-9)]:
        values[i] = 0.0
    return torch.tensor(values).reshape(w.shape)
""",
    ),
    _rewrite(
        "sparsity",
        "count",
        """\
def sparsity(w):
    zeros = w.numel() - torch.count_nonzero(w).item()
    return zeros / w.numel()
""",
    ),
    _rewrite(
        "sparsity",
        "numpy",
        """\
def sparsity(w):
    return float(np.mean(w.numpy() == 0))
""",
    ),
    _rewrite(
        "low_rank",
        "roots in both factors",
        """\
def low_rank(w, k):
    U, S, Vh = torch.linalg.svd(w)
    root = torch.diag(S[:k].sqrt())
    return U[:, :k] @ root, root @ Vh[:k, :]
""",
    ),
    _rewrite(
        "low_rank",
        "numpy",
        """\
def low_rank(w, k):
    u, s, vt = np.linalg.svd(w.numpy(), full_matrices=False)
    return torch.tensor(u[:, :k]), torch.tensor(np.diag(s[:k]) @ vt[:k])
""",
    ),
    _rewrite(
        "low_rank",
        "torch.svd in double precision",
        """\
def low_rank(w, k):
    U, S, V = torch.svd(w.double())
    return (U[:, :k] @ torch.diag(S[:k])).float(), V[:, :k].t().float()
""",
    ),
    _rewrite(
        "low_rank",
        "projection on the first directions",
        """\
def low_rank(w, k):
    Vh = torch.linalg.svd(w, full_matrices=False)[2]
    return w @ Vh[:k].T, Vh[:k]
""",
    ),
    _rewrite(
        "low_rank_parameters",
        "two products",
        """\
def low_rank_parameters(m, n, k):
    return m * k + k * n
""",
    ),
    _rewrite(
        "rank_for_energy",
        "count of smaller shares",
        """\
def rank_for_energy(w, energy):
    s2 = torch.linalg.svd(w, full_matrices=False).S ** 2
    share = s2.cumsum(0) / s2.sum()
    return min(int((share < energy).sum()) + 1, len(s2))
""",
    ),
    _rewrite(
        "rank_for_energy",
        "loop with numpy",
        """\
def rank_for_energy(w, energy):
    s = np.linalg.svd(w.numpy(), compute_uv=False)
    total, kept, k = (s ** 2).sum(), 0.0, 0
    while k < len(s) and kept < energy * total:
        kept += s[k] ** 2
        k += 1
    return k
""",
    ),
    _rewrite(
        "rank_for_energy",
        "eigenvalues in double precision",
        """\
def rank_for_energy(w, energy):
    w = w.double()
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    values = torch.linalg.eigvalsh(gram).clamp(min=0).flip(0)
    return 1 + int(torch.searchsorted(torch.cumsum(values, 0) / values.sum(), energy))
""",
    ),
]
