"""Classes of students for the comparison of submissions: honest ones, each in a style, and copies in disguise.

Everybody starts from the course's own answers, wrong answers and rewrites, so that honest
students are closer to each other here than in life.
"""

from __future__ import annotations

import ast
import copy
import random

from nbformat import NotebookNode

from autograder.course import cells
from autograder.mistakes.known import KnownAnswer
from tests.content import answers as course_answers

__all__ = ["disguised", "disguised_cell", "honest", "styled"]


MANY_LINES = 300
"""Characters; so long a text is one student's alone, for nobody invents the same ten lines twice."""


def honest(assignment: str, seed: int) -> NotebookNode:
    """A student who answered alone: each cell the reference, a rewrite or a wrong answer, in a style of one's own."""
    choice = random.Random(seed)
    mutants = [*course_answers.rewrites(assignment), *course_answers.mutants(assignment)]
    changes = {}
    for cell in course_answers.source(assignment).cells:
        if not (cells.is_answer(cell) and cell.cell_type == "code"):
            continue
        of_cell = [
            mutant
            for number, mutant in enumerate(mutants)
            if mutant.cell == cell.id and (len(_written(mutant)) < MANY_LINES or number % 40 == seed % 40)
        ]
        text = course_answers.reference(assignment).answers[cell.id]
        if of_cell and choice.random() < 0.7:
            text = choice.choice(of_cell).answer(text)
        changes[cell.id] = styled(text.rstrip(), choice)
    return course_answers.answered(assignment, changes)


def _written(answer: KnownAnswer) -> str:
    return answer.source or "".join(change.new for change in answer.changes)


def styled(source: str, choice: random.Random) -> str:
    """The same computation as somebody else would write it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    return ast.unparse(ast.fix_missing_locations(_Style(choice).visit(tree)))


class _Style(ast.NodeTransformer):
    """Small decisions that students take differently."""

    def __init__(self, choice: random.Random) -> None:
        self.choice = choice
        self.habits = {
            name: choice.random() < 0.5
            for name in ("swap", "square", "if", "method", "extract", "flip", "augment")
        }
        self.count = 0

    def does(self, habit: str) -> bool:
        return self.choice.random() < (0.8 if self.habits[habit] else 0.15)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Mult)) and self.does("swap"):
            node.left, node.right = node.right, node.left
        if (
            isinstance(node.op, ast.Pow)
            and isinstance(node.right, ast.Constant)
            and node.right.value == 2
            and self.does("square")
        ):
            return ast.BinOp(node.left, ast.Mult(), copy.deepcopy(node.left))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        mirrored = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq}
        kind = mirrored.get(type(node.ops[0]))
        if len(node.ops) == 1 and kind and self.does("flip"):
            return ast.Compare(node.comparators[0], [kind()], [node.left])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        functions = {"abs", "mean", "sum", "sqrt", "square", "min", "max", "round", "flatten", "argsort"}
        if isinstance(node.func, ast.Attribute) and node.func.attr in functions and self.does("method"):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "torch" and node.args:
                return ast.Call(ast.Attribute(node.args[0], node.func.attr), node.args[1:], node.keywords)
            return ast.Call(
                ast.Attribute(ast.Name("torch"), node.func.attr), [node.func.value, *node.args], node.keywords
            )
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if self.does("augment"):
            return ast.Assign([node.target], ast.BinOp(copy.deepcopy(node.target), node.op, node.value))
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST | list[ast.AST]:
        self.generic_visit(node)
        value = node.value
        if isinstance(value, ast.IfExp) and self.does("if"):
            return [ast.If(value.test, [ast.Return(value.body)], []), ast.Return(value.orelse)]
        if value is not None and not isinstance(value, (ast.Name, ast.Constant)) and self.does("extract"):
            name = self.new_name()
            return [ast.Assign([ast.Name(name, ast.Store())], value), ast.Return(ast.Name(name))]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        self.generic_visit(node)
        value = node.value
        if (
            isinstance(value, ast.Call)
            and value.args
            and isinstance(value.args[0], (ast.Call, ast.BinOp))
            and self.does("extract")
        ):
            name = self.new_name()
            first = ast.Assign([ast.Name(name, ast.Store())], value.args[0])
            value.args[0] = ast.Name(name)
            return [first, node]
        return node

    def new_name(self) -> str:
        self.count += 1
        return f"step{self.count}"


def disguised(notebook: NotebookNode, seed: int = 0, cells_only: set[str] | None = None) -> NotebookNode:
    """A copy of somebody's notebook that is to look like one's own work.

    Args:
        notebook: Whose work is copied.
        seed: Decides the new names.
        cells_only: Copy these answers; all where it is None. The others are left blank.
    """
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "code" and cells.is_answer(cell):
            wanted = cells_only is None or cell.id in cells_only
            cell.source = disguised_cell(cell.source, seed) if wanted else ""
    moved = [cell for cell in made.cells if cell.cell_type == "code" and cells.is_answer(cell)]
    for cell in moved:
        made.cells.remove(cell)
    made.cells += reversed(moved)
    return made


def disguised_cell(source: str, seed: int = 0) -> str:
    """Code with other names, comments, layout and order of definitions."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)):
            name = node.arg if isinstance(node, ast.arg) else node.id
            names.setdefault(name, f"{'abcdefgh'[seed % 8]}_{len(names) * 7 + seed}")
    tree = _Rename(names).visit(tree)
    definitions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    others = [node for node in tree.body if node not in definitions]
    tree.body = others + definitions[::-1]
    lines = ast.unparse(ast.fix_missing_locations(tree)).splitlines()
    return "\n".join(f"{line}  # my own step {number}" for number, line in enumerate(lines))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.Expr(ast.Constant("What this does is said here in other words."))
        return self.generic_visit(node)
