"""How --engine is spread over policies."""

import pytest

from flows.opening import by_policy, engine_from_environment
from stepmark.errors import RecipeError

A, B, C = "http://a/v1", "http://b/v1", "http://c/v1"


@pytest.mark.parametrize(
    ("given", "spread"),
    [
        ([A], {"solver": (A,), "judge": (A,)}),
        ([A, B], {"solver": (A, B), "judge": (A, B)}),
        ([f"solver={A}", f"solver={B}", C], {"solver": (A, B), "judge": (C,)}),
        ([f"judge={A}"], {"judge": (A,)}),
        (None, {}),
    ],
)
def test_addresses_go_to_all_policies_or_to_the_one_named(given, spread):
    assert by_policy("--engine", given, ["solver", "judge"]) == spread


def test_a_policy_that_is_not_there_is_named():
    with pytest.raises(RecipeError, match="no policy 'writer'"):
        by_policy("--engine", [f"writer={A}"], ["solver"])


def test_the_environment_may_name_several_servers(monkeypatch):
    monkeypatch.setenv("STEPMARK_ENGINE", f"{A} {B}")
    assert engine_from_environment() == [A, B]
