"""What is evaluated: annotators of a recipe, or a single method that needs no more settings.

A recipe's annotators are taken over to solutions that exist, with what they rest on (a prover,
witnesses) and the policies that these ask; how the recipe gets its own solutions is left behind.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from annotators.injected import Injected
from annotators.judges import Judge
from annotators.monte_carlo import MonteCarlo
from annotators.preferences import Preferences
from annotators.probes import Searched
from annotators.score_file import score_columns
from annotators.verifiers import Verifier
from filters.consensus import CONSENSUS
from flows.kinds import Annotator
from flows.opening import by_policy, engine_from_environment, open_recipe, settings_of
from flows.recipe import Recipe, as_plain
from flows.recipe_file import find_recipe, parse_recipe, set_key, shipped_recipes
from flows.runtime import Runtime
from flows.scored import hash_of
from stepmark.errors import RecipeError

JUDGE: Final = "judge"
"""Policy of a judge that is named without a recipe."""
NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9_.]+")
"""What the names of builds and annotators leave out."""
OF_GIVEN: Final = ("annotators", "policies", "segment", "max_failed_share")
"""Keys of a recipe that say something of solutions that exist."""


class Subject(NamedTuple):
    """What is evaluated."""

    said: str
    """How it was named."""
    names: tuple[str, ...]
    """The annotators measured, a consensus among them under its own name."""
    plain: dict[str, Any]
    """The recipe of a build of given solutions, but for its name and them."""
    needing_reference: tuple[str, ...]
    """Those of the annotators that label steps by a reference answer."""
    files: tuple[str, ...] = ()
    """Hashes of the files that were put beside it."""


def open_subject(
    said: str,
    out: Path,
    engines: list[str] | None,
    models: list[str] | None,
    settings: list[str] | None,
) -> tuple[Subject, Runtime]:
    """Find what is named: `RECIPE`, `RECIPE:ANNOTATOR` or `METHOD`.

    Raises:
        RecipeError: there is nothing of that name, or it cannot label solutions that exist.
    """
    if said in _methods() and not (Path(said).is_file() or said in shipped_recipes()):
        recipe, runtime = _bare(said, out, engines, models, settings)
        return _subject(said, recipe, (said,)), runtime
    file, colon, annotator = said.rpartition(":")
    if not colon or Path(said).is_file():
        file, annotator = said, ""
    _find(file)
    recipe, runtime = open_recipe(file, out, None, engines, models, None, settings)
    if not annotator:
        return _subject(said, recipe, tuple(recipe.annotators)), runtime
    if annotator not in recipe.annotators:
        raise RecipeError(
            f"{file} has no annotator {annotator!r}; it has {', '.join(recipe.annotators)}."
        )
    return _subject(said, recipe, (annotator,)), runtime


def beside_scores(subject: Subject, path: Path) -> Subject:
    """Return a subject with the models whose step scores a file holds as further annotators.

    Raises:
        ProblemError: the file holds no scores.
        RecipeError: a column is called like an annotator.
    """
    models = {
        NOT_IN_NAMES.sub("-", column.lower()): {
            "method": "step_scores",
            "scores": str(path.resolve()),
            "column": column,
        }
        for column in score_columns(path)
    }
    annotators = subject.plain["annotators"]
    if taken := models.keys() & annotators.keys():
        raise RecipeError(
            f"{path.name} has a column {min(taken)!r}, and an annotator is called so: rename one."
        )
    return subject._replace(
        names=(*subject.names, *models),
        plain=subject.plain | {"annotators": annotators | models},
        files=(*subject.files, hash_of(path)),
    )


def _find(name: str) -> None:
    try:
        find_recipe(name)
    except RecipeError as error:
        raise RecipeError(
            f"{error} Nor is it a method that can be evaluated by itself: {', '.join(_methods())}."
        ) from None


def _methods() -> Mapping[str, dict[str, Any]]:
    """Return what a recipe says of each method that can be named without one."""
    judges = {
        method: {"method": "judge", "policy": JUDGE, "judge": {"method": method}}
        for method in _names_of(Judge)
    }
    return judges | {
        method: {"method": "verifier", "verifier": {"method": method}}
        for method in _names_of(Verifier)
    }


def _names_of(union: Any) -> Iterable[str]:
    for member in typing.get_args(union):
        (name,) = typing.get_args(typing.get_type_hints(member)["method"])
        yield name


def _bare(
    method: str,
    out: Path,
    engines: list[str] | None,
    models: list[str] | None,
    settings: list[str] | None,
) -> tuple[Recipe, Runtime]:
    """Return the recipe of a method by itself; its annotator is called as it is."""
    annotator = _methods()[method]
    plain: dict[str, Any] = {
        "name": "bare",
        "solutions": {"path": "none.jsonl", "statement": "problem", "steps": "steps"},
        "segment": {"method": "blank_line"},
        "annotators": {method: annotator},
        "labels": {"from": method},
    }
    if "policy" in annotator:
        if not models:
            raise RecipeError(
                f"The judge {method} asks a model: name it with --model, and its server, if one "
                "runs already, with --engine."
            )
        (model, *_) = by_policy("--model", models, {JUDGE})[JUDGE]
        plain["policies"] = {JUDGE: {"engine": "vllm", "model": model}}
    for key, value in settings_of(settings).items():
        set_key(plain, key.split("."), value)
    recipe = parse_recipe(plain, f"{method} by itself")
    addresses = by_policy("--engine", engines or engine_from_environment(), recipe.policies)
    return recipe, Runtime(out=out, base=Path(), addresses=addresses)


def _subject(said: str, recipe: Recipe, names: tuple[str, ...]) -> Subject:
    together = set(names) == set(recipe.annotators)
    needed = _with_what_they_rest_on(recipe, names)
    for name, annotator in needed.items():
        _check_labels_given(name, annotator)
    plain = {key: value for key, value in as_plain(recipe).items() if key in OF_GIVEN}
    plain["annotators"] = {name: plain["annotators"][name] for name in needed}
    asked = {policy for annotator in needed.values() for policy in annotator.policies}
    plain["policies"] = {n: block for n, block in plain["policies"].items() if n in asked}
    plain["solve"] = as_plain(recipe)["solve"] | {
        "policy": [],
        "quota": None,
        "search": None,
        "inject": None,
    }
    joined = together and not isinstance(recipe.labels.from_, str)
    plain["labels"] = as_plain(recipe)["labels"] if joined else {"from": names[0]}
    return Subject(
        said=said,
        names=(*names, CONSENSUS) if joined else names,
        plain=plain,
        needing_reference=tuple(name for name in needed if name in recipe.needing_reference),
    )


def _with_what_they_rest_on(recipe: Recipe, names: Iterable[str]) -> dict[str, Annotator]:
    needed = dict.fromkeys(names)
    for name in names:
        annotator = recipe.annotators[name]
        if isinstance(annotator, MonteCarlo):
            needed |= dict.fromkeys(annotator.witnesses)
            needed |= dict.fromkeys([annotator.prover] if annotator.prover else [])
    return {name: each for name, each in recipe.annotators.items() if name in needed}


def _check_labels_given(name: str, annotator: Annotator) -> None:
    """Refuse annotators that know of solutions only what their recipe did to make them."""
    needs = None
    if isinstance(annotator, Injected | Preferences):
        needs = f"what the recipe itself does to make its solutions ({annotator.method})"
    elif isinstance(annotator, MonteCarlo) and isinstance(annotator.probe, Searched):
        needs = "a tree that the recipe itself grows"
    elif isinstance(annotator, MonteCarlo) and annotator.needs_logprobs:
        needs = f"how likely each token was to its writer (the {annotator.probe.method} probe)"
    if needs is not None:
        raise RecipeError(
            f"The annotator {name!r} labels by {needs}, and gold solutions exist already: name "
            "another one, as RECIPE:ANNOTATOR."
        )
