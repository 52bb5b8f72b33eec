"""Runs TRL's own trainers of language models on exports; for the Python of .venv-vllm.

    preference_trainers.py STEPS {dpo|kto|reward|sft}=EXPORT …

A token is a character, the model a tiny Llama from scratch. Writes, as one JSON list on the last
line, the losses of each export's steps: one process for all, for it takes longest to start.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

os.environ |= {"HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1", "OMP_NUM_THREADS": "1"}

import torch
from datasets import load_dataset
from prm_trainer import tokenizer_of
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

CHAT = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"


def trainer_of(kind):
    """Return trainer, arguments and model class by name."""
    if kind == "dpo":
        from trl import DPOConfig, DPOTrainer

        return DPOTrainer, DPOConfig, LlamaForCausalLM
    if kind == "kto":
        from trl import KTOConfig, KTOTrainer

        return KTOTrainer, KTOConfig, LlamaForCausalLM
    if kind == "reward":
        from trl import RewardConfig, RewardTrainer

        return RewardTrainer, RewardConfig, LlamaForSequenceClassification
    from trl import SFTConfig, SFTTrainer

    return SFTTrainer, SFTConfig, LlamaForCausalLM


def losses_of(kind, export, steps):
    """Train so many steps on an export; return the loss of each."""
    data = load_dataset(export, split="train")
    tokenizer = tokenizer_of([json.dumps(row, ensure_ascii=False) + "\n :" for row in data])
    tokenizer.chat_template = CHAT
    tokenizer.eos_token = "<bos>"
    torch.manual_seed(0)
    trainer_class, config_class, model_class = trainer_of(kind)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_labels=1 if kind == "reward" else 2,
        pad_token_id=tokenizer.pad_token_id,
    )
    with tempfile.TemporaryDirectory() as folder:
        model_class(config).save_pretrained(folder)  # the reference model is read from there
        trainer = trainer_class(
            model=model_class.from_pretrained(folder),
            args=config_class(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=2,
                learning_rate=5e-3,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                max_length=None,
                use_cpu=True,
                bf16=False,
                disable_tqdm=True,
            ),
            train_dataset=data,
            processing_class=tokenizer,
        )
        trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def main(steps, *kinds_and_exports):
    asked = [argument.split("=", 1) for argument in kinds_and_exports]
    losses = [losses_of(kind, export, int(steps)) for kind, export in asked]
    sys.stdout.write("\n" + json.dumps(losses))


if __name__ == "__main__":
    main(*sys.argv[1:])
