"""What a process needs to work on shards: one engine loop, the ledger, policies, tools."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from annotators.verifiers.tools import Tools, warm_up
from flows.blocks import PolicyBlock
from flows.engine_loop import EngineLoop
from flows.offline import remembered
from flows.recipe import Recipe
from flows.reviewed import reviews_of
from flows.runtime import Runtime, resolve
from stepmark.engines.endpoint import Endpoint
from stepmark.engines.fleet import Fleet
from stepmark.engines.in_turn import InTurn
from stepmark.engines.protocol import Engine
from stepmark.engines.refusing import Refusing
from stepmark.engines.scripted import read_script
from stepmark.errors import Interrupted
from stepmark.grading import Grader
from stepmark.ledger import Ledger
from stepmark.policy import Policy, PolicyIdentity
from stepmark.processes import Processes
from stepmark.purchase import Meter, Purchase
from stepmark.sandbox.isolated import Isolated

SAMPLE_BYTES = 1 << 20
PACKAGES = ("sympy", "mpmath")
"""What programs in the sandbox may import beside the standard library."""
CHECK_S = 5.0
"""Processor time that a verifier may take for one question before its process is killed."""


@dataclass(slots=True)
class Progress:
    """Counts of what is done, raised by the stages while they work."""

    expected: int | None = None
    """Solutions that annotators will see, if that can be told."""
    problems: int = 0
    solutions: int = 0
    annotated: int = 0
    rejected: int = 0


class Worker:
    """One process's share of a build; a context manager that leaves nothing running."""

    def __init__(self, recipe: Recipe, runtime: Runtime) -> None:
        self._recipe = recipe
        self.runtime = runtime
        self.fleets: list[Fleet] = []
        self.base = runtime.base
        self.shards_at_once = runtime.shards_at_once(recipe.shard_problems)
        self.loop = EngineLoop()
        self.ledger = Ledger(runtime.ledger)
        self.sandbox = Isolated(packages=PACKAGES) if recipe.needs_sandbox else None
        self.grader = Grader(sandbox=self.sandbox)
        self.processes = Processes(cpu_s=CHECK_S, start=warm_up)
        self.meter = Meter(budget_tokens=runtime.max_tokens)
        self.progress = Progress()
        self.policies: dict[str, Policy] = {}
        self.reviews = {n: reviews_of(runtime.out / recipe.name, n) for n in recipe.reviewed}
        self.tools = Tools(processes=self.processes, policies=self.policies, sandbox=self.sandbox)

    def __enter__(self) -> Self:
        """Meet every policy's server, so that faults show before the first token."""
        try:
            if self.sandbox is not None:
                self.loop.run(self.sandbox.__aenter__())
            for name, block in self._recipe.policies.items():
                self.policies[name] = self._policy(name, block)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self.loop.cancel_all()
        self.close()

    def close(self) -> None:
        """Close connections, graders and the ledger."""
        with contextlib.ExitStack() as last_first:
            last_first.callback(self.ledger.close)
            last_first.callback(self.loop.close)
            if self.sandbox is not None:
                last_first.callback(self._close_sandbox, self.sandbox)
            last_first.callback(self.grader.close)
            last_first.callback(self.processes.close)
            for fleet in self.fleets:
                last_first.callback(self._close, fleet)
            self.settle()

    def settle(self) -> None:
        """Wait until every order under way is filled and stored, or has failed."""
        for policy in self.policies.values():
            self.loop.run(policy.purchase.settled())

    def _close_sandbox(self, sandbox: Isolated) -> None:
        self.loop.run(sandbox.__aexit__(None, None, None))

    def _close(self, fleet: Fleet) -> None:
        self.loop.run(fleet.close())

    def stop(self, why: str) -> None:
        """Order nothing more, from any thread; what is under way still arrives and is kept."""
        self.meter.refusal = why
        for fleet in self.fleets:
            self.loop.call(partial(fleet.stop, Interrupted(why)))

    def give_up(self) -> None:
        """Cancel what is under way too; what has arrived is kept."""
        self.loop.cancel_all()

    @property
    def under_way(self) -> int:
        """Orders that are not yet filled and stored."""
        return sum(policy.purchase.under_way for policy in self.policies.values())

    def notice(self) -> str | None:
        """Say what keeps the build from going on, or None if nothing does."""
        if self.meter.refusal is not None:
            return f"{self.meter.refusal} Waiting for {self.under_way} requests under way."
        return self.trouble()

    def trouble(self) -> str | None:
        """Say which servers rest and why, or None if all are well."""
        troubles = [trouble for fleet in self.fleets if (trouble := fleet.trouble())]
        return " ".join(troubles) or None

    @property
    def identities(self) -> dict[str, dict[str, str | None]]:
        """Each policy's identity as plain data, with its id."""
        return {
            name: {"id": policy.identity.id, **asdict(policy.identity)}
            for name, policy in self.policies.items()
        }

    def remember_policies(self) -> None:
        """Write the policies' identities down beside the draws, for replays without a server."""
        for policy in self.policies.values():
            self.ledger.remember(policy.identity.id, asdict(policy.identity))

    def _policy(self, name: str, block: PolicyBlock) -> Policy:
        model = model_identity(block.model, self.runtime.base)
        engine: Engine
        if self.runtime.offline:
            root, known = self.runtime.out / self._recipe.name, self.ledger.policies
            engine = Refusing(self.ledger)
            identity = remembered(name, block, model=model, root=root, known=known)
        else:
            engine, template = self._engine(name, block)
            identity = PolicyIdentity(
                model=model,
                revision=block.revision,
                dtype=block.dtype,
                template=template,
                continuation=block.continues_by,
            )
        in_turn = InTurn(engine, places=self.runtime.in_flight(name))
        purchase = Purchase(in_turn, self.ledger, identity.id, self.meter)
        return Policy(identity=identity, purchase=purchase)

    def _engine(self, name: str, block: PolicyBlock) -> tuple[Engine, str | None]:
        if block.engine == "scripted":
            return read_script(resolve(block.model, self.runtime.base)), None
        fleet = Fleet(
            [endpoint_of(block, url, self.runtime) for url in self.runtime.addresses[name]],
            patience_s=self.runtime.engine_wait_s,
        )
        self.fleets.append(fleet)
        return fleet, self.loop.run(fleet.meet())


