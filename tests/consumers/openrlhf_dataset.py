"""Reads exports with OpenRLHF's own ProcessRewardDataset; for the Python of .venv-vllm.

    openrlhf_dataset.py EXPORT …

A token is a character, but for the placeholder and the rewards, which its reader takes as one each.
Writes, as one JSON list on the last line, for each export the tokens and labels of every row, or
what its reader said when it refused them.
"""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

from datasets import load_dataset
from openrlhf.datasets.process_reward_dataset import ProcessRewardDataset
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

PLACEHOLDER = "ки"


def tokenizer_of(texts):
    """Return a tokenizer whose tokens are the characters of the texts, and the placeholder."""
    names = ["<pad>", "<unk>", PLACEHOLDER, "+", "-"]
    names += sorted(set("".join(texts)) - set(names))
    plain = Tokenizer(models.WordLevel({n: i for i, n in enumerate(names)}, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{PLACEHOLDER}|[\s\S]"), "isolated")
    return PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="<pad>", unk_token="<unk>")


def rows_of(export):
    """Read an export; return tokens and labels of its rows."""
    data = load_dataset(export, split="train")
    tokenizer = tokenizer_of(data["input"])
    arguments = SimpleNamespace(
        input_key="input",
        label_key="value",
        placeholder_token=PLACEHOLDER,
        reward_tokens=["+", "-"],
    )
    read = ProcessRewardDataset(data, tokenizer, 10_000, SimpleNamespace(args=arguments))
    rows = []
    for place in range(len(read)):
        tokens, _, labels = read[place]
        rows.append(
            {
                "text": tokenizer.convert_ids_to_tokens(tokens[0].tolist()),
                "labels": labels[0].tolist(),
                "signs": tokenizer.convert_ids_to_tokens([3, 4]),
            }
        )
    read.collate_fn([read[place] for place in range(min(2, len(read)))])
    return rows


def main(*exports):
    read = []
    for export in exports:
        try:
            read.append(rows_of(export))
        except RuntimeError as error:
            read.append(str(error))
    sys.stdout.write("\n" + json.dumps(read))


if __name__ == "__main__":
    main(*sys.argv[1:])
