"""The shipped tokenizer gives back every text of the practice language exactly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.practice.world import generate

tokenizers = pytest.importorskip("tokenizers", reason="the tokenizers library is not installed")
MODEL = Path(__file__).parents[3] / "configs/practice/model"
SEEDS = st.integers(min_value=1, max_value=2**40)


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))


@given(seed=SEEDS)
def test_statements_and_solutions_round_trip_without_unknown_words(tokenizer, seed):
    problem = generate(seed)
    for text in (problem.statement, problem.solution):
        encoding = tokenizer.encode(text)
        assert tokenizer.decode(encoding.ids) == text
        assert "".join(encoding.tokens) == text


@given(seed=SEEDS)
def test_prefix_cut_at_a_step_splits_into_the_same_tokens(tokenizer, seed):
    solution = generate(seed).solution
    whole = tokenizer.encode(solution).ids
    lines = solution.splitlines(keepends=True)
    for count in range(len(lines) + 1):
        prefix = "".join(lines[:count])
        ids = tokenizer.encode(prefix).ids
        assert ids == whole[: len(ids)]
        assert tokenizer.decode(ids) == prefix


@given(seed=SEEDS)
def test_texts_fit_the_context(tokenizer, seed):
    problem = generate(seed)
    text = f"<user>{problem.statement}<assistant>{problem.solution}<end>"
    assert len(tokenizer.encode(text).ids) <= 256


@given(text=st.text(max_size=40))
def test_foreign_text_becomes_known_ids(tokenizer, text):
    assert all(0 <= i < tokenizer.get_vocab_size() for i in tokenizer.encode(text).ids)


def test_vocabulary_is_small_and_special_tokens_are_single(tokenizer):
    assert tokenizer.get_vocab_size() <= 240
    assert tokenizer.encode("<user>Ana has 12<assistant>").tokens == [
        *("<user>", "Ana", " has", " 12", "<assistant>"),
    ]
    assert tokenizer.encode("Zoë?").tokens[-1] == "?"
    assert "<unk>" in tokenizer.encode("Zoë?").tokens


def test_shipped_tokenizer_is_the_one_the_module_builds(tokenizer):
    from benchmarks.practice.tokenizer import build

    assert tokenizer.to_str() == build().to_str()
