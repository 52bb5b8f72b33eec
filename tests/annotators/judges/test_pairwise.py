from __future__ import annotations

import pytest

from annotators.judges.pairwise import preferred


@pytest.mark.parametrize(
    ("forward", "backward", "better"),
    [
        ("A", "B", "first"),
        ("B", "A", "second"),
        ("A", "A", None),
        ("B", "B", None),
        ("A", "no_verdict", None),
        ("empty", "A", None),
    ],
)
def test_a_preference_holds_in_both_orders_or_not_at_all(forward, backward, better):
    assert preferred(forward, backward) == better
