"""Small tokenizers with the habits of real ones, and chat templates with theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Turns = Sequence[dict[str, str]]
Template = Callable[[Turns], str]
"""Renders a conversation, each turn closed, without the assistant's opening."""

OPENING = "<|assistant|>"


class Tokenizer(Protocol):
    """Text to ids and back."""

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...


class Bytes:
    """One token a byte: exact for every text."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode(errors="replace")


@dataclass(frozen=True)
class Pieces:
    """Bytes, and pieces of several characters which may span a step boundary (longest first)."""

    pieces: tuple[str, ...] = (".\n\nStep", "\n\nStep", "\n\n", "Step ", "Step")

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        while text:
            number, piece = self._first(text)
            ids += [256 + number] if piece else text[0].encode()
            text = text[max(1, len(piece)) :]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        parts = [bytes([i]) if i < 256 else self.pieces[i - 256].encode() for i in ids]
        return b"".join(parts).decode(errors="replace")

    def _first(self, text: str) -> tuple[int, str]:
        return next(((i, p) for i, p in enumerate(self.pieces) if text.startswith(p)), (0, ""))


class DummySpace(Bytes):
    """Puts a space before every text and drops it when reading back, as SentencePiece does."""

    def encode(self, text: str) -> list[int]:
        return super().encode(" " + text)

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode(ids).removeprefix(" ")


class Lossy(Bytes):
    """Forgets the difference between one space and several: no exact continuation."""

    def encode(self, text: str) -> list[int]:
        return super().encode(re.sub(" +", " ", text))


def plain(turns: Turns) -> str:
    """Every turn as it is."""
    return "".join(f"<|{turn['role']}|>{turn['content']}<|end|>" for turn in turns)


def trimming(turns: Turns) -> str:
    """Trims the white space around every turn, as Llama's template does."""
    return plain([{**turn, "content": turn["content"].strip()} for turn in turns])


def think_stripping(turns: Turns) -> str:
    """Removes the reasoning of earlier assistant turns, as Qwen's and DeepSeek's do."""
    return plain([{**turn, "content": _without_thinking(turn)} for turn in turns])


def _without_thinking(turn: dict[str, str]) -> str:
    if turn["role"] != "assistant":
        return turn["content"]
    return turn["content"].split("</think>")[-1].lstrip("\n")
