"""What waits in memory, and the accounts of a spool: no thread, no disk."""

from __future__ import annotations

import pytest

from agent.sinks.accounts import Accounts, Lease
from agent.sinks.base import Reply
from agent.sinks.chunk import Chunk, Rendered, make_chunk
from agent.sinks.halving import send_apart
from agent.sinks.memory import Memory


def item(time: float, samples: int = 1, size: int = 10) -> Rendered:
    return Rendered(time=time, samples=samples, data=b"x" * size)


def packed(memory: Memory, *times: float) -> Chunk:
    """Put batches in and pack them to one chunk, at half their size."""
    for time in times:
        memory.add(item(time))
    items = memory.take_pending(10**6)
    chunk = make_chunk(items, lambda parts: b"y" * (sum(map(len, parts)) // 2))
    memory.put_packed(chunk)
    return chunk


@pytest.mark.parametrize(
    ("drop_oldest", "kept"), [(True, [2.0, 3.0, 4.0]), (False, [1.0, 2.0, 3.0])]
)
def test_a_full_memory_drops_the_stated_end(drop_oldest: bool, kept: list[float]) -> None:
    """Of four batches for which there is room for three, the oldest goes or the newest."""
    memory = Memory(30, drop_oldest=drop_oldest)
    dropped = [memory.add(item(float(time), samples=time)) for time in (1, 2, 3, 4)]
    assert list(memory.times()) == kept
    assert dropped == [0, 0, 0, 1 if drop_oldest else 4]
    assert memory.bytes == 30


@pytest.mark.parametrize(("drop_oldest", "kept"), [(True, [2.0, 9.0]), (False, [1.0, 2.0])])
def test_what_is_packed_is_older_than_what_is_not(drop_oldest: bool, kept: list[float]) -> None:
    """The oldest are in the ring and the newest are pending, whichever of them has to go."""
    memory = Memory(20, drop_oldest=drop_oldest)
    packed(memory, 1.0)
    packed(memory, 2.0)
    assert memory.add(item(9.0, size=11)) == 1
    assert list(memory.times()) == kept


def test_bytes_are_those_before_packing_and_then_those_after() -> None:
    """Two batches of 10 bytes, packed to 10 in all, count as 20 and then as 10."""
    memory = Memory(100, drop_oldest=True)
    memory.add(item(1.0))
    memory.add(item(2.0))
    assert memory.bytes == 20
    packed(memory)
    assert (memory.bytes, memory.samples) == (10, 2)


def test_every_sample_is_in_one_place() -> None:
    """Pending, packing, in the ring, in writing and lent: the sum stays the same all the way."""
    memory = Memory(1000, drop_oldest=True)
    for time in range(3):
        memory.add(item(float(time), samples=5))
    assert memory.samples == 15
    items = memory.take_pending(11)  # the second makes it full
    assert (len(items), memory.samples) == (2, 15)
    memory.put_packed(make_chunk(items, b"".join))
    memory.begin_writing(1000)
    assert (memory.samples, list(memory.ring)) == (15, [])
    memory.end_writing(written=False)
    assert memory.samples == 15
    memory.lend(1)
    assert (memory.samples, list(memory.ring)) == (15, [])
    memory.take_back()
    assert (memory.samples, len(memory.ring)) == (15, 1)
    memory.begin_writing(1000)
    memory.end_writing(written=True)
    assert (memory.samples, memory.bytes) == (5, 10)
    assert memory.clear() == 5
    assert memory.samples == 0


def test_a_request_gets_one_chunk_at_least_and_no_more_than_it_asks_for() -> None:
    """The first chunk is lent however large it is; a further one only where it fits."""
    memory = Memory(1000, drop_oldest=True)
    first, second, third = (packed(memory, float(time)) for time in range(3))
    assert memory.lend(5) == [first]
    memory.forget_lent()
    assert memory.lend(20) == [second, third]
    assert memory.forget_lent() == 2
    assert memory.bytes == 0


def test_the_writer_gets_one_chunk_at_least_and_no_more_bytes_than_it_asks_for() -> None:
    """Chunks of 5 bytes: the first goes however large it is, the others where they fit."""
    memory = Memory(1000, drop_oldest=True)
    first, second, third = (packed(memory, float(time)) for time in range(3))
    assert memory.begin_writing(4) == [first]
    memory.end_writing(written=False)
    assert memory.begin_writing(14) == [first, second]
    memory.end_writing(written=True)
    assert (list(memory.ring), memory.bytes) == ([third], 5)


def on_disk(*ids: int) -> list[Chunk]:
    return [Chunk(id=one, time=0.0, samples=10, raw=1, payload=b"") for one in ids]


def test_rows_the_quota_drops_while_a_request_carries_them_wait_for_its_outcome() -> None:
    """Of 30 samples dropped 10 are under way: they count as sent if it succeeds,
    else as dropped.
    """
    for succeeds in (True, False):
        accounts = Accounts(Memory(1000, drop_oldest=True))
        accounts.collected, accounts.on_disk = 30, 30
        accounts.lease = Lease(chunks=on_disk(10))
        accounts.written(refused=0, before=0, base=30, dropped_to=30)
        accounts.on_disk = 0
        assert (accounts.dropped["quota"], accounts.waiting) == (20, 10)
        accounts.delivered(from_disk=0, dead=0) if succeeds else accounts.released()
        assert (accounts.sent, accounts.dropped["quota"]) == ((10, 20) if succeeds else (0, 30))
        assert accounts.waiting == 0


def test_dead_letters_are_dropped_and_not_sent() -> None:
    """Of ten samples taken off the disk three were refused.

    There are never more than were there.
    """
    accounts = Accounts(Memory(1000, drop_oldest=True))
    accounts.delivered(from_disk=10, dead=3)
    accounts.delivered(from_disk=1, dead=5)
    assert (accounts.sent, accounts.dropped["dead_letter"]) == (7, 4)


def test_what_a_file_held_is_recovered_once() -> None:
    """Missing and lost samples were there before, so they count as recovered and as dropped."""
    accounts = Accounts(Memory(1000, drop_oldest=True))
    accounts.opened(on_disk=90, missing=10, lost=0)
    accounts.opened(on_disk=95, missing=0, lost=0)
    assert (accounts.recovered, accounts.on_disk, accounts.dropped["corrupt"]) == (100, 95, 10)


@pytest.mark.parametrize("bad", [{0}, {7}, {3, 4}, set(range(8)), set()])
def test_only_parts_that_are_refused_alone_are_given_up(bad: set[int]) -> None:
    """Halves are sent until each bad part stands alone, and each good one is sent exactly once."""
    taken: list[bytes] = []

    def ask(parts: object) -> Reply:
        some = list(parts)
        if any(int(part) in bad for part in some):
            return Reply(code="400")
        taken.extend(some)
        return Reply(code="204")

    parts = [b"%d" % number for number in range(8)]
    refused = send_apart(parts, Reply(code="400" if bad else "413"), ask)
    assert refused is not None
    assert {int(part) for part, _ in refused} == bad
    assert sorted(map(int, taken)) == sorted(set(range(8)) - bad)


def test_too_much_at_once_says_nothing_of_the_halves() -> None:
    """After 413 both halves are asked for as they are.

    After 400 the other half is known to be bad.
    """

    def asked(code: str) -> list[int]:
        sizes: list[int] = []

        def ask(parts: object) -> Reply:
            sizes.append(len(list(parts)))
            return Reply(code="204")

        assert send_apart([b"1", b"2", b"3", b"4"], Reply(code=code), ask) == []
        return sizes

    assert asked("413") == [2, 2]
    assert asked("400") == [2, 1, 1]
