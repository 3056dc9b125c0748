"""Lesson 2, counting parameters: realistic wrong answers, and right ones in other styles."""

from __future__ import annotations

from tests.content.mutants import Mutant
from tests.content.mutants.claims import wrong_claims

__all__ = ["MUTANTS", "REWRITES"]

PREDICTION = ("test_prediction",)
LINE = ("test_linear_regression_model",)
LINEAR = ("test_linear_parameters",)
COUNT = ("test_count_parameters",)
CONV = ("test_conv2d_parameters",)
TABLE = ("test_parameter_table",)
BYTES = ("test_model_bytes",)
GIGABYTES = ("test_gigabytes",)

SUM = "sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)"
WEIGHTS = "weights = c_out * (c_in // groups) * k**2"
WITH_BIAS = "weights + c_out if bias else weights"

EQUAL_TO_EVERYTHING = """class Anything(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = int.__hash__


"""


def line(init: str, forward: str = "return self.w * x + self.b") -> str:
    """A LinearRegressionModel with other statements (separated by `;`) in its two methods."""
    return (
        "class LinearRegressionModel(nn.Module):\n"
        f"    def __init__(self):\n        super().__init__()\n        {init}\n"
        f"    def forward(self, x):\n        {forward}\n"
    )


ZEROS = "self.w = nn.Parameter(torch.zeros(1)); self.b = nn.Parameter(torch.zeros(1))"
COUNT_HEAD = "def count_parameters(model, trainable_only=False):\n"
TABLE_HEAD = "def parameter_table(model):\n"
LINEAR_HEAD = "def linear_parameters(n_in, n_out, bias=True):\n"
CONV_HEAD = "def conv2d_parameters(c_in, c_out, k, groups=1, bias=True):\n"

