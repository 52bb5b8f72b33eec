"""The practice policy's tokenizer: the words of the language, and whole numbers.

A token is a word, number or sign together with the space before it, so joining tokens
gives back the text exactly and nothing is cleaned up. A full stop and the line break
after it are one token: a text cut after a step's line break splits into the same tokens
as the whole text does, which lets a prefix be sent to a server as token ids or as text.
Anything outside the language becomes `<unk>`, one for each word or character.

    python -m benchmarks.practice.tokenizer --out configs/practice/model
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from benchmarks.practice.language import GAINS, LOSSES, NAMES, THINGS

PAD, UNKNOWN, USER, ASSISTANT, END = "<pad>", "<unk>", "<user>", "<assistant>", "<end>"
SPECIAL_TOKENS = (PAD, UNKNOWN, USER, ASSISTANT, END)
MAX_TOKENS = 512
NUMBERS = range(100)
"""A number is one token, so that a sum is one thing to learn and not a procedure on digits."""

_LINE_STARTS = ("How", "Step", "The", "Then")
_WORDS = (
    *("How", "Then", "also", "and", "answer", "as", "do", "does", "fewer", "gives", "half"),
    *("has", "have", "is", "many", "more", "now", "than", "times", "to", "together", "twice"),
)
_SIGNS = (".\n", ".", "?", ":", " +", " -", " *", " /", " =", "\n")
_PIECE = r" ?[A-Za-z]+| ?[0-9]+| [-+*/=]|\.\n|[\s\S]"

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}"
    "{{- '<user>' + message['content'] -}}"
    "{%- elif message['role'] == 'assistant' -%}"
    "{{- '<assistant>' + message['content'] + '<end>' -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<assistant>' -}}{%- endif -%}"
)
"""System messages are left out: the policy knows one task and no other words."""


def vocabulary() -> dict[str, int]:
    """Number every token of the language, the special ones first."""
    return {token: index for index, token in enumerate(dict.fromkeys(_tokens()))}


def _tokens() -> Iterator[str]:
    yield from SPECIAL_TOKENS
    yield from (f" {number}" for number in NUMBERS)
    yield from _SIGNS
    yield from _LINE_STARTS
    yield from NAMES
    yield from (f" {name}" for name in NAMES)
    yield from (f" {word}" for word in (*_WORDS, *THINGS, *LOSSES, *GAINS))


def build() -> Tokenizer:
    """Make the tokenizer; nothing is learnt, so there is no corpus."""
    tokenizer = Tokenizer(WordLevel(vocabulary(), unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = Split(Regex(_PIECE), behavior="isolated")
    tokenizer.decoder = Fuse()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS]
    )
    return tokenizer


def save(folder: Path) -> None:
    """Write the files that transformers and vLLM load the tokenizer from."""
    folder.mkdir(parents=True, exist_ok=True)
    build().save(str(folder / "tokenizer.json"))
    special = {"pad_token": PAD, "unk_token": UNKNOWN, "eos_token": END}
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "chat_template": CHAT_TEMPLATE,
        **special,
    }
    _write_json(folder / "tokenizer_config.json", settings)
    _write_json(folder / "special_tokens_map.json", special)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def _write_json(path: Path, value: dict[str, object] | dict[str, str]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Write the tokenizer's files."""
    parser = argparse.ArgumentParser(description="Write the practice policy's tokenizer.")
    parser.add_argument("--out", type=Path, required=True)
    save(parser.parse_args().out)


if __name__ == "__main__":
    main()
