import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.logic.syntax import parse
from stepmark.logic.translation import read_translation
from stepmark.logic.unreadable import UnreadableError

STATEMENT = "Every cat is shy. Max is a cat. Is Max shy?"
STEPS = ("Max is a cat, and cats are shy.", "Hence Max is not shy.", "Let us see.")
REPLY = """Here is the translation:
given: ∀x (Cat(x) → Shy(x))
given: Cat(max)
step 0: Cat(max)
step 0: ∀x (Cat(x) → Shy(x))
step 1: ¬Shy(max)
step 2: none"""


def test_a_reply_is_givens_and_claims():
    given_, steps = read_translation(REPLY, STATEMENT, STEPS)
    assert given_.stated == (parse("∀x (Cat(x) → Shy(x))"), parse("Cat(max)"))
    assert [[c.formula for c in step] for step in steps if not isinstance(step, Exception)] == [
        [parse("Cat(max)"), parse("∀x (Cat(x) → Shy(x))")],
        [parse("¬Shy(max)")],
        [],
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("step 1: Dog(max)", "not_in_the_text"),
        ("step 1: Shy(tom)", "not_in_the_text"),
        ("step 1: Cat(max)", "not_in_the_text"),
        ("step 1: {_}", "not_in_the_text"),
        ("step 1: Shy(max", "bad_formula"),
        ("nothing about it", "not_translated"),
    ],
)
def test_a_step_whose_translation_brings_something_in_is_unread(line: str, reason: str):
    _, steps = read_translation(REPLY.replace("step 1: ¬Shy(max)", line), STATEMENT, STEPS)
    assert isinstance(steps[1], UnreadableError)
    assert steps[1].reason == reason


@pytest.mark.parametrize(
    "line",
    [
        "given 1: Cat(max)",
        "1. given: Cat(max)",
        "(2) Given: Cat(max)",
        "**given:** Cat(max)",
        "- **given**: `Cat(max)`",
        "`given: Cat(max)`",
    ],
)
def test_a_line_may_be_numbered_and_marked(line: str):
    given_, _ = read_translation(REPLY.replace("given: Cat(max)", line), STATEMENT, STEPS)
    assert given_.stated == (parse("∀x (Cat(x) → Shy(x))"), parse("Cat(max)"))


@pytest.mark.parametrize(
    "line",
    [
        "The given: Cat(max)",
        "given fact: Cat(max)",
        "given:",
        "Cat(max)",
        "cat → shy",
        "given -> Cat",
        "Steps: Cat(max)",
    ],
)
def test_a_given_in_another_form_is_not_passed_over(line: str):
    with pytest.raises(UnreadableError, match="not_a_line"):
        read_translation(REPLY.replace("given: Cat(max)", line), STATEMENT, STEPS)


@pytest.mark.parametrize(
    "line", ["step 1 concludes: Shy(max)", "As for step 1: p", "step 1 → Shy(max)", "step 1:"]
)
def test_of_a_step_in_another_form_no_line_counts(line: str):
    _, steps = read_translation(f"{REPLY}\n{line}", STATEMENT, STEPS)
    assert [isinstance(step, UnreadableError) for step in steps] == [False, True, False]


@pytest.mark.parametrize(
    "line",
    [
        "Here is the translation of the given problem, step by step:",
        "```",
        "Note: in step 2 nothing is said.",
    ],
)
def test_prose_is_passed_over(line: str):
    assert read_translation(f"{line}\n{REPLY}", STATEMENT, STEPS) == read_translation(
        REPLY, STATEMENT, STEPS
    )


@pytest.mark.parametrize(
    "reply", ["", "I cannot.", "given: Dog(max)", "given: Cat(max", "x" * 30_000]
)
def test_a_problem_without_faithful_translation_is_refused(reply: str):
    with pytest.raises(UnreadableError):
        read_translation(reply, STATEMENT, STEPS)


def test_symbols_may_join_several_words_in_any_number():
    given_, _ = read_translation("given: BaldEagle(the_cat)", "The cats are bald eagles.", ())
    assert given_.stated == (parse("BaldEagle(the_cat)"),)


PIECES = st.sampled_from(
    ["given:", "step 0:", "Cat(max)", "none", "\n", "¬", "(", "∀x", "99", "-", "**", "1.", "step"]
)


@given(st.lists(PIECES, max_size=15).map(" ".join) | st.text(max_size=60))
def test_no_reply_raises_anything_else(reply: str):
    try:
        read_translation(reply, STATEMENT, STEPS)
    except UnreadableError as refused:
        assert refused.reason  # noqa: PT017 - most replies are read only by chance
