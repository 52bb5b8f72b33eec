"""Log-probabilities from the wire to the disk: eight bytes a token, the same for every reader."""

from __future__ import annotations

from array import array
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from stepmark.engines.http import Endpoint, OpenAICompatible
from stepmark.engines.protocol import Completion, Sampling
from stepmark.ledger import Entry, Ledger
from stepmark.ledger.check import holdings
from stepmark.ledger.folder import Folder
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import a_completion, a_request, run
from tests.fakes.openai_server import FakeServer


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_log_probabilities_go_from_the_wire_to_the_disk(tmp_path, api):
    request = replace(a_request(range(2)), sampling=Sampling(logprobs=True))

    async def buy(ledger: Ledger, url: str) -> tuple[str, tuple[Completion, ...]]:
        endpoint: Any = Endpoint(base_url=url, model="fake", api=api)
        async with OpenAICompatible(endpoint) as engine:
            purchase = Purchase(engine, ledger, "po_fake", Meter())
            return purchase.address(request), await purchase.generate(request)

    with FakeServer() as server, closing(Ledger(tmp_path)) as ledger:
        address, bought = run(buy(ledger, server.url))
    assert [c.token_starts for c in bought] == [tuple(range(len(c.text))) for c in bought]
    sent = [[-token / 1000 for token in server.tokenizer.encode(c.text)] for c in bought]
    assert [c.logprobs for c in bought] == [tuple(array("f", values)) for values in sent]
    with closing(Ledger(tmp_path)) as ledger:
        found = ledger.find(request.problem_id, address, request.draws)
        assert tuple(found.values()) == bought
    (held,) = holdings(Folder.open(tmp_path))
    texts = sum(len(c.text.encode()) for c in bought)
    assert held.text_bytes == texts + 8 * held.completion_tokens


def test_none_are_kept_where_none_were_asked_for(tmp_path):
    async def buy(ledger: Ledger, url: str) -> tuple[Completion, ...]:
        async with OpenAICompatible(Endpoint(base_url=url, model="fake")) as engine:
            return await Purchase(engine, ledger, "po_fake", Meter()).generate(a_request())

    with FakeServer() as server, closing(Ledger(tmp_path)) as ledger:
        assert [c.logprobs for c in run(buy(ledger, server.url))] == [None]


def test_a_ledger_of_an_earlier_version_takes_and_gives_where_tokens_start(tmp_path):
    """Its table has no such column; what it holds stays, and says nothing of tokens."""
    old = a_completion(0, logprobs=(-1.0,))
    new = a_completion(1, logprobs=(-1.0,), token_starts=(0,))
    with closing(Ledger(tmp_path)) as ledger:
        run(ledger.keep(Entry("pb_1", "rq_00", {}, (old,))))
    folder = Folder.open(tmp_path)
    for partition in folder.there:
        with closing(folder.connect(partition)) as connection, connection:
            connection.execute("ALTER TABLE draws DROP COLUMN token_starts")
    with closing(Ledger(tmp_path)) as ledger:
        run(ledger.keep(Entry("pb_1", "rq_00", {}, (new,))))
        found = ledger.find("pb_1", "rq_00", (0, 1))
    assert found == {0: old, 1: new}
