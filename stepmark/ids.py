"""Content-hash ids: the same content has the same id in every run, so resume is a set difference.

An id is a two-letter kind, an underscore and 32 hexadecimal digits: BLAKE2b-128 of the canonical
JSON (sorted keys, no spaces, UTF-8) of the parts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Json) -> bytes:
    """Return the one byte string that stands for `value`, whatever the order of its keys."""
    # A lone surrogate (possible in decoded JSON) has no UTF-8; keep such ids defined.
    return _ENCODER.encode(value).encode("utf-8", errors="surrogatepass")


def digest(value: Json) -> bytes:
    """Return the 16-byte BLAKE2b hash of a JSON value."""
    return hashlib.blake2b(canonical_json(value), digest_size=16).digest()


def content_id(kind: str, *parts: Json) -> str:
    """Return the id of the thing of this kind that is made of these parts."""
    return f"{kind}_{digest([kind, *parts]).hex()}"


def fraction_of(identifier: str) -> float:
    """Return a fixed pseudo-random number in [0, 1) for an id (splits, pilots, partitions)."""
    return int(identifier.rsplit("_", 1)[-1][:13], 16) / 16**13
