"""What pages tell of the past, from the ledger."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.web.past import Answers, Past
from tests.support import ledger as kit
from tests.support import wait_for


def _ledger(tmp_path: Path) -> Ledger:
    stock = kit.inventory(
        f"sites: [{{site: {kit.SITE}}}]\nmeters:"
        f" [{{meter: main, site: {kit.SITE}, point: utility}}]\n"
    )
    ledger = kit.ledger(tmp_path, kit.Clock(kit.T0 + 12 * kit.HOUR), stock)
    for minute in range(6 * 60 + 1):
        ledger.accept(
            kit.batch(
                kit.T0 + minute * 60.0, kit.power("main", 6000.0), kit.pdu_power("A07-A", 1500.0)
            )
        )
    ledger.flush()
    return ledger


def test_past_power_and_coverage_are_the_ledgers(tmp_path: Path) -> None:
    """A PDU's hours are its mean power where it was heard and nothing where it was not.

    A meter's coverage is its share of the day.
    """
    ledger = _ledger(tmp_path)
    past = Past(ledger, patience=30.0, clock=lambda: kit.T0 + 12 * kit.HOUR)
    trend = past.power(kit.SITE, ["A07-A", "A07-B"])
    assert trend is not None
    assert list(trend.series) == ["A07-A"]
    watts = dict(zip(trend.times, trend.series["A07-A"], strict=True))
    assert watts[kit.T0] == pytest.approx(1500.0)
    assert watts[kit.T0 + 7 * kit.HOUR] is None
    assert past.coverage() == {
        (kit.SITE, "main"): {
            "1d": pytest.approx(6 / 24),
            "7d": pytest.approx(6 / 168),
            "30d": pytest.approx(6 / 720),
        }
    }
    ledger.close()


def test_only_so_many_are_read_at_once() -> None:
    """Ten ask for ten things while the first four are being read: the others are read later."""
    gate, read = threading.Event(), list[int]()
    past: Answers[int] = Answers(lifetime=60.0, patience=0.0)

    def reading(n: int) -> int:
        read.append(n)
        gate.wait()
        return n

    def ask(n: int) -> int | None:
        return past.ask((str(n),), lambda: reading(n))

    assert [ask(n) for n in range(10)] == [None] * 10
    wait_for(lambda: len(read) >= 4, what="the readings to begin")
    assert [ask(n) for n in range(10)] == [None] * 10
    assert sorted(read) == [0, 1, 2, 3]
    gate.set()
    wait_for(lambda: [ask(n) for n in range(10)] == [*range(10)], what="all of them")
    assert sorted(read) == [*range(10)]


def test_a_page_does_not_wait_for_the_ledger() -> None:
    """While the ledger is being read a page goes without, and the next one has it.

    What fails is tried again.
    """
    gate, clock = threading.Event(), kit.Clock(0.0)
    past: Answers[object] = Answers(lifetime=60.0, patience=0.01, monotonic=clock)
    answers = iter([sqlite3.OperationalError("locked"), {"a": 1}])

    def read() -> object:
        gate.wait()
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert past.ask(("x",), read) is None
    gate.set()
    wait_for(
        lambda: not any(thread.name == "past" for thread in threading.enumerate()),
        what="the reading to end",
    )
    clock.now = 100.0
    wait_for(lambda: past.ask(("x",), read) == {"a": 1}, what="the second reading")
