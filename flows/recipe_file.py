"""Reading a recipe: a YAML file, by path or shipped name, to a `Recipe` or a list of its faults."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from flows.recipe import Recipe
from stepmark.errors import RecipeError

_UNKNOWN_KEY = dict.fromkeys(
    ("extra_forbidden", "unexpected_keyword_argument"), "there is no such key"
)


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
    near = difflib.get_close_matches(path.name.removesuffix(".yaml"), shipped_recipes(), n=1)
    raise RecipeError(
        f"There is no recipe {name!r}, neither as a file nor among those that ship: "
        f"{', '.join(shipped_recipes())}.{f' Did you mean {near[0]!r}?' if near else ''}"
    )


def shipped_recipes() -> list[str]:
    """Return the names of the recipes that ship, sorted."""
    folder = Path(str(resources.files("configs")))
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:  # whose name is in YAML's messages
            plain = yaml.safe_load(file)
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
    """Say each fault in a line, and of a union only what is wrong with the member that was meant.

    That is the one whose `method` was given; if it is no member's, the methods there are.
    """
    faults = error.errors(include_url=False)
    unmeant = {place: f for f in faults if (place := _unmeant_member(f)) is not None}
    for union in dict.fromkeys(place[:-1] for place in unmeant):
        before = [f for f in faults if _within(f["loc"], union)]
        members = {place: f for place, f in unmeant.items() if place[:-1] == union}
        faults = [f for f in faults if not any(_within(f["loc"], place) for place in members)]
        if before and not any(f in faults for f in before):
            faults.append(_no_method(union, list(members.values())))
    for fault in faults:
        where = ".".join(str(p) for p in fault["loc"] if not _is_class_name(p)) or "the recipe"
        message = _UNKNOWN_KEY.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        seen = fault["input"]
        shown = "" if isinstance(seen, dict) or dataclasses.is_dataclass(seen) else f" ({seen!r})"
        yield f"{where}: {message[:1].lower()}{message[1:]}{shown}"


def _unmeant_member(fault: Any) -> tuple[Any, ...] | None:
    """Return the place of a union's member that a block cannot be meant as: not by its method."""
    place: tuple[Any, ...] = fault["loc"]
    kind = fault["type"]
    if kind in {"literal_error", "missing"} and place[-1] == "method" and len(place) > 1:
        return place[:-1] if _is_class_name(place[-2]) else None
    if kind == "dataclass_type" and _is_class_name(place[-1]):
        return place
    if kind == "string_type" and place[-1] == "str" and isinstance(fault["input"], dict):
        return place
    return None


def _no_method(union: tuple[Any, ...], faults: list[Any]) -> Any:
    """Return one fault for a block that is none of a union's members."""
    methods = [fault["ctx"]["expected"] for fault in faults if fault["type"] == "literal_error"]
    if methods:
        where, said = (*union, "method"), f"input should be one of {', '.join(methods)}"
        seen = next(fault["input"] for fault in faults if fault["type"] == "literal_error")
    else:
        where, said = union, "input should be keys and values, `method` among them"
        seen = faults[0]["input"]
    return {"loc": where, "type": "method", "msg": said, "input": seen}


def _within(place: Iterable[Any], above: tuple[Any, ...]) -> bool:
    return tuple(place)[: len(above)] == above


def _is_class_name(part: object) -> bool:
    """Pydantic names the union member in an error's place; people wrote no such key."""
    return isinstance(part, str) and part[:1].isupper()
