import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.labels import REASONS
from stepmark.logic.checking import Checked, check_steps
from stepmark.logic.derivation import Premises

CATS = "Every cat is shy. Max is a cat. True or false? Max is shy."
PROOF = "hypothesis: {B}{a}\nfact1: (x): {A}x -> {B}x\nfact2: {A}{a}"


def verdicts(*steps: str, statement: str = CATS) -> list[str]:
    return [checked.verdict for checked in check_steps(statement, steps, "english")]


def test_what_follows_is_correct_and_what_does_not_is_incorrect():
    assert verdicts("Max is a cat.", "Every cat is shy.", "Max is shy.", "Max is not a cat.") == [
        "correct",
        "correct",
        "correct",
        "incorrect",
    ]


def test_the_evidence_is_the_claim_that_does_not_follow():
    (checked,) = check_steps(CATS, ("Max is a cat. So Max is shy.",), "english")
    assert checked == Checked("incorrect", None, "does not follow: Max is shy.")


def test_a_claim_after_a_contradiction_is_not_judged():
    steps = ("Max is a cat.", "Max is not a cat.", "Max is shy.")
    assert verdicts(*steps) == ["correct", "incorrect", "unlabelled"]


@pytest.mark.parametrize(
    ("statement", "step", "verdict"),
    [
        ("All men are mortal. Socrates is a man.", "Socrates is mortal.", "correct"),
        ("All zombies are big. Max is a zombie.", "Max is big.", "correct"),
        ("Houses are big. Max is a house.", "Max is big.", "correct"),
        ("Wolves are big. Max is a wolf.", "Max is big.", "correct"),
        ("Heroes are big. Max is a hero.", "Max is big.", "correct"),
        ("All mice are big. Max is a mouse.", "Max is big.", "correct"),
        ("Everyone is kind. Max is a cat.", "Max is kind.", "unlabelled"),
        ("Cats and dogs are animals. Max is a cat.", "Max is an animal.", "unlabelled"),
        ("Max and Fae are red.", "Max is red.", "unlabelled"),
        ("Only cats are red. Max is a cat.", "Max is red.", "unlabelled"),
        ("Max isn't red. Fae is red.", "Max is not red.", "unlabelled"),
        ("Cats like Fae. Max is a cat.", "Max likes Fae.", "unlabelled"),
        ("Max likes cats. Fae is a cat.", "Max likes Fae.", "unlabelled"),
        ("Gold is soft. Max is gold.", "Max is soft.", "unlabelled"),
    ],
)
def test_what_follows_by_any_reading_is_never_called_incorrect(statement, step, verdict):
    (checked,) = check_steps(statement, (step,), "english", "known")
    assert checked.verdict == verdict


def test_a_name_that_the_problem_has_for_a_kind_is_not_judged():
    (checked,) = check_steps(CATS, ("Max is a cat. Cat is shy.",), "english")
    assert (checked.verdict, checked.reason) == ("unlabelled", "unclear")


def test_a_step_that_cannot_be_read_is_unlabelled_with_its_words():
    (checked,) = check_steps(CATS, ("Max might be rather shy today.",), "english")
    assert (checked.verdict, checked.reason) == ("unlabelled", "unclear")
    assert "max might be rather shy today" in checked.evidence


@pytest.mark.parametrize("premises", ["written", "known"])
@pytest.mark.parametrize(
    "unread", ["Max, as we know, is a cat.", "The statement that Max is a cat is true."]
)
def test_after_it_nothing_is_called_incorrect(unread: str, premises: Premises):
    statement = "All cats are red. Max is a dog. True or false? Max is a cat."
    checked = check_steps(statement, (unread, "Max is red."), "english", premises)
    assert [one.verdict for one in checked] == ["unlabelled"] * 2


def test_after_it_what_follows_all_the_same_is_correct():
    steps = ("Max might be rather shy today.", "Max is shy.")
    assert check_steps(CATS, steps, "english", "known")[1].verdict == "correct"


def test_of_a_problem_that_cannot_be_read_no_step_is_labelled():
    checked = check_steps("Janet eats three eggs. How many?", ("3 eggs.", "So 3."), "english")
    assert [(c.verdict, c.reason) for c in checked] == [("unlabelled", "unclear")] * 2


def test_the_answer_of_a_proof_is_marked():
    checked = check_steps(PROOF, ("fact1 & fact2 -> hypothesis;", "The answer is PROVED"), "proof")
    assert [c.verdict for c in checked] == ["correct", "unlabelled"]
    assert checked[1].answer


def test_a_proof_with_too_little_effort_is_undecided():
    (checked,) = check_steps(PROOF, ("fact1 & fact2 -> hypothesis;",), "proof", effort=1)
    assert (checked.verdict, checked.reason) == ("unlabelled", "undecided")


PIECES = st.sampled_from(
    ["fact1", "fact2", "int1", "&", "->", "hypothesis", ";", "{A}{a}", "(x):", "(Ex):", "¬", "(",
     ")", ":", "Max", "is", "a cat", "every", "so", "since", ",", "red book", "first", "< 3", "*9"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(PIECES, max_size=10).map(" ".join) | st.text(max_size=30), max_size=3),
    st.sampled_from(["english", "ordering", "proof"]),
)
def test_no_text_raises_and_every_step_gets_a_finding(steps, language):
    rows = "On a shelf, there are two books: a red book, and a blue book."
    statement = {"english": CATS, "ordering": rows, "proof": PROOF}[language]
    checked = check_steps(statement, tuple(steps), language)
    assert len(checked) == len(steps)
    assert all((c.reason is None) == (c.verdict != "unlabelled") for c in checked)
    assert {c.reason for c in checked} <= set(REASONS)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["english", "ordering", "proof"]))
def test_no_problem_raises(statement, language):
    assert len(check_steps(statement, ("Max is a cat.",), language)) == 1
