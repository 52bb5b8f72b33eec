"""Who a policy is when there is no server to ask: as the build's folder or the ledger remembers.

A policy's identity is part of every ledger address, and one of its fields, the digest of the chat
template, comes from the server. Builds write identities down twice: in their own `policies.json`
and, for replays elsewhere, beside the draws in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.blocks import PolicyBlock
from stepmark.errors import StorageError
from stepmark.policy import PolicyIdentity


def remembered(
    name: str, block: PolicyBlock, *, model: str, root: Path, known: Mapping[str, Any]
) -> PolicyIdentity:
    """Return the identity that a recipe's policy had when its draws were bought.

    Args:
        name: the policy's name in the recipe.
        block: what the recipe says of it.
        model: its model's identity, or the bare name where a local folder is gone.
        root: the build's folder; its `policies.json` decides between several.
        known: what the ledger remembers, by policy id.

    Raises:
        StorageError: nobody of this description bought anything, or several did.
    """
    own = _own(root, name)
    fitting = {
        identity.id: identity
        for identity in (*map(_identity, known.values()), *own)
        if _fits(identity, block, model)
    }
    chosen = [identity for identity in own if identity.id in fitting] or [*fitting.values()]
    if len(chosen) == 1:
        return chosen[0]
    seen = "\n  ".join(str(identity) for identity in fitting.values()) or "none"
    raise StorageError(
        f"An offline build needs to know who the policy {name!r} ({block.model}) was, and the "
        f"ledger remembers {len(fitting)} policies that fit:\n  {seen}\nReplay with the ledger and "
        "the recipe of the build; where several policies fit, in a build folder whose "
        "policies.json says which it was."
    )


def _own(root: Path, name: str) -> tuple[PolicyIdentity, ...]:
    path = root / "policies.json"
    if not path.exists():
        return ()
    plain = json.loads(path.read_text(encoding="utf-8"))
    return (_identity(plain[name]),) if name in plain else ()


def _identity(plain: Mapping[str, Any]) -> PolicyIdentity:
    return PolicyIdentity(**{key: value for key, value in plain.items() if key != "id"})


def _fits(identity: PolicyIdentity, block: PolicyBlock, model: str) -> bool:
    """Tell whether a policy is what the recipe describes, whatever its template."""
    same_model = identity.model == model or identity.model.startswith(f"{Path(model).name}@")
    described = (block.revision, block.dtype, block.continues_by)
    return same_model and described == (identity.revision, identity.dtype, identity.continuation)
