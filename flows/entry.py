"""Where the command line begins and ends: faults become messages and exit codes.

It imports next to nothing, so that Ctrl-C is answered while the rest is still being loaded.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any, NoReturn

from stepmark.errors import Interrupted, StepmarkError

INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM; the option parser returns it for an interrupt of its own."""


def main() -> None:
    """Run the command line: faults are messages, and every way out closes what was opened."""
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        from flows.cli import app

        code = app(prog_name="stepmark", standalone_mode=False)
    except Interrupted:
        code = INTERRUPTED
    except StepmarkError as error:
        _fail(f"{type(error).__name__}: {error}", 1)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the option parser
            _misused(error)
        raise
    if code == INTERRUPTED:
        _fail("Stopped. Nothing paid is lost: run the same command to continue.", INTERRUPTED)
    sys.exit(code or 0)


def _on_terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as after Ctrl-C, so that servers are stopped and files closed on the way."""
    raise KeyboardInterrupt


def _misused(error: Any) -> NoReturn:
    """Say what is wrong with how a command was called; without arguments that is its help."""
    message, context = error.format_message(), error.ctx
    if message.startswith("Usage:"):
        _print(message, style=None)
        sys.exit(2)
    command = f"{context.command_path} --help" if context else "stepmark --help"
    _fail(f"{message}{'' if message.endswith(('.', '?')) else '.'} Try `{command}`.", 2)


def _fail(message: str, code: int) -> NoReturn:
    _print(message, style="red")
    sys.exit(code)


def _print(message: str, *, style: str | None) -> None:
    from rich.console import Console

    Console(stderr=True).print(message, style=style, markup=False, highlight=False, soft_wrap=True)
