"""Runs TRL's own PRMTrainer on an export; for the Python of .venv-vllm, which has TRL and torch.

    prm_trainer.py EXPORT STEPS [TOKENIZER]

The model is a tiny Llama from scratch; without a tokenizer's folder a token is a character. Writes,
as one JSON object on the last line, the loss on all rows before and after training, and the rows as
the trainer tokenised them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

os.environ |= {"HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1", "OMP_NUM_THREADS": "1"}

import torch
from datasets import load_dataset
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoTokenizer,
    LlamaConfig,
    LlamaForTokenClassification,
    PreTrainedTokenizerFast,
)
from trl.experimental.prm import PRMConfig, PRMTrainer


def tokenizer_of(texts):
    """Return a tokenizer whose tokens are the characters of the texts."""
    specials = ["<pad>", "<bos>", "<unk>"]
    names = specials + sorted(set("".join(texts)))
    plain = Tokenizer(models.WordLevel({n: i for i, n in enumerate(names)}, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    plain.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", bos_token="<bos>", unk_token="<unk>"
    )


def main(export, steps, known=None):
    data = load_dataset(export, split="train")
    texts = [text for row in data for text in (row["prompt"], *row["completions"], "\n")]
    tokenizer = AutoTokenizer.from_pretrained(known) if known else tokenizer_of(texts)
    torch.manual_seed(0)
    model = LlamaForTokenClassification(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_labels=2,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = PRMTrainer(
            model=model,
            args=PRMConfig(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=16,
                learning_rate=5e-3,
                lr_scheduler_type="constant",
                save_strategy="no",
                report_to=[],
                max_length=None,
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=data,
            eval_dataset=data,
            processing_class=tokenizer,
        )
        before = trainer.evaluate()["eval_loss"]
        trainer.train()
        after = trainer.evaluate()["eval_loss"]
    rows = [
        {"text": tokenizer.convert_ids_to_tokens(row["input_ids"]), "labels": row["labels"]}
        for row in trainer.train_dataset
    ]
    sys.stdout.write(json.dumps({"loss": [before, after], "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
