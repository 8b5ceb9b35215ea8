"""What the ledger keeps of racks beyond a limit, silent devices, promises, starts and reloads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from agent.events.collector import GONE_SECONDS, Beginning, Cause, EventCollector
from agent.ledger.ledger import Ledger
from agent.ledger.store.database import Tables
from agent.ledger.store.episodes import Episode
from agent.racks.collector import RackCollector
from collectors.base import Metric, Reading, Series
from collectors.catalogue import facility, site
from collectors.catalogue import inventory as catalogue
from tests.support import HANGS, until
from tests.support.ledger import SITE, T0, Clock, Pages, inventory, ledger, pdu_power

STOCK = (
    f"sites: [{{site: {SITE}}}]\nracks:\n"
    f"- {{rack: A07, site: {SITE}, row: A, rated_power_watts: 4000, feeds:"
    " {A: {pdu: A07-A, capacity_watts: 7360}, B: {pdu: A07-B, capacity_watts: 7360}}}\n"
)
MINUTE = 60.0


class Live:
    """A snapshot that a test replaces."""

    def __init__(self) -> None:
        self.pages = Pages()

    def family(self, metric: Metric) -> Mapping[Series, float]:
        return self.pages.family(metric)


class Bench:
    """A rack of which a test says what its feeds draw, and what of it is written down."""

    def __init__(self, book: Ledger, clock: Clock) -> None:
        self.book, self.clock, self.live = book, clock, Live()
        self.begin("start")

    def begin(self, cause: Cause, stock: str = STOCK) -> None:
        """Start the agent's collectors, as a start or a reload does."""
        listed = inventory(stock)
        self.racks = RackCollector(listed, self.live, "guian", clock=self.clock)
        self.events = EventCollector(
            snapshot=self.live,
            hub="guian",
            inventory=listed,
            ledger=self.book,
            began=Beginning("gw1", cause),
            clock=self.clock,
        )

    async def round(self, minutes: float, *readings: Reading) -> None:
        """Let some time pass, and read."""
        self.clock.now += minutes * MINUTE
        self.live.pages = Pages(*readings)
        found = list(await self.racks.collect())
        self.live.pages = Pages(*readings, *found)
        assert list(await self.events.collect()) == []

    def told(self, kind: str) -> list[tuple[str, str, float, float | None]]:
        """Return what happened: what, to whom, and from which minute until which."""
        with self.book.reader.read() as tables:
            found = tables.episodes.between(0, self.clock.now + 1, 1000)
        return [
            (
                one.subject,
                one.detail,
                round((one.since - T0) / MINUTE, 2),
                None if one.until is None else round((one.until - T0) / MINUTE, 2),
            )
            for one in reversed(found)
            if one.kind == kind
        ]


def draws(each: float) -> tuple[Reading, ...]:
    return pdu_power("A07-A", each, feed="A"), pdu_power("A07-B", each, feed="B")


def silent(since: float) -> Reading:
    return catalogue.SILENT_SINCE.series("guian", SITE, "pdu", "A07-A"), since


def up(value: float) -> Reading:
    return facility.PDU_UP.series("guian", SITE, "A", "A07", "A07-A", "A"), value


