"""Alerts on energy and power: an impossible PUE, silent meters, a UPS on battery."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility, site, ups
from collectors.catalogue.limits import ANSWERING_LIMIT, MIN_COVERAGE
from collectors.catalogue.needs import GRAVITY
from dashboards.alerts.base import RACK, SITE, Alert, Case, series
from dashboards.alerts.limit import percent
from dashboards.language import Text
from dashboards.promql import for_rule, last_known, of, share
from dashboards.signals import pue, rack

_INCONSISTENT: Final = 'state="inconsistent"'


def _inconsistent(value: str, coverage: str = "0.97x60") -> dict[str, str]:
    state = series(site.SITE_PUE_STATE, SITE, window="1d", state="inconsistent")
    return {state: value, **_coverage("1d", coverage)}


def _coverage(window: str, value: str) -> dict[str, str]:
    return {series(site.SITE_PUE_COVERAGE, SITE, window=window): value}


_METER: Final = {**SITE, "meter": "main-1", "point": "utility"}
_PDU: Final = {**RACK, "pdu": "A07-A", "feed": "A"}
_UPS: Final = {**SITE, "ups": "u1"}

_EACH_PDU: Final = last_known("max by (hub, site, rack, pdu)", of(facility.PDU_UP))

ALERTS: Final = (
    Alert(
        name="SitePueInconsistent",
        # A window with little coverage is not judged at all, not even as impossible.
        expr=for_rule(f"max by (hub, site, window) ({of(site.SITE_PUE_STATE, _INCONSISTENT)}) == 1")
        + f" and on (hub, site, window) {pue.PUE_COVERAGE.recorded()} >= {MIN_COVERAGE}",
        wait="30m",
        severity="warning",
        summary=Text(
            "PUE of {{ $labels.site }} ({{ $labels.window }}) is impossible: check which meters the"
            " inventory counts at which point.",
        ),
        description=(
            "No IT energy, or a PUE below 1: a meter is at the wrong point, missing from the"
            " inventory, or scaled wrongly."
        ),
        must_fire=Case(series=_inconsistent("1x60"), at="45m", fires={**SITE, "window": "1d"}),
        must_not_fire=Case(series=_inconsistent("0x10 1x50"), at="25m"),
        also_quiet=(Case(series=_inconsistent("1x60", coverage="0.0049x60"), at="45m"),),
    ),
    Alert(
        name="SitePueCoverageLow",
        # The day's window: a longer one would fire for a year after one bad month, when nothing can
        # be done any more.
        expr=f'{pue.PUE_COVERAGE.recorded()}{{window="1d"}} < {MIN_COVERAGE}',
        wait="1h",
        severity="warning",
        summary=Text(
            "Only {{ $value | humanizePercentage }} of the last day is metered at"
            " {{ $labels.site }}: find the silent meter.",
        ),
        limit=percent(MIN_COVERAGE),
        description=(
            "Hours without both energies do not count for the PUE; too many and the year's figure"
            " cannot be defended."
        ),
        must_fire=Case(
            series=_coverage("1d", "0.5x120"), at="90m", fires={**SITE, "window": "1d"}, value="50%"
        ),
        must_not_fire=Case(
            series=_coverage("1d", "0.95x120") | _coverage("12mo", "0.2x120"), at="90m"
        ),
    ),
    Alert(
        name="MeterSilent",
        expr=for_rule(
            last_known("max by (hub, site, meter, point)", of(facility.METER_UP)) + " == 0"
        ),
        wait="5m",
        severity="warning",
        summary=Text(
            "Meter {{ $labels.meter }} ({{ $labels.point }}) of {{ $labels.site }} does not"
            " answer: check its line; PUE is losing hours.",
        ),
        description=(
            "Energy registers bridge the gap when the meter is back; a meter without one loses"
            " these hours for good."
        ),
        must_fire=Case(
            series={series(facility.METER_UP, _METER): "1x5 0x30"}, at="20m", fires=_METER
        ),
        must_not_fire=Case(series={series(facility.METER_UP, _METER): "1x5 0x30"}, at="8m"),
    ),
    Alert(
        name="MeterStuck",
        expr=for_rule(
            last_known("max by (hub, site, meter, point)", of(site.METER_STUCK)) + " == 1"
        ),
        wait="0m",
        severity="warning",
        summary=Text(
            "The register of meter {{ $labels.meter }} ({{ $labels.point }}) of {{ $labels.site }}"
            " stands still while power is drawn: read its display, then restart or replace it.",
        ),
        description=(
            "Neither its register nor its power counts in that time: they contradict each other."
            " The PUE loses coverage meanwhile, and no energy is made up."
        ),
        must_fire=Case(
            series={series(site.METER_STUCK, _METER): "_x10 1x20"}, at="20m", fires=_METER
        ),
        must_not_fire=Case(series={series(site.METER_STUCK, _METER): "1x10 0x20"}, at="20m"),
    ),
    Alert(
        name=GRAVITY["silent"].alert,
        expr=for_rule(
            last_known(f"max by ({rack.RACK_LABELS}, pdu, feed)", of(facility.PDU_UP)) + " == 0"
        ),
        wait=GRAVITY["silent"].wait,
        severity=GRAVITY["silent"].severity,
        summary=Text(
            "PDU {{ $labels.pdu }} of rack {{ $labels.rack }} does not answer: check its network"
            " and credentials; is feed {{ $labels.feed }} up?",
        ),
        description="The rack's power is unknown while a PDU is silent: it is not counted as zero.",
        must_fire=Case(series={series(facility.PDU_UP, _PDU): "0x30"}, at="20m", fires=_PDU),
        must_not_fire=Case(series={series(facility.PDU_UP, _PDU): "1x5 0x30"}, at="12m"),
    ),
    Alert(
        name="SitePdusSilent",
        expr=for_rule(share("hub, site", _EACH_PDU) + f" < {ANSWERING_LIMIT}"),
        wait="5m",
        severity="critical",
        summary=Text(
            "{{ $value | humanizePercentage }} of the PDUs of {{ $labels.site }} answer: look for"
            " one cause: network, gateway, or a lost feed.",
        ),
        limit=percent(ANSWERING_LIMIT),
        description="Many PDUs silent at once is one fault, not many.",
        must_fire=Case(
            series={
                series(facility.PDU_UP, _PDU): "0x30",
                series(facility.PDU_UP, _PDU | {"pdu": "A07-B", "feed": "B"}): "1x30",
            },
            at="15m",
            fires=SITE,
            value="50%",
        ),
        must_not_fire=Case(
            series={
                series(facility.PDU_UP, _PDU | {"pdu": f"A{n}-A"}): "1x30" if n else "0x30"
                for n in range(10)
            },
            at="15m",
        ),
    ),
    Alert(
        name="UpsOnBattery",
        # A UPS whose battery is empty, or whose network switch has no power, falls silent. So its
        # last known state counts.
        expr=for_rule(last_known("max by (hub, site, ups)", of(ups.UPS_ON_BATTERY)) + " == 1"),
        wait="1m",
        severity="critical",
        summary=Text(
            "UPS {{ $labels.ups }} of {{ $labels.site }} runs on battery: check the utility and"
            " that the generators start.",
        ),
        description=(
            "The battery supplies the load; the dashboard of racks and power shows the runtime that"
            " is left."
        ),
        must_fire=Case(series={series(ups.UPS_ON_BATTERY, _UPS): "0x2 1x10"}, at="8m", fires=_UPS),
        must_not_fire=Case(series={series(ups.UPS_ON_BATTERY, _UPS): "0x10"}, at="8m"),
    ),
)
