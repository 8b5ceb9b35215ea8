"""What the parts of a hub report together is what one gateway would report."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from agent.inventory.model import Inventory
from agent.pue.boundary import boundary_of
from agent.pue.collector import PueCollector
from agent.racks.collector import RackCollector
from agent.racks.phases import PhaseCollector
from collectors.base import Reading
from collectors.catalogue.facility import METER_POWER, PDU_POWER
from collectors.catalogue.site import SITE_POWER
from tests.agent.inventory.hub_in_parts import (
    SITES,
    parts,
    whole,
)
from tests.support.ledger import T0, Clock, Pages, batch, ledger


def heard(part: Inventory) -> list[Reading]:
    """Return what a part's own devices say: every PDU 1000 W, every meter 100 kW."""
    found = [
        (
            PDU_POWER.series("guian", fed.rack.site, fed.rack.row, fed.rack.rack, pdu, fed.feed),
            1000.0,
        )
        for pdu, fed in part.pdus.items()
    ]
    meters = [meter for meter in part.meters.values() if meter.meter not in part.pdus]
    return found + [
        (METER_POWER.series("guian", one.site, one.meter, str(one.point)), 1e5) for one in meters
    ]


def series_of(part: Inventory) -> dict[str, float]:
    """Return what the racks' collector says in one part."""
    collector = RackCollector(part, Pages(*heard(part)), "guian")
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def test_no_series_is_said_twice_and_none_is_lost() -> None:
    """Each series of the whole comes from one part; a site's power share and headroom from none."""
    together = Counter(name for part in parts(whole()) for name in series_of(part))
    assert max(together.values()) == 1
    missing = {name for name in series_of(whole()) if name not in together}
    assert {name.partition("{")[0] for name in missing} <= {
        "dc_site_rack_occupancy_ratio",
        "dc_site_rack_headroom_watts",
        "dc_row_headroom_watts",
        "dc_breaker_headroom_watts",
    }
    assert {name for name in missing if name.startswith("dc_site")} == {
        name
        for site in SITES
        for name in (
            f'dc_site_rack_occupancy_ratio{{hub="guian",site="{site}",method="power"}}',
            f'dc_site_rack_headroom_watts{{hub="guian",site="{site}"}}',
        )
    }


def test_what_is_said_is_as_true_as_of_the_whole() -> None:
    """Values are the whole's; for shared breakers bounds hold, and headroom is not too high."""
    full = series_of(whole())
    for part in parts(whole()):
        for name, value in series_of(part).items():
            if "headroom" in name or "-main-" in name:
                assert value <= full[name] or 'bound="upper"' in name, name
                assert value >= full[name] or 'bound="upper"' not in name, name
            else:
                assert value == pytest.approx(full[name]), name


def test_phases_of_shared_breakers_are_told_once() -> None:
    """A breaker behind which several parts' racks hang is told of by the part that has its site."""
    told = Counter(
        name
        for part in parts(whole())
        for name in part.breakers
        if name not in part.breakers_of_others
    )
    assert told == Counter(list(whole().breakers))
    for part in parts(whole()):
        assert not list(asyncio.run(PhaseCollector(part, Pages(), "guian").collect()))


def test_rack_pdus_of_a_part_do_not_pass_for_all() -> None:
    """IT energy of a shared site is that of its own meters, never of one gateway's PDUs."""
    for part in parts(whole()):
        for site in SITES:
            boundary = boundary_of(part.sites[site], part, ())
            assert boundary.it_candidates == (
                ("ups_output",) if site not in part.sites_of_others else ()
            )
    assert boundary_of(whole().sites["s2"], whole(), ()).it_candidates == (
        "pdu_output",
        "ups_output",
    )


def test_one_gateway_tells_a_sites_energy(tmp_path: Path) -> None:
    """Of each site exactly one part says what it draws, and it goes by the site's own meters."""
    said: Counter[str] = Counter()
    for number, part in enumerate(parts(whole())):
        (tmp_path / str(number)).mkdir()
        readings = heard(part)
        book = ledger(tmp_path / str(number), Clock(T0), part)
        book.accept(batch(T0, *readings))
        collector = PueCollector(part, Pages(*readings), book, "guian", clock=Clock(T0 + 60))
        found = asyncio.run(_all(collector))
        said.update(series.prefix for series, _ in found)
        assert {value for series, value in found if series.metric is SITE_POWER} <= {0.0, 1e5}
        book.close()
    assert {name for name, count in said.items() if count > 1} == set()
    assert sum(
        name.startswith("dc_site_power_watts") and 'boundary="it"' in name for name in said
    ) == len(SITES)


async def _all(collector: PueCollector) -> list[Reading]:
    return list(await collector.collect())
