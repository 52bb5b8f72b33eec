"""Problems and solutions made to stop a prover: deep, long, hard and senseless ones."""

from __future__ import annotations

from itertools import combinations
from typing import Final, NamedTuple

from stepmark.logic.checking import Language

_ENGLISH: Final = "Every cat is shy. Max is a cat. True or false? Max is shy."
_PIGEONS: Final = 9


class Hostile(NamedTuple):
    """A problem and the steps of a solution."""

    name: str
    language: Language
    statement: str
    steps: tuple[str, ...]


def hostile() -> tuple[Hostile, ...]:
    """Return all of them."""
    return (*_proofs(), *_prose())


def _proofs() -> tuple[Hostile, ...]:
    endless = (
        "hypothesis: {Q}\nfact1: ∀x ∃y R(x, y)\nfact2: ∀x ∀y ∀z (R(x, y) ∧ R(y, z) → R(x, z))\n"
        "fact3: ∀x ¬R(x, x)"
    )
    holes = range(_PIGEONS - 1)
    sits = [" v ".join(f"{{P{p}H{h}}}" for h in holes) for p in range(_PIGEONS)]
    alone = [
        f"¬({{P{p}H{h}}} & {{P{q}H{h}}})"
        for p, q in combinations(range(_PIGEONS), 2)
        for h in holes
    ]
    pigeons = [f"fact{i}: {fact}" for i, fact in enumerate((*sits, *alone), start=1)]
    named = " & ".join(f"fact{i}" for i in range(1, len(pigeons) + 1))
    move = "fact1 -> int1: "
    sums = " + ".join(f"{i}*a{i}" for i in range(1, 400))
    return tuple(
        Hostile(name, "proof", statement, steps)
        for name, statement, steps in (
            ("no finite model", endless, ("fact1 & fact2 & fact3 -> hypothesis;",)),
            ("pigeons", "\n".join(("hypothesis: {Q}", *pigeons)), (f"{named} -> hypothesis;",)),
            ("deep groups", endless, (move + "(" * 4000 + "{A}" + ")" * 4000,)),
            ("deep negation", endless, (move + "¬" * 9000 + "{A}",)),
            ("nested quantifiers", endless, (move + "".join(f"∀x{i} ∃y{i} " for i in range(60)),)),
            ("huge product", endless, (move + "*".join(["9"] * 4900) + "*a = b",)),
            ("long sum", endless, (move + f"{sums} = 1", f"{move}{sums} < {sums}")),
            ("product of names", endless, (move + "a*b*c*d = 1",)),
            ("blanks", "fact1: {A}" + " " * 19_000 + "x", ("fact1 ->" + " " * 90_000,)),
        )
    )


def _prose() -> tuple[Hostile, ...]:
    letters = [chr(ord("a") + i) * 3 for i in range(20)]
    row = f"On a shelf, there are twenty books: {', '.join(letters)}."
    row += "".join(
        f" {one} is newer than {other}." for one, other in zip(letters, letters[2:], strict=False)
    )
    return (
        Hostile("many ands", "english", _ENGLISH, ("Max is a cat" + " and red" * 5000,)),
        Hostile("many sinces", "english", _ENGLISH, ("Since " * 300 + "Max is a cat, so, " * 60,)),
        Hostile("many commas", "english", _ENGLISH, ("Since " + "a, " * 600 + "Max is shy",)),
        Hostile("many steps", "english", _ENGLISH, ("Max is shy.",) * 5000),
        Hostile("no text", "english", _ENGLISH, ("\0\ud7ff\u202e" * 600, "", " " * 100_000)),
        Hostile("long problem", "english", "Max is a cat. " * 50_000, ("Max is a cat.",)),
        Hostile("twenty in a row", "ordering", row, tuple(f"{x} is the newest." for x in letters)),
    )
