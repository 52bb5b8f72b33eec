"""Opening a recipe with what the command line or a schedule says of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from stepmark.errors import RecipeError


def open_recipe(
    name: str,
    out: Path,
    limit: int | None,
    engines: list[str] | None,
    models: list[str] | None,
    problems: Path | None,
    settings: list[str] | None,
) -> Any:
    """Load a recipe with what the options say of it, and the runtime they describe."""
    from flows.recipe_file import load_recipe
    from flows.runtime import Runtime

    plain = load_recipe(name)[0]
    overrides = settings_of(settings)
    for policy, named in by_policy("--model", models, plain.policies).items():
        overrides[f"policies.{policy}.model"] = named[-1]
    if limit is not None:
        overrides["limit"] = limit
    if problems is not None:
        block = "problems" if plain.solutions is None else "solutions"
        overrides[f"{block}.path"] = str(problems.resolve())
    recipe, base = load_recipe(name, overrides)
    addresses = by_policy("--engine", engines or engine_from_environment(), recipe.policies)
    return recipe, Runtime(out=out, base=base, addresses=addresses)


def settings_of(settings: list[str] | None) -> dict[str, Any]:
    """Read `KEY=VALUE` options, the values as YAML would."""
    read: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise RecipeError(f"--set {setting}: write KEY=VALUE, e.g. solve.samples=2.")
        try:
            read[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise RecipeError(f"--set {setting}: the value is not YAML: {error}") from None
    return read


def engine_from_environment() -> list[str]:
    """Return the servers that STEPMARK_ENGINE names, with spaces between them."""
    return os.environ.get("STEPMARK_ENGINE", "").split()


def by_policy(option: str, values: list[str] | None, policies: Any) -> dict[str, tuple[str, ...]]:
    """Give every `VALUE` to all policies, but to those of a `POLICY=VALUE` only their own."""
    for_all: list[str] = []
    own: dict[str, list[str]] = {}
    for value in values or ():
        name, equals, rest = value.partition("=")
        if equals and name in policies:
            own.setdefault(name, []).append(rest)
        elif equals and "/" not in name:
            raise RecipeError(f"{option} {value}: there is no policy {name!r}: {sorted(policies)}.")
        else:
            for_all.append(value)
    chosen = {policy: tuple(own.get(policy, for_all)) for policy in policies}
    return {policy: values for policy, values in chosen.items() if values}
