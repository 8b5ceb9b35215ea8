"""A small page is one template; it must say what the pieces of a large one say.

What prometheus-client's own parser reads from it is compared with what was put in.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agent.page_plan import MOST_SERIES
from agent.part import Part
from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.exposition import pieces, render
from collectors.base import Batch, Metric, Reading
from tests.agent.test_snapshot import Clock

METRICS = [
    Metric(
        namespace="dc",
        subsystem=subsystem,
        name=name,
        type="gauge",
        help=f"100 %s of {subsystem}, in %.",
        labels=labels,
    )
    for subsystem in ("pdu", "node")
    for name, labels in (
        ("power_watts", ("pdu", "where")),
        ("load_ratio", ("pdu",)),
        ("on", ()),
    )
]

Told = tuple[str, str, list[Reading]]

NAMES = st.sampled_from(["a", "b%s", "100 %", 'x"y\\', "机柜", "%r"])
VALUES = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def told(draw: st.DrawFn) -> Told:
    """Draw what a source says in a round; two sources may have a series in common."""
    some = {}
    for metric in draw(st.lists(st.sampled_from(METRICS), max_size=6)):
        labels = [draw(NAMES) for _ in metric.labels]
        some[metric.series(*labels)] = draw(VALUES)
    return draw(st.sampled_from(["snmp", "host"])), draw(NAMES), list(some.items())


def pieced(snapshot: Snapshot) -> str:
    """Return the page as it is put together for a hub: all kinds but one that is not there."""
    return b"".join(pieces(snapshot, part=Part(without=frozenset({"nothing"})))).decode()


@given(rounds=st.lists(told(), max_size=8))
def test_the_template_says_what_the_pieces_say(rounds: list[Told]) -> None:
    """Whatever sources tell, and in whatever order they take series from each other."""
    snapshot = Snapshot()
    for collector, device, readings in rounds:
        snapshot.update(
            Batch(collector=collector, device=device, time=1.0, lifetime=9.0, readings=readings)
        )
        page = "".join(render(snapshot))
        assert page == pieced(snapshot)
        found = {
            (one.name, tuple(one.labels.values())): one.value
            for family in parse_text(page)
            for one in family.samples
        }
        live = {
            (series.name, series.values): value
            for _, family in snapshot.families()
            for series, value in family.items()
        }
        assert found == live
        assert len(snapshot) == len(live)


def test_other_values_need_no_other_template() -> None:
    """A page that only has other values is filled in anew, and shows them."""
    snapshot = Snapshot()
    one = METRICS[2]
    for value in (1.0, 2.0):
        batch = Batch(
            collector="host",
            device="",
            time=1.0,
            lifetime=9.0,
            readings=[(one.series(), value)],
        )
        snapshot.update(batch)
        assert f"dc_pdu_on {value!r}\n" in "".join(render(snapshot))


def test_what_has_expired_is_on_no_page() -> None:
    """A template does not outlive the series that it was made of."""
    clock = Clock()
    snapshot = Snapshot(monotonic=clock)
    reading = (METRICS[2].series(), 1.0)
    snapshot.update(Batch(collector="host", device="", time=1.0, lifetime=9.0, readings=[reading]))
    assert "dc_pdu_on 1.0" in "".join(render(snapshot))
    clock.now += 30.0
    assert "".join(render(snapshot)) == ""
    assert len(snapshot) == 0


@pytest.mark.parametrize(("series", "at_once"), [(MOST_SERIES, True), (MOST_SERIES + 1, False)])
def test_a_large_page_is_made_in_pieces(series: int, *, at_once: bool) -> None:
    """Other requests have their turn while the page of a hub is made."""
    snapshot = Snapshot()
    readings = [(METRICS[1].series(str(number)), float(number)) for number in range(series)]
    half = len(readings) // 2
    for number, some in enumerate((readings[:half], readings[half:])):
        snapshot.update(
            Batch(collector="snmp", device=str(number), time=1.0, lifetime=9.0, readings=some)
        )
    assert (snapshot.small_page(lambda _: b"") is not None) is at_once
    assert (len(list(exposition.pieces(snapshot))) == 1) is at_once
