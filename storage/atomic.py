"""Files that are whole or not there: written beside their place, flushed, renamed into it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from stepmark.errors import StorageError


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `target`, then rename it; a power cut leaves no half file.

    Raises:
        StorageError: the file cannot be written; the message says why (disk full, permission).
    """
    temporary = target.with_name(target.name + ".tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        mend = (
            "free space and run again" if is_full else "make it writable, or choose another --out"
        )
        raise StorageError(
            f"{target} cannot be written: {error.strerror or error}. Files written before are "
            f"whole, and everything bought is in the ledger: {mend}."
        ) from error


def _flush_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, so that no later file is there without it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text_whole(target: Path, text: str) -> None:
    """Write UTF-8 text as `write_whole` does."""
    write_whole(target, lambda file: file.write_bytes(text.encode()))
