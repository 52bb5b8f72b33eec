"""Laws of the fast stages, on generated answers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepmark.grading import extract_answer, extract_reference
from stepmark.grading.compare import compare
from stepmark.grading.exact import read_quantity
from stepmark.grading.normalise import normalise
from stepmark.records import Kind

KINDS: tuple[Kind, ...] = ("math", "choice", "text", "code")
TEXTS = st.text(max_size=300) | st.text(
    alphabet="\\boxed{}answer is $#:.,0123456789()AB*\n -%=/^_frac", max_size=120
)
FRACTIONS = st.fractions(min_value=-10_000, max_value=10_000, max_denominator=64)


def spellings(value: Fraction) -> list[str]:
    """Ways in which people and models write one number."""
    above, below = value.numerator, value.denominator
    sign, size = ("-", -above) if above < 0 else ("", above)
    ways = [
        f"{above}/{below}",
        f"\\frac{{{above}}}{{{below}}}",
        f"{sign}\\dfrac{{{size}}}{{{below}}}",
        f"${sign}\\tfrac{{{3 * size}}}{{{3 * below}}}$",
        f"\\boxed{{{above}/{below}}}",
        f"x = {sign}\\frac{{{size}}}{{{below}}}",
        f"{above}/{below} apples",
    ]
    whole, rest = divmod(size, below)
    if whole and rest:
        ways += [f"{sign}{whole}\\frac{{{rest}}}{{{below}}}", f"{sign}{whole} {rest}/{below}"]
    if below == 1:
        ways += [
            f"{above}",
            f"{above}.0",
            f"{above:,}",
            f"{above:,}".replace(",", "{,}"),
            f"{above}.",
        ]
    if (10**8) % below == 0:
        decimal = f"{sign}{size // below}.{(size % below) * 10**8 // below:08d}"
        ways += [decimal, f"\\${decimal}" if not sign else decimal, f"{decimal} \\text{{ dollars}}"]
    return ways


@given(FRACTIONS, st.data())
def test_all_spellings_of_a_number_agree(value: Fraction, data: st.DataObject) -> None:
    ways = spellings(value)
    one, other = data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways))
    assert compare(one, other, "math") == "same"


@given(FRACTIONS, FRACTIONS, st.data())
def test_different_numbers_never_agree(
    value: Fraction, near: Fraction, data: st.DataObject
) -> None:
    assume(value != near)
    one = data.draw(st.sampled_from(spellings(value)))
    other = data.draw(st.sampled_from(spellings(near)))
    assert compare(one, other, "math") == "different"


@given(FRACTIONS)
def test_a_neighbour_far_behind_the_point_is_another_number(value: Fraction) -> None:
    near = value + Fraction(1, 10**12)
    one, other = f"{value}", f"{near.numerator}/{near.denominator}"
    assert compare(one, other, "math") == "different"


@given(TEXTS, TEXTS)
@settings(max_examples=300)
def test_the_fast_stages_never_raise_and_are_symmetric(one: str, other: str) -> None:
    for kind in KINDS[:3]:
        if one.strip() and other.strip():
            told = compare(one, other, kind)
            if normalise(one) and normalise(other):
                assert compare(other, one, kind) == told


@given(TEXTS)
def test_equality_is_reflexive(text: str) -> None:
    assume(normalise(text))
    assert compare(text, text, "math") == "same"


@given(TEXTS)
@settings(max_examples=300)
def test_extraction_never_raises(text: str) -> None:
    for kind in KINDS:
        answer = extract_answer(text, kind)
        assert answer is None or isinstance(answer, str)
    extract_reference(text, "hash")
    extract_reference(text, "boxed")
    extract_reference(text, "plain")
    extract_reference(text, "choice")


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(
    st.integers(), st.sampled_from(("The answer is {}.", "\\boxed{{{}}}", "So.\n#### {}", "A: {}"))
)
def test_a_stated_integer_is_found(number: int, form: str) -> None:
    answer = extract_answer(form.format(number), "math")
    assert answer is not None
    quantity = read_quantity(normalise(answer))
    assert quantity is not None
    assert quantity.number == number


@pytest.mark.parametrize(
    "unit",
    ["\\boxed{", "(1,", "3", "3 ", "the 3 ", "\\frac{1}{2} a ", "answer is ", "#### ", "**", "$",
     "\n", "1,000,", " ", "\nQ"],
)  # fmt: skip
def test_endless_repetition_is_read_in_bounded_time(unit: str) -> None:
    text = unit * (12_000 // len(unit))
    for kind in KINDS:
        for completion in (text, text + "x", "So the answer is " + text + "x."):
            answer = extract_answer(completion, kind)
            compare(answer or text, "42", kind)
            compare(f"{text}{answer}"[:900], "(1,2)", kind)
