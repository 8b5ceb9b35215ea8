"""When a snapshot forgets: silent sources after their lifetime, and lines that nobody scrapes."""

from __future__ import annotations

from agent.snapshot import Snapshot
from tests.agent.test_snapshot import POWER, Clock, batch


def test_a_silent_source_expires() -> None:
    """After its lifetime a source is absent, not frozen and not zero; the others stay."""
    clock = Clock()
    snapshot = Snapshot(monotonic=clock)
    snapshot.update(batch((POWER.series("a"), 1.0)))
    clock.now += 20
    snapshot.update(batch((POWER.series("b"), 2.0), device="b"))
    clock.now += 6
    assert snapshot.value(POWER.series("a")) is None
    assert snapshot.value(POWER.series("b")) == 2.0
    assert list(snapshot.sources()) == [("snmp", "b")]


def test_a_source_that_expires_before_all_others_does_so_in_time() -> None:
    """Also where it came, or its lifetime became shorter, after the others were looked at."""
    clock = Clock()
    snapshot = Snapshot(monotonic=clock)
    snapshot.update(batch((POWER.series("a"), 1.0), lifetime=1e6))
    snapshot.update(batch((POWER.series("b"), 2.0), device="b", lifetime=1e6))
    assert len(snapshot.family(POWER)) == 2
    clock.now += 10
    snapshot.update(batch((POWER.series("b"), 3.0), device="b", lifetime=5.0))
    snapshot.update(batch((POWER.series("c"), 4.0), device="c", lifetime=9.0))
    clock.now += 5
    assert set(snapshot.family(POWER)) == {POWER.series("a"), POWER.series("c")}
    clock.now += 4
    assert set(snapshot.family(POWER)) == {POWER.series("a")}


def test_an_update_renews_the_lifetime_of_its_source_only() -> None:
    """A source that answers again lives on; another one of the same time expires."""
    clock = Clock()
    snapshot = Snapshot(monotonic=clock)
    snapshot.update(batch((POWER.series("a"), 1.0)))
    snapshot.update(batch((POWER.series("b"), 2.0), device="b"))
    clock.now += 20
    snapshot.update(batch((POWER.series("a"), 1.0)))
    clock.now += 5
    assert snapshot.family(POWER) == {POWER.series("a"): 1.0}
    assert set(snapshot.sources()) == {("snmp", "a")}
    assert len(snapshot) == 1


def test_lines_are_not_kept_where_nobody_scrapes() -> None:
    """After ten minutes without a scrape the text is given up, and made again by the next one."""
    clock = Clock()
    snapshot = Snapshot(monotonic=clock)
    snapshot.update(batch((POWER.series("a"), 1.0), lifetime=1e6))
    assert dict(snapshot.page())[POWER] == b'dc_pdu_power_watts{pdu="a"} 1.0\n'
    clock.now += 599
    (source,) = snapshot.sources().values()
    assert source.lines is not None
    clock.now += 2
    (source,) = snapshot.sources().values()
    assert source.lines is None
    snapshot.update(batch((POWER.series("a"), 2.0), lifetime=1e6))
    assert dict(snapshot.page())[POWER] == b'dc_pdu_power_watts{pdu="a"} 2.0\n'
