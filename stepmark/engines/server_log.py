"""Reads what a server process last wrote: its newest line, and why it died."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TAIL_BYTES = 64 * 1024
_SHOWN_LINES = 12
_SHOWN_ERRORS = 5
_SHOWN_CHARACTERS = 300
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ERROR = re.compile(r"\b\w*(?:Error|Exception|Interrupt)\b: |\berror: |\bKilled\b|\bFatal\b")
_CONSEQUENCE = re.compile(r"See root cause above|Engine core initialization failed")


def log_lines(path: Path) -> list[str]:
    """Return the last lines of a log that say something, colours removed."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    # A progress bar rewrites its line: only what it showed last is kept.
    lines = (_ESCAPES.sub("", line).rsplit("\r", 1)[-1].rstrip() for line in text.split("\n"))
    return [line[:_SHOWN_CHARACTERS] for line in lines if line.strip(" ^~|")]


def last_line(path: Path) -> str:
    """Return the newest line, or nothing."""
    return next(reversed(log_lines(path)), "")


def reasons_of_death(path: Path) -> list[str]:
    """Return the lines that name an error, the root cause among them; else the last lines."""
    lines = log_lines(path)
    errors = [line for line in lines if _ERROR.search(line)]
    causes = [line for line in errors if not _CONSEQUENCE.search(line)] or errors
    return list(dict.fromkeys(causes))[-_SHOWN_ERRORS:] or lines[-_SHOWN_LINES:]
