"""The manifest: what a finished build holds.

Written last and atomically, so that its existence means that every shard is there. It depends on
the recipe and the evidence alone: times and purchases of a run are in `runs.jsonl`.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepmark import __version__
from stepmark.errors import StorageError
from stepmark.ids import content_id
from storage.atomic import write_text_whole
from storage.balance import balance
from storage.noise import noise
from storage.schema import SCHEMA_VERSION
from storage.shards import ShardRef

MANIFEST = "manifest.json"
FIRST_RUN = "0000"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a build directory holds, and where it came from."""

    name: str
    """Name of the build."""
    recipe: str
    """Fingerprint of the recipe (`re_…`)."""
    stepmark: str
    """Version of the package that wrote it."""
    schema: int
    """Version of the shards' schema."""
    policies: Mapping[str, Mapping[str, str | None]]
    """Identity of every policy, by its name in the recipe."""
    shards: Mapping[str, Sequence[ShardRef]]
    """Shards by stage, in order."""
    counts: Mapping[str, Any]
    """Rows by outcome, verdict and reason."""
    costs: Mapping[str, Mapping[str, int]]
    """Rollouts, requests and tokens used by each annotator, and by solving."""
    agreement: Mapping[str, Any] | None = None
    """How far the annotators agree with each other; null where there is one alone."""
    source: str | None = None
    """Digest of the rows that the source held when the last run read it."""
    balance: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    """Data rows by outcome, first error and source."""
    noise: Mapping[str, float | int | None] = dataclasses.field(default_factory=dict)
    """Figures of the noise in the labels, see storage/noise.py."""

    @property
    def data(self) -> tuple[ShardRef, ...]:
        """The shards that trainers read, of all splits."""
        return _data(self.shards)

    @property
    def data_digest(self) -> str:
        """Content hash of those shards (`da_…`): other rows, another hash."""
        return content_id("da", [ref.sha256 for ref in self.data])

    def rows_by_run(self) -> dict[str, int]:
        """Return how many data rows each run wrote, by the number in the names of its shards."""
        rows: Counter[str] = Counter()
        for ref in self.data:
            rows[run_of(ref.path)] += ref.rows
        return dict(sorted(rows.items()))


def data_path(split: str, run: str, shard: str) -> str:
    """Return where a data shard is: its name stays when later runs add theirs."""
    return f"data/{split}-{run}-{shard}.parquet"


def run_of(path: str) -> str:
    """Return the number of the run in a data shard's name, four digits."""
    return path.rsplit("-", 2)[-2]


def shard_of(path: str) -> str:
    """Return the number of the shard in the name of a file of any stage."""
    return path.removesuffix(".parquet").replace("/", "-").rsplit("-", 1)[-1]


def next_run(manifest: Manifest) -> str:
    """Return the number of a run whose shards come after those of a manifest."""
    return f"{1 + max(map(int, manifest.rows_by_run()), default=-1):04d}"


