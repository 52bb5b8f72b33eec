"""An engine that reads its completions from a script: for tests, documentation and dry runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineError, RecipeError

Script = Callable[[Request, int], str | Completion] | Mapping[str, Sequence[str]]

_SHOWN_CHARACTERS = 200


class Scripted:
    """Returns the same text for the same prompt and draw, always.

    The script is a function of request and draw index, or, for a single problem, a mapping from
    the prompt's `prefix` to its texts by draw index (`{"": ["Step 1 …", …]}`). A text stands for a
    completion that stopped by itself; a `Completion` says everything. Tokens are white-space words,
    and where log-probabilities are asked for, that of each is −1.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self.seen: list[Request] = []
        """Every request, in order of arrival."""

    @property
    def requests(self) -> int:
        """How many requests it was asked."""
        return len(self.seen)

    @property
    def draws(self) -> int:
        """How many draws it was asked, over all requests."""
        return sum(len(request.draws) for request in self.seen)

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Return the scripted completion of every draw asked.

        Raises:
            EngineError: `not_scripted`, when the script has no text for one of them.
        """
        self.seen.append(request)
        return tuple(self._completion(request, draw) for draw in request.draws)

    def _completion(self, request: Request, draw: int) -> Completion:
        written = (
            self._look_up(self._script, request, draw)
            if isinstance(self._script, Mapping)
            else self._script(request, draw)
        )
        if isinstance(written, Completion):
            return replace(written, draw=draw)
        starts = tuple(word.start() for word in re.finditer(r"\S+", written))
        asked = request.sampling.logprobs
        return Completion(
            draw=draw,
            text=written,
            finish_reason="stop",
            prompt_tokens=_words(request),
            completion_tokens=len(starts),
            logprobs=(-1.0,) * len(starts) if asked else None,
            token_starts=starts if asked else None,
        )

    @staticmethod
    def _look_up(script: Mapping[str, Sequence[str]], request: Request, draw: int) -> str:
        prefix = request.prompt.prefix
        texts = script.get(prefix)
        if texts is None:
            raise EngineError(
                f"The script has no text for a prompt of {request.problem_id} with the prefix "
                f"{prefix[:_SHOWN_CHARACTERS]!r}; it has {len(script)} prefixes. Add this one.",
                reason="not_scripted",
            )
        if draw >= len(texts):
            raise EngineError(
                f"The script has {len(texts)} texts for the prefix "
                f"{prefix[:_SHOWN_CHARACTERS]!r} of {request.problem_id}, and draw {draw} was "
                "asked. Add texts, or ask for fewer draws.",
                reason="not_scripted",
            )
        return texts[draw]


def _words(request: Request) -> int:
    prompt = request.prompt
    return sum(len(m.content.split()) for m in prompt.messages) + len(prompt.prefix.split())


def read_script(path: Path) -> Scripted:
    """Return the scripted engine of a JSONL file.

    A line is `{"user": …, "prefix": …, "completions": […]}`: the texts, by draw index, for the
    prompt whose last turn is `user` and whose assistant has written `prefix`.
    """
    script: dict[tuple[str, str], list[str]] = {}
    number = 0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            number += 1
            row = json.loads(line)
            script[row["user"], row["prefix"]] = list(row["completions"])
    except OSError as error:
        raise RecipeError(f"The script {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}, line {number}: a script line is an object with user, prefix and "
            f"completions; this one is not ({error!r})."
        ) from None

    def text(request: Request, draw: int) -> str:
        user, prefix = request.prompt.messages[-1].content, request.prompt.prefix
        texts = script.get((user, prefix), [])
        if draw < len(texts):
            return texts[draw]
        raise RecipeError(
            f"The script {path} has {len(texts)} completions for the prompt {user[:80]!r} with "
            f"the prefix {prefix[-80:]!r}, and draw {draw} was asked."
        )

    return Scripted(text)