def promise(state: str) -> tuple[Reading, ...]:
    return tuple(
        (site.TARGET_STATE.series("guian", "pue-2026", "pue", "hub", one), float(one == state))
        for one in ("met", "at_risk", "missed")
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = Clock()
    with closing(ledger(tmp_path, clock, inventory(STOCK))) as book:
        yield Bench(book, clock)


async def test_a_rack_over_its_rating_is_told_when_its_alert_would_be(bench: Bench) -> None:
    """4200 of 4000 W from minute 1 on: told from minute 6 on, since minute 1; over at minute 8."""
    await bench.round(0, *draws(1900))
    await bench.round(1, *draws(2100))
    await bench.round(4, *draws(2100))
    assert bench.told("rack") == []
    await bench.round(1, *draws(2100))
    assert bench.told("rack") == [("A07", "over", 1, None)]
    await bench.round(2, *draws(1900))
    assert bench.told("rack") == [("A07", "over", 1, 8)]


async def test_what_is_not_measured_is_not_over(bench: Bench) -> None:
    """A rack whose feed falls silent stays over its rating, as far as is known."""
    await bench.round(0, *draws(2100))
    await bench.round(6, *draws(2100))
    await bench.round(1, pdu_power("A07-A", 2100, feed="A"))
    assert bench.told("rack") == [("A07", "over", 0, None)]
    await bench.round(1, *draws(1000))
    assert bench.told("rack") == [("A07", "over", 0, 8)]


async def test_what_lasts_over_a_restart_is_one(bench: Bench) -> None:
    """The agent starts anew while a rack is over: no second event, and the first keeps its time."""
    await bench.round(0, *draws(2100))
    await bench.round(6, *draws(2100))
    bench.begin("reload")
    await bench.round(1)
    await bench.round(1, *draws(2100))
    await bench.round(6, *draws(2100))
    assert bench.told("rack") == [("A07", "over", 0, None)]
    assert bench.told("agent") == [("gw1", "start", 0, 0), ("gw1", "reload", 6, 6)]


async def test_a_rack_that_is_listed_no_more_is_over(bench: Bench) -> None:
    """The inventory lost the rack, so nothing of it lasts."""
    await bench.round(0, *draws(2100))
    await bench.round(6, *draws(2100))
    bench.begin("reload", f"sites: [{{site: {SITE}}}]\n")
    await bench.round(1)
    assert bench.told("rack") == [("A07", "over", 0, 7)]


async def test_a_silent_device_until_it_answers(bench: Bench) -> None:
    """Silence of half a minute is not told; a longer one is, and ends when the device answers."""
    await bench.round(0.5, silent(T0), up(0))
    assert bench.told("device") == []
    await bench.round(1, silent(T0), up(0))
    await bench.round(1, up(0))
    assert bench.told("device") == [("A07-A", "pdu", 0, None)]
    await bench.round(1, up(1))
    assert bench.told("device") == [("A07-A", "pdu", 0, 3.5)]


async def test_a_device_that_was_taken_away_is_silent_for_an_hour_more(bench: Bench) -> None:
    """Nobody polls it after a reload: an hour later its silence is over."""
    await bench.round(2, silent(T0), up(0))
    bench.begin("reload")
    await bench.round(59)
    assert bench.told("device") == [("A07-A", "pdu", 0, None)]
    await bench.round(2)
    assert bench.told("device") == [("A07-A", "pdu", 0, 2 + 59 + 2)]
    assert GONE_SECONDS == 60 * MINUTE


async def test_a_promise_that_changes_says_what_it_was(bench: Bench) -> None:
    """From at risk to missed; the first state that is seen has none before it."""
    await bench.round(0, *promise("at_risk"))
    await bench.round(1, *promise("at_risk"))
    await bench.round(1, *promise("missed"))
    assert bench.told("promise") == [("pue-2026", "at_risk", 0, 2), ("pue-2026", "missed", 2, None)]
    with bench.book.reader.read() as tables:
        assert [one.former for one in tables.episodes.open()] == ["at_risk"]


async def test_a_year_is_kept(bench: Bench) -> None:
    """What ended more than a year ago is deleted; what lasts is not."""
    day = 86400.0
    with bench.book.store.transaction() as tables:
        for since, until in ((400, 390), (380, 300), (500, None)):
            ended = None if until is None else T0 - until * day
            tables.episodes.save(
                Episode(T0 - since * day, "rack", SITE, "A", "A07", "hot", until=ended)
            )
        tables.episodes.delete_old(T0 - 366 * day)
        found = tables.episodes.between(0, T0, 10)
    assert [round((T0 - one.since) / day) for one in found] == [380, 500]


async def test_what_ends_while_a_write_is_slow_is_written_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round is given up while its thread still writes; the end that the next one sees stays."""
    written, go, done = threading.Event(), threading.Event(), threading.Event()
    transaction, save, begun = bench.book.store.transaction, bench.events._save, []

    @contextmanager
    def slow() -> Iterator[Tables]:
        begun.append(True)
        if len(begun) > 1:
            assert done.wait(HANGS)
        with transaction() as tables:
            yield tables
        if len(begun) == 1:
            written.set()
            assert go.wait(HANGS)

    def saved(waiting: Sequence[Episode]) -> bool:
        try:
            return save(waiting)
        finally:
            done.set()

    await bench.round(0, *draws(2100))
    monkeypatch.setattr(bench.book.store, "transaction", slow)
    monkeypatch.setattr(bench.events, "_save", saved)
    first = asyncio.create_task(bench.round(6, *draws(2100)))
    await until(written.is_set, what="the first round to be written")
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    second = asyncio.create_task(bench.round(2, *draws(1900)))
    await until(lambda: len(begun) > 1, what="the second round to be written")
    go.set()
    await second
    assert bench.told("rack") == [("A07", "over", 0, 8)]


async def test_a_ledger_that_cannot_be_written_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What happened meanwhile is written later, and the log says once that it could not be."""
    import sqlite3

    def refuse() -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(bench.book.store, "transaction", refuse)
        await bench.round(0, *draws(2100))
        await bench.round(6, *draws(2100))
        assert bench.told("rack") == []
    await bench.round(1, *draws(2100))
    assert bench.told("rack") == [("A07", "over", 0, None)]
    assert [one.message for one in caplog.records].count(
        "events: the ledger cannot be used (disk is full); tried again each round"
    ) == 1