def describe(
    root: Path,
    *,
    name: str,
    recipe: str,
    policies: Mapping[str, Mapping[str, str | None]],
    shards: Mapping[str, Sequence[ShardRef]],
    agreement: Mapping[str, Any] | None = None,
    source: str | None = None,
) -> Manifest:
    """Count what the shards hold and return the manifest that says so."""
    return Manifest(
        name=name,
        recipe=recipe,
        stepmark=__version__,
        schema=SCHEMA_VERSION,
        policies=policies,
        shards={stage: tuple(refs) for stage, refs in shards.items()},
        counts=_counts(root, shards),
        costs=_costs(root, shards),
        agreement=agreement,
        source=source,
        balance=balance(root, _data(shards)),
        noise=noise(root, shards.get("labels", ()), shards.get("solutions", ())),
    )


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Write the manifest, atomically: from now on the build is finished."""
    text = json.dumps(dataclasses.asdict(manifest), indent=1, ensure_ascii=False) + "\n"
    write_text_whole(root / MANIFEST, text)


def read_manifest(root: Path) -> Manifest | None:
    """Return the manifest of a build directory, or None if the build is not finished.

    Raises:
        StorageError: the file is there but is no manifest.
    """
    path = root / MANIFEST
    if not path.exists():
        return None
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        shards = {
            stage: tuple(ShardRef(**ref) for ref in refs) for stage, refs in plain["shards"].items()
        }
        return Manifest(**{**plain, "shards": shards})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StorageError(
            f"{path} is not a manifest ({error!r}). Delete it and run the build again: the shards "
            "and the ledger are kept."
        ) from error


def _data(shards: Mapping[str, Sequence[ShardRef]]) -> tuple[ShardRef, ...]:
    return tuple(ref for stage, refs in shards.items() if stage.startswith("data/") for ref in refs)


def _counts(root: Path, shards: Mapping[str, Sequence[ShardRef]]) -> dict[str, Any]:
    annotators = sorted(s.split("/", 1)[1] for s in shards if s.startswith("annotations/"))
    return {
        "problems": sum(ref.rows for ref in shards.get("problems", ())),
        "rejected": _tally(root, shards.get("rejects", ()), "reason"),
        "solutions": _tally(root, shards.get("solutions", ()), "outcome"),
        "verdicts": {name: _verdicts(root, shards[f"annotations/{name}"]) for name in annotators},
        "critiques": {
            stage.split("/", 1)[1]: _tally(root, refs, "reason", "read")
            for stage, refs in sorted(shards.items())
            if stage.startswith("critiques/")
        },
        "comparisons": {
            stage.split("/", 1)[1]: _tally(root, refs, "reason", "read")
            for stage, refs in sorted(shards.items())
            if stage.startswith("comparisons/")
        },
        "reviews": {
            name: {
                "used": sum(ref.rows for ref in shards.get(f"reviews/{name}", ())),
                **_tally(root, refs, "reason"),
            }
            for stage, refs in sorted(shards.items())
            if stage.startswith("refused/")
            for name in [stage.split("/", 1)[1]]
        },
        "rationales": {
            stage.split("/", 1)[1]: _tally(root, refs, "rejected", "accepted")
            for stage, refs in sorted(shards.items())
            if stage.startswith("rationales/")
        },
        "dropped": _tally(root, shards.get("dropped", ()), "reason"),
        "rows": {
            stage.split("/", 1)[1]: sum(ref.rows for ref in refs)
            for stage, refs in sorted(shards.items())
            if stage.startswith("data/")
        },
    }


def _costs(root: Path, shards: Mapping[str, Sequence[ShardRef]]) -> dict[str, dict[str, int]]:
    columns = ("rollouts", "requests", "prompt_tokens", "completion_tokens")
    costs = {
        stage.split("/", 1)[1]: {column: _sum(root, refs, column) for column in columns}
        for stage, refs in sorted(shards.items())
        if stage.startswith("annotations/")
    }
    solving = shards.get("solutions", ())
    costs["solve"] = {
        "solutions": sum(ref.rows for ref in solving),
        "completion_tokens": _sum(root, solving, "completion_tokens"),
    }
    return costs


def _verdicts(root: Path, refs: Iterable[ShardRef]) -> dict[str, int]:
    """Count verdicts, with the reasons of those withheld beside them."""
    seen: Counter[str] = Counter()
    for ref in refs:
        labels = pc.list_flatten(pq.read_table(root / ref.path, columns=["labels"])["labels"])
        reasons = pc.struct_field(labels, "reason")
        named = pc.if_else(
            pc.is_valid(reasons),
            pc.binary_join_element_wise("unlabelled", reasons, ": "),
            pc.struct_field(labels, "verdict"),
        )
        seen.update(_value_counts(named))
    return dict(sorted(seen.items()))


def _tally(root: Path, refs: Iterable[ShardRef], column: str, null: str = "") -> dict[str, int]:
    """Count the values of a text column; `null` is what its nulls go by."""
    seen: Counter[str] = Counter()
    for ref in refs:
        values = pq.read_table(root / ref.path, columns=[column])[column]
        seen.update(_value_counts(pc.fill_null(values, null)))
    return dict(sorted(seen.items()))


def _value_counts(values: Any) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}


def _sum(root: Path, refs: Iterable[ShardRef], column: str) -> int:
    return sum(
        pc.sum(pq.read_table(root / ref.path, columns=[column])[column]).as_py() or 0
        for ref in refs
    )
