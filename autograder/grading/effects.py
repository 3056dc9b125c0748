"""What a code cell does to the names of a notebook, as far as its source tells.

Imports nothing heavy: for students' texts it runs in a bounded process.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.course.names import UNREADABLE, arguments, defined, names_in, used_inside

__all__ = ["Effects", "effects_of"]

REACHES_ANY_NAME = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "globals",
        "locals",
        "vars",
        "dir",
        "get_ipython",
        "__import__",
        "breakpoint",
        "In",
        "Out",
        "_ih",
        "_oh",
        "_dh",
    ]
)
"""Functions and variables with which code can reach names that it does not write down."""
HISTORY = re.compile(r"_{1,3}|_i{1,3}|_i?\d+")
"""What IPython calls earlier outputs and inputs."""
REACHES_ANY_MODULE = frozenset(["__main__", "builtins", "ctypes", "gc", "importlib", "inspect", "IPython"])
INSIDES = frozenset(
    ["__dict__", "__globals__", "_getframe", "f_globals", "f_locals", "modules", "user_ns", "user_global_ns"]
)
"""Attributes that lead to the names of a notebook."""
WRITES = frozenset(
    [
        "chdir",
        "copy",
        "copyfile",
        "dump",
        "extractall",
        "makedirs",
        "mkdir",
        "move",
        "open",
        "remove",
        "rename",
        "rmtree",
        "save",
        "savetxt",
        "savez",
        "savez_compressed",
        "symlink",
        "to_csv",
        "to_json",
        "to_pickle",
        "touch",
        "unlink",
        "urlretrieve",
        "write",
        "write_bytes",
        "write_text",
    ]
)
"""Functions and methods that may leave a file behind."""
SEEDS = frozenset({"manual_seed", "seed"})
"""Calls that set a random generator: no test may depend on the state in which another cell leaves it."""
IN_PLACE = re.compile(r"[a-z]\w*[a-z0-9]_")
"""As torch names what changes its arguments, and nothing else: `nn.init.zeros_(layer.weight)`."""
LIBRARIES = frozenset(
    [
        "torch",
        "torchvision",
        "nn",
        "F",
        "np",
        "numpy",
        "random",
        "os",
        "sys",
        "warnings",
        "pd",
        "pandas",
        "sklearn",
        "scipy",
        "logging",
        "math",
        "functools",
    ]
)
"""Names by which notebooks call libraries that keep something of their own, such as modes."""
HARMLESS_MAGIC = re.compile(r"^[ \t]*%{1,2}(?:matplotlib|time|timeit)\b[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What a cell does, as far as its source tells.

    Attributes:
        uses: Names that its top-level statements read.
        uses_later: Names that its functions and classes read, whenever they are called.
        defines: Names that it binds or deletes.
        touches: Names of what it may change without binding them: by a method, an argument, an assignment
            to a part.
        binds_code: Those that it binds by `def`, `class` or `import`: reading them changes nothing.
        always: Whether it does something that no name tells of.
        reaches_anything: Whether it may read names that it does not write down.
    """

    uses: frozenset[str] = frozenset()
    uses_later: frozenset[str] = frozenset()
    defines: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    binds_code: frozenset[str] = frozenset()
    always: bool = True
    reaches_anything: bool = False


def effects_of(source: str) -> Effects | None:
    """The effects of a code cell; None of one that is not plain Python."""
    source = HARMLESS_MAGIC.sub("", source)
    try:
        tree = ast.parse(source)
        bound = defined(source)
    except UNREADABLE:
        return None
    reader = _Reader()
    reader.run(tree.body, frozenset())
    later = used_inside(source)
    reader.reaches_anything |= bool(later & REACHES_ANY_NAME)
    uses = frozenset(reader.now)
    return Effects(
        uses=uses,
        uses_later=later,
        defines=bound | reader.deleted,
        touches=frozenset(reader.touched),
        binds_code=frozenset(reader.code),
        always=reader.always or reader.reaches_anything,
        reaches_anything=reader.reaches_anything,
    )


