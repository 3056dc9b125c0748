"""Which values in a test cell the student's code may have given, as far as the cell's text tells."""

from __future__ import annotations

import ast
import functools

from autograder.course.names import arguments, called, free

__all__ = ["Origin"]

PREDICATES = frozenset(
    ["all", "allclose", "any", "array_equal", "array_equiv", "bool", "callable", "endswith", "equal", "equals",
     "hasattr", "is_file", "isclose", "isdisjoint", "isinstance", "issubclass", "issubset", "issuperset",
     "startswith"]
)  # fmt: skip
"""What says yes or no, or so for each element."""
SPEAKS_FOR_STUDENTS = frozenset(
    ["MagicMock", "Mock", "StringIO", "capture_output", "dir", "eval", "exec", "globals", "locals", "open", "patch",
     "raises", "vars"]
)  # fmt: skip
"""What holds texts and calls of the student's."""
KEEPING = frozenset(
    ["add", "append", "appendleft", "extend", "insert", "put", "setdefault", "update", "write", "writelines"]
)
"""Methods that keep what they are called with."""


class Origin:
    """Which names of a test cell may hold what the student's code gave; in doubt they do.

    Attributes:
        tree: The test cell.
        students: These names, and attributes.
        surely: Those to which no test cell gives a value before they are read: the student's without doubt.
    """

    def __init__(self, source: str, read: tuple[str, ...], carried: tuple[str, ...]) -> None:
        self.tree = ast.parse(source)
        self.students = {*free(source), *read}
        self.surely = self.students.difference(carried)
        self.functions = {
            node.name: node
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        self.returning: set[str] = set()
        before = -1
        while before != len(self.students) + len(self.returning):
            before = len(self.students) + len(self.returning)
            for node in ast.walk(self.tree):
                self.look_at(node)

    def look_at(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value) if self.is_students(value):
                for target in targets:
                    self.mark(target)
            case ast.AnnAssign(target=target, value=value) if value is not None and self.is_students(value):
                self.mark(target)
            case ast.AugAssign(target=target, value=value) if self.is_students(value):
                self.mark(target)
            case ast.NamedExpr(target=target, value=value) if self.is_students(value):
                self.mark(target)
            case (
                ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                if self.is_students(value):
                    self.mark(target)
            case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
                if self.is_students(value):
                    self.mark(target)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                self.students.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found = (part for part in ast.walk(node) if isinstance(part, (ast.Return, ast.Yield)))
                if any(part.value is not None and self.is_students(part.value) for part in found):
                    self.returning.add(name)
            case ast.Call():
                self.look_at_call(node)

    def look_at_call(self, call: ast.Call) -> None:
        function, values = call.func, arguments(call)
        if self.is_students(function):
            for part in (part for value in values for part in ast.walk(value)):
                self.look_at_callback(part)
        elif any(map(self.is_students, values)):
            if isinstance(function, ast.Name) and function.id in self.functions:
                self.mark_parameters(self.functions[function.id])
            elif isinstance(function, ast.Attribute):
                self.mark(function.value)  # `found.append(f(2))`

    def look_at_callback(self, node: ast.AST) -> None:
        """What is given to the student's code is called with what that likes."""
        if isinstance(node, ast.Lambda):
            self.mark_parameters(node)
        elif isinstance(node, ast.Name) and node.id in self.functions:
            self.mark_parameters(self.functions[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in KEEPING:
            self.mark(node.value)

    def mark(self, target: ast.AST) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and not (
                isinstance(node.ctx, ast.Load) and node.id in self.modules
            ):
                self.students.add(node.id)
            elif isinstance(node, ast.Attribute):
                self.students.add(node.attr)

    def mark_parameters(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        given = function.args
        for item in [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]:
            if item is not None:
                self.students.add(item.arg)

    @functools.cached_property
    def modules(self) -> frozenset[str]:
        return frozenset(
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        )

    def is_students(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self.students
            case ast.Attribute(attr=name) if name in self.students:
                return True
            case ast.Compare() | ast.Constant():
                return False
            case ast.Lambda(body=body):
                return self.is_students(body)
            case ast.UnaryOp(op=ast.Not()):
                return False
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_students(body) or self.is_students(orelse)
            case ast.Call():
                return self.call_is_students(node)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                return self.is_students(element)
            case ast.DictComp(key=key, value=value):
                return self.is_students(key) or self.is_students(value)
        return any(
            self.is_students(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)
        )

    def call_is_students(self, call: ast.Call) -> bool:
        name = called(call)
        if self.is_students(call.func):
            return True
        if name in PREDICATES:
            return False
        if name in SPEAKS_FOR_STUDENTS or name in self.returning:
            return True
        if name in self.functions:
            return False  # its parameters are marked where it is called with what is the student's
        return any(map(self.is_students, arguments(call)))
