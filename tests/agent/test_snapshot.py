"""The snapshot and its text."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agent.snapshot import Snapshot
from agent.web.exposition import accepts_openmetrics, render
from collectors.base import Batch, Metric, Reading

POWER = Metric(
    namespace="dc",
    subsystem="pdu",
    name="power_watts",
    type="gauge",
    help='Power, "active".',
    labels=("pdu",),
)
ENERGY = Metric(
    namespace="dc",
    subsystem="pdu",
    name="energy_joules_total",
    type="counter",
    help="Energy.",
    labels=("pdu",),
)


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def batch(*readings: Reading, device: str = "a", lifetime: float = 25.0) -> Batch:
    return Batch(collector="snmp", device=device, time=1.0, lifetime=lifetime, readings=readings)


def test_a_series_gone_from_its_source_is_gone_at_once() -> None:
    """A good batch replaces what its source said before, and only that."""
    snapshot = Snapshot()
    snapshot.update(batch((POWER.series("a"), 1.0), (ENERGY.series("a"), 2.0)))
    snapshot.update(batch((POWER.series("b"), 3.0), device="b"))
    snapshot.update(batch((POWER.series("a"), 4.0)))
    assert snapshot.family(POWER) == {POWER.series("a"): 4.0, POWER.series("b"): 3.0}
    assert snapshot.family(ENERGY) == {}


def test_one_name_is_one_family_whoever_declares_it() -> None:
    """Two sources that declare a name differently still give one family, as the format demands."""
    other = Metric(
        namespace="dc",
        subsystem="pdu",
        name="power_watts",
        type="untyped",
        help="Other.",
        labels=("pdu",),
    )
    snapshot = Snapshot()
    snapshot.update(batch((POWER.series("a"), 1.0)))
    snapshot.update(batch((other.series("a"), 2.0), (other.series("c"), 3.0), device="b"))
    families = list(parse_text("".join(render(snapshot))))
    assert [(f.name, len(f.samples)) for f in families] == [("dc_pdu_power_watts", 2)]


def test_text_and_openmetrics_say_the_same() -> None:
    """prometheus-client's two parsers read the same samples from our two formats."""
    snapshot = Snapshot()
    snapshot.update(
        batch((POWER.series('q"\\n'), 1.5), (POWER.series("b"), 1e300), (ENERGY.series("a"), 2.0))
    )
    text = {
        (s.name, *s.labels.values(), s.value)
        for f in parse_text("".join(render(snapshot)))
        for s in f.samples
    }
    page = "".join(render(snapshot, openmetrics=True))
    assert page.endswith("# EOF\n")
    opened = {
        (s.name, *s.labels.values(), s.value) for f in parse_openmetrics(page) for s in f.samples
    }
    assert text == opened
    assert len(text) == 3


def test_a_change_is_seen_by_the_next_scrape() -> None:
    """Rendered text is kept only as long as it is true."""
    snapshot = Snapshot()
    series = POWER.series("a")
    for value in (1.0, 1.0, 2.0):
        snapshot.update(batch((series, value)))
        assert f"{series.prefix}{value}\n" in "".join(render(snapshot))
    snapshot.forget("snmp", "a")
    assert "".join(render(snapshot)) == ""


def test_accept_headers() -> None:
    """Prometheus asks for OpenMetrics by its Accept header; a browser does not."""
    prometheus = (
        "application/openmetrics-text;version=1.0.0,"
        "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5"
    )
    assert accepts_openmetrics(prometheus)
    assert not accepts_openmetrics("text/html,*/*")
    assert not accepts_openmetrics("application/openmetrics-text;q=0")


def test_followed_metrics_note_what_changed() -> None:
    """A series that comes, changes or goes is noted once; one that says the same again is not.

    Other metrics cost nothing.
    """
    snapshot = Snapshot()
    first, second = POWER.series("a"), POWER.series("b")
    snapshot.update(batch((first, 1.0)))
    changed = snapshot.follow(POWER)
    assert not changed, "what is there already is the caller's to look at"
    snapshot.update(batch((first, 1.0)))
    snapshot.update(batch((second, 1.0), (ENERGY.series("b"), 1.0), device="b"))
    assert list(changed) == [second]
    changed.clear()
    snapshot.update(batch((first, 0.0)))
    snapshot.forget("snmp", "b")
    assert set(changed) == {first, second}
    snapshot.forget("snmp", "a")
    changed.clear()
    snapshot.update(batch((first, 0.0)))
    assert list(changed) == [first], "also after the metric was gone as a whole"


def test_a_followed_value_that_came_and_went_is_told() -> None:
    """With a changed series is the highest value that it had since the reader emptied the
    mapping.
    """
    snapshot = Snapshot()
    first, second = POWER.series("a"), POWER.series("b")
    changed = snapshot.follow(POWER)
    for value in (3.0, 7.0, 5.0):
        snapshot.update(batch((first, value)))
    snapshot.update(batch((second, 2.0), device="b"))
    snapshot.forget("snmp", "b")
    assert changed == {first: 7.0, second: 2.0}
    changed.clear()
    snapshot.update(batch((first, 4.0)))
    assert changed == {first: 5.0}, "it had 5 until now"