def endpoint_of(block: PolicyBlock, url: str, runtime: Runtime) -> Endpoint:
    """Return how a policy's server at an address is talked to."""
    return Endpoint(
        base_url=url,
        model=served_name(block.model),
        api="completions" if block.continues_by == "completions" else "chat",
        api_key_env=runtime.api_key_env,
        concurrency=runtime.concurrency,
        request_timeout_s=runtime.request_timeout_s,
        retry=runtime.retry,
        requests_per_minute=runtime.requests_per_minute,
        tokens_per_minute=runtime.tokens_per_minute,
    )


def served_name(model: str) -> str:
    """Return the name a server gives a model: a folder goes by its last part."""
    return Path(model).name if model.startswith((".", "/")) or Path(model).is_dir() else model


def model_identity(model: str, base: Path) -> str:
    """Return a model's name, with a digest of its files when it is a local folder.

    The digest covers names, sizes and the first and last MiB of each file: weights of any size
    are told apart without being read whole.
    """
    folder = resolve(model, base)
    if not folder.is_dir():
        return model
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.iterdir()):
        if path.suffix in {".safetensors", ".json", ".bin", ".gguf", ".jinja"}:
            size = path.stat().st_size
            digest.update(f"{path.name}\0{size}\0".encode())
            with path.open("rb") as file:
                digest.update(file.read(SAMPLE_BYTES))
                file.seek(max(0, size - SAMPLE_BYTES))
                digest.update(file.read(SAMPLE_BYTES))
    return f"{folder.name}@{digest.hexdigest()}"
