"""What a build's flow and its worker processes say to each other: small files in its folder.

The flow writes one file, its word to all; every worker process writes one, its report. Both look
now and then. Files reach wherever the shards themselves are written, need no port of their own, and
work alike for Ray and for Dask. Nothing that a build derives depends on them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = ".workers"
"""Below the build's folder; gone when the build is left."""
LOOK_PERIOD_S = 0.5
METER = (
    "ordered", "requests", "bought", "reused", "failed", "prompt_tokens", "completion_tokens"
)  # fmt: skip
"""Counts of a report that are those of `stepmark.purchase.Meter`."""
PROGRESS = ("problems", "solutions", "annotated")
"""Counts of a report that are those of `flows.worker.Progress`."""
_WORD = "word.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the flow wants of its worker processes; each field adds to those before."""

    beat: int = 0
    """Rises for as long as the flow lives."""
    stop: str | None = None
    """Why nothing more is to be ordered; null while work goes on."""
    give_up: bool = False
    """Whether what is under way is given up too."""
    close: bool = False
    """Whether there is no more work, and everything is to be closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one worker process has done since it opened the build, and how it fares."""

    process: str
    """Machine and process number."""
    beat: int
    """Rises for as long as the process works on the build."""
    ordered: int
    requests: int
    bought: int
    reused: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    problems: int
    solutions: int
    annotated: int
    under_way: int
    """Orders that are not yet filled and stored."""
    notice: str | None
    """What keeps it from going on; null if nothing does."""
    stops: bool
    """Whether it has heard that nothing more is to be ordered."""
    closed: bool
    """Whether its connections are closed and its ledger is flushed."""


class Mailbox:
    """The files of one run."""

    def __init__(self, root: Path, run: str) -> None:
        self._all = root / FOLDER
        self._folder = self._all / run

    def open(self) -> None:
        """Make room for this run, and take it from the one before, should it have been killed."""
        shutil.rmtree(self._all, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def remove(self) -> None:
        """Take everything away."""
        shutil.rmtree(self._all, ignore_errors=True)

    def say(self, word: Word) -> None:
        """Tell all worker processes."""
        self._write(_WORD, json.dumps(asdict(word)))

    def heard(self) -> Word | None:
        """Return the flow's last word, or None if this run is no more."""
        try:
            return Word(**json.loads((self._folder / _WORD).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def report(self, report: Report) -> None:
        """Tell the flow, if this run is still there."""
        with suppress(FileNotFoundError):
            self._write(f"{report.process}.json", json.dumps(asdict(report)))

    def reports(self) -> Iterator[Report]:
        """Yield the last report of every worker process."""
        for path in sorted(self._folder.glob("*.json")):
            if path.name != _WORD:
                yield Report(**json.loads(path.read_text(encoding="utf-8")))

    def _write(self, name: str, text: str) -> None:
        """Write a file that is never seen in half; nobody misses it after a power cut."""
        temporary = self._folder / f"{name}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self._folder / name)
