"""A made-up rack of which everything is known, its meters, and what the agent lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.health import CollectorHealth
from agent.hubs.model import Registry
from agent.inventory.model import Device, Feed, Inventory, Meter, Rack, Site
from agent.ledger.store.episodes import Episode
from agent.report.model import HubReport
from agent.report.period import Period
from agent.web.curves import PowerTrendView
from agent.web.over import Over
from agent.web.view import BoardView
from collectors.base import Batch, Reading
from collectors.catalogue import agent, facility, inventory, node, pdu_parts, rack
from tests.agent.web import fixture, reports

HUB, SITE, NAME = fixture.HUB, fixture.SITE, "A06"
PLACE = (HUB, SITE, "A", NAME)
NOW = fixture.NOW


def _pdu(pdu: str, feed: str, watts: float) -> list[Reading]:
    at = (*PLACE, pdu, feed)
    readings = [
        (facility.PDU_UP.series(*at), 1.0),
        (facility.PDU_POWER.series(*at), watts),
        (facility.PDU_POWER_FACTOR.series(*at), 0.97),
        (facility.PDU_ENERGY.series(*at), 412_337.4 * 3.6e6),
        (facility.PDU_PHASE_IMBALANCE.series(*at), 0.24),
    ]
    for phase, amperes in (("L1", 7.9), ("L2", 6.1), ("L3", 4.9)):
        readings += [
            (facility.PDU_PHASE_CURRENT.series(*at, phase), amperes),
            (facility.PDU_PHASE_VOLTAGE.series(*at, phase), 229.6),
            (facility.PDU_PHASE_POWER.series(*at, phase), amperes * 229.6 * 0.97),
        ]
    for outlet in range(1, 25):
        readings += [
            (pdu_parts.PDU_OUTLET_POWER.series(*at, str(outlet)), 40.0 * outlet),
            (pdu_parts.PDU_OUTLET_INFO.series(*at, str(outlet), f"psu {outlet}"), 1.0),
        ]
    return readings


def plugged() -> list[Reading]:
    """Return the names of outlets after the nodes that hang on them: one of each PDU a node."""
    return [
        (
            pdu_parts.PDU_OUTLET_INFO.series(
                *PLACE, f"{NAME}-{feed}", feed, str(n), f"gpu-0{n} {feed}"
            ),
            1.0,
        )
        for n in range(1, 9)
        for feed in "AB"
    ]


def readings() -> list[Reading]:
    """Return what is measured in the rack."""
    found = [
        *_pdu(f"{NAME}-A", "A", 4281.0),
        *_pdu(f"{NAME}-B", "B", 4279.0),
        (rack.RACK_RESERVED.series(*PLACE), 4.0),
        (rack.RACK_HEADROOM.series(*PLACE), 0.0),
    ]
    found.append((inventory.SILENT_SINCE.series(HUB, SITE, "pdu", "B06-B"), NOW - 3 * 3600.0))
    for sensor, celsius in (
        ("inlet top", 28.4),
        ("inlet bottom", 22.1),
        ("exhaust", 38.9),
        ("inlet middle", 33.0),
    ):
        found.append((facility.SENSOR_TEMPERATURE.series(*PLACE, sensor), celsius))
    found.append((facility.SENSOR_HUMIDITY.series(*PLACE, "inlet top"), 0.46))
    for number in range(1, 9):
        name = f"gpu-{number:02d}"
        found += [
            (node.NODE_POWER.series(*PLACE, name, "redfish"), 960.0 + number),
            (node.NODE_INLET.series(*PLACE, name, "redfish"), 24.5),
        ]
        for chip in range(8):
            chip_at = (*PLACE, name, str(chip))
            found += [
                (
                    node.ACCELERATOR_INFO.series(
                        *chip_at, "huawei", "Ascend 910B", f"u{number}{chip}", "c1"
                    ),
                    1.0,
                ),
                (node.ACCELERATOR_UP.series(*chip_at), float((number, chip) != (3, 5))),
                (node.ACCELERATOR_POWER.series(*chip_at), 311.0),
                (node.ACCELERATOR_UTILIZATION.series(*chip_at), 0.87),
            ]
    return found


def own() -> list[Reading]:
    """Return what the agent tells of itself."""
    return [
        (agent.LEDGER_READINGS.series(), 128_440.0),
        (agent.LEDGER_REJECTED.series("above_rating"), 3.0),
        (agent.LEDGER_REJECTED.series("late"), 0.0),
        (agent.LEDGER_EVENTS.series("wrap"), 1.0),
        (agent.LEDGER_EVENTS.series("reset"), 2.0),
        (agent.COLLECTOR_ERRORS.series("snmp", "unreachable"), 41.0),
        (agent.SAMPLES_DROPPED.series("snmp", "sentinel"), 960.0),
        (agent.SINK_UP.series("influxdb"), 1.0),
        (agent.SINK_SENT.series("influxdb"), 4_402_331.0),
        (agent.SPOOL_BYTES.series("influxdb"), 3.2e6),
        (agent.SPOOL_MAX_BYTES.series("influxdb"), 2.0**30),
        (agent.SPOOL_SAMPLES.series("influxdb"), 91_000.0),
        (agent.SPOOL_OLDEST.series("influxdb"), NOW - 90),
        (agent.SPOOL_HEALTHY.series("influxdb"), 1.0),
    ]


class FakePast:
    """Two days of a rack's power, and the coverage of its site's meters."""

    def power(self, _site: str, pdus: Sequence[str], _over: Over) -> PowerTrendView:
        """Return what the ledger would."""
        times = [NOW - 3600.0 * (48 - hour) for hour in range(48)]
        curve = [3900.0 + 25.0 * (hour % 24) for hour in range(48)]
        return PowerTrendView(
            times=times,
            step_seconds=3600.0,
            series={pdu: [v - 300.0 * n for v in curve] for n, pdu in enumerate(pdus)},
        )

    def coverage(self) -> dict[tuple[str, str], dict[str, float]]:
        """Return what the ledger would."""
        return {
            (SITE, "main-1"): {"1d": 1.0, "7d": 0.996, "30d": 0.971},
            (SITE, "crah"): {"1d": 0.41, "7d": 0.92, "30d": 0.98},
        }

    def events(self, over: Over) -> list[Episode]:
        """Return one event of each kind, and one of long ago."""
        found = [
            Episode(NOW - 3600, "rack", SITE, "A", NAME, "failover_tight"),
            Episode(NOW - 7200, "device", SITE, "", f"{NAME}-A", "pdu", until=NOW - 6000),
            Episode(NOW - 9000, "promise", "", "", "guian-pue", "missed", former="at_risk"),
            Episode(NOW - 9100, "promise", "", "", "guian-racks", "unknown"),
            Episode(NOW - 9900, "agent", "", "", "gw1", "reload", until=NOW - 9900),
            Episode(NOW - 86400, "import", SITE, "", "bills.csv", "744", until=NOW - 86400),
            Episode(NOW - 90 * 86400, "rack", SITE, "A", "Z99", "hot", until=NOW - 89 * 86400),
        ]
        start, end = over.bounds(NOW, 7 * 86400.0)
        return [one for one in found if (one.until or NOW) >= start and one.since <= end]

    def report(
        self, registry: Registry, hub: str, _inventory: Inventory | None, period: Period
    ) -> HubReport:
        """Return a time in which enough went wrong to fill a sheet."""
        return reports.made_up(registry, hub, period)


def listed() -> Inventory:
    """Return the inventory: one rack with all that stands in it, and the meters."""
    devices = [
        Device(
            node=f"gpu-{n:02d}",
            position=1 + 4 * (n - 1),
            units=4,
            accelerators=8,
            vendor="huawei",
            model="Ascend 910B",
        )
        for n in range(1, 9)
    ]
    devices += [
        Device(node="leaf-switch-a-of-row-a-rack-06", position=42, units=1, agent=False),
        Device(node="strip", units=0, agent=False),
    ]
    feeds = {feed: Feed(pdu=f"{NAME}-{feed}", capacity_watts=7400.0) for feed in "AB"}
    one = Rack(
        rack=NAME,
        site=SITE,
        row="A",
        height_units=42,
        rated_power_watts=8000.0,
        feeds=feeds,
        devices=tuple(devices),
        reserved_units=4,
    )
    meters = [
        Meter(meter="main-1", site=SITE, point="utility", accuracy_class=0.5),
        Meter(meter="crah", site=SITE, point="cooling"),
        Meter(meter="spare", site=SITE, point="other", accuracy_class=1.0),
    ]
    site = Site(site=SITE, name="Gui'an no. 1", scopes=("huawei",))
    return Inventory(
        hub=HUB,
        sites={SITE: site},
        racks={NAME: one},
        meters={(SITE, meter.meter): meter for meter in meters},
    )


def many(count: int) -> Sequence[CollectorHealth]:
    """Return many devices: one in fifty is silent, one in a hundred has never answered."""
    return [
        CollectorHealth(
            collector="snmp" if n % 3 else "modbus",
            device=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}:161",
            ok=n % 50 != 0,
            duration=0.02,
            last_success=None if n % 100 == 0 else NOW - (1900.0 if n % 50 == 0 else 4.0),
            interval=30.0,
            last_error=""
            if n % 50
            else "no answer within 5 s: the device closed the session (timed out after 3 tries)",
        )
        for n in range(1, count + 1)
    ]


def view(*, devices: int = 0) -> BoardView:
    """Return a view in which rack A06 is known whole."""
    base = fixture.view()
    base.snapshot.update(
        Batch(collector="rack", device="", time=NOW, lifetime=1e9, readings=readings())
    )
    base.snapshot.update(Batch(collector="self", device="", time=NOW, lifetime=1e9, readings=own()))
    health = base.health if not devices else lambda: many(devices)
    return replace(base, inventory=listed(), past=FakePast(), health=health)
