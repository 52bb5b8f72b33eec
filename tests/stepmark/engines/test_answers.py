"""How answers of both routes become completions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.engines.answers import BadAnswer, apportion, read_completions
from stepmark.engines.protocol import Completion


def a_choice(
    index: int | None = 0, text: str = "4", finish_reason: str | None = "stop", **more: Any
) -> dict[str, Any]:
    return {"index": index, "text": text, "finish_reason": finish_reason, **more}


def a_chat_choice(
    content: str | None = "4", finish_reason: str = "stop", **message: Any
) -> dict[str, Any]:
    return {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": content, **message},
    }


def an_answer(*choices: Any, completion_tokens: int = 10) -> dict[str, Any]:
    usage = {"prompt_tokens": 7, "completion_tokens": completion_tokens}
    return {"choices": list(choices), "usage": usage}


def read(
    answer: dict[str, Any], draws: tuple[int, ...] = (0,), *, logprobs: bool = False
) -> tuple[Completion, ...]:
    return read_completions(answer, draws, prompt_tokens=99, logprobs=logprobs)


def test_choices_fill_draws_by_index_not_by_place():
    answer = an_answer(a_choice(1, "b"), a_choice(0, "a"))
    assert [(c.draw, c.text) for c in read(answer, (4, 6))] == [(4, "a"), (6, "b")]


def test_a_missing_index_leaves_its_draw_unfilled():
    answer = an_answer(a_choice(0), a_choice(2))
    assert [c.draw for c in read(answer, (4, 5, 6))] == [4, 6]


def test_choices_without_index_count_by_place():
    answer = an_answer(a_choice(None, "a"), a_choice(None, "b"))
    assert [c.text for c in read(answer, (0, 1))] == ["a", "b"]


def test_more_choices_than_asked_are_ignored():
    answer = an_answer(a_choice(0, "a"), a_choice(1, "b"))
    assert [c.text for c in read(answer, (0,))] == ["a"]


@pytest.mark.parametrize(
    ("told", "kept"), [("stop", "stop"), ("eos", "stop"), ("length", "length")]
)
def test_finish_reasons_are_mapped(told, kept):
    assert read(an_answer(a_choice(finish_reason=told)))[0].finish_reason == kept


@pytest.mark.parametrize("told", ["abort", "error", None])
def test_a_choice_the_server_gave_up_leaves_its_draw_unfilled(told):
    answer = an_answer(a_choice(0, finish_reason=told), a_choice(1))
    assert [c.draw for c in read(answer, (0, 1))] == [1]


def test_a_filtered_choice_has_failed_for_good():
    completion = read(an_answer(a_choice(finish_reason="content_filter")))[0]
    assert (completion.finish_reason, completion.reason) == ("failed", "content_filter")


def test_a_refusal_has_failed_for_good():
    completion = read(an_answer(a_chat_choice(None, refusal="I cannot.")))[0]
    assert (completion.finish_reason, completion.reason) == ("failed", "refusal")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_apart_from_the_text(field):
    completion = read(an_answer(a_chat_choice("4", **{field: "2+2"})))[0]
    assert (completion.text, completion.reasoning) == ("4", "2+2")


def test_reasoning_cut_before_the_answer_is_an_empty_text():
    completion = read(an_answer(a_chat_choice(None, "length", reasoning="2+")))[0]
    assert (completion.text, completion.finish_reason) == ("", "length")


def test_token_ids_count_each_choice():
    answer = an_answer(a_choice(0, token_ids=[1, 2]), a_choice(1, token_ids=[3] * 8))
    assert [c.completion_tokens for c in read(answer, (0, 1))] == [2, 8]


def test_logprobs_count_each_choice_when_there_are_no_ids():
    choices = [a_choice(i, logprobs={"token_logprobs": [-0.5] * n}) for i, n in enumerate((3, 7))]
    assert [c.completion_tokens for c in read(an_answer(*choices), (0, 1))] == [3, 7]


def test_without_counts_the_sum_is_shared_by_length_of_text():
    answer = an_answer(a_choice(0, "x" * 30), a_choice(1, "x" * 60), completion_tokens=31)
    assert [c.completion_tokens for c in read(answer, (0, 1))] == [10, 21]


def test_without_usage_a_token_is_four_bytes():
    completion = read({"choices": [a_choice(text="x" * 9)]})[0]
    assert (completion.prompt_tokens, completion.completion_tokens) == (99, 3)


def test_prompt_tokens_come_from_usage():
    assert read(an_answer(a_choice()))[0].prompt_tokens == 7


def test_logprobs_of_completions_are_floats():
    answer = an_answer(a_choice(logprobs={"token_logprobs": [-1, -0.25]}))
    assert read(answer, logprobs=True)[0].logprobs == (-1.0, -0.25)


def test_logprobs_of_chat_are_floats():
    choice = a_chat_choice() | {"logprobs": {"content": [{"logprob": -1}, {"logprob": -0.25}]}}
    assert read(an_answer(choice), logprobs=True)[0].logprobs == (-1.0, -0.25)


def test_tokens_start_where_their_texts_stand_in_either_route():
    pair = {"tokens": ["It", " is"], "token_logprobs": [-1, -2]}
    choice = a_choice(text="It is", logprobs=pair)
    assert read(an_answer(choice), logprobs=True)[0].token_starts == (0, 2)
    content = [{"token": "It", "logprob": -1}, {"token": " is", "logprob": -2}]
    choice = a_chat_choice("It is") | {"logprobs": {"content": content}}
    assert read(an_answer(choice), logprobs=True)[0].token_starts == (0, 2)


def test_tokens_of_the_reasoning_start_before_the_text():
    content = [{"token": token, "logprob": -1} for token in ("Hm", ".", "It")]
    choice = a_chat_choice("It", reasoning="Hm.") | {"logprobs": {"content": content}}
    assert read(an_answer(choice), logprobs=True)[0].token_starts == (-3, -1, 0)


def test_without_the_texts_of_tokens_it_is_not_known_where_they_start():
    answer = an_answer(a_choice(logprobs={"token_logprobs": [-1]}))
    assert read(answer, logprobs=True)[0].token_starts is None


def test_log_probabilities_that_were_asked_for_must_come():
    with pytest.raises(BadAnswer, match="without the log-probabilities"):
        read(an_answer(a_choice()), logprobs=True)


def test_logprobs_not_asked_for_are_not_kept():
    assert read(an_answer(a_choice(logprobs={"token_logprobs": [-1]})))[0].logprobs is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": ["text"]},
        {"choices": [{"index": 0, "finish_reason": "stop"}]},
        {"choices": [a_choice(5)]},
        {"choices": [a_choice(finish_reason="abort")]},
    ],
)
def test_an_answer_that_fills_nothing_is_bad(answer):
    with pytest.raises(BadAnswer):
        read(answer)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_sum_exactly_and_none_is_off_by_a_whole_token(total, weights):
    shares = apportion(total, weights)
    assert sum(shares) == total
    whole = sum(weights) or len(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * ((weight if sum(weights) else 1) / whole)) < 1 + 1e-6
