"""Find a source, open it and stream its rows, whatever its format."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from stepmark.errors import ProblemError
from stepmark.problems.json_rows import read_json, read_json_lines
from stepmark.problems.rows import Row
from stepmark.problems.source import FILE_SUFFIXES, ProblemSource, file_suffix
from stepmark.problems.tables import read_csv, read_data_set, read_parquet

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MARK: Final = b"\x1f\x8b"


def source_name(source: ProblemSource) -> str:
    """Return the name rows carry: a file's or folder's own name, so no host path; or the Hub id."""
    if file_suffix(source.path) or not _HUB_ID.fullmatch(source.path):
        return Path(source.path).name
    return source.path


def open_rows(source: ProblemSource, base: Path) -> Iterator[Row]:
    """Yield the rows of the source; ProblemError names it when it cannot be read as a whole."""
    try:
        location = _locate(source.path, base)
        if isinstance(location, str) or location.is_dir():
            yield from read_data_set(source, str(location))
        elif file_suffix(source.path) == ".parquet":
            yield from read_parquet(location, source.columns)
        else:
            with _text(location) as stream:
                yield from _read_text(source, stream)
    except ProblemError as error:
        message = f"{source_name(source)}: {error}"
        raise ProblemError(message) from error
    except (OSError, EOFError, zlib.error) as error:
        message = f"{source_name(source)}: cannot be read: {error}"
        raise ProblemError(message) from error


def read_file(path: Path) -> Iterator[Row]:
    """Yield the rows of a `.json` or `.jsonl` file, perhaps gzipped.

    Raises:
        ProblemError: it cannot be read as a whole; the message names it.
    """
    try:
        with _text(path) as stream:
            yield from read_json(stream)
    except ProblemError as error:
        raise ProblemError(f"{path.name}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ProblemError(f"{path.name}: cannot be read: {reason}") from error


def _locate(path: str, base: Path) -> Path | str:
    """Return the file or folder that is meant, or the Hub id."""
    tried = [base / path, Path.cwd() / path]
    for place in tried:
        if place.is_dir() or (place.exists() and file_suffix(path)):
            return place
        if place.exists():
            message = f"it ends in none of {', '.join(FILE_SUFFIXES)}, so its format is unknown"
            raise ProblemError(message)
    if file_suffix(path) or not _HUB_ID.fullmatch(path):
        places = " and ".join(dict.fromkeys(str(place) for place in tried))
        message = f"there is no such file or folder; tried {places}. Give one with --problems"
        raise ProblemError(message)
    return path


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """Open a text file, unpacked if it is a gzip file whatever its name.

    Bytes that are no UTF-8 become lone surrogates, so that only the rows with them are rejected.
    """
    with path.open("rb") as raw:
        mark = raw.peek(2)[:2]
        if mark in _UTF16_MARKS:
            message = "the file is UTF-16; save it as UTF-8"
            raise ProblemError(message)
        plain = GzipFile(fileobj=raw) if mark == _GZIP_MARK else raw
        yield TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="\n")


def _read_text(source: ProblemSource, stream: TextIO) -> Iterator[Row]:
    suffix = file_suffix(source.path)
    if suffix == ".csv":
        return read_csv(stream, source.columns)
    return read_json_lines(stream) if suffix == ".jsonl" else read_json(stream)
