"""Tells by its text whether a program is a small calculation, for a restricted interpreter.

Such an interpreter is far cheaper than a process, and is another implementation: only what both are
known to answer alike is let through, everything else needs the isolated process. So no sets (their
order is printed), no `round` (2.675 to two digits differs), no classes, generators or exceptions,
no imports but `math`. What is let through may differ in the wording of an error, and in the last
digit of a printed float beyond 2**49 when two shortest forms tie.
"""

from __future__ import annotations

import ast
import builtins

from stepmark.sandbox.protocol import Program

_SHAPES = (
    *(ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.Assert, ast.Pass),
    *(ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Return),
    *(ast.arguments, ast.alias),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
    *(ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Dict, ast.Subscript, ast.Slice),
    *(ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue),
)
_FUNCTIONS = (
    *(abs, all, any, bool, dict, divmod, enumerate, float, int, len, list, max, min, print, range),
    *(reversed, sorted, str, sum, tuple, zip),
)
_FUNCTION_NAMES = frozenset(function.__name__ for function in _FUNCTIONS)
_METHODS = frozenset({"append", "get", "items", "join", "keys", "values"})
_MATH = frozenset(
    {
        "ceil",
        "comb",
        "e",
        "exp",
        "factorial",
        "floor",
        "gcd",
        "isqrt",
        "lcm",
        "log",
        "log10",
        "log2",
    }
    | {"cos", "perm", "pi", "prod", "sin", "sqrt", "tan"}
)
_CONSTANTS = (int, float, str, bool, type(None))
_BUILTINS = frozenset(dir(builtins))


def is_snippet(program: Program) -> bool:
    """Return whether a restricted interpreter answers this program as Python does."""
    if program.stdin:
        return False
    try:
        tree = ast.parse(program.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # Python itself says best what is wrong with it
    return all(map(_is_plain, ast.walk(tree)))


def _is_plain(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, _CONSTANTS)
        case ast.Import(names=names):
            return all(name.name == "math" and name.asname is None for name in names)
        case ast.Name(id=name):
            return name in _FUNCTION_NAMES or not (name in _BUILTINS or name.startswith("__"))
        case ast.Attribute(value=owner, attr=name, ctx=ast.Load()):
            of_math = isinstance(owner, ast.Name) and owner.id == "math"
            return name in (_MATH if of_math else _METHODS)
        case ast.FunctionDef(decorator_list=[], returns=None) | ast.arg(annotation=None):
            return True
        case _:
            return isinstance(node, _SHAPES)
