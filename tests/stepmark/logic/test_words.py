import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stepmark.logic.words import is_ambiguous, is_inflected, lemma


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("cat", "cats"), ("yumpus", "yumpuses"), ("house", "houses"), ("axe", "axes"),
        ("axis", "axes"), ("zombie", "zombies"), ("butterfly", "butterflies"), ("day", "days"),
        ("wolf", "wolves"), ("knife", "knives"), ("cave", "caves"), ("hero", "heroes"),
        ("photo", "photos"), ("shoe", "shoes"), ("quiz", "quizzes"),
        ("vertex", "vertices"), ("price", "prices"), ("crisis", "crises"), ("boss", "bosses"),
        ("man", "men"), ("woman", "women"), ("fireman", "firemen"), ("child", "children"),
        ("foot", "feet"), ("tooth", "teeth"), ("goose", "geese"), ("mouse", "mice"),
        ("louse", "lice"), ("ox", "oxen"), ("person", "people"),
        ("see", "sees"), ("chase", "chases"), ("go", "goes"), ("teach", "teaches"),
    ],
)  # fmt: skip
def test_both_numbers_of_a_word_have_one_lemma(one: str, several: str):
    assert (is_inflected(one), is_inflected(several)) == (False, True)
    assert lemma(one) == lemma(several)


@pytest.mark.parametrize(
    ("one", "other"),
    [("prince", "princess"), ("need", "needless"), ("bar", "bare"), ("plan", "plane"),
     ("god", "goddess"), ("human", "humane"), ("cat", "mouse")],
)  # fmt: skip
def test_other_words_have_another(one: str, other: str):
    assert lemma(one) != lemma(other)


def plural(word: str) -> str:
    """Return what a grammar book says."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


@given(st.text(alphabet="acefhinorsuvxyz", min_size=3, max_size=7))
def test_a_regular_plural_has_the_lemma_of_its_word_or_is_ambiguous(word: str):
    assume(not is_inflected(word) and not word.endswith("ou"))  # "-ous" is an adjective's
    assert lemma(word) == lemma(plural(word)) or is_ambiguous(plural(word))


@pytest.mark.parametrize("word", ["luminous", "fearless", "red", "wooden", "sheep"])
def test_a_word_without_a_plurals_ending_is_none(word: str):
    assert (is_inflected(word), is_ambiguous(word)) == (False, False)


@pytest.mark.parametrize("word", ["emus", "taxis", "cacti", "larvae", "bacteria", "ads"])
def test_a_word_of_which_the_ending_does_not_tell_is_ambiguous(word: str):
    assert is_ambiguous(word)
