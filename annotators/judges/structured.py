"""Replies that a server holds to a JSON schema by guided decoding: an analysis, then a verdict.

The analysis comes first, so that the judge thinks before it decides; the verdict's values are
listed, so that it cannot name a step that does not exist. The reading is as strict as that of free
text: a server that does not keep to the schema gives unreadable replies, not other verdicts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from annotators.judges.reply import fail

ANALYSIS: Final = "analysis"
"""The field that a reply begins with."""


class Fields(NamedTuple):
    """What a structured reply holds."""

    analysis: str
    verdict: object
    """Of the shape that the judge asked for; still to be checked."""


def schema(field: str, verdict: Mapping[str, object]) -> str:
    """Return the JSON schema of a reply with an analysis and one more field."""
    return json.dumps(_object({ANALYSIS: {"type": "string"}, field: verdict}))


def one_of(values: Sequence[object]) -> dict[str, object]:
    """Return the schema of a field that holds one of these values."""
    return {"enum": list(values)}


def each_of(keys: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Return the schema of a field that holds one of these values for every key."""
    return _object({key: one_of(values) for key in keys})


def fields(answer: str, field: str) -> Fields:
    """Return what a reply holds; one that is no such object cannot be read."""
    try:
        found = json.loads(answer, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError):
        fail("no_verdict")
    if not isinstance(found, dict) or set(found) != {ANALYSIS, field}:
        fail("no_verdict")
    if not isinstance(found[ANALYSIS], str):
        fail("unclear_verdict")
    return Fields(found[ANALYSIS], found[field])


def _object(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        fail("repeated_verdict")
    return found