class _Reader:
    """Gathers the names that a cell reads before it has bound them, and whether it acts on more than names."""

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.code: set[str] = set()
        self.touched: set[str] = set()
        self.parts: dict[str, frozenset[str]] = {}  # a name -> the names of which it may be a part
        self.deleted: frozenset[str] = frozenset()
        self.always = False
        self.reaches_anything = False

    def run(self, statements: Sequence[ast.stmt], bound: frozenset[str]) -> frozenset[str]:
        """Read statements in order; returns the names that are bound behind them in any case."""
        for statement in statements:
            bound = self.statement(statement, bound)
        return bound

    def statement(self, node: ast.stmt, bound: frozenset[str]) -> frozenset[str]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.code.add(node.name)
                for default in (
                    *node.decorator_list,
                    *node.args.defaults,
                    *filter(None, node.args.kw_defaults),
                ):
                    self.read(default, bound)
                self.look_inside(node)
                return bound | {node.name}
            case ast.ClassDef():
                self.code.add(node.name)
                for part in (*node.decorator_list, *node.bases, *node.keywords):
                    self.read(part, bound)
                self.run(node.body, bound)
                self.look_inside(node)
                return bound | {node.name}
            case ast.Import() | ast.ImportFrom():
                names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
                self.always |= "*" in names
                modules = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                self.reaches_anything |= any(
                    module.partition(".")[0] in REACHES_ANY_MODULE for module in modules
                )
                self.code |= names
                return bound | names
            case ast.For() | ast.AsyncFor():
                self.read(node.iter, bound)
                self.alias(node.target, node.iter)
                inside = self.run(node.body, bound | self.write(node.target, bound))
                self.run(node.orelse, inside)
                return bound
            case ast.While():
                self.read(node.test, bound)
                self.run(node.body, bound)
                self.run(node.orelse, bound)
                return bound
            case ast.If():
                self.read(node.test, bound)
                return self.run(node.body, bound) & self.run(node.orelse, bound)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.read(item.context_expr, bound)
                    if item.optional_vars is not None:
                        bound |= self.write(item.optional_vars, bound)
                return self.run(node.body, bound)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if node.value is not None:
                    self.read(node.value, bound)
                    for target in targets:
                        self.alias(target, node.value)
                if isinstance(node, ast.AugAssign):
                    self.read(node.target, bound)
                    self.touch(node.target)
                return bound.union(*(self.write(target, bound) for target in targets))
            case ast.Delete():
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                self.deleted |= names
                for target in node.targets:
                    self.read(target, bound)
                    self.touch(target)
                return bound
            case ast.Expr():
                if isinstance(node.value, ast.Call):
                    root, last = _ends(node.value.func)
                    if IN_PLACE.fullmatch(last or ""):
                        for name in names_in(node.value):
                            self.touch(ast.Name(name))
                    else:
                        self.always |= root in LIBRARIES and last not in SEEDS
                self.read(node.value, bound)
                return bound
            case _:  # try, match, assert, raise, global: whatever they read, and nothing that they bind
                self.read(node, bound)
                return bound

    def read(self, node: ast.AST, bound: frozenset[str]) -> None:
        """Every name in an expression that is not bound yet; what lambdas read is read later, too."""
        own = {
            name.id
            for part in ast.walk(node)
            if isinstance(part, ast.comprehension)
            for name in ast.walk(part.target)
            if isinstance(name, ast.Name)
        }
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in bound and part.id not in own:
                self.now.add(part.id)
                self.reaches_anything |= part.id in REACHES_ANY_NAME or bool(HISTORY.fullmatch(part.id))
            elif isinstance(part, ast.Attribute):
                self.reaches_anything |= part.attr in INSIDES
            elif isinstance(part, ast.Call):
                self.always |= _ends(part.func)[1] in WRITES
                if isinstance(part.func, ast.Attribute):
                    self.touch(part.func)
                for argument in arguments(part):
                    if isinstance(argument, ast.Name | ast.Starred | ast.List | ast.Tuple | ast.Dict):
                        for name in names_in(argument):
                            self.touch(ast.Name(name))

    def look_inside(self, node: ast.AST) -> None:
        """A function or class whose body leads to the names of the notebook by attributes."""
        self.reaches_anything |= any(
            isinstance(part, ast.Attribute) and part.attr in INSIDES for part in ast.walk(node)
        )

    def write(self, target: ast.expr, bound: frozenset[str]) -> frozenset[str]:
        """The names that an assignment binds; one to a part of something reads that something."""
        if isinstance(target, ast.Name):
            return frozenset({target.id})
        if isinstance(target, ast.Tuple | ast.List):
            return frozenset().union(*(self.write(item, bound) for item in target.elts))
        if isinstance(target, ast.Starred):
            return self.write(target.value, bound)
        self.always |= _ends(target)[0] in LIBRARIES
        self.read(target, bound)
        self.touch(target)
        return frozenset()

    def touch(self, node: ast.expr) -> None:
        """What an expression is a part of may be changed through it."""
        root, _ = _ends(node)
        if root is not None:
            self.touched |= {root} | self.parts.get(root, frozenset())

    def alias(self, target: ast.expr, value: ast.expr) -> None:
        """Remember that names may be parts of what a value is made of."""
        roots = frozenset().union(*({name} | self.parts.get(name, frozenset()) for name in names_in(value)))
        for name in names_in(target):
            self.parts[name] = roots - {name}


def _ends(node: ast.expr) -> tuple[str | None, str | None]:
    """The first and the last name of `a.b.c`, calls and subscripts on the way included."""
    last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
    while True:
        if isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return getattr(node, "id", None), last
