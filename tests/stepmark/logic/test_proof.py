import pytest

from stepmark.logic.derivation import Read
from stepmark.logic.entailment import decide
from stepmark.logic.proof import find_facts, read_proof
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError

STATEMENT = """$hypothesis$: {C}{a}

$context$:
fact1: (x): {A}x -> {B}x
fact2: {A}{a}
fact3: {B}{a} -> {C}{a} fact4: ¬{D}"""


def outcomes(*steps: str) -> list[list[str]]:
    reads = read_proof(find_facts(STATEMENT), steps)
    return [[a.verdict for a in decide([asked.question for asked in r.asked])] for r in reads]


def test_a_proof_in_flds_notation():
    assert outcomes(
        "$proof$:\n",
        "fact1 & fact2 -> int1: {B}{a};\n",
        "int1 & fact3 -> hypothesis;\n",
    ) == [[], ["valid"], ["valid"]]


def test_only_what_a_step_names_is_its_premise():
    assert outcomes("fact1 -> int1: {B}{a};") == [["invalid"]]


def test_a_wrong_step_is_given_to_those_that_name_it():
    assert outcomes("fact2 -> int1: {B}{a};", "int1 & fact3 -> hypothesis;") == [
        ["invalid"],
        ["valid"],
    ]


def test_the_hypothesis_can_be_disproved():
    assert outcomes("fact4 -> ¬hypothesis;") == [["invalid"]]


def test_two_moves_in_one_step_must_both_follow():
    assert outcomes("fact1 & fact2 -> int1: {B}{a}; int1 -> hypothesis;") == [["valid", "invalid"]]


@pytest.mark.parametrize(
    "step",
    [
        "fact9 -> int1: {B}{a};",
        "int1 -> hypothesis;",
        "fact1 & fact2 -> int1: {B;",
        "void -> assump1: {B}{a};",
        "By fact1, B holds of a.",
        "fact1 & fact2 -> int1: #F#;",
    ],
)
def test_what_is_no_move_of_this_proof_is_unread(step: str):
    (read,) = read_proof(find_facts(STATEMENT), [step])
    assert read.unread is not None


def test_a_label_whose_formula_could_not_be_read_is_unknown_after_it():
    reads = read_proof(find_facts(STATEMENT), ["fact2 -> int1: {B;", "int1 & fact3 -> hypothesis;"])
    assert [read.unread is None for read in reads] == [False, False]


def test_so_is_one_that_had_another_formula_before():
    steps = ("fact1 & fact2 -> int1: {B}{a};", "fact2 -> int1: {B;", "int1 & fact3 -> hypothesis;")
    reads = read_proof(find_facts(STATEMENT), steps)
    assert [read.unread is None for read in reads] == [True, False, False]


def test_the_closing_line_is_the_answer():
    assert read_proof(find_facts(STATEMENT), ["The final answer is PROVED."]) == (
        Read(answer=True),
    )


def test_a_hypothesis_without_its_name_stands_before_the_facts():
    facts = find_facts("{C}{a}\nfact1: {A}{a}")
    assert facts["hypothesis"] == parse("{C}{a}")


@pytest.mark.parametrize(
    "statement", ["", "hypothesis: {A}", "fact1: {A}", "hypothesis: {\nfact1: {A}"]
)
def test_a_problem_without_readable_facts_is_refused(statement: str):
    with pytest.raises(UnreadableError):
        find_facts(statement)
