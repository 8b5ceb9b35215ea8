"""The racks of a site: full, hot or beyond failover, and where the next one fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collectors.catalogue.rack_limits import SiteLimits
from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, ROW, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker, Table
from dashboards.signals import breaker, power, rack, rack_limits, supply
from dashboards.signals.base import Signal
from dashboards.signals.limited import beyond

COLUMNS = {
    "row": Text("Row"),
    "rack": Text("Rack"),
    "site": Text("Site"),
    "hub": Text("Hub"),
}


def board(language: Language, limits: SiteLimits | None = None) -> Board:
    """Return the dashboard of racks."""
    make = Maker(language, uid=uids.RACKS, within=("hub", "site"), limits=limits)
    return Board(
        uid=uids.RACKS,
        title=Text("Racks"),
        description=Text(
            "How full, how loaded and how hot the racks of a site are, and what losing a feed"
            " would do.",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), ROW],
        sections=[_now(make), _map(make), _limits(make), _capacity(make)],
    )


def _now(make: Maker) -> Section:
    return Section(
        title=Text("Now"),
        cells=[
            panels.stat(make, rack.RACK_COUNT, width=5),
            panels.gauge(make, rack.SITE_RACK_UTILIZATION, width=5),
            panels.stat(make, rack_limits.FAILOVER_COUNT, width=5),
            panels.stat(make, rack_limits.HOT_COUNT, width=4),
            panels.stat(make, power.PDU_SILENT, width=5),
        ],
    )


def _map(make: Maker) -> Section:
    return Section(
        title=Text("Rack map"),
        cells=[
            panels.tiles(
                make,
                rack.RACK_POWER_RATIO,
                height=9,
                title=Text("Rack map by power utilisation"),
            ),
            panels.history(make, rack_limits.FAILOVER, width=12, height=13),
            panels.history(make, rack_limits.INLET, width=12, height=13),
            panels.heatmap(make, rack.RACK_DISTRIBUTION, width=12),
            panels.series(make, rack.SITE_RACK_POWER, width=12, height=9, stack=True),
        ],
    )


def _limits(make: Maker) -> Section:
    names = {
        rack_limits.FAILOVER: Text("If a feed is lost"),
        rack.RACK_POWER_RATIO: Text("Power in use"),
        rack.RACK_SPACE_RATIO: Text("Space in use"),
        rack_limits.INLET: Text("Inlet"),
        rack.RACK_POWER_EACH: Text("Power", context="drawn"),
    }
    columns = [one for signal, name in names.items() for one in _columns(make, signal, name)]
    chosen = "".join(
        f'&var-{label}=${{__data.fields["{make.say(COLUMNS[label])}"]:percentencode}}'
        for label in ("hub", "site", "row")
    )
    return Section(
        title=Text("Racks nearest to a limit"),
        cells=[
            panels.table(
                make,
                Table(
                    title=Text("Racks nearest to a limit"),
                    description=Text(
                        "The fullest, most loaded and warmest racks; pick a row above to see one"
                        " row whole.",
                    ),
                    columns=columns,
                    names=COLUMNS,
                    sort=columns[0],
                    links={
                        "rack": f"{make.way(uids.RACK)}{chosen}"
                        "&var-rack=${__value.raw:percentencode}"
                    },
                    widths={"row": 80, "rack": 110},
                    hidden=("hub", "site"),
                ),
                height=12,
            )
        ],
    )


def _columns(make: Maker, signal: Signal, name: Text) -> Sequence[Signal]:
    """Return a column, and a second one where its limits differ from rack to rack."""
    first, *others = signal.under(make.limits)
    if not others:
        return [replace(first, name=name)]
    compared = Text("{column}: limits", {"column": name})
    return [replace(signal, name=name, steps=()), beyond(signal, make.limits, compared)]


def _capacity(make: Maker) -> Section:
    return Section(
        title=Text("Capacity"),
        cells=[
            panels.bars(make, supply.RACK_HEADROOM, width=8, height=14),
            panels.bars(make, supply.ROW_HEADROOM, height=7),
            panels.bars(make, supply.ROW_POWER, height=7),
            panels.bars(make, breaker.ROW_FULL, width=12, height=9),
            panels.series(make, breaker.BREAKER_IMBALANCE, width=12, height=9),
            panels.series(make, breaker.PDU_IMBALANCE, width=12, height=7),
            panels.series(make, breaker.BREAKER_COVERAGE, width=12, height=7),
            panels.bars(make, rack.OCCUPANCY, width=6, height=6),
            panels.bars(make, rack.RESERVED, width=6, height=6),
            panels.series(make, rack_limits.STRANDED, width=6, height=6),
            panels.series(make, rack_limits.HUMIDITY, width=6, height=6),
        ],
    )
