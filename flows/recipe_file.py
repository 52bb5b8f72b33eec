"""Reading a recipe: a YAML file, by path or shipped name, to a `Recipe` or a list of its faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from flows.recipe import Recipe
from stepmark.errors import RecipeError


def load_recipe(name: str, overrides: Mapping[str, Any] | None = None) -> tuple[Recipe, Path]:
    """Read a recipe by path or shipped name; return it with the folder its paths start from.

    `overrides` maps dotted keys (`problems.path`) to values that replace the file's.

    Raises:
        RecipeError: no such recipe, not YAML, or not a recipe; every fault is named.
    """
    path = find_recipe(name)
    plain = _read_yaml(path)
    for key, value in (overrides or {}).items():
        set_key(plain, key.split("."), value)
    return parse_recipe(plain, str(path)), path.parent


def parse_recipe(plain: object, where: str) -> Recipe:
    """Return the recipe that plain data holds.

    Raises:
        RecipeError: listing every fault with its place and the value seen.
    """
    try:
        return Recipe.model_validate(plain)
    except ValidationError as error:
        faults = "\n".join(f"  {fault}" for fault in _faults(error))
        raise RecipeError(f"{where} is not a recipe that can be run:\n{faults}") from None


def find_recipe(name: str) -> Path:
    """Return the file of a recipe given as a path or by the name of one that ships.

    Raises:
        RecipeError: there is no such file; the message lists the recipes that ship.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = Path(str(resources.files("configs"))) / f"{path.name.removesuffix('.yaml')}.yaml"
    if path.parent in (Path(), Path("configs")) and shipped.is_file():
        return shipped
    raise RecipeError(
        f"There is no recipe {name!r}, neither as a file nor among those that ship: "
        f"{', '.join(shipped_recipes())}."
    )


def shipped_recipes() -> list[str]:
    """Return the names of the recipes that ship, sorted."""
    folder = Path(str(resources.files("configs")))
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is not UTF-8 text: {error}.") from None
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {error}") from None
    if not isinstance(plain, dict):
        raise RecipeError(f"{path} holds {type(plain).__name__}, not the keys of a recipe.")
    return plain


def set_key(plain: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put a value into plain data under a path of keys; RecipeError if one of them holds text."""
    *path, last = keys
    for key in path:
        inner = plain.setdefault(key, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"{'.'.join(keys)} cannot be set: {key} is {inner!r}.")
        plain = inner
    plain[last] = value


def _faults(error: ValidationError) -> Iterator[str]:
    """Say each fault in a line, leaving out the union members that were not meant."""
    faults = error.errors(include_url=False)
    unmeant = {
        fault["loc"][:-1]
        for fault in faults
        if fault["type"] == "literal_error" and fault["loc"][-1] == "method"
    }
    meant = [f for f in faults if not any(_within(f["loc"], place) for place in unmeant)]
    for fault in meant or faults:
        place = ".".join(str(p) for p in fault["loc"] if not _is_class_name(p)) or "the recipe"
        message = fault["msg"].removeprefix("Value error, ")
        seen = fault["input"]
        shown = "" if isinstance(seen, dict) or dataclasses.is_dataclass(seen) else f" ({seen!r})"
        yield f"{place}: {message[:1].lower()}{message[1:]}{shown}"


def _within(place: Iterable[Any], above: tuple[Any, ...]) -> bool:
    return tuple(place)[: len(above)] == above


def _is_class_name(part: object) -> bool:
    """Pydantic names the union member in an error's place; people wrote no such key."""
    return isinstance(part, str) and part[:1].isupper()
