"""The live display of a build."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from rich.console import Console

from flows.progress import Display
from flows.worker import Progress
from stepmark.purchase import Meter


@dataclass
class _Team:
    meter: Meter = field(default_factory=Meter)
    progress: Progress = field(default_factory=Progress)
    trouble: str | None = None

    def notice(self) -> str | None:
        return self.trouble


def said_of(team: _Team) -> str:
    display = Display(team, Console(file=io.StringIO()))  # type: ignore[arg-type]
    return display._line().plain


def test_what_is_waited_for_before_the_first_problem_is_said():
    assert said_of(_Team()).endswith("0 tokens/s · Prefect is starting")


def test_it_is_no_longer_said_once_something_has_happened():
    for team in (
        _Team(progress=Progress(problems=1)),
        _Team(progress=Progress(annotated=1)),
        _Team(meter=Meter(ordered=1)),
        _Team(meter=Meter(reused=1)),
    ):
        assert "Prefect" not in said_of(team)


def test_what_keeps_a_build_from_going_on_is_below_its_counts():
    assert said_of(_Team(trouble="The server rests.")).endswith("\nThe server rests.")
