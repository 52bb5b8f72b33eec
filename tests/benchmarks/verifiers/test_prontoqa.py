import random

import pytest

from benchmarks.verifiers.prontoqa import Said, said, spoilt, supported

STATED = ["Each cat is a dog.", "Dogs are not red.", "Max is a cat."]


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Max is a yumpus.", Said("max", False, True, "yumpus")),
        ("Yumpuses are not shy.", Said("yumpus", True, False, "shy")),
        ("Every yumpus is an impus.", Said("yumpus", True, True, "impus")),
    ],
)
def test_the_forms_of_prontoqa(sentence: str, meaning: Said):
    assert said(sentence) == meaning


@pytest.mark.parametrize(
    ("claim", "earlier", "follows"),
    [
        ("Max is a cat.", [], True),
        ("Max is a dog.", [], False),
        ("Max is a dog.", ["Max is a cat.", "Each cat is a dog."], True),
        ("Max is not a dog.", ["Max is a cat.", "Each cat is a dog."], False),
        ("Rex is a dog.", ["Max is a cat.", "Each cat is a dog."], False),
        ("Max is not a cat.", ["Max is not a dog.", "Each cat is a dog."], True),
        ("Each cat is shy.", ["Each cat is a dog.", "Each dog is shy."], True),
        ("Each dog is a cat.", ["Each cat is a dog."], False),
    ],
)
def test_truth_tables_decide(*, claim: str, earlier: list[str], follows: bool):
    assert supported(claim, STATED, earlier) is follows


def test_every_step_is_spoilt_in_every_way():
    proof = ["Max is a yumpus.", "Each yumpus is a dumpus.", "Max is a dumpus."]
    made = list(spoilt(proof, ["yumpus", "zumpus"], random.Random(1)))
    assert [one.kind for one in made] == ["drop_premise"] * 2 + [
        "flip_predicate",
        "swap_entity",
    ] * 3
    assert made[0].steps == ("Each yumpus is a dumpus.", "Max is a dumpus.")
    assert made[2].steps[0] == "Max is not a yumpus."
    assert made[5].steps[1] == "Each zumpus is a dumpus."
    assert made[7].steps[2].endswith("is a dumpus.")
    assert made[7].steps[2] != proof[2]
