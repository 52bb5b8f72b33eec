"""What an endpoint accepts, and that its key stays out of sight."""

import pytest

from stepmark.engines.endpoint import Endpoint
from stepmark.errors import EngineError, RecipeError


def test_the_server_root_is_the_address_without_v1():
    endpoint = Endpoint(base_url="http://127.0.0.1:8000/v1/", model="m")
    assert (endpoint.v1_url, endpoint.root_url) == (
        "http://127.0.0.1:8000/v1",
        "http://127.0.0.1:8000",
    )


@pytest.mark.parametrize("address", ["127.0.0.1:8000/v1", "", "ftp://host/v1", "http:///v1"])
def test_an_address_that_is_none_is_rejected_with_its_text(address):
    with pytest.raises(RecipeError, match="no http") as caught:
        Endpoint(base_url=address, model="m")
    assert repr(address) in str(caught.value)


def test_a_password_in_the_address_is_rejected_and_not_shown():
    with pytest.raises(RecipeError, match="api_key_env") as caught:
        Endpoint(base_url="http://me:s3cret@host/v1", model="m")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "limit", [{"concurrency": 0}, {"requests_per_minute": 0}, {"tokens_per_minute": -1.0}]
)
def test_a_limit_that_stops_everything_is_rejected(limit):
    with pytest.raises(RecipeError, match="it must be"):
        Endpoint(base_url="http://host/v1", model="m", **limit)


def test_the_key_comes_from_the_environment_and_never_shows(monkeypatch):
    monkeypatch.setenv("A_KEY", " s3cret\n")
    endpoint = Endpoint(base_url="http://host/v1", model="m", api_key_env="A_KEY")
    assert endpoint.api_key() == "s3cret"
    assert "s3cret" not in repr(endpoint)


def test_a_missing_key_names_the_variable(monkeypatch):
    monkeypatch.delenv("A_KEY", raising=False)
    endpoint = Endpoint(base_url="http://host/v1", model="m", api_key_env="A_KEY")
    with pytest.raises(EngineError, match="A_KEY is not set"):
        endpoint.api_key()


def test_no_key_is_needed_unless_named():
    assert Endpoint(base_url="http://host/v1", model="m").api_key() is None
