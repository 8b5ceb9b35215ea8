"""Change-only pushes: what moves at once, what does not once in a heartbeat."""

from __future__ import annotations

from agent.sinks.changed import ChangedLines
from collectors.base import Batch, Metric, Series
from collectors.catalogue.facility import PDU_ENERGY, PDU_POWER, PDU_UP
from collectors.catalogue.rack import RACK_USED


def of(metric: Metric, **values: str) -> Series:
    return metric.series(*(values.get(label, "") for label in metric.labels))


POWER, ENERGY = of(PDU_POWER, pdu="p", feed="A"), of(PDU_ENERGY, pdu="p", feed="A")
USED = of(RACK_USED, rack="r")


def pushed(form: ChangedLines, time: float, **values: float) -> list[str]:
    """Return the lines of a round, without their tags: measurement, fields, time."""
    series = {"power": POWER, "energy": ENERGY, "used": USED}
    batch = Batch(
        collector="snmp",
        device="p",
        time=time,
        lifetime=60.0,
        readings=[(series[name], value) for name, value in values.items()],
    )
    text, samples = form.render(batch)
    lines = text.decode().splitlines()
    assert samples == sum(line.split(" ")[1].count("=") for line in lines)
    return [f"{line.split(',')[0]} {line.split(' ', 1)[1]}" for line in lines]


def test_what_has_not_changed_is_pushed_once_in_a_heartbeat() -> None:
    """Rounds of 15 s, a heartbeat of 60 s: at 0, at 60 and at 120, and at once where it changes."""
    form = ChangedLines({}, 60.0)
    found = {}
    for n, used in enumerate([5.0, 5.0, 5.0, 5.0, 5.0, 7.0, 7.0]):
        found[15 * n] = pushed(form, 15.0 * n, used=used)
    assert {at: len(lines) for at, lines in found.items()} == {
        0: 1,
        15: 0,
        30: 0,
        45: 0,
        60: 1,
        75: 1,
        90: 0,
    }
    assert found[75][0].endswith("=7.0 75000")


def test_what_changed_is_in_the_next_heartbeat_as_well() -> None:
    """Panels take what is older than its neighbour for ended, so the constant one is never newer.

    Rounds of 15 s, a heartbeat of 60 s, and a change at 30 s: both lines at 0, at 60 and at 120.
    """
    form = ChangedLines({}, 60.0)
    found = []
    for n, used in enumerate([5.0, 5.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]):
        found.append(len(pushed(form, 15.0 * n, used=used, power=100.0)))
    assert found == [2, 0, 1, 0, 2, 0, 0, 0, 2]


def test_what_is_told_no_more_is_older_than_its_neighbour_after_a_heartbeat() -> None:
    """Of one line a value ends at 30 s: at 60 s the neighbour is pushed, and it is not."""
    form = ChangedLines({}, 60.0)
    last = {}
    for at in (0.0, 15.0, 30.0, 45.0, 60.0):
        values = {"power": 100.0} if at < 30.0 else {}
        for line in pushed(form, at, energy=5.0, used=1.0, **values):
            last |= dict.fromkeys((pair.split("=")[0] for pair in line.split()[1].split(",")), at)
    assert last == {"power_watts": 0.0, "energy_joules_total": 60.0, "used_units": 60.0}


def test_a_line_is_pushed_whole_where_one_of_its_values_has_changed() -> None:
    """Power moves and energy of the same line does not; what stands in another line is left out."""
    form = ChangedLines({}, 60.0)
    pushed(form, 0.0, power=100.0, energy=5.0, used=1.0)
    (line,) = pushed(form, 15.0, power=101.0, energy=5.0, used=1.0)
    assert "power_watts=101.0" in line
    assert "energy_joules_total=5.0" in line


def test_another_layout_is_pushed_whole() -> None:
    """A reading that is gone or new: what follows of it is not the same line."""
    form = ChangedLines({}, 60.0)
    pushed(form, 0.0, power=100.0, used=1.0)
    assert len(pushed(form, 15.0, used=1.0)) == 1
    assert len(pushed(form, 30.0, power=100.0, used=1.0)) == 2


def test_a_clock_that_went_back_hides_nothing() -> None:
    """What was pushed in the future says nothing of now."""
    form = ChangedLines({}, 60.0)
    pushed(form, 1000.0, used=1.0)
    assert len(pushed(form, 15.0, used=1.0)) == 1
    assert len(pushed(form, 30.0, used=1.0)) == 0


def test_each_source_is_compared_with_itself() -> None:
    """A status of the same device is another source."""
    form = ChangedLines({}, 60.0)
    up = of(PDU_UP, pdu="p")
    for collector in ("snmp", "snmp:status"):
        batch = Batch(
            collector=collector, device="p", time=0.0, lifetime=60.0, readings=[(up, 1.0)]
        )
        assert form.render(batch)[1] == 1
        assert form.render(batch)[1] == 0
