import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.logic.english import ANY, read
from stepmark.logic.formula import Atom, Formula, Not, both, every, implies, unary
from stepmark.logic.unreadable import UnreadableError


def of_any(predicate: str) -> Formula:
    return unary(predicate, ANY)


def deed(verb: str, who: str, whom: str) -> Formula:
    return Atom(predicate=verb, names=(who, whom))


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Max is a yumpus.", unary("yumpus", "max")),
        ("Max is not red.", Not(part=unary("red", "max"))),
        ("The bald eagle is red and not cold", both(
            unary("red", "bald_eagle"), Not(part=unary("cold", "bald_eagle")))),
        ("Every yumpus is an impus.", every(ANY, implies(of_any("yumpus"), of_any("impus")))),
        ("Yumpuses are impuses.", every(ANY, implies(of_any("yumpus"), of_any("impus")))),
        ("Each yumpus is not shy.", every(
            ANY, implies(of_any("yumpus"), Not(part=of_any("shy"))))),
        ("All men are kind.", every(ANY, implies(of_any("man"), of_any("kind")))),
        ("No cat is a dog.", every(ANY, implies(of_any("cat"), Not(part=of_any("dog"))))),
        ("If anybody is red then he is big.", every(
            ANY, implies(of_any("red"), of_any("big")))),
        ("No cats are dogs.", every(ANY, implies(of_any("cat"), Not(part=of_any("dog"))))),
        ("All red, rough people are big.", every(
            ANY, implies(both(of_any("red"), of_any("rough")), of_any("big")))),
        ("If something is red and not smart then it is kind.", every(
            ANY, implies(both(of_any("red"), Not(part=of_any("smart"))), of_any("kind")))),
        ("If someone sees the cat and they are green then they do not see the cow.", every(
            ANY, implies(both(deed("see", ANY, "cat"), of_any("green")),
                         Not(part=deed("see", ANY, "cow"))))),
        ("If Harry is young and the cat likes Harry, then Harry is furry.", implies(
            both(unary("young", "harry"), deed("like", "cat", "harry")), unary("furry", "harry"))),
        ("The cat does not eat the squirrel.", Not(part=deed("eat", "cat", "squirrel"))),
    ],
)  # fmt: skip
def test_forms(sentence: str, meaning: Formula):
    assert read(sentence) == meaning


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("", "not_controlled"),
        ("The answer is true.", "unclear_name"),
        ("It is red.", "unclear_pronoun"),
        ("If Harry is young then he is furry.", "unclear_pronoun"),
        ("Red things sleep.", "not_controlled"),
        ("Max might be a very big yumpus.", "not_controlled"),
        ("This is red.", "unclear_name"),
        ("Everyone is kind.", "unclear_name"),
        ("Everything is kind.", "unclear_name"),
        ("Max likes everyone.", "unclear_name"),
        ("Only cats are red.", "unclear_name"),
        ("Some cats are red.", "unclear_name"),
        ("Every cat with fur is red.", "unclear_name"),
        ("Cats and dogs are animals.", "unclear_name"),
        ("Red things and people are big.", "unclear_name"),
        ("Max and Fae are red.", "unclear_name"),
        ("Red and big cats are kind.", "unclear_name"),
        ("Sheep are shy.", "unclear_number"),
        ("Emus are shy.", "unclear_number"),
        ("Cats dogs are shy.", "unclear_number"),
        ("Birds are emus.", "unclear_number"),
        ("Birds are cacti.", "unclear_number"),
        ("Every cats is shy.", "unclear_number"),
        ("Max is a lens.", "unclear_number"),
        ("Max is cats.", "unclear_number"),
        ("Cats like Fae.", "unclear_number"),
        ("Cats discuss Fae.", "unclear_number"),
        ("Max does not likes Fae.", "unclear_number"),
        ("Max isn't red.", "not_controlled"),
        ("Max’s red.", "not_controlled"),
        ("If someone is red then someone is big.", "unclear_pronoun"),
        ("Max is " + "a" * 500, "too_long"),
    ],
)
def test_other_sentences_are_refused_with_their_reason(sentence: str, reason: str):
    with pytest.raises(UnreadableError) as refused:
        read(sentence)
    assert refused.value.reason == reason


WORDS = ["if", "then", "and", "not", "is", "are", "every", "no", "the", "it", "max", "cats", "sees"]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40))
def test_no_sentence_raises_anything_else(sentence: str):
    try:
        read(sentence)
    except UnreadableError as refused:
        assert refused.reason  # noqa: PT017 - most sentences are read only by chance
