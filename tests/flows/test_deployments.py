"""What keeps a schedule from being taken: each is one message, whoever is at fault."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import deployments
from flows.deployments import deploy
from stepmark.errors import RecipeError
from tests.fakes.openai_server import FakeServer

NIGHTLY = "0 2 * * *"


def deployed_at(url: str, cron: str) -> str:
    """The message with which a deployment is refused."""
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(RecipeError) as refused,
    ):
        deploy({"recipe": "quickstart"}, cron=cron, pool="stepmark")
    return str(refused.value)


def test_a_server_that_is_not_there_is_named_with_what_starts_it():
    said = deployed_at("http://127.0.0.1:9/api", NIGHTLY)
    assert "server at http://127.0.0.1:9/api did not take the schedule" in said
    assert "prefect server start" in said


def test_a_server_that_is_not_prefects_is_told():
    with FakeServer() as other:
        said = deployed_at(f"http://127.0.0.1:{other.port}/api", NIGHTLY)
    assert "404 Not Found" in said
    assert "PREFECT_API_URL" in said


def test_a_schedule_that_cannot_be_read_is_shown_with_one_that_can():
    assert "'every day' is no schedule" in deployed_at("http://127.0.0.1:9/api", "every day")


class Taken:
    """A deployment that a server takes."""

    def apply(self) -> None:
        """Do nothing."""


def test_a_deployment_is_named_by_the_recipe_as_it_will_run(monkeypatch):
    names: list[str] = []

    def taken(_: Any, *, name: str, **__: Any) -> Taken:
        names.append(name)
        return Taken()

    monkeypatch.setattr(deployments, "_make_pool", lambda _: None)
    monkeypatch.setattr(type(deployments.scheduled), "to_deployment", taken)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        for part in ("slice-07", "slice-08"):
            settings = [f"name={part}"]
            said = deploy({"recipe": "quickstart", "settings": settings}, cron=None, pool="p")
            assert said == f"stepmark-scheduled/{part}"
    assert names == ["slice-07", "slice-08"]


def test_what_no_run_could_open_is_refused_before_a_server_is_asked():
    for parameters, message in (
        ({"settings": ["no.such.key=1"]}, "no: there is no such key"),
        ({"model": ["nobody=M"]}, "there is no policy 'nobody'"),
    ):
        with (
            temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
            pytest.raises(RecipeError, match=message),
        ):
            deploy({"recipe": "quickstart", **parameters}, cron=NIGHTLY, pool="stepmark")
