"""Train the practice policy from nothing, on a CPU, in about an hour.

    .venv-vllm/bin/python -m benchmarks.practice.train --out configs/practice/model

A small Llama reads `<user>statement<assistant>solution<end>`; the loss is on the
solution and `<end>`. Problems are generated as they are needed, each seen once, from
seeds above `TRAINING_SEEDS`; evaluation and the shipped problems use seeds below it.
With the same seed and no time limit in the way a run repeats itself. The checkpoint
(`runs/practice-policy.pt`, removed at the end) is written after every pool of problems, so an
interrupted run goes on where it was.
"""

import argparse
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.practice.measure import Figures, measure
from benchmarks.practice.tokenizer import ASSISTANT, END, MAX_TOKENS, PAD, USER, build, save
from benchmarks.practice.world import LINES, PEOPLE, generate

PROBE_SEEDS, EVALUATION_SEEDS, TRAINING_SEEDS = 100_000, 200_000, 1_000_000
"""Where each set of seeds starts; the shipped problems use those from 1 on."""
CURRICULUM = ((0, (2, 3), (1, 2)), (10, (2, 4), (1, 4)), (20, PEOPLE, LINES))
"""From which pool on problems have so many people and lines: what it takes to look a quantity up
is learnt several times sooner on short problems."""
SHARPNESS = 1.5
"""What an exported policy's logits are multiplied by: sampled at temperature 1 it then writes as
the trained one does at temperature 2/3, with fewer slips that nothing in the problem suggests."""
POOL = 1024
"""Problems generated and sorted by length together; batches from it need little padding."""
BATCH = 32
WARMUP_STEPS = 150
IGNORED = -100
"""The label cross-entropy skips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a training run is told."""

    out: Path
    checkpoint: Path
    start_from: Path | None
    first_pool: int
    problems: int
    minutes: float
    seed: int
    learning_rate: float
    target_solve_rate: float
    probe_every: int


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a run stands; mutable, saved with the checkpoint."""

    pool: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        """Add the wall time since the last tick."""
        now = time.monotonic()
        self.seconds, self.since = self.seconds + now - self.since, now


def make_model(seed: int) -> LlamaForCausalLM:
    """Make the untrained policy: 1.8 million parameters."""
    torch.manual_seed(seed)
    ids = build()
    config = LlamaConfig(
        vocab_size=ids.get_vocab_size(),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,  # looking things up is most of the task: many small heads
        num_key_value_heads=6,
        head_dim=32,
        max_position_embeddings=MAX_TOKENS,
        rope_theta=10_000.0,
        tie_word_embeddings=True,
        initializer_range=0.05,
        bos_token_id=None,
        eos_token_id=ids.token_to_id(END),
        pad_token_id=ids.token_to_id(PAD),
    )
    return LlamaForCausalLM(config)


def pool_batches(pool: int, order: random.Random) -> Iterator[tuple[torch.Tensor, ...]]:
    """Yield the batches (input ids, labels) of one pool of fresh problems."""
    first_seed = TRAINING_SEEDS + pool * POOL
    people, lines = next(sizes for start, *sizes in reversed(CURRICULUM) if pool >= start)
    tokenizer = build()
    mark = tokenizer.token_to_id(ASSISTANT)
    problems = [
        generate(seed, people=people, lines=lines) for seed in range(first_seed, first_seed + POOL)
    ]
    texts = [f"{USER}{p.statement}{ASSISTANT}{p.solution}{END}" for p in problems]
    rows = sorted((encoding.ids for encoding in tokenizer.encode_batch(texts)), key=len)
    batches = [rows[start : start + BATCH] for start in range(0, POOL, BATCH)]
    order.shuffle(batches)
    for batch in batches:
        yield _padded(batch, tokenizer.token_to_id(PAD), mark)


def _padded(rows: list[list[int]], pad: int, mark: int) -> tuple[torch.Tensor, ...]:
    """Pad on the right; the causal mask keeps real tokens from seeing the padding."""
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), IGNORED)
    for index, row in enumerate(rows):
        start = row.index(mark) + 1
        ids[index, : len(row)] = torch.tensor(row)
        labels[index, start : len(row)] = torch.tensor(row[start:])
    return ids, labels


def share_done(progress: Progress, options: Options) -> float:
    """Return how much of the run is over, by problems or by time, whichever is more.

    The learning rate follows it, so that a run cut short by its time limit still ends
    on a small learning rate.
    """
    by_problems = progress.step * BATCH / options.problems
    return min(1.0, max(by_problems, progress.seconds / (60 * options.minutes)))


def learning_rate(progress: Progress, options: Options) -> float:
    """Return the rate of the next step: a linear rise, then half a cosine to 2 %."""
    rise = min(1.0, (progress.step + 1) / WARMUP_STEPS)
    fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share_done(progress, options)))
    return options.learning_rate * rise * fall


def train(options: Options) -> tuple[LlamaForCausalLM, Progress]:
    """Train until the problems, the minutes or the target solve rate are reached."""
    model = make_model(options.seed)
    if options.start_from is not None:
        earlier = LlamaForCausalLM.from_pretrained(options.start_from, dtype=torch.float32)
        model.load_state_dict(earlier.state_dict())
        model.model.norm.weight.data /= SHARPNESS
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=0.05,
        fused=True,
    )
    progress = load_checkpoint(options, model, optimizer)
    while share_done(progress, options) < 1.0:
        train_pool(model, optimizer, progress, options)
        save_checkpoint(options, model, optimizer, progress)
        if progress.pool % options.probe_every == 0:
            export(model, options.out)
            figures = measure(options.out, count=128, first_seed=PROBE_SEEDS)
            print(f"probe: {figures.summary()}", flush=True)
            if figures.solve_rate >= options.target_solve_rate:
                break
    return model, progress


def train_pool(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    options: Options,
) -> None:
    """Train on one pool of problems and print how it went."""
    order = random.Random(f"{options.seed}-{progress.pool}")
    started, tokens_before, losses = progress.seconds, progress.tokens, []
    for ids, labels in pool_batches(progress.pool, order):
        losses.append(train_step(model, optimizer, (ids, labels), learning_rate(progress, options)))
        progress.step += 1
        progress.tokens += int((ids != model.config.pad_token_id).sum())
        progress.tick()
        if share_done(progress, options) >= 1.0:
            break
    progress.pool += 1
    speed = (progress.tokens - tokens_before) / (progress.seconds - started)
    left = progress.seconds / 60 * (1 / max(share_done(progress, options), 1e-6) - 1)
    print(
        f"pool {progress.pool} step {progress.step} loss {sum(losses) / len(losses):.4f} "
        f"{speed:,.0f} tokens/s, {progress.seconds / 60:.1f} min spent, {left:.1f} min left",
        flush=True,
    )


def train_step(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    batch: tuple[torch.Tensor, ...],
    rate: float,
) -> float:
    """Take one step and return its loss."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    ids, labels = batch
    model.train()
    loss = model(input_ids=ids, labels=labels, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def save_checkpoint(
    options: Options,
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
) -> None:
    """Write the checkpoint whole, then rename it into place."""
    state: dict[str, Any] = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "progress": (progress.pool, progress.step, progress.tokens, progress.seconds),
    }
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    partial = options.checkpoint.with_suffix(".tmp")
    torch.save(state, partial)
    partial.replace(options.checkpoint)