def test_of_two_sources_with_one_series_the_newest_counts() -> None:
    """A page may have a series once.

    The newest source to state it is shown; when that one is gone, the next batch of the other shows
    it again. What only one of them states stays in any case.
    """
    snapshot = Snapshot()
    both, own = POWER.series("both"), POWER.series("own")
    old, new = batch((both, 1.0), (own, 5.0)), batch((both, 2.0), device="b")
    snapshot.update(old)
    snapshot.update(new)
    assert snapshot.family(POWER) == {both: 2.0, own: 5.0}
    snapshot.update(batch((both, 3.0), (own, 6.0)))
    assert snapshot.family(POWER) == {both: 2.0, own: 6.0}
    assert "".join(render(snapshot)).count('pdu="both"') == 1
    snapshot.forget("snmp", "b")
    assert snapshot.family(POWER) == {own: 6.0}
    snapshot.update(batch((both, 4.0), (own, 7.0)))
    assert snapshot.family(POWER) == {both: 4.0, own: 7.0}


def test_of_a_source_of_many_devices_only_those_told_anew_are_taken_over() -> None:
    """Ten PDUs in one source; the third tells itself, under a metric declared a second time."""
    snapshot = Snapshot()
    many = [POWER.series(f"p{n}") for n in range(10)]
    snapshot.update(batch(*((one, 1.0) for one in many)))
    again = replace(POWER, help="Said by the PDU itself.")
    snapshot.update(batch((again.series("p3"), 3.0), device="p3"))
    lines = [line for line in "".join(render(snapshot)).splitlines() if line[0] != "#"]
    assert sorted(lines) == [
        f'dc_pdu_power_watts{{pdu="p{n}"}} {3.0 if n == 3 else 1.0}' for n in range(10)
    ]


OUTLET = Metric(
    namespace="dc",
    subsystem="pdu",
    name="outlet_watts",
    type="gauge",
    help="Outlet.",
    labels=("hub", "pdu", "outlet"),
)


def outlets(pdu: str, *values: float) -> list[Reading]:
    """Return the outlets 1, 2, … of a PDU."""
    return [(OUTLET.new_series("h", pdu, str(n)), watts) for n, watts in enumerate(values, 1)]


def test_devices_of_one_make_keep_their_own_labels_and_values() -> None:
    """Two PDUs of the same shape, one of three outlets, and a percent sign in a name: each line is
    its own.
    """
    snapshot = Snapshot()
    for pdu, watts in (("a", (1.0, 2.0)), ("b%d", (3.0, 4.5)), ("c", (5.0, 6.0, 7.0))):
        snapshot.update(batch(*outlets(pdu, *watts), device=pdu))
    lines = [line for line in "".join(render(snapshot)).splitlines() if line[0] != "#"]
    assert sorted(lines) == [
        'dc_pdu_outlet_watts{hub="h",pdu="a",outlet="1"} 1.0',
        'dc_pdu_outlet_watts{hub="h",pdu="a",outlet="2"} 2.0',
        'dc_pdu_outlet_watts{hub="h",pdu="b%d",outlet="1"} 3.0',
        'dc_pdu_outlet_watts{hub="h",pdu="b%d",outlet="2"} 4.5',
        'dc_pdu_outlet_watts{hub="h",pdu="c",outlet="1"} 5.0',
        'dc_pdu_outlet_watts{hub="h",pdu="c",outlet="2"} 6.0',
        'dc_pdu_outlet_watts{hub="h",pdu="c",outlet="3"} 7.0',
    ]


def test_a_batch_of_many_devices_is_one_line_a_series() -> None:
    """Ten devices in one batch, as a hub's racks are: every line has its own labels."""
    snapshot = Snapshot()
    readings = [one for n in range(10) for one in outlets(f"p{n}", 10.0 * n, 10.0 * n + 1)]
    snapshot.update(batch(*readings))
    lines = {line for line in "".join(render(snapshot)).splitlines() if line[0] != "#"}
    assert lines == {
        f'dc_pdu_outlet_watts{{hub="h",pdu="p{n}",outlet="{outlet}"}} {10.0 * n + outlet - 1}'
        for n in range(10)
        for outlet in (1, 2)
    }
    assert snapshot.value(OUTLET.series("h", "p7", "2")) == 71.0
    assert snapshot.value(OUTLET.series("h", "p7", "3")) is None


def test_a_series_that_is_made_twice_is_one() -> None:
    """A rediscovered device gives other objects of the same names:
    nothing changes but the values.
    """
    snapshot = Snapshot()
    changed = snapshot.follow(OUTLET)
    snapshot.update(batch(*outlets("a", 1.0, 2.0)))
    changed.clear()
    snapshot.update(batch(*outlets("a", 1.0, 3.0)))
    assert list(changed) == [OUTLET.series("h", "a", "2")]
    assert snapshot.family(OUTLET)[OUTLET.series("h", "a", "2")] == 3.0
    assert len(snapshot) == 2
