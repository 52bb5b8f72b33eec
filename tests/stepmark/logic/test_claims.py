import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.logic import english
from stepmark.logic.claims import claims, is_answer, sentences
from stepmark.logic.derivation import Claim
from stepmark.logic.unreadable import UnreadableError

FACT, RULE, SO = (english.read(s) for s in ("Max is a cat", "Every cat is shy", "Max is shy"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Since Max is a cat and every cat is shy, Max is shy.",
        "Max is a cat, and every cat is shy, so Max is shy.",
        "Max is a cat and cats are shy; therefore, Max is shy.",
        "Max is shy because Max is a cat and every cat is shy.",
        "Given that Max is a cat and every cat is shy, we know that Max is shy.",
    ],
)
def test_premises_come_before_what_they_support(sentence: str):
    assert [claim.formula for claim in claims(sentence, english.read)] == [FACT, RULE, SO]


def test_one_sentence_that_can_be_read_whole_is_not_split():
    said = claims("Red, cold things are round and big.", english.read)
    assert len(said) == 1


def test_a_part_that_cannot_be_read_makes_the_sentence_unreadable():
    with pytest.raises(UnreadableError):
        claims("Max is a cat, so he might be shy.", english.read)


@pytest.mark.parametrize(
    "sentence",
    ["Since Max is a cat.", "Since Max is a cat, he might be shy.", "As ever, Max might be shy."],
)
def test_a_reason_without_a_claim_that_can_be_read_is_unreadable(sentence: str):
    with pytest.raises(UnreadableError):
        claims(sentence, english.read)


def test_sentences_lose_numbering_marks_and_what_leads_on():
    assert sentences("**Step 2:** Therefore, Max is shy.\n- So Max is red.") == (
        "Max is shy.",
        "Max is red.",
    )


def test_plans_are_no_claims():
    assert sentences("Let's think step by step. We need to look at Max.") == ()


def test_a_final_answer_is_said_but_not_read():
    assert claims("The answer is (A).", english.read) == (Claim("The answer is (A).", None),)


@pytest.mark.parametrize(
    "sentence",
    [
        "The answer is B",
        "$proof_label$: PROVED",
        "So the statement is false.",
        "The final answer is PROVED.",
        r"\boxed{A}",
    ],
)
def test_final_answers(sentence: str):
    assert is_answer(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Max is shy.",
        "The statement says that Max is a cat.",
        "The answer follows since cats are shy",
    ],
)
def test_a_claim_is_no_final_answer(sentence: str):
    assert not is_answer(sentence)


def test_a_claim_behind_an_aim_is_not_passed_over():
    assert len(sentences("To determine whether Max is shy, note that Max is a cat.")) == 1
    assert sentences("We can see that Max is a cat.") == ("Max is a cat.",)


WORDS = ["since", "because", "so", "and", ",", "Max is a cat", "cats are shy", "the", "is", "."]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=40))
def test_no_step_raises_anything_else(step: str):
    try:
        for sentence in sentences(step):
            claims(sentence, english.read)
    except UnreadableError as refused:
        assert refused.reason  # noqa: PT017 - most sentences are read only by chance