MUTANTS = [
    Mutant("prediction as text", "prediction", "30.0", "'30 %'", PREDICTION),
    Mutant("prediction is NaN", "prediction", "30.0", "float('nan')", PREDICTION),
    Mutant("prediction over 100", "prediction", "30.0", "206922", PREDICTION),
    Mutant("prediction is a bool", "prediction", "30.0", "True", PREDICTION),
    Mutant("prediction left empty", "prediction", "30.0", "None", PREDICTION),
    #
    Mutant(
        "plain tensors",
        "linear_regression_model",
        None,
        line(
            "self.w = torch.zeros(1, requires_grad=True); self.b = torch.zeros(1, requires_grad=True)",
        ),
        LINE,
    ),
    Mutant(
        "bias as a buffer",
        "linear_regression_model",
        "self.b = nn.Parameter(torch.zeros(1))",
        "self.register_buffer('b', torch.zeros(1))",
        LINE,
    ),
    Mutant(
        "random start",
        "linear_regression_model",
        "self.w = nn.Parameter(torch.zeros(1))",
        "self.w = nn.Parameter(torch.randn(1))",
        LINE,
    ),
    Mutant(
        "start at one",
        "linear_regression_model",
        "self.b = nn.Parameter(torch.zeros(1))",
        "self.b = nn.Parameter(torch.ones(1))",
        LINE,
    ),
    Mutant(
        "one parameter for both",
        "linear_regression_model",
        "self.b = nn.Parameter(torch.zeros(1))",
        "self.b = self.w",
        LINE,
    ),
    Mutant(
        "both in one tensor",
        "linear_regression_model",
        None,
        line("self.p = nn.Parameter(torch.zeros(2))", "return self.p[0] * x + self.p[1]"),
        LINE,
    ),
    Mutant(
        "nn.Linear not set to zero",
        "linear_regression_model",
        None,
        line("self.linear = nn.Linear(1, 1)", "return self.linear(x)"),
        LINE,
    ),
    Mutant(
        "nn.Linear without bias",
        "linear_regression_model",
        None,
        line(
            "self.linear = nn.Linear(1, 1, bias=False); nn.init.zeros_(self.linear.weight)",
            "return self.linear(x)",
        ),
        LINE,
    ),
    Mutant(
        "item loses the gradient",
        "linear_regression_model",
        "self.w * x + self.b",
        "self.w.item() * x + self.b",
        LINE,
    ),
    Mutant(
        "data loses the gradient",
        "linear_regression_model",
        "self.w * x + self.b",
        "self.w.data * x + self.b.data",
        LINE,
    ),
    Mutant("w(x + b)", "linear_regression_model", "self.w * x + self.b", "self.w * (x + self.b)", LINE),
    Mutant("bias forgotten", "linear_regression_model", "self.w * x + self.b", "self.w * x", LINE),
    Mutant("minus b", "linear_regression_model", "self.w * x + self.b", "self.w * x - self.b", LINE),
    Mutant("squared x", "linear_regression_model", "self.w * x + self.b", "self.w * x * x + self.b", LINE),
    Mutant(
        "relu on the output",
        "linear_regression_model",
        "self.w * x + self.b",
        "(self.w * x + self.b).relu()",
        LINE,
    ),
    Mutant(
        "output flattened",
        "linear_regression_model",
        "self.w * x + self.b",
        "(self.w * x + self.b).flatten()",
        LINE,
    ),
    Mutant(
        "x changed in place",
        "linear_regression_model",
        "self.w * x + self.b",
        "x.mul_(self.w) + self.b",
        LINE,
    ),
    Mutant(
        "always zero", "linear_regression_model", "self.w * x + self.b", "0 * (self.w * x + self.b)", LINE
    ),
    Mutant("not a module", "linear_regression_model", "(nn.Module)", "", LINE),
    #
    Mutant("bias sized by the input", "linear_parameters", "weights + n_out", "weights + n_in", LINEAR),
    Mutant(
        "bias added when off",
        "linear_parameters",
        "weights + n_out if bias else weights",
        "weights + n_out",
        LINEAR,
    ),
    Mutant(
        "bias never added", "linear_parameters", "weights + n_out if bias else weights", "weights", LINEAR
    ),
    Mutant("bias the wrong way round", "linear_parameters", "if bias else", "if not bias else", LINEAR),
    Mutant("one bias in all", "linear_parameters", "weights + n_out", "weights + 1", LINEAR),
    Mutant("sum for product", "linear_parameters", "n_out * n_in", "n_out + n_in", LINEAR),
    Mutant("square of the input", "linear_parameters", "n_out * n_in", "n_in * n_in", LINEAR),
    Mutant("a float", "linear_parameters", "n_out * n_in", "1.0 * n_out * n_in", LINEAR),
    Mutant("printed, not returned", "linear_parameters", "return weights", "weights", LINEAR),
    Mutant("a 0-d tensor", "linear_parameters", "n_out * n_in", "torch.tensor(n_out * n_in)", LINEAR),
    Mutant(
        "equal to everything",
        "linear_parameters",
        None,
        EQUAL_TO_EVERYTHING + LINEAR_HEAD + "    return Anything(0)",
        LINEAR,
    ),
    Mutant("the example learnt by heart", "linear_parameters", "n_out * n_in", "6", LINEAR),
    Mutant("default changed", "linear_parameters", "bias=True):", "bias=False):", LINEAR),
    #
    Mutant(
        "buffers counted",
        "count_parameters",
        SUM,
        SUM + " + sum(b.numel() for b in model.buffers())",
        COUNT,
    ),
    Mutant(
        "state_dict counted",
        "count_parameters",
        SUM,
        "sum(t.numel() for t in model.state_dict().values())",
        COUNT,
    ),
    Mutant(
        "tied weights twice",
        "count_parameters",
        "for p in model.parameters()",
        "for _, p in model.named_parameters(remove_duplicate=False)",
        COUNT,
    ),
    Mutant(
        "tied weights twice, layer by layer",
        "count_parameters",
        "for p in model.parameters()",
        "for m in model.modules() for p in m.parameters(recurse=False)",
        COUNT,
    ),
    Mutant(
        "nested layers missed",
        "count_parameters",
        "for p in model.parameters()",
        "for p in {p for m in (model, *model.children()) for p in m.parameters(recurse=False)}",
        COUNT,
    ),
    Mutant(
        "equal shapes taken for tied",
        "count_parameters",
        "for p in model.parameters()",
        "for p in {p.shape: p for p in model.parameters()}.values()",
        COUNT,
    ),
    Mutant("tensors counted", "count_parameters", "p.numel()", "1", COUNT),
    Mutant("length of the first axis", "count_parameters", "p.numel()", "len(p)", COUNT),
    Mutant("first axis times last", "count_parameters", "p.numel()", "p.shape[0] * p.shape[-1]", COUNT),
    Mutant(
        "Linear layers only",
        "count_parameters",
        "for p in model.parameters()",
        "for p in {p for m in model.modules() if isinstance(m, nn.Linear) for p in m.parameters()}",
        COUNT,
    ),
    Mutant(
        "trainable_only ignored", "count_parameters", " if p.requires_grad or not trainable_only", "", COUNT
    ),
    Mutant("always trainable only", "count_parameters", " or not trainable_only", "", COUNT),
    Mutant(
        "trainable_only reversed", "count_parameters", "or not trainable_only", "or trainable_only", COUNT
    ),
    Mutant(
        "frozen when asked for trainable",
        "count_parameters",
        "p.requires_grad or not trainable_only",
        "p.requires_grad != trainable_only or not trainable_only",
        COUNT,
    ),
    Mutant(
        "biases left out",
        "count_parameters",
        "if p.requires_grad or",
        "if p.dim() > 1 and p.requires_grad or",
        COUNT,
    ),
    Mutant("a tensor", "count_parameters", SUM, f"torch.tensor({SUM})", COUNT),
    Mutant("a float", "count_parameters", SUM, f"float({SUM})", COUNT),
    Mutant(
        "model frozen on the way",
        "count_parameters",
        f"    return {SUM}",
        f"    n = {SUM}\n    model.requires_grad_(False)\n    return n",
        COUNT,
    ),
    Mutant(
        "model left in eval mode",
        "count_parameters",
        f"    return {SUM}",
        f"    model.eval()\n    return {SUM}",
        COUNT,
    ),
    #
    Mutant("k for k squared", "conv2d_parameters", "k**2", "k", CONV),
    Mutant("2k for k squared", "conv2d_parameters", "k**2", "k * 2", CONV),
    Mutant(
        "input channels missing", "conv2d_parameters", "c_out * (c_in // groups) * k**2", "c_out * k**2", CONV
    ),
    Mutant(
        "output channels missing", "conv2d_parameters", "c_out * (c_in // groups)", "(c_in // groups)", CONV
    ),
    Mutant("groups ignored", "conv2d_parameters", "(c_in // groups)", "c_in", CONV),
    Mutant(
        "one group only",
        "conv2d_parameters",
        "c_out * (c_in // groups)",
        "c_out // groups * (c_in // groups)",
        CONV,
    ),
    Mutant("multiplied by groups", "conv2d_parameters", "(c_in // groups)", "(c_in * groups)", CONV),
    Mutant("integer division lost", "conv2d_parameters", "c_in // groups", "c_in / groups", CONV),
    Mutant("bias sized by the input", "conv2d_parameters", "weights + c_out", "weights + c_in", CONV),
    Mutant("bias added when off", "conv2d_parameters", WITH_BIAS, "weights + c_out", CONV),
    Mutant("bias never added", "conv2d_parameters", WITH_BIAS, "weights", CONV),
    Mutant(
        "bias for each kernel",
        "conv2d_parameters",
        "weights + c_out",
        "weights + c_out * (c_in // groups)",
        CONV,
    ),
    Mutant(
        "bias divided by groups", "conv2d_parameters", "weights + c_out", "weights + c_out // groups", CONV
    ),
    Mutant("kernel always 3", "conv2d_parameters", "k**2", "9", CONV),
    #
    Mutant("bits for bytes", "model_bytes", "n_parameters * bits / 8", "n_parameters * bits", BYTES),
    Mutant("floor division", "model_bytes", "bits / 8", "bits // 8", BYTES),
    Mutant("bits // 8 first", "model_bytes", "n_parameters * bits / 8", "n_parameters * (bits // 8)", BYTES),
    Mutant("rounded up", "model_bytes", "n_parameters * bits / 8", "-(-n_parameters * bits // 8)", BYTES),
    Mutant("always 32 bits", "model_bytes", "bits / 8", "32 / 8", BYTES),
    Mutant("in GB", "model_bytes", "bits / 8", "bits / 8 / 10**9", BYTES),
    Mutant(
        "at least one byte each",
        "model_bytes",
        "n_parameters * bits / 8",
        "n_parameters * max(bits / 8, 1)",
        BYTES,
    ),
    Mutant("a string", "model_bytes", "n_parameters * bits / 8", "f'{n_parameters * bits / 8}'", BYTES),
    Mutant("NaN", "model_bytes", "n_parameters * bits / 8", "float('nan')", BYTES),
    Mutant(
        "a tensor", "model_bytes", "n_parameters * bits / 8", "torch.tensor(n_parameters * bits / 8)", BYTES
    ),
    #
    Mutant("1024 for 1000", "gigabytes", "n_bytes / 1000**3", "n_bytes / 1024**3", GIGABYTES),
    Mutant("megabytes", "gigabytes", "n_bytes / 1000**3", "n_bytes / 1000**2", GIGABYTES),
    Mutant("floor division", "gigabytes", "n_bytes / 1000", "n_bytes // 1000", GIGABYTES),
    Mutant("rounded", "gigabytes", "n_bytes / 1000**3", "round(n_bytes / 1000**3, 2)", GIGABYTES),
    Mutant("multiplied", "gigabytes", "n_bytes / 1000", "n_bytes * 1000", GIGABYTES),
    Mutant("bits again", "gigabytes", "n_bytes / 1000", "n_bytes / 8 / 1000", GIGABYTES),
    Mutant("infinity", "gigabytes", "n_bytes / 1000**3", "float('inf')", GIGABYTES),
    #
    Mutant("one row for each tensor", "parameter_table", 'name.rpartition(".")[0]', "name", TABLE),
    Mutant(
        "first part of the name", "parameter_table", 'name.rpartition(".")[0]', 'name.split(".")[0]', TABLE
    ),
    Mutant(
        "weights only",
        "parameter_table",
        "counts.get(layer_name, 0) + p.numel()",
        "max(counts.get(layer_name, 0), p.numel())",
        TABLE,
    ),
    Mutant(
        "last tensor wins", "parameter_table", "counts.get(layer_name, 0) + p.numel()", "p.numel()", TABLE
    ),
    Mutant(
        "buffers counted",
        "parameter_table",
        "in model.named_parameters():",
        "in model.state_dict().items():",
        TABLE,
    ),
    Mutant(
        "tied weights twice",
        "parameter_table",
        "in model.named_parameters():",
        "in model.named_parameters(remove_duplicate=False):",
        TABLE,
    ),
    Mutant(
        "frozen layers left out", "parameter_table", "+ p.numel()", "+ p.numel() * p.requires_grad", TABLE
    ),
    Mutant(
        "type as a class",
        "parameter_table",
        "model.get_submodule(name)).__name__",
        "model.get_submodule(name))",
        TABLE,
    ),
    Mutant("type of the whole model", "parameter_table", "model.get_submodule(name)", "model", TABLE),
    Mutant(
        "sorted by size",
        "parameter_table",
        "in counts.items()]",
        "in sorted(counts.items(), key=lambda c: -c[1])]",
        TABLE,
    ),
    Mutant(
        "dictionary returned",
        "parameter_table",
        None,
        TABLE_HEAD + "    return {n: p.numel() for n, p in model.named_parameters()}",
        TABLE,
    ),
    Mutant(
        "two columns", "parameter_table", "type(model.get_submodule(name)).__name__, count", "count", TABLE
    ),
    Mutant(
        "rows for layers without parameters",
        "parameter_table",
        None,
        TABLE_HEAD
        + """    rows, seen = [], set()
    for name, layer in model.named_modules():
        own = [p for p in layer.parameters(recurse=False) if p not in seen]
        seen.update(own)
        rows.append((name, type(layer).__name__, sum(p.numel() for p in own)))
    return rows
""",
        TABLE,
    ),
    Mutant(
        "containers as rows",
        "parameter_table",
        None,
        TABLE_HEAD
        + """    rows = []
    for name, layer in model.named_modules():
        n = sum(p.numel() for p in layer.parameters())
        if n and (name or not list(layer.children())):
            rows.append((name, type(layer).__name__, n))
    return rows
""",
        TABLE,
    ),
    Mutant(
        "children only",
        "parameter_table",
        None,
        TABLE_HEAD
        + """    rows = []
    for name, layer in model.named_children():
        n = sum(p.numel() for p in layer.parameters())
        if n:
            rows.append((name, type(layer).__name__, n))
    return rows
""",
        TABLE,
    ),
    Mutant(
        "model left in eval mode",
        "parameter_table",
        "    counts = {}",
        "    model.eval()\n    counts = {}",
        TABLE,
    ),
]

