"""Where the demo's students went wrong, in code of their own: typical mistakes, most of which the course knows."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ATTEMPTS"]

ATTEMPTS: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "lesson2_parameters": {
        "sato": {
            "linear_regression_model": (
                "self.line = nn.Linear(1, 1, bias=False)\nnn.init.zeros_(self.line.weight)",
                "return self.line(x)",
            ),
            "model_bytes": ("return n_parameters * bits / 8 / 1024",),
        },
        "suzuki": {
            "linear_parameters": (
                "count = n_in * n_out\ncount += n_out  # one bias for each output\nreturn count",
            ),
            "count_parameters": (
                "count = 0\nfor name, tensor in model.state_dict().items():\n    count += tensor.numel()\nreturn count",
            ),
        },
        "tanaka": {
            "linear_parameters": ("return (n_in + 1) * n_out",),
            "conv2d_parameters": ("n = c_in * c_out * k * k\nif bias:\n    n += c_out\nreturn n",),
            "model_bytes": ("bytes_each = bits / 8\nreturn n_parameters * bytes_each / 1024",),
        },
    },
    "lesson3_compression": {
        "sato": {
            "quantize_minmax": (
                "lo, hi = float(x.min()), float(x.max())\n"
                "if lo == hi:\n"
                "    return torch.zeros_like(x, dtype=torch.int64), lo, hi\n"
                "step = (hi - lo) / (2**bits - 1)\n"
                "return torch.floor((x - lo) / step).long(), lo, hi",
            ),
            "prune_magnitude": (
                "threshold = torch.quantile(w.abs(), amount)\n"
                "return torch.where(w.abs() > threshold, w, torch.zeros_like(w))",
            ),
        },
        "suzuki": {
            "dequantize_minmax": ("return q * (hi - lo) / (2**bits - 1)",),
            "sparsity": ("return 100 * (w == 0).sum().item() / w.numel()",),
        },
        "takahashi": {
            "vector_quantize": (
                "codebook = rows[:k].clone()\n"
                "for _ in range(10):\n"
                "    indices = torch.cdist(rows, codebook).argmin(dim=1)\n"
                "    for j in range(k):\n"
                "        if (indices == j).any():\n"
                "            codebook[j] = rows[indices == j].mean(dim=0)\n"
                "return codebook, indices",
            ),
            "low_rank_parameters": ("return m * k + k + k * n",),
        },
        "tanaka": {
            "quantize_minmax": (
                "lo = x.min().item()\n"
                "hi = x.max().item()\n"
                "if hi == lo:\n"
                "    return (x * 0).long(), lo, hi\n"
                "delta = (hi - lo) / (2**bits - 1)\n"
                "q = ((x - lo) / delta).to(torch.int64)\n"
                "return q, lo, hi",
            ),
            "vq_bits": ("return n * math.log2(k) + 32 * k * d",),
        },
        "watanabe": {
            "prune_magnitude": (
                "count = int(w.numel() * amount + 1e-9)\n"
                "flat = w.flatten().clone()\n"
                "flat[flat.argsort()[:count]] = 0\n"
                "return flat.reshape(w.shape)",
            ),
            "rank_for_energy": (
                "squares = torch.linalg.svdvals(w) ** 2\n"
                "reached = squares.cumsum(0) / squares.sum() >= energy\n"
                "return int(reached.float().argmax())",
            ),
        },
    },
}
"""By assignment, student and answer cell: what stands in the place of each of its placeholders."""
