import pytest

from stepmark.logic.derivation import MAX_STEPS, Premises, Read
from stepmark.logic.entailment import decide
from stepmark.logic.prose import find_puzzle, read_steps
from stepmark.logic.unreadable import UnreadableError

STATEMENT = (
    "Each yumpus is a dumpus. Dumpuses are wumpuses. Wumpuses are not sour. Max is a yumpus.\n"
    "Is the following statement true or false? Max is sour."
)
PUZZLE = find_puzzle(STATEMENT, "english")


def outcome(read: Read) -> list[str]:
    return [answer.verdict for answer in decide([asked.question for asked in read.asked])]


def outcomes(*steps: str, premises: Premises = "written") -> list[list[str]]:
    return [outcome(read) for read in read_steps(PUZZLE, steps, premises)]


def test_a_statement_of_the_problem_needs_no_proof_however_it_is_put():
    assert outcomes("Max is a yumpus.", "Every dumpus is a wumpus.") == [[], []]


def test_a_conclusion_follows_from_what_was_written():
    assert outcomes("Max is a yumpus.", "Each yumpus is a dumpus.", "Max is a dumpus.")[2] == [
        "valid"
    ]


def test_without_its_premise_it_does_not():
    assert outcomes("Max is a yumpus.", "So Max is a dumpus.")[1] == ["invalid"]


def test_unless_what_the_problem_says_is_known():
    assert outcomes("So Max is a dumpus.", premises="known") == [["valid"]]


def test_a_premise_of_its_own_counts():
    assert outcomes("Max is a yumpus, and each yumpus is a dumpus, so Max is a dumpus.") == [
        ["valid"]
    ]


def test_a_premise_that_nobody_gave_does_not_follow():
    assert outcomes("Since Max is a wumpus and wumpuses are not sour, Max is not sour.") == [
        ["invalid", "valid"]
    ]


def test_a_wrong_step_is_given_to_those_after_it():
    steps = ("Max is a wumpus.", "Wumpuses are not sour.", "Max is not sour.")
    assert outcomes(*steps) == [["invalid"], [], ["valid"]]


def test_a_word_that_the_problem_does_not_use_is_not_judged():
    read = read_steps(PUZZLE, ["Max is tired."], "written")[0]
    assert read.unread is not None
    assert "unknown_word" in read.unread


def test_the_words_of_the_question_may_be_used():
    assert outcomes("Max is sour.") == [["invalid"]]


@pytest.mark.parametrize("premises", ["written", "known"])
@pytest.mark.parametrize(
    "unread",
    [
        "Perhaps Max could be red somehow.",
        "The statement that Max is sour is true.",
        "The answer is that Max is sour.",
    ],
)
def test_after_words_that_are_not_read_premises_are_missing(unread: str, premises: Premises):
    reads = read_steps(PUZZLE, ("Max is a dumpus.", unread, "Max is a wumpus."), premises)
    assert [asked.after_unread for read in reads for asked in read.asked] == [False, True]


def test_so_are_they_within_a_step_behind_its_answer():
    (read,) = read_steps(
        PUZZLE, ["Max is a dumpus. The statement that Max is sour is true. Max is sour."], "known"
    )
    assert [asked.after_unread for asked in read.asked] == [False, True]


def test_steps_without_claims_are_silent():
    assert read_steps(PUZZLE, ["Let's think.", "The answer is B."], "written") == (
        Read(silent=True),
        Read(silent=True),
    )


def test_a_problem_that_cannot_be_read_is_refused():
    with pytest.raises(UnreadableError):
        find_puzzle("Janet has three apples and eats one. How many are left?", "english")


def test_a_row_of_things_is_read_with_its_rules():
    puzzle = find_puzzle(
        "The following paragraphs each describe a set of three objects arranged in a fixed order. "
        "The statements are logically consistent within each paragraph.\n\nOn a shelf, there are "
        "three books: a red book, a gray book, and a white book. The white book is to the left of "
        "the gray book. The red book is the second from the left.\nWhich of the following is true?"
        "\nA) The red book is the leftmost.",
        "ordering",
    )
    steps = ("The red book is the second from the left.", "So the white book is the leftmost.")
    assert [outcome(read) for read in read_steps(puzzle, steps, "known")] == [[], ["valid"]]


def test_steps_beyond_the_limit_are_not_read():
    reads = read_steps(PUZZLE, ["Max is a yumpus."] * (MAX_STEPS + 1), "written")
    assert reads[-1].unread == "too_many_steps"