def load_checkpoint(
    options: Options, model: LlamaForCausalLM, optimizer: torch.optim.Optimizer
) -> Progress:
    """Restore an interrupted run, or start a new one."""
    if not options.checkpoint.exists():
        return Progress(pool=options.first_pool)
    state = torch.load(options.checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    pool, step, tokens, seconds = state["progress"]
    print(f"resuming after pool {pool}", flush=True)
    return Progress(pool=pool, step=step, tokens=tokens, seconds=seconds)


def export(model: LlamaForCausalLM, folder: Path) -> None:
    """Write the model as vLLM loads it: bfloat16 safetensors and the tokenizer."""
    weights = LlamaForCausalLM(model.config)
    weights.load_state_dict(model.state_dict())
    weights.model.norm.weight.data *= SHARPNESS
    weights = weights.to(torch.bfloat16)
    weights.generation_config.do_sample = True
    weights.generation_config.temperature = 1.0
    weights.generation_config.top_k = 0
    weights.save_pretrained(folder)
    save(folder)


def report(progress: Progress, figures: Figures) -> str:
    """Sum up the run in the words of the model card."""
    return (
        f"{progress.step} steps, {progress.tokens:,} tokens, {progress.seconds / 60:.1f} minutes, "
        f"{progress.tokens / progress.seconds:,.0f} tokens/s\n{figures.details()}"
    )


def main() -> None:
    """Train, export, evaluate on fresh problems."""
    parser = argparse.ArgumentParser(description="Train the practice policy.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, default=Path("runs/practice-policy.pt"))
    parser.add_argument(
        "--start-from", type=Path, help="folder of an earlier run's model, trained on from there"
    )
    parser.add_argument(
        "--first-pool", type=int, default=0, help="skip the problems that the earlier run saw"
    )
    parser.add_argument("--problems", type=int, default=96 * POOL)
    parser.add_argument("--minutes", type=float, default=60.0, help="hard limit of training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument(
        "--target-solve-rate", type=float, default=1.01, help="stop early when a probe reaches it"
    )
    parser.add_argument("--probe-every", type=int, default=8, help="pools between probes")
    options = Options(**vars(parser.parse_args()))
    model, progress = train(options)
    export(model, options.out)
    print(report(progress, measure(options.out, count=500, first_seed=EVALUATION_SEEDS)))
    options.checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
