"""Formulas in formal notation: FLD's, textbook first-order logic, and linear arithmetic.

FLD (arXiv 2308.07336): `{A}` a proposition, `{A}{a}` and `{A}x` a predicate of a constant and of a
variable, `&`, `v`, `¬`, `->`, `(x): …` for all and `(Ex): …` for some, as far as the group goes.
Textbook (as FOLIO is annotated): `∀x (P(x) → Q(x, a))`, a quantifier binding as tightly as `¬`
unless a colon or full stop follows it. Arithmetic: `2*a + 3 <= b`; a product of names is refused.

Strongest first: unary minus, `* /`, `+ -`, comparison, `¬` and quantifiers, `∧`, `∨ ⊕`, `→` (to the
right), `↔`. Refused as ambiguous: `∨` mixed with `⊕`, and more than two parts under `⊕` or `↔`.
Refused too: a name bound twice, or free beside where it is bound. Linear in the text; depth and
length are bounded, so that whatever walks a formula may recurse.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, Literal, NamedTuple, NoReturn

from stepmark.logic.formula import (
    Atom,
    Compare,
    Connected,
    Formula,
    Not,
    Quantified,
    Sum,
    add,
    constants,
    named,
    number,
)
from stepmark.logic.unreadable import refuse

MAX_CHARS: Final = 10_000
MAX_DEPTH: Final = 100
"""Operands inside one another."""
MAX_BITS: Final = 1_000
"""Length of numbers, and of what is computed from them."""

_TOKEN: Final = re.compile(
    r"""\s*+(?:
      (?P<quantifier> \(\s?(?P<some>E)?(?P<fld>[a-z]\d{0,3})\s?\)\s?:
        | (?P<sign>[∀∃]|\b(?:forall|exists)\s)\s?(?P<bound>[^\W\d]\w{0,20})\s?(?P<far>[:.])?)
    | (?P<braced> \{\w{1,60}\}(?:\{\w{1,60}\}|[w-z](?!\w)){0,20})
    | (?P<number> \d++(?:\.\d++)?(?!\w))
    | (?P<name> [^\W\d][\w’']*+(?:\.\d\w*+)?)
    | (?P<symbol> <->|<=>|->|=>|==|!=|<=|>=|&&|\|\||[↔⟷→⇒∧&∨|⊕^¬~!=≠<≤>≥+*/(),−-])
    )""",
    re.VERBOSE,
)
_SAME: Final = {
    "<->": "↔", "<=>": "↔", "⟷": "↔", "->": "→", "=>": "→", "⇒": "→", "&": "∧", "&&": "∧",
    "|": "∨", "||": "∨", "v": "∨", "^": "⊕", "~": "¬", "!": "¬", "==": "=", "!=": "≠",
    "<=": "≤", ">=": "≥", "−": "-",
}  # fmt: skip
_STRENGTH: Final = {
    "↔": 1, "→": 2, "∨": 3, "⊕": 3, "∧": 4,
    "=": 6, "≠": 6, "<": 6, "≤": 6, ">": 6, "≥": 6,
    "+": 7, "-": 7, "*": 8, "/": 8,
}  # fmt: skip
_PREFIX: Final = 5
_UNARY_MINUS: Final = 9
_CONNECTIVES: Final[dict[str, Literal["and", "or", "xor", "if", "iff"]]] = {
    "∧": "and", "∨": "or", "⊕": "xor", "→": "if", "↔": "iff",
}  # fmt: skip
_FLAT: Final = frozenset("∧∨")
_ONCE: Final = frozenset("⊕↔=≠<≤>≥")
_FLD_NAME: Final = re.compile(r"\{([^{}]*)\}|([w-z])")


class _Bare(NamedTuple):
    """A name of which only its place says whether it is a proposition or a constant."""

    name: str


_Operand = Formula | Sum | _Bare


def parse(text: str) -> Formula:
    """Read one formula.

    Raises:
        UnreadableError: the text is no formula; the reason is `too_long`, `too_deep`, `bad_symbol`,
            `bad_formula`, `not_linear`, `ambiguous`, `free_variable` or `bound_twice`.
    """
    if len(text) > MAX_CHARS:
        refuse("too_long", text)
    parser = _Parser(text)
    formula = parser.formula(parser.operands(0))
    if parser.symbol:
        refuse("bad_formula", text)
    if constants(formula) & (parser.bound | parser.variables):
        refuse("free_variable", text)
    return formula


class _Parser:
    """Precedence climbing over one table of connectives, comparisons and arithmetic."""

    def __init__(self, text: str) -> None:
        self.bound: set[str] = set()
        """Names that a quantifier binds somewhere."""
        self.variables: set[str] = set()
        """Names that the notation marks as variables."""
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self._scope: list[str] = []

    @property
    def symbol(self) -> str:
        """The token that is next, spelled one way; empty at the end."""
        if self._at >= len(self._tokens):
            return ""
        return _SAME.get(self._tokens[self._at][0], self._tokens[self._at][0])

    def operands(self, weakest: int) -> _Operand:
        """Read operands and the operators between them that are at least so strong."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse("too_deep")
        left = self._operand()
        while (strength := _STRENGTH.get(self.symbol, -1)) >= weakest:
            left = self._joined(left, self.symbol, strength)
        self._depth -= 1
        return left

    def formula(self, operand: _Operand) -> Formula:
        """Return an operand as a formula: a bare name is a proposition."""
        if isinstance(operand, _Bare):
            return Atom(predicate=operand.name, names=())
        if isinstance(operand, Sum):
            self._refuse("bad_formula")
        return operand

    def _sum(self, operand: _Operand) -> Sum:
        if isinstance(operand, _Bare):
            return named(operand.name)
        if not isinstance(operand, Sum):
            self._refuse("bad_formula")
        return operand

    def _joined(self, left: _Operand, sign: str, strength: int) -> _Operand:
        """Read what follows an operator, and the same one again where it takes many parts."""
        rights: list[_Operand] = []
        while self.symbol == sign and (not rights or sign in _FLAT):
            self._at += 1
            rights.append(self.operands(strength + (sign != "→")))
        if sign in _ONCE and _STRENGTH.get(self.symbol) == strength:
            self._refuse("ambiguous")
        if sign == "∨" and self.symbol == "⊕":
            self._refuse("ambiguous")
        if sign in _CONNECTIVES:
            found = tuple(self.formula(part) for part in (left, *rights))
            return Connected(connective=_CONNECTIVES[sign], parts=found)
        one, other = self._sum(left), self._sum(rights[0])
        return (
            self._arithmetic(one, sign, other)
            if strength > _PREFIX + 1
            else compared(one, sign, other)
        )

    def _arithmetic(self, left: Sum, sign: str, right: Sum) -> Sum:
        if sign in "+-":
            return self._bounded(add(left, right, 1 if sign == "+" else -1))
        if sign == "*" and not left.terms:
            left, right = right, left
        if right.terms or (sign == "/" and right.constant == 0):
            self._refuse("not_linear")
        factor = right.constant if sign == "*" else 1 / right.constant
        return self._bounded(add(number(0), left, factor))

    def _bounded(self, total: Sum) -> Sum:
        values = [total.constant, *(times for _, times in total.terms)]
        if any(
            max(v.numerator.bit_length(), v.denominator.bit_length()) > MAX_BITS for v in values
        ):
            self._refuse("too_long")
        return total

    def _operand(self) -> _Operand:
        if self._at >= len(self._tokens):
            self._refuse("bad_formula")
        text, match = self._tokens[self._at]
        sign = self.symbol
        self._at += 1
        if sign == "¬":
            return Not(part=self.formula(self.operands(_PREFIX + 1)))
        if sign == "-":
            return add(number(0), self._sum(self.operands(_UNARY_MINUS)), -1)
        return self._group() if sign == "(" else self._leaf(match.lastgroup, text, match)

    def _leaf(self, kind: str | None, text: str, match: re.Match[str]) -> _Operand:
        match kind:
            case "quantifier":
                return self._quantified(match)
            case "braced":
                return self._fld_atom(text)
            case "number":
                return self._bounded(number(Fraction(text[:MAX_BITS])))
            case "name":
                return self._applied(text) if self.symbol == "(" else _Bare(text)
            case _:
                return self._refuse("bad_formula")

    def _group(self) -> _Operand:
        inside = self.operands(0)
        self._expect(")")
        return inside

    def _quantified(self, match: re.Match[str]) -> Formula:
        name = match["fld"] or match["bound"]
        if name in self._scope:
            self._refuse("bound_twice")
        self.bound.add(name)
        self._scope.append(name)
        far = match["fld"] or match["far"]
        part = self.formula(self.operands(0 if far else _PREFIX + 1))
        self._scope.pop()
        some = match["some"] or (match["sign"] or "").strip() in {"∃", "exists"}
        return Quantified(quantifier="some" if some else "all", name=name, part=part)

    def _fld_atom(self, text: str) -> Formula:
        predicate, *names = _FLD_NAME.findall(text)
        self.variables.update(variable for _, variable in names if variable)
        found = tuple(constant or variable for constant, variable in names)
        return Atom(predicate=predicate[0], names=found)

    def _applied(self, predicate: str) -> Formula:
        self._expect("(")
        names = [self._argument()]
        while self.symbol == ",":
            self._at += 1
            names.append(self._argument())
        self._expect(")")
        return Atom(predicate=predicate, names=tuple(names))

    def _argument(self) -> str:
        found = self.operands(0)
        if not isinstance(found, _Bare):
            self._refuse("bad_formula")
        return found.name

    def _expect(self, sign: str) -> None:
        if self.symbol != sign:
            self._refuse("bad_formula")
        self._at += 1

    def _refuse(self, reason: str) -> NoReturn:
        refuse(reason, self._text)


def compared(left: Sum, sign: str, right: Sum) -> Formula:
    """Return a comparison by its sign: one of `= ≠ < ≤ > ≥`."""
    if sign in ">≥":
        left, right, sign = right, left, "<" if sign == ">" else "≤"
    relation: Literal["=", "<", "<="] = "<" if sign == "<" else "<=" if sign == "≤" else "="
    formula = Compare(relation=relation, left=left, right=right)
    return Not(part=formula) if sign == "≠" else formula


def _tokens(text: str) -> tuple[tuple[str, re.Match[str]], ...]:
    found = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            refuse("bad_symbol", text)
        found.append((match[match.lastgroup or 0], match))
        at = match.end()
    return tuple(found)
