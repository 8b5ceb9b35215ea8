"""The line that says how the sites stand: what was not heard is never calm."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.health import CollectorHealth
from agent.messages.catalogue import languages, words
from agent.web.view import BoardView
from agent.web.views import collectors, racks, standing
from agent.web.views.standing import StandingView
from collectors.base import Reading
from collectors.catalogue import agent, facility, inventory, rack
from tests.agent.web import asked, fixture
from tests.agent.web.reading import page
from tests.agent.web.site_readings import HUB, SITE


def rack_of(name: str, watts: float | None) -> list[Reading]:
    """Return a rack in service that draws some watts, or whose power nobody reads."""
    place = (HUB, SITE, "R1", name)
    found: list[Reading] = [(rack.RACK_INFO.series(*place, "in_service"), 1.0)]
    if watts is not None:
        found.append((rack.RACK_POWER.series(*place, "A"), watts))
    return found


def expected(kind: str, count: int, answering: int) -> list[Reading]:
    """Return what the collector of the inventory tells of one kind of device."""
    return [
        (inventory.EXPECTED.series(HUB, SITE, kind), float(count)),
        (inventory.ANSWERING.series(HUB, SITE, kind), float(answering)),
    ]


WELL = [*rack_of("A1", 5000.0), *expected("meter", 2, 2), *expected("pdu", 2, 2)]
FINE = (CollectorHealth(collector="snmp", device="10.0.0.1", ok=True),)


def view(readings: Sequence[Reading], health: Sequence[CollectorHealth] = FINE) -> BoardView:
    """Return a board over readings."""
    return fixture.view(readings, healthy=lambda: health)


def stands(readings: Sequence[Reading], health: Sequence[CollectorHealth] = FINE) -> StandingView:
    """Return how the sites stand by some readings."""
    found = view(readings, health)
    members = racks.read(found)
    counts = collectors.read(found).counts
    return standing.read(found, [one for those in members.values() for one in those], counts)


def test_all_heard_is_calm() -> None:
    """Every device answers, every rack is measured and the database takes samples: calm."""
    found = stands([*WELL, (agent.SINK_UP.series("influxdb"), 1.0)])
    assert found.severity == "calm"
    assert [part.said for part in found.parts] == ["calm"]


@pytest.mark.parametrize(
    ("more", "severity", "said"),
    [
        ([*expected("meter", 2, 0)], "critical", "all_silent"),
        ([*expected("meter", 2, 1)], "warning", "silent"),
        ([*expected("pdu", 48, 44)], "warning", "silent"),
        ([*expected("pdu", 48, 0)], "critical", "all_silent"),
        ([*expected("node", 4, 0)], "warning", "all_silent"),
        ([*rack_of("A2", None)], "unknown", "unmeasured"),
        ([(agent.SINK_UP.series("influxdb"), 0.0)], "warning", "databases"),
    ],
)
def test_what_is_not_heard_is_told(more: list[Reading], severity: str, said: str) -> None:
    """A silent device, an unmeasured rack or a database that is down ends the calm."""
    found = stands([*WELL, *more])
    assert found.severity == severity
    assert said in [part.said for part in found.parts]


@pytest.mark.parametrize(
    ("answering", "said", "failing"), [(1, ["silent"], 0), (2, ["collectors"], 1)]
)
def test_a_silent_device_is_told_once(answering: int, said: list[str], failing: int) -> None:
    """The collector of a silent PDU fails, too: only where no device is silent is it told."""
    dead = CollectorHealth(collector="snmp", device="10.0.0.2", ok=False)
    found = stands([*WELL, *expected("pdu", 2, answering)], (*FINE, dead))
    assert ([part.said for part in found.parts], found.silent_collectors) == (said, failing)


def test_a_rack_over_its_rating_is_critical() -> None:
    """A rack that draws more than it may has a critical alert, so the line is critical."""
    place = (HUB, SITE, "R1", "A1")
    over = [*WELL, (rack.RACK_UTILIZATION.series(*place, "power"), 1.02)]
    found = stands(over)
    assert (found.severity, found.racks.needing, found.racks.critical) == ("critical", 1, 1)


def test_a_collector_that_was_not_asked_is_not_calm() -> None:
    """While a collector waits for its first round, nobody can say that all is well."""
    found = stands(WELL, (*FINE, CollectorHealth(collector="modbus", device="10.0.0.2")))
    assert found.severity == "unknown"
    assert [part.said for part in found.parts] == ["waiting"]


def test_without_an_inventory_devices_that_stopped_are_told() -> None:
    """Nobody states who is expected: devices that answered once and do not now are silent."""
    up = [
        (facility.METER_UP.series(HUB, SITE, f"m{n}", "utility"), float(n == 0)) for n in range(3)
    ]
    found = stands([*rack_of("A1", 5000.0), *up])
    assert found.severity == "warning"
    assert [(one.kind, one.silent, one.expected) for one in found.silent] == [("meter", 2, 3)]


def test_nothing_at_all_is_not_calm() -> None:
    """An agent that measures nothing has nothing to be calm about."""
    assert stands([], ()).severity == "unknown"


@pytest.mark.parametrize("language", list(languages()))
def test_no_green_tick_over_dead_meters(language: str) -> None:
    """With all meters dead the page has no green mark in its first lines, in every language."""
    html = page(view([*WELL, *expected("meter", 2, 0)]), lang=language)
    head = html[html.index('id="headline"') : html.index("<article")]
    assert 's-met"' not in head
    assert 'href="#m-met"' not in head
    assert words(language).of("kind_of_device", "meter") in head


def test_racks_that_nobody_measures_are_no_calm_list() -> None:
    """Of two racks none is measured: the list says that it cannot tell, without a tick."""
    html = page(view([*rack_of("A1", None), *rack_of("A2", None)]))
    part = html[html.index('class="attention"') :]
    part = part[: part.index("</section>")]
    assert "Cannot tell: 0 of 2 racks measured." in part
    assert "m-met" not in part


@pytest.mark.parametrize(("power", "calm"), [(None, False), (2000.0, True)])
def test_the_page_of_a_rack_is_calm_only_where_the_rack_is_measured(
    power: float | None, *, calm: bool
) -> None:
    """A rack in service that nobody measures has no tick on its own page."""
    html = asked.page(f"/sites/{SITE}/racks/A1", view([*rack_of("A1", power)]))
    head = html[html.index('data-key="rack-head"') :]
    head = head[: head.index('class="detail')]
    assert ("m-met" in head) is calm
    assert ("Cannot tell: the power of this rack is not measured." in head) is not calm


def test_nodes_that_have_agents_of_their_own_are_not_called_silent() -> None:
    """A gateway that polls no node does not blame 48 of them, and is not calm about them either."""
    found = stands([*WELL, (inventory.EXPECTED.series(HUB, SITE, "node"), 48.0)])
    assert [(part.said, part.count) for part in found.parts] == [("not_polled", 48)]
    assert found.severity == "unknown"


def test_nodes_that_are_polled_and_silent_are_told() -> None:
    """Where some of the nodes are polled, those that do not answer are silent."""
    found = stands([*WELL, *expected("node", 48, 40)])
    assert [(part.said, part.count) for part in found.parts] == [("silent", 8)]
    assert found.severity == "warning"
