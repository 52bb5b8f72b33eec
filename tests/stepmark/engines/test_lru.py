"""The bounded cache."""

from stepmark.engines.lru import Lru


def test_forgets_what_was_used_longest_ago():
    cache: Lru[str, int] = Lru(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_never_holds_more_than_its_size():
    cache: Lru[int, int] = Lru(3)
    for number in range(100):
        cache.put(number, number)
    assert len(cache) == 3


def test_putting_again_replaces():
    cache: Lru[str, int] = Lru(2)
    cache.put("a", 1)
    cache.put("a", 2)
    assert (cache.get("a"), len(cache)) == (2, 1)
