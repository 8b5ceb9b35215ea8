"""The racks of a site: which are full, hot, beyond failover or empty, and where the next one fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, ROW, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker, Table
from dashboards.signals import breaker, power, rack, supply

if TYPE_CHECKING:
    from dashboards.language import Language

COLUMNS = {
    "row": Text("Row", "列"),
    "rack": Text("Rack", "机柜"),
    "site": Text("Site", "站点"),
    "hub": Text("Hub", "枢纽"),
}


def board(language: Language) -> Board:
    """Return the dashboard of racks."""
    make = Maker(language, uid=uids.RACKS, within=("hub", "site"))
    return Board(
        uid=uids.RACKS,
        title=Text("Racks", "机柜"),
        description=Text(
            "How full, how loaded and how hot the racks of a site are, and what losing a feed would do.",
            "站点机柜的上架、负载与温度，以及单路失电的后果。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), ROW],
        sections=[_now(make), _map(make), _limits(make), _capacity(make)],
    )


def _now(make: Maker) -> Section:
    return Section(
        title=Text("Now", "当前"),
        cells=[
            make.stat(rack.RACK_COUNT, width=5, graph=False),
            make.gauge(rack.SITE_RACK_UTILIZATION, width=5),
            make.stat(rack.FAILOVER_COUNT, width=5),
            make.stat(rack.HOT_COUNT, width=4),
            make.stat(power.PDU_SILENT, width=5),
        ],
    )


def _map(make: Maker) -> Section:
    return Section(
        title=Text("Rack map", "机柜图"),
        cells=[
            make.tiles(
                rack.RACK_POWER_RATIO,
                height=9,
                title=Text("Rack map by power utilisation", "机柜功率利用率图"),
            ),
            make.history(rack.FAILOVER, width=12, height=13),
            make.history(rack.INLET, width=12, height=13),
            make.heatmap(rack.RACK_DISTRIBUTION, width=12),
            make.series(rack.SITE_RACK_POWER, width=12, height=9, stack=True),
        ],
    )


def _limits(make: Maker) -> Section:
    names = {
        rack.FAILOVER: Text("If a feed is lost", "单路失电后"),
        rack.RACK_POWER_RATIO: Text("Power in use", "功率利用率"),
        rack.RACK_SPACE_RATIO: Text("Space in use", "空间利用率"),
        rack.INLET: Text("Inlet", "进风温度"),
        rack.RACK_POWER_EACH: Text("Power", "功率"),
    }
    columns = [replace(signal, name=name) for signal, name in names.items()]
    chosen = "".join(
        f'&var-{label}=${{__data.fields["{make.say(COLUMNS[label])}"]}}'
        for label in ("hub", "site", "row")
    )
    return Section(
        title=Text("Racks nearest to a limit", "最接近上限的机柜"),
        cells=[
            make.table(
                Table(
                    title=Text("Racks nearest to a limit", "最接近上限的机柜"),
                    description=Text(
                        "The fullest, most loaded and warmest racks; pick a row above to see one row whole.",
                        "最满、负载最高和最热的机柜；可在上方选择某一列查看整列。",
                    ),
                    columns=columns,
                    names=COLUMNS,
                    sort=columns[0],
                    links={"rack": f"{make.way(uids.RACK)}{chosen}&var-rack=${{__value.raw}}"},
                    widths={"row": 80, "rack": 110, "hub": 110, "site": 220},
                ),
                height=12,
            )
        ],
    )


def _capacity(make: Maker) -> Section:
    return Section(
        title=Text("Capacity", "容量"),
        cells=[
            make.bars(supply.RACK_HEADROOM, width=8, height=14),
            make.bars(supply.ROW_HEADROOM, height=7),
            make.bars(supply.ROW_POWER, height=7),
            make.bars(breaker.ROW_FULL, width=12, height=9),
            make.series(breaker.BREAKER_IMBALANCE, width=12, height=9),
            make.series(breaker.PDU_IMBALANCE, width=12, height=7),
            make.series(breaker.BREAKER_COVERAGE, width=12, height=7),
            make.bars(rack.OCCUPANCY, width=6, height=6),
            make.bars(rack.RESERVED, width=6, height=6),
            make.series(rack.STRANDED, width=6, height=6),
            make.series(rack.HUMIDITY, width=6, height=6),
        ],
    )
