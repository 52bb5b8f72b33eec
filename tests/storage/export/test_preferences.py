from __future__ import annotations

from storage.export.preferences import preferred_steps
from storage.export.rstar_pairs import StepPair


def test_the_prompt_is_the_problem_and_the_steps_before():
    pair = StepPair(
        problem_id="pb_1",
        prefix="a\n",
        pos="good\n",
        neg="bad\n",
        pos_count=1,
        neg_count=1,
        margin=1,
    )
    (row,) = preferred_steps([pair], {"pb_1": "What?"})
    assert (row.prompt, row.chosen, row.rejected) == ("What?\na\n", "good\n", "bad\n")