MUTANTS += wrong_claims('"accuracy_cnn": 94.7', '"accuracy_cnn": 98.7')

REWRITES = [
    Mutant("an integer", "prediction", "30.0", "12", ()),
    Mutant("a fraction of a percent", "prediction", "30.0", "0.5", ()),
    Mutant(
        "scalars, b first",
        "linear_regression_model",
        None,
        line(
            "self.intercept = nn.Parameter(torch.tensor(0.0)); self.slope = nn.Parameter(torch.tensor(0.0))",
            "return torch.add(self.intercept, x * self.slope)",
        ),
        (),
    ),
    Mutant(
        "nn.Linear set to zero",
        "linear_regression_model",
        None,
        line(
            "self.linear = nn.Linear(1, 1); [nn.init.zeros_(p) for p in self.linear.parameters()]",
            "return self.linear(x)",
        ),
        (),
    ),
    Mutant(
        "matrix product",
        "linear_regression_model",
        None,
        line(
            "self.w = nn.Parameter(torch.zeros(1, 1)); self.b = nn.Parameter(torch.zeros(1))",
            "return x @ self.w + self.b",
        ),
        (),
    ),
    Mutant(
        "registered, with an unused buffer",
        "linear_regression_model",
        None,
        line(
            "self.register_buffer('note', torch.ones(3)); "
            "[self.register_parameter(name, nn.Parameter(torch.zeros(1))) for name in 'wb']"
        ),
        (),
    ),
    Mutant(
        "nn.ParameterList",
        "linear_regression_model",
        None,
        line(
            "self.p = nn.ParameterList([nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))])",
            "w, b = self.p; return torch.stack([w * value + b for value in x])",
        ),
        (),
    ),
    Mutant("factored", "linear_parameters", None, LINEAR_HEAD + "    return n_out * (n_in + int(bias))", ()),
    Mutant(
        "built and counted",
        "linear_parameters",
        None,
        LINEAR_HEAD + "    return sum(p.numel() for p in nn.Linear(n_in, n_out, bias=bias).parameters())",
        (),
    ),
    Mutant(
        "counting loop",
        "linear_parameters",
        None,
        LINEAR_HEAD
        + """    total = 0
    for unit in range(n_out):
        total += n_in
        if bias is True:
            total += 1
    return total
""",
        (),
    ),
    Mutant(
        "loop",
        "count_parameters",
        None,
        COUNT_HEAD
        + """    total = 0
    for parameter in model.parameters():
        if trainable_only and not parameter.requires_grad:
            continue
        total = total + parameter.numel()
    return total
""",
        (),
    ),
    Mutant(
        "by layer, remembering what was seen",
        "count_parameters",
        None,
        COUNT_HEAD
        + """    seen, total = set(), 0
    for layer in model.modules():
        for p in layer._parameters.values():
            if p is None or id(p) in seen:
                continue
            seen.add(id(p))
            if p.requires_grad or not trainable_only:
                total += p.numel()
    return total
""",
        (),
    ),
    Mutant(
        "NumPy products",
        "count_parameters",
        None,
        COUNT_HEAD
        + """    import numpy as np
    chosen = filter(lambda p: p.requires_grad, model.parameters()) if trainable_only else model.parameters()
    return int(sum(np.prod(p.shape) for p in chosen))
""",
        (),
    ),
    Mutant(
        "flattened arrays",
        "count_parameters",
        None,
        COUNT_HEAD
        + """    chosen = [p for p in model.parameters() if not trainable_only or p.requires_grad]
    arrays = [p.detach().numpy() for p in chosen]
    return sum(array.size for array in arrays)
""",
        (),
    ),
    Mutant(
        "step by step",
        "conv2d_parameters",
        None,
        CONV_HEAD
        + """    one_kernel = k * k
    one_output = one_kernel * int(c_in / groups)
    if bias:
        one_output += 1
    return one_output * c_out
""",
        (),
    ),
    Mutant(
        "group by group",
        "conv2d_parameters",
        None,
        CONV_HEAD
        + """    inside = (c_in // groups) * (c_out // groups) * k ** 2
    return inside * groups + (c_out if bias else 0)
""",
        (),
    ),
    Mutant(
        "built and counted",
        "conv2d_parameters",
        None,
        CONV_HEAD
        + """    layer = nn.Conv2d(c_in, c_out, kernel_size=k, groups=groups, bias=bias)
    n = layer.weight.numel()
    if layer.bias is not None:
        n += layer.bias.numel()
    return n
""",
        (),
    ),
    Mutant("bytes each first", "model_bytes", "n_parameters * bits / 8", "n_parameters * (bits / 8)", ()),
    Mutant("parameters in a byte", "model_bytes", "n_parameters * bits / 8", "n_parameters / (8 / bits)", ()),
    Mutant(
        "int where it is whole",
        "model_bytes",
        "    return n_parameters * bits / 8",
        "    whole, rest = divmod(n_parameters * bits, 8)\n    return whole + rest / 8 if rest else whole",
        (),
    ),
    Mutant("times 1e-9", "gigabytes", "n_bytes / 1000**3", "n_bytes * 1e-9", ()),
    Mutant("three divisions", "gigabytes", "n_bytes / 1000**3", "n_bytes / 1000 / 1000 / 1000", ()),
    Mutant(
        "by modules",
        "parameter_table",
        None,
        TABLE_HEAD
        + """    rows, seen = [], set()
    for name, layer in model.named_modules():
        n = 0
        for p in layer.parameters(recurse=False):
            if p not in seen:
                seen.add(p)
                n += p.numel()
        if n > 0:
            rows.append((name, layer.__class__.__name__, n))
    return rows
""",
        (),
    ),
    Mutant(
        "split and join, modules in a dictionary",
        "parameter_table",
        None,
        TABLE_HEAD
        + """    layers = dict(model.named_modules())
    table = []
    for full_name, p in model.named_parameters():
        layer = ".".join(full_name.split(".")[:-1])
        if table and table[-1][0] == layer:
            table[-1][2] += p.numel()
        else:
            table.append([layer, type(layers[layer]).__name__, p.numel()])
    return [tuple(row) for row in table]
""",
        (),
    ),
]
