"""Mechanical changes of the reference server's source: one operator, constant, comparison or statement each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

PACKAGE = "fuzz.subjects.reductions.reference_server"
MARK = "__mark__"
# What they hold is no rule of the API: how to start, and how errors and values are written.
LEFT_OUT = ("__init__", "__main__", "refusal", "reduction", "store_connection")
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.RShift: ast.LShift,
}  # fmt: skip
Change = Callable[[ast.AST], ast.AST | None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to the reference server: its module, its number there, the line, and the code before and after."""

    module: str
    number: int
    line: int
    before: str
    after: str

    @property
    def id(self) -> str:
        return f"{self.module}:{self.number}"

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}: {self.before}  →  {self.after}"


@cache
def mutants() -> tuple[Mutant, ...]:
    """Return all mutants there are."""
    names = sorted(
        one.name.removesuffix(".py") for one in resources.files(PACKAGE).iterdir() if one.name.endswith(".py")
    )
    return tuple(one for name in names if name not in LEFT_OUT for one in _of_module(name))


def source(module: str) -> str:
    """Return the source of a module of the reference server."""
    return (resources.files(PACKAGE) / f"{module}.py").read_text("utf-8")


def mutated(module: str, number: int) -> ast.Module:
    """Return the module's tree with one change, marked so that it can be told when it is reached."""
    mutator = _Mutator(number)
    tree = ast.parse(source(module))
    mutator.visit(tree)
    return ast.fix_missing_locations(tree)


def _of_module(module: str) -> Iterator[Mutant]:
    mutator = _Mutator(-1)
    mutator.visit(ast.parse(source(module)))
    for number, (line, before, after) in enumerate(mutator.seen):
        yield Mutant(module, number, line, before, after)


class _Mutator(ast.NodeTransformer):
    """Counts the changes that can be made, and makes one of them."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen: list[tuple[int, str, str]] = []

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
            return node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return node
        if isinstance(node, ast.FunctionDef):
            # Annotations and decorators are not what runs.
            node.body = [self.visit(one) for one in node.body]  # type: ignore[misc]
            return node
        if isinstance(node, ast.AnnAssign):
            node.value = self.visit(node.value) if node.value is not None else None  # type: ignore[assignment]
            return node
        if isinstance(node, ast.Raise):
            return self._changed(node)
        self.generic_visit(node)
        return self._changed(node)

    def _changed(self, node: ast.AST) -> ast.AST:
        for after in changes(node):
            number = len(self.seen)
            self.seen.append((getattr(node, "lineno", 0), _shown(node), _shown(after)))
            if number == self.wanted:
                return ast.copy_location(marked(after), node)
        return node


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def marked(node: ast.AST) -> ast.AST:
    """Return the node, with a call that tells that it was reached."""
    call = ast.Name(MARK, ast.Load())
    if isinstance(node, ast.expr):
        return ast.Call(call, [node], [])
    return ast.Expr(ast.Call(call, [ast.Constant(None)], []))


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that a node can be changed into."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(op)]()], [right])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case _:
            pass
