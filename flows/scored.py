"""Step scores of published models, taken into a build: a file that says otherwise relabels.

The file lies outside of builds and may grow with their source. A build keeps what it was last read
from as a hash beside the evidence; where the file has changed, the scores of solutions that the
build has are read again, and only if one of them is another is what was derived forgotten.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from annotators.score_file import ScoreFile, score_file
from annotators.scored import Scored
from flows.kinds import SCORES
from flows.place import forget_derived, remove
from flows.recipe import Recipe
from flows.runtime import resolve
from stepmark.errors import ProblemError
from stepmark.records import Solution, StepScore
from storage.atomic import write_text_whole
from storage.shards import read_shard


def scores_path(recipe: Recipe, annotator: Scored, base: Path) -> Path:
    """Return the file that an annotator reads: its own, or the one that solutions are from."""
    return resolve(annotator.scores or recipe.source.path, base)


def hash_of(path: Path) -> str:
    """Return the hash of a file of scores.

    Raises:
        ProblemError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProblemError(f"{path}: the scores cannot be read: {error.strerror}") from None


def take_scores(root: Path, recipe: Recipe, base: Path) -> None:
    """Forget the labels of a build where scores that they rest on have changed.

    Raises:
        ProblemError: a file of scores cannot be read, or is not as it should be.
        StorageError: a shard is damaged, or the build's folder cannot be written.
    """
    for name, annotator in recipe.scored.items():
        evidence = root / SCORES.folder / name
        shards = sorted(evidence.glob("*.parquet"))
        if not shards:
            continue
        path = scores_path(recipe, annotator, base)
        now, kept = hash_of(path), root / SCORES.folder / f"{name}.sha256"
        if kept.exists() and kept.read_text(encoding="utf-8") == now:
            continue
        file = score_file(path, annotator.column)
        if any(_says_otherwise(root, shard, annotator, file) for shard in shards):
            forget_derived(root)
            remove(evidence)
        write_text_whole(kept, now)


def _says_otherwise(root: Path, shard: Path, annotator: Scored, file: ScoreFile) -> bool:
    """Tell whether a file gives a shard's solutions other scores than those that were kept."""
    solutions = read_shard(root / "solutions" / shard.name, Solution)
    now = [score for solution in solutions for score in annotator.gather(solution, file)]
    return sorted(now, key=_place) != sorted(read_shard(shard, StepScore), key=_place)


def _place(score: StepScore) -> tuple[str, int]:
    return score.solution_id, score.step
