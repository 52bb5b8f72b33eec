"""Everything that can be found wrong with a recipe before the first token is bought."""

from __future__ import annotations

import asyncio
import collections
import itertools
from collections.abc import Iterator
from pathlib import Path

from annotators.score_file import score_file
from filters.decontaminate import Decontaminate
from flows.arrivals import Item, problem_of, read_rows
from flows.blocks import SolveBlock
from flows.recipe import Recipe
from flows.reviewed import find_reviews
from flows.runners import check_runner
from flows.runtime import Runtime, resolve
from flows.scored import scores_path
from flows.worker import endpoint_of, served_name
from stepmark.engines.fleet import Fleet
from stepmark.engines.scripted import read_script
from stepmark.engines.vllm_command import find_vllm
from stepmark.errors import ProblemError, RecipeError
from stepmark.ledger.folder import Folder
from stepmark.problems import Intake
from stepmark.records import Reject
from stepmark.sandbox.bubblewrap import find_bubblewrap

LOOKED_AT = 200
"""Rows of the source that a check reads."""


def check(recipe: Recipe, runtime: Runtime) -> list[str]:
    """Check what needs no server; return what was found good, a line each.

    Raises:
        StepmarkError: the first thing that would stop the build.
    """
    return list(_checks(recipe, runtime))


def _checks(recipe: Recipe, runtime: Runtime) -> Iterator[str]:
    yield f"recipe {recipe.name}: {recipe.fingerprint}"
    recipe.solve.ask.messages("a problem")
    yield "prompt: has its {problem}"
    if not recipe.solutions:
        yield f"solve: {_solving(recipe.solve)}"
    yield _check_rows(recipe, runtime.base)
    yield from _check_benchmarks(recipe, runtime.base)
    for name in recipe.reviewed:
        yield f"reviews: {find_reviews(name, recipe, runtime).told}"
    yield from _check_scores(recipe, runtime.base)
    if recipe.needs_sandbox:
        yield f"sandbox: {find_bubblewrap()}"
    for name, block in recipe.policies.items():
        if runtime.offline:
            continue
        if block.engine == "scripted":
            read_script(resolve(block.model, runtime.base))
        elif block.engine == "openai" and name not in runtime.addresses:
            raise RecipeError(
                f"The policy {name!r} is served by an `openai` engine and has no address: give "
                f"--engine URL, or --engine {name}=URL when there are several policies."
            )
        elif block.engine == "vllm" and name not in runtime.addresses:
            _check_model(name, block.model, runtime.base)
        yield f"policy {name}: {block.model} continues by {block.continues_by}"
    if runtime.offline:
        Folder.open(runtime.ledger)
    started = () if runtime.offline else _started_here(recipe, runtime)
    yield check_runner(runtime, started=started)
    yield f"ledger: {_check_writable(runtime.ledger)}"


def ask_servers(recipe: Recipe, runtime: Runtime) -> Iterator[str]:
    """Meet the servers that have an address, find what starts the others; yield what was found.

    Raises:
        StepmarkError: nobody answers, the model is not served, or no vLLM is installed.
    """
    started = _started_here(recipe, runtime)
    for name, block in recipe.policies.items():
        if urls := runtime.addresses.get(name):
            asyncio.run(_meet(Fleet([endpoint_of(block, url, runtime) for url in urls])))
            yield f"server of {name}: {served_name(block.model)} at {' and '.join(urls)}"
        elif name in started:
            yield f"server of {name}: to be started by {find_vllm()}"


async def _meet(fleet: Fleet) -> None:
    try:
        await fleet.meet()
    finally:
        await fleet.close()


def _started_here(recipe: Recipe, runtime: Runtime) -> tuple[str, ...]:
    """Return the policies that a server is started for."""
    return tuple(
        name
        for name, block in recipe.policies.items()
        if block.engine == "vllm" and name not in runtime.addresses
    )


def _solving(solve: SolveBlock) -> str:
    """Say what is drawn of each problem, and which problems and solutions stay."""
    said = f"{solve.samples} draws a problem of {' and of '.join(solve.policies)}"
    quota = solve.quota
    if quota is not None:
        said += (
            f", on to at most {quota.max_draws} until {quota.correct} right and "
            f"{quota.incorrect} wrong solutions are there to be kept"
        )
    least, most = solve.solve_rate
    if (least, most) != (0, 1):
        said += f"; problems solved in {least:g} to {most:g} of the first {solve.samples} draws"
    return said


def _check_rows(recipe: Recipe, base: Path) -> str:
    """Read the first rows; say how many are usable."""
    rows = read_rows(recipe, base)
    seen = list(itertools.islice(rows, LOOKED_AT))
    good = [item for item in seen if not isinstance(item, Reject)]
    if not good:
        next(rows)  # raises, and says why
    if len(seen) < LOOKED_AT:  # that was all, so that too many bad rows are as many at the end
        collections.deque(Intake(max_bad_share=recipe.source.max_bad_share).watch(seen), maxlen=0)
    problems = [problem_of(item) for item in good]
    needs = recipe.needing_reference
    if needs and any(problem.reference is None and problem.tests is None for problem in problems):
        raise ProblemError(
            f"{recipe.source.path} gives problems without a reference answer, and {needs[0]} "
            f"({recipe.annotators[needs[0]].method}) labels steps by it: name the column under "
            "`problems: {reference: …}`."
        )
    return f"problems: {len(good)} of the first {len(seen)} rows are usable{_others(seen)}"


def _others(seen: list[Item | Reject]) -> str:
    """Say why the other rows are not usable, and where the first of each reason is."""
    reasons: dict[str, list[int]] = {}
    for row in seen:
        if isinstance(row, Reject):
            reasons.setdefault(row.reason, []).append(row.line)
    said = (f"{reason} {len(at)}, first in line {at[0]}" for reason, at in reasons.items())
    return f" ({'; '.join(said)})" if reasons else ""


def _check_benchmarks(recipe: Recipe, base: Path) -> Iterator[str]:
    """Read what problems are kept apart from, which is needed only at the end of the build."""
    for each in recipe.filters:
        if isinstance(each, Decontaminate):
            items = each.read(base)
            yield f"benchmarks: {', '.join(f'{n} ({len(its):,})' for n, its in items.items())}"


def _check_scores(recipe: Recipe, base: Path) -> Iterator[str]:
    """Read the scores of models that were asked elsewhere."""
    for name, each in recipe.scored.items():
        path = scores_path(recipe, each, base)
        score_file(path, each.column)
        yield f"scores of {name}: {each.column} in {path.name}"


def _check_model(name: str, model: str, base: Path) -> None:
    """A model that looks like a folder must be one."""
    if model.startswith((".", "/")) or len(Path(model).parts) > 2:  # noqa: PLR2004 (owner/name)
        folder = resolve(model, base)
        if not (folder / "config.json").is_file():
            raise RecipeError(
                f"The policy {name!r} names the model folder {model}, and {folder} holds no "
                "config.json."
            )


def _check_writable(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("")
        probe.unlink(missing_ok=True)  # another build that starts now uses the same one
    except OSError as error:
        raise RecipeError(
            f"{folder} cannot be written ({error.strerror}): choose another place with --out."
        ) from None
    return f"{folder} can be written"
