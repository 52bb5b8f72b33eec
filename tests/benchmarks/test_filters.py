"""What the benchmark of filters plants is what it says."""

from __future__ import annotations

import random

from benchmarks.filters import DISGUISES, LEAKS, share_found
from filters.decontaminate import Benchmarks
from filters.shingles import word_hashes, words

ITEM = (
    "Weng earns $12.50 an hour for babysitting. Yesterday, she just did 50 minutes of babysitting "
    "for her neighbour, in the old house. How much did she earn?"
)


def test_every_disguise_changes_the_text_and_is_found():
    fitted = Benchmarks(run=LEAKS.run, items={"gsm8k": [word_hashes(ITEM)]})
    for name, hide in DISGUISES.items():
        hidden = [hide(ITEM, random.Random(seed)) for seed in range(5)]
        assert (name == "verbatim") == (hidden[0] == ITEM)
        assert share_found(hidden, fitted) == 1


def test_retyping_leaves_the_words_as_they_are():
    assert words(DISGUISES["retyped"](ITEM, random.Random(1))) == words(ITEM)


def test_a_problem_that_was_not_planted_is_not_found():
    fitted = Benchmarks(run=LEAKS.run, items={"gsm8k": [word_hashes(ITEM)]})
    assert share_found(["A robe takes 2 bolts of blue fiber. How many bolts?"], fitted) == 0
