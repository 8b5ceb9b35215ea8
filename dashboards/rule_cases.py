"""promtool's tests of the KPI rules: sums over sums, scopes, missing sites, nothing measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from collectors.catalogue import node, rack, recorded, site
from collectors.catalogue.limits import PRECISION, YEAR_WINDOW
from collectors.catalogue.link import LINK_ROUND_TRIP
from dashboards.alerts.base import named, series
from dashboards.signals import power
from dashboards.signals.rack_limits import STRANDED

JsonTest = dict[str, Any]


def _metered(
    place: str,
    facility: int,
    it: int,
    pue: float,
    *,
    coverage: str = "1x60",
    gateway: str = "g",
    category: str = "2",
) -> dict[str, str]:
    """Return the series of a metered site; without its PUE if that is inconsistent.

    All its series last as long as the one of `coverage`, which is in promtool's notation.
    """
    where = {"hub": "guian", "site": place}
    told = f"x{coverage.partition('x')[2]}"
    found: dict[str, float] = {
        series(site.SITE_WINDOW_ENERGY, where, boundary=name, window=YEAR_WINDOW): joules
        for name, joules in (("facility", facility), ("it", it))
    }
    found[_listed(place, "in_service")] = 1
    if pue >= 1:
        found[series(site.SITE_PUE, where, category=category, window=YEAR_WINDOW)] = pue
    values = {name: f"{value}{told}" for name, value in found.items()}
    values[series(site.SITE_PUE_COVERAGE, where, window=YEAR_WINDOW)] = coverage
    return {name.replace("}", f',instance="{gateway}"}}'): value for name, value in values.items()}


_HUAWEI: Final = {series(site.SITE_SCOPE, {"hub": "guian", "site": "s1"}, scope="huawei"): "1x60"}
_WHOLE: Final = {"hub": "guian", "kpi": "pue", "scope": "hub"}
_PART: Final = {"hub": "guian", "kpi": "pue", "scope": "huawei"}


def record_tests() -> Iterator[JsonTest]:
    """Yield tests of the KPI rules: sums over sums, scopes, and nothing measured."""
    yield from _pue_tests()
    yield from _missing_tests()
    yield from _rack_tests()
    yield from _chip_tests()
    yield from _stranded_tests()
    link = {"hub": "guian", "site": "s1", "peer": "guangzhou"}
    trips = {
        series(LINK_ROUND_TRIP, link, share=share): f"{value}x5"
        for share, value in (("0.5", 0.009), ("0.99", 0.02))
    }
    trip = {"kpi": "round_trip_guangzhou", "scope": "hub"}
    asked = {
        series(site.TARGET_INFO, {"hub": "guizhou", "target": "t", **trip}, kind="target"): "1x5"
    }
    yield _expression(
        "a round trip is judged by its median, and a province sees its hubs",
        trips | asked,
        f'{recorded.KPI_VALUE}{{kpi="round_trip_guangzhou"}}',
        [({"hub": "guian", **trip}, 0.009), ({"hub": "guizhou", **trip}, 0.009)],
    )
    yield _expression(
        "nothing measured gives no value", {power.PDU_UP.record: "1x5"}, recorded.KPI_VALUE, []
    )


def _listed(place: str, state: str) -> str:
    return series(site.SITE_INFO, {"hub": "guian", "site": place, "state": state, "name": place})


_LISTED: Final = {series(site.SITES_LISTED, {"hub": "guian"}): "1x60"}
_PUE: Final = f'{recorded.KPI_VALUE}{{kpi="pue"}}'
_PUE_COVERAGE: Final = f'{recorded.KPI_COVERAGE}{{kpi="pue"}}'


def _pue_tests() -> Iterator[JsonTest]:
    both = _metered("s1", 1150, 1000, 1.15) | _metered("s2", 320, 200, 1.6) | _HUAWEI
    yield _expression(
        "PUE of a hub is energy over energy; a scope has its own",
        both,
        _PUE,
        [(_WHOLE, 1.225), (_PART, 1.15)],
    )
    inconsistent = _metered("s1", 1150, 1000, 1.15) | _metered("s2", 100, 200, 0.5)
    yield _expression("without a site's sound PUE its hub has none", inconsistent, _PUE, [])
    yield _expression("no PUE below 1", _metered("s1", 900, 1000, 0.9), _PUE, [])
    limit = {"hub": "guian", "target": "t", "kpi": "pue", "scope": "huawei"}
    limited = both | {series(site.TARGET_VALUE, limit, op="<="): "1.2x60"}
    met = recorded.TARGET_MET
    yield _expression(
        "a limit is kept or not by its own scope's value", limited | _LISTED, met, [(limit, 1)]
    )
    yield _expression("a part of a hub shows no limit kept", limited, met, [])
    broken = both | {series(site.TARGET_VALUE, limit, op="<="): "1.1x60"}
    yield _expression("a part of a hub shows a limit broken", broken, met, [(limit, 0)])
    computed = {series(site.KPI_VALUE, _PART): "1.18x5"}
    yield _expression(
        "where the raw series are elsewhere, the agents' value stands in",
        computed,
        _PUE,
        [(_PART, 1.18)],
    )


def _missing_tests() -> Iterator[JsonTest]:
    """Yield tests of sites that fall silent, and of sites that several gateways report.

    Two sites of 100 each at 1.5 and 1.15 make (150 + 115) / 200 = 1.325.
    """
    better = _metered("s2", 115, 100, 1.15, gateway="g2")
    gone = _metered("s1", 150, 100, 1.5, coverage="1x3 _x40", gateway="g1") | better
    gone |= dict.fromkeys(_HUAWEI, "1x3 _x40")
    # What the gateway that is left computes by itself is of its own site.
    gone |= {series(site.KPI_VALUE, _WHOLE, instance="g2"): "1.15x60"}
    yield _expression("two sites make their hub's PUE", gone, _PUE, [(_WHOLE, 1.325), (_PART, 1.5)])
    covered = [(_WHOLE, 1), (_PART, 1)]
    yield _expression("two covered sites cover their hub", gone, _PUE_COVERAGE, covered)
    yield _expression("no PUE without the worst site", gone, _PUE, [], at="30m")
    none = [(_WHOLE, 0), (_PART, 0)]
    yield _expression("a site that is gone covers nothing", gone, _PUE_COVERAGE, none, at="30m")
    never = better | {series(site.SITE_EXPECTED, {"hub": "guian", "site": "s1"}): "1x60"}
    yield _expression("no PUE without a site that is listed", never, _PUE, [])
    planned = better | {_listed("s1", "planned"): "1x60"}
    yield _expression("a planned site is not missed", planned, _PUE, [(_WHOLE, 1.15)])
    # 400 in half a year are 800 in a year: (1200 + 230) / 1000, of which 600 / 1000 are metered.
    partly = _metered("s1", 600, 400, 1.5, coverage="0.5x60") | _metered("s2", 230, 200, 1.15)
    yield _expression(
        "hours without a meter change no site's weight", partly, _PUE, [(_WHOLE, 1.43)]
    )
    yield _expression("coverage is weighted by energy", partly, _PUE_COVERAGE, [(_WHOLE, 0.6)])
    # The first covers more: 1300 / 1000, not the larger of each side, 1300 / 1060.
    twice = _metered("s1", 1300, 1000, 1.3, gateway="g1") | _metered(
        "s1", 1299, 1060, 1.2255, coverage="0.95x60", gateway="g2"
    )
    yield _expression("one of two gateways tells a site", twice, _PUE, [(_WHOLE, 1.3)])
    # The one at the UPS has a lower PUE: it does not take over when the one at the PDUs ends.
    ups = _metered("s1", 1226, 1000, 1.226, coverage="0.95x60", gateway="g2", category="1")
    pdu = _metered("s1", 1300, 1000, 1.3, coverage="1x3 _x40", gateway="g1")
    yield _expression("the deeper of two categories is told", pdu | ups, _PUE, [(_WHOLE, 1.3)])
    yield _expression("no lower category takes over", pdu | ups, _PUE, [], at="30m")
    same = _metered("s1", 1310, 1000, 1.31, coverage="0.5x60", gateway="g2")
    yield _expression(
        "another of the same category does", pdu | same, _PUE, [(_WHOLE, 1.31)], at="30m"
    )
    alone = _metered("s1", 1226, 1000, 1.226, gateway="g1", category="1")
    yield _expression("an only gateway has its category", alone, _PUE, [(_WHOLE, 1.226)])
    alike = _metered("s1", 1300, 1000, 1.3, gateway="g2") | _metered(
        "s1", 1240, 1000, 1.24, gateway="g1"
    )
    yield _expression("of two alike the worse tells a site", alike, _PUE, [(_WHOLE, 1.3)])


def _rack_tests() -> Iterator[JsonTest]:
    def racks(hub: str, *states: str) -> dict[str, str]:
        places = (
            {"hub": hub, "site": f"{hub}-1", "row": "A", "rack": f"A{number}"}
            for number in range(len(states))
        )
        return {
            series(rack.RACK_INFO, place, state=state): "1x5"
            for place, state in zip(places, states, strict=True)
        }

    key = {"kpi": "racks_in_service", "scope": "hub"}
    in_service = f'{recorded.KPI_VALUE}{{kpi="racks_in_service"}}'
    own = racks("kunming", "in_service", "in_service", "under_construction")
    yield _expression(
        "racks under construction are not in service",
        own,
        in_service,
        [({"hub": "kunming", **key}, 2)],
    )
    asked = {series(site.TARGET_INFO, {"hub": "kunming", "target": "t", **key}, kind="both"): "1x5"}
    inside = own | racks("liangya", "in_service") | asked
    expected = [({"hub": "kunming", **key}, 3.0), ({"hub": "liangya", **key}, 1.0)]
    yield _expression("a hub counts the racks of the hubs inside it", inside, in_service, expected)
    shares = {
        series(
            site.SITE_OCCUPANCY, {"hub": "kunming", "site": "kunming-1"}, method="racks"
        ): "0.5x5"
    }
    occupancy = {"hub": "kunming", "kpi": "rack_occupancy", "scope": "hub"}
    yield _expression(
        "occupancy is weighted by racks in service",
        own | shares,
        f'{recorded.KPI_VALUE}{{kpi="rack_occupancy"}}',
        [(occupancy, 0.5)],
    )


def _chip_tests() -> Iterator[JsonTest]:
    chip = {
        "hub": "liangya",
        "site": "s1",
        "row": "A",
        "rack": "A0",
        "node": "n1",
        "accelerator": "0",
    }
    peaks = {
        series(node.ACCELERATOR_PEAK, chip, precision=name): values
        for name, values in ((PRECISION, "280e12x5"), ("fp32", "75e12x5"))
    }
    compute = {"hub": "liangya", "kpi": "compute_flops", "scope": "hub"}
    yield _expression(
        "compute is summed at one precision",
        peaks,
        f'{recorded.KPI_VALUE}{{kpi="compute_flops"}}',
        [(compute, 280e12)],
    )
    seen = {series(node.ACCELERATOR_INFO, chip, vendor="Huawei", model="910"): "1x5"}
    chips = {"hub": "liangya", "kpi": "accelerators", "scope": "hub"}
    listed = {series(site.KPI_VALUE, chips): "8x5"}
    yield _expression(
        "chips the inventory lists count beside those seen",
        seen | listed,
        f'{recorded.KPI_VALUE}{{kpi="accelerators"}}',
        [(chips, 8)],
    )
    for name, places, count in (
        ("what two gateways list of one site does not add up", ("s1", "s1"), 8),
        ("what two gateways list of two sites adds up", ("s1", "s2"), 16),
    ):
        told = {}
        for gateway, place in zip(("g1", "g2"), places, strict=True):
            where = {"hub": "liangya", "site": place, "state": "in_service", "name": place}
            told[series(site.SITE_INFO, where, instance=gateway)] = "1x5"
            told[series(site.KPI_VALUE, chips, instance=gateway)] = "8x5"
        yield _expression(
            name, told, f'{recorded.KPI_VALUE}{{kpi="accelerators"}}', [(chips, count)]
        )


def _stranded_tests() -> Iterator[JsonTest]:
    """Yield tests of stranded power.

    A site without a full rack has none; a silent full rack is not zero.
    """
    place = {"hub": "guian", "site": "s1"}

    def space(share: float) -> dict[str, str]:
        rack_of = {**place, "row": "A", "rack": "A07"}
        return {series(rack.RACK_UTILIZATION, rack_of, kind="space"): f"{share}x5"}

    full = space(1) | {series(rack.RACK_STRANDED, {**place, "row": "A", "rack": "A07"}): "900x5"}
    record = STRANDED.record
    yield _expression("what full racks do not draw is stranded", full, record, [(place, 900)])
    yield _expression("where no rack is full, none is stranded", space(0.9), record, [(place, 0)])
    yield _expression("a full rack that is silent gives no value", space(1), record, [])


def _expression(
    name: str,
    inputs: Mapping[str, str],
    expr: str,
    expected: Sequence[tuple[Mapping[str, str], float]],
    *,
    at: str = "3m",
) -> JsonTest:
    record = re.split(r"[{ ]", expr)[0]
    samples = [{"labels": named(record, labels), "value": value} for labels, value in expected]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": series_name, "values": values} for series_name, values in inputs.items()
        ],
        "promql_expr_test": [{"expr": expr, "eval_time": at, "exp_samples": samples}],
    }
