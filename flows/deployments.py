"""Builds on a schedule: a flow that builds what is new and publishes it, and its deployment.

Prefect's server is the clock: it says when, and shows how it went. What is done is decided by the
build's folder, the ledger and the Hub, so that a run that dies is made up for by the next one. Two
runs never overlap: the deployment lets one go on at a time and cancels the next, and the build's
folder can be held only once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.opening import open_recipe
from flows.publish import Published, lines_of, publish
from flows.session import PREFECT_DEFAULTS, run_build
from flows.worker import Progress
from stepmark.errors import RecipeError
from storage.manifest import Manifest, read_manifest

for _name in ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED"):
    os.environ.setdefault(_name, PREFECT_DEFAULTS[_name])
from httpx import HTTPError  # noqa: E402  (Prefect's client lets some of them through)
from prefect import flow, get_client  # noqa: E402  (Prefect reads its settings when imported)
from prefect.artifacts import (  # noqa: E402
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.actions import WorkPoolCreate  # noqa: E402
from prefect.client.schemas.objects import (  # noqa: E402
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
)
from prefect.client.schemas.schedules import CronSchedule  # noqa: E402
from prefect.exceptions import ObjectAlreadyExists, PrefectException  # noqa: E402
from prefect.settings import PREFECT_API_URL  # noqa: E402
from prefect.types.entrypoint import EntrypointType  # noqa: E402

POOL = "stepmark"
"""Work pool of the workers that run scheduled builds."""


@flow(name="stepmark-scheduled", flow_run_name="build {recipe}")
def scheduled(
    recipe: str,
    out: str,
    engine: list[str] | None = None,
    model: list[str] | None = None,
    problems: str | None = None,
    settings: list[str] | None = None,
    concurrency: int = 64,
    api_key_env: str | None = None,
    publish_to: str | None = None,
    revision: str | None = None,
) -> None:
    """Build what is new in a recipe's source, and publish it.

    Args:
        recipe: its file, or the name of one that ships.
        out: folder below which the build and the ledger are kept.
        engine: as `stepmark build --engine`.
        model: as `stepmark build --model`.
        problems: as `stepmark build --problems`.
        settings: as `stepmark build --set`.
        concurrency: requests in flight, for each server.
        api_key_env: name of the environment variable that holds the servers' API key.
        publish_to: data set on the Hub, `owner/name`; null to publish nothing.
        revision: branch to publish to, instead of main.
    """
    loaded, runtime = _opened(recipe, out, engine, model, problems, settings)
    runtime = runtime.pressing(concurrency=concurrency, api_key_env=api_key_env)
    root = runtime.out / loaded.name
    before = read_manifest(root)
    console = Console()
    artifact: Any = create_progress_artifact(
        0.0, key=f"{_key(loaded.name)}-progress", description=f"{loaded.name}: solutions labelled"
    )
    manifest = run_build(loaded, runtime, console, report=partial(_move, artifact))
    update_progress_artifact(artifact, 100.0)
    published = publish(root, publish_to, branch=revision) if publish_to else None
    if published and publish_to:
        for line in lines_of(published, publish_to):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    create_table_artifact(
        list(_table(before, manifest, published)),
        key=f"{_key(loaded.name)}-rows",
        description=f"{loaded.name}: what this run added to {root}",
    )


def deploy(parameters: dict[str, Any], *, cron: str | None, pool: str) -> str:
    """Register the flow with Prefect's server, to be run on a schedule; return its full name.

    Args:
        parameters: of `scheduled`.
        cron: when, in UTC; null to run it by hand alone.
        pool: work pool whose workers run it, made if it is not there.

    Raises:
        RecipeError: there is no server, or it refuses, or the schedule cannot be read, or a run
            with these parameters could not open its recipe.
    """
    url = PREFECT_API_URL.value()
    if url is None:
        raise RecipeError(
            "A schedule needs a Prefect server that stays: run `prefect server start`, and set "
            "PREFECT_API_URL=http://127.0.0.1:4200/api here and where the worker runs."
        )
    name = _opened(**parameters)[0].name
    _check_cron(cron)
    try:
        deployment: Any = scheduled.to_deployment(
            name=name,
            cron=cron,
            parameters=parameters,
            work_pool_name=pool,
            entrypoint_type=EntrypointType.MODULE_PATH,
            concurrency_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
            ),
        )
        _make_pool(pool)
        deployment.apply()
    except (PrefectException, HTTPError, OSError, ValueError) as error:
        raise RecipeError(
            f"Prefect's server at {url} did not take the schedule: {str(error).rstrip('.')}. "
            "Start it with `prefect server start`, or set PREFECT_API_URL to the address of one "
            "that runs."
        ) from error
    return f"{scheduled.name}/{name}"


def _opened(
    recipe: str,
    out: str = "",
    engine: list[str] | None = None,
    model: list[str] | None = None,
    problems: str | None = None,
    settings: list[str] | None = None,
    **_others: Any,
) -> Any:
    """Open the recipe of a run as its parameters say; those that change no recipe may be there."""
    where = Path(problems) if problems else None
    return open_recipe(recipe, Path(out), None, engine, model, where, settings)


def _check_cron(cron: str | None) -> None:
    """Refuse a schedule that cannot be read before a server is asked."""
    try:
        if cron is not None:
            CronSchedule(cron=cron)
    except ValueError:
        raise RecipeError(
            f"--cron {cron!r} is no schedule: give minute, hour, day, month and weekday, e.g. "
            "'0 2 * * *' for every night at two, in UTC."
        ) from None


def _make_pool(name: str) -> None:
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
        except ObjectAlreadyExists:
            return


def _move(artifact: Any, progress: Progress) -> None:
    """Move a progress artifact to the share that is labelled, if that can be told."""
    if progress.expected:
        share = min(1.0, progress.annotated / progress.expected)
        update_progress_artifact(artifact, round(100 * share, 1))


def _table(
    before: Manifest | None, now: Manifest, published: Published | None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table: what there is, and how much of it is new."""
    for what, old, count in (
        ("problems", _problems(before), _problems(now)),
        ("rows", _rows(before), _rows(now)),
    ):
        yield {"what": what, "new": count - old, "all": count}
    if published:
        plan = published.plan
        yield {"what": "files published", "new": len(plan.new), "all": len(plan.new) + plan.kept}


def _problems(manifest: Manifest | None) -> int:
    return manifest.counts["problems"] if manifest else 0


def _rows(manifest: Manifest | None) -> int:
    return sum(ref.rows for ref in manifest.data) if manifest else 0


def _key(name: str) -> str:
    """Return a recipe's name in the letters that artifacts may have."""
    return re.sub(r"[^a-z0-9]+", "-", name)
