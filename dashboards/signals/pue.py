"""Signals of PUE, and of the energy and the evidence behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from collectors.base import Metric
from collectors.catalogue import facility, site
from collectors.catalogue.limits import BURN_LIMIT, MIN_COVERAGE
from collectors.catalogue.rack_limits import Matcher, SiteLimits
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import (
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
    Excuse,
    Signal,
    State,
    Step,
    above,
    steps,
)
from dashboards.signals.limited import ELSEWHERE, narrowed

JOULES_PER_WATT_HOUR: Final = 3600

FIRST_HOUR: Final = "the ledger's first hour here is not over"

_HOUR: Final = 'window="1h"'

_IS_PUE: Final = 'kpi="pue"'

_IS_RENEWABLE: Final = 'point="renewable"'

_PUE_TARGET: Final = 'kpi="pue",kind!="observation"'


def _last_hour(counter: Metric) -> str:
    """Return the increase of a ledger's counter in an hour; nothing if the counter fell.

    `rate` cannot be used: the ledger adds whole hours, and if it sums an hour again to a little
    less, `rate` would take that for a counter that began anew.
    """
    now = of(counter)
    return f"{now} - {now} offset 1h and resets({now}[1h]) == 0"


def _pue_state(name: str) -> str:
    return of(site.SITE_PUE_STATE, f'state="{name}"')


SITE_LEDGER_POWER: Final = Signal(
    key="site.ledger_power",
    name=Text("Mean power from the ledger"),
    description=Text(
        "Energy of the last hour over its metered time, by boundary, as a mean power: exact across"
        " gaps, unlike a momentary reading.",
    ),
    unit="watt",
    # The ledger's counters leap when a past is imported, and fall when it is lost or summed again.
    # So they are used only where the window has no value, and never across a fall.
    expr=(
        f"max by (hub, site, boundary) ({of(site.SITE_WINDOW_ENERGY, _HOUR)}) / on (hub, site)"
        f" group_left () (min by (hub, site) ({of(site.SITE_PUE_COVERAGE, _HOUR)}) > 0) / 3600"
        f" or max by (hub, site, boundary) ({_last_hour(site.SITE_ENERGY)}) / 3600"
    ),
    legend="{{site}} {{boundary}}",
    least=0,
    may_be_empty=Excuse(reason=FIRST_HOUR, unless=f"{of(site.SITE_ENERGY)} offset 1h"),
)

SITE_PUE: Final = Signal(
    key="site.pue",
    name=Text("PUE by window"),
    description=Text(
        "Facility energy over IT energy of the same covered hours (ISO/IEC 30134-2). Windows"
        " under 12 months are interim.",
    ),
    unit="none",
    expr=f"max by (hub, site, window) ({of(site.SITE_PUE)})",
    legend="{{site}} {{window}}",
    record="site:dc_pue_ratio:max",
    decimals=3,
    begins=1,
)

PUE_LIMIT: Final = Signal(
    key="hub.pue_limit",
    name=Text("PUE limit"),
    description=Text("The PUE the hub has stated it will not exceed."),
    unit="none",
    expr=f"max by (hub, scope, target) ({of(site.TARGET_VALUE, _IS_PUE, scope='hub')})",
    legend="{{target}}",
    decimals=3,
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)

PUE_COVERAGE: Final = Signal(
    key="site.pue_coverage",
    name=Text("Metering coverage"),
    description=Text(
        "Share of the window in which facility and IT energy were both metered."
        " Below {least} the PUE is not trusted.",
        {"least": f"{MIN_COVERAGE:.0%}"},
    ),
    unit="percentunit",
    expr=f"min by (hub, site, window) ({of(site.SITE_PUE_COVERAGE)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    record="site:dc_pue_coverage_ratio:min",
    least=0,
    most=1,
    steps=steps((MIN_COVERAGE, ORANGE), (0.99, GREEN), base=RED),
)

PUE_UNCERTAINTY: Final = Signal(
    key="site.pue_uncertainty",
    name=Text("PUE uncertainty"),
    description=Text(
        "Relative uncertainty of the PUE from the accuracy classes of its meters.",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, window) ({of(site.SITE_PUE_UNCERTAINTY)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    decimals=2,
    may_be_empty=Excuse(
        reason="no meter has an accuracy class", unless=of(site.SITE_PUE_UNCERTAINTY)
    ),
)

PUE_REQUIRED: Final = Signal(
    key="site.pue_required",
    name=Text("Required PUE for the rest of the year"),
    description=Text(
        "What the rest of the year must average for the year to end at the target; below 1 the"
        " year cannot be saved.",
    ),
    unit="none",
    expr=f"min by (hub, site) ({of(site.SITE_PUE_REQUIRED)})",
    legend="{{site}}",
    decimals=3,
    begins=1,
    steps=steps((1.0, ORANGE), (1.1, GREEN), base=RED),
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)


def _burn_steps(rate: float) -> tuple[Step, ...]:
    return steps((above(1.0), ORANGE), (above(rate), RED))


def _by_burn_rate(signal: Signal, limits: SiteLimits) -> Sequence[Signal]:
    """Return the budget of all other sites, and of those with a rate of their own by their rate."""
    own = {site: rate for site, rate in limits.site_burn_rates.items() if rate != limits.burn_rate}
    others = tuple(Matcher("site", "!=", (site,)) for site in own)
    parts: list[tuple[Sequence[Matcher], float]] = [(others, limits.burn_rate)]
    for rate in dict.fromkeys(own.values()):
        sites = tuple(site for site, one in own.items() if one == rate)
        parts.append(((Matcher("site", "=", sites),), rate))
    return [
        replace(
            signal,
            steps=_burn_steps(rate),
            expr=narrowed(signal.expr, matchers),
            may_be_empty=_no_burn_at(matchers) if matchers else signal.may_be_empty,
        )
        for matchers, rate in parts
    ]


def _no_burn_at(matchers: Sequence[Matcher]) -> Excuse:
    """Return why the burn of some sites alone may be missing: no PUE there, or no limit.

    A target is its hub's and has no label `site`.
    """
    pue = narrowed(of(site.SITE_PUE), matchers)
    target = of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    return Excuse(reason=ELSEWHERE, unless=f"{pue} and on (hub) {target}")


PUE_BURN: Final = Signal(
    key="site.pue_burn",
    name=Text("PUE budget burn"),
    description=Text(
        "Overhead energy of a window over what the limit allows for the same IT energy: (PUE - 1)"
        " / (limit - 1). At 1 the limit is just kept.",
    ),
    unit="none",
    expr=f"(max by (hub, site, window) ({of(site.SITE_PUE)}) - 1)"
    f" / on (hub, site) group_left () (min by (hub, site) ({of(site.SITE_PUE_LIMIT)}) - 1)",
    legend="{{site}} {{window}}",
    kind="ratio",
    record="site:dc_pue_budget_burn:ratio",
    least=0,
    decimals=2,
    steps=_burn_steps(BURN_LIMIT),
    by_limits=_by_burn_rate,
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)

PUE_STATES: Final = {
    "valid": State(value=0, text=Text("✓ valid"), color=GREEN),
    "low_coverage": State(value=1, text=Text("◐ low coverage"), color=ORANGE),
    "no_data": State(value=2, text=Text("○ no data"), color=GREY),
    "inconsistent": State(value=3, text=Text("✗ inconsistent"), color=RED),
}

PUE_STATE: Final = Signal(
    key="site.pue_state",
    name=Text("State of the PUE"),
    description=Text(
        "Whether a window's PUE may be quoted: valid, too little covered, no data, or"
        " inconsistent (no IT energy, or below 1).",
    ),
    unit="none",
    expr=" or ".join(
        f"max by (hub, site, window) ({_pue_state(name)} == 1) * {state.value}"
        for name, state in PUE_STATES.items()
    ),
    legend="{{site}} {{window}}",
    kind="state",
    states=tuple(PUE_STATES.values()),
)

WINDOW_ENERGY: Final = Signal(
    key="site.window_energy",
    name=Text("Energy behind the PUE"),
    description=Text(
        "Numerator (facility) and denominator (IT) of each window's PUE, over the hours covered"
        " at both boundaries.",
    ),
    unit="watth",
    expr=(
        f"max by (hub, site, boundary, window) ({of(site.SITE_WINDOW_ENERGY)}) /"
        f" {JOULES_PER_WATT_HOUR}"
    ),
    legend="{{site}} {{boundary}} {{window}}",
    least=0,
)

RENEWABLE: Final = Signal(
    key="site.renewable",
    name=Text("Renewable energy factor"),
    description=Text(
        "Share of the facility's energy that is renewable (ISO/IEC 30134-3).",
    ),
    unit="percentunit",
    expr=f"min by (hub, site, window) ({of(site.SITE_RENEWABLE)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((0.8, ORANGE), (1.0, GREEN), base=SKY),
    may_be_empty=Excuse(
        reason="no meter is marked renewable", unless=of(facility.METER_UP, _IS_RENEWABLE)
    ),
)

CARBON: Final = Signal(
    key="site.carbon",
    name=Text("Carbon dioxide emitted"),
    description=Text(
        "Carbon dioxide equivalent of the ledger's last whole hour, from its energy and factors.",
    ),
    unit="suffix:kg/h",
    expr=f"max by (hub, site) ({_last_hour(site.SITE_CARBON)})",
    legend="{{site}}",
    least=0,
    may_be_empty=Excuse(
        reason="no emission factor is set, so no carbon is told; or its first hour is not over",
        unless=f"{of(site.SITE_CARBON)} offset 1h",
    ),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
