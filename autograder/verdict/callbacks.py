"""What functions of a test cell change that the student's code is given, and may call as often as it likes.

    score = 0

    def probe(x):
        global score
        score += 1
        return x * x

    integrate(probe, 3)
    score

gives as many points as the student's `integrate` makes calls.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from autograder.course.names import arguments
from autograder.verdict.origin import Origin

__all__ = ["changed_by_callbacks"]

REPLACING = frozenset(["AsyncMock", "MagicMock", "Mock", "monkeypatch", "patch", "setattr"])
"""What puts something in the place of the student's."""
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def changed_by_callbacks(origin: Origin, replaced: Collection[str] = ()) -> frozenset[str]:
    """The names and attributes that such functions may give another value; in doubt they do.

    Args:
        origin: Which values in the test cell are the student's.
        replaced: Names of the student's in whose place it puts functions.
    """
    flows = _flows(origin.tree)
    found: set[str] = set()
    seen: set[str] = set()
    todo = list(_given(origin, replaced))
    while todo:
        part = todo.pop()
        for node in ast.walk(part):
            if isinstance(node, _FUNCTIONS):
                found |= set(_changed(node))
            name = getattr(node, "id", getattr(node, "attr", None))
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                todo += flows.get(name, [])
    return frozenset(found)


def _given(origin: Origin, replaced: Collection[str]) -> Iterator[ast.AST]:
    """What the test hands to the student's code, or puts in its place."""
    for node in ast.walk(origin.tree):
        match node:
            case ast.Call(func=function):
                words = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(function)}
                if origin.is_students(function) or words & REPLACING:
                    yield from arguments(node)
            case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
                if node.name in replaced or any(map(origin.is_students, decorators)):
                    yield node
            case ast.Assign(targets=targets, value=value):
                if any(_is_theirs(target, origin, replaced) for target in targets):
                    yield value


def _is_theirs(target: ast.expr, origin: Origin, replaced: Collection[str]) -> bool:
    """Whether what is assigned goes to where the student's code is: in the place of a name, or into an object."""
    if isinstance(target, (ast.Attribute, ast.Subscript)):
        return origin.is_students(target.value)
    return isinstance(target, ast.Name) and target.id in replaced


def _flows(tree: ast.Module) -> dict[str, list[ast.AST]]:
    """What may be behind each name: what it is defined as, given, or made to hold."""
    flows: dict[str, list[ast.AST]] = {}

    def flow(targets: Iterable[ast.AST], value: ast.AST | None) -> None:
        for target in targets:
            for part in ast.walk(target):
                name = getattr(part, "id", getattr(part, "attr", None))
                if isinstance(name, str) and value is not None:
                    flows.setdefault(name, []).append(value)

    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                flows.setdefault(name, []).append(node)
            case ast.Assign(targets=targets, value=value):
                flow(targets, value)
            case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value):
                flow([target], value)
            case ast.NamedExpr(target=target, value=value):
                flow([target], value)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                flow([target], value)
            case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
                flow([target], value)
            case ast.Call(func=ast.Attribute(value=value)):
                for argument in arguments(node):  # `handlers.append(tick)`
                    flow([value], argument)
    return flows


def _changed(function: Function) -> Iterator[str]:
    """What a function assigns outside, or has methods and functions change."""
    nodes = list(ast.walk(function))
    outer = {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } - outer
    yield from outer
    for node in nodes:
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _parts(node, own)
            case ast.Call():
                if isinstance(node.func, ast.Attribute):
                    yield from _parts(node.func.value, own)
                for argument in arguments(node):
                    if isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript)):
                        yield from _parts(argument, own)


def _parts(node: ast.expr, own: Collection[str]) -> Iterator[str]:
    """The attributes of `state.seen["n"]`, and the name that it begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        node = node.value
    if isinstance(node, ast.Name) and node.id not in own:
        yield node.id
