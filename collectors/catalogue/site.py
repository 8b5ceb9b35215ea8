"""Site and target metrics: what the KPIs are made of."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType

SITE: Final = ("hub", "site")


def _site(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc", subsystem="site", name=name, type=type, help=help, labels=(*SITE, *labels)
    )


SITE_INFO: Final = _site(
    "info",
    "A site of the inventory, with its state: in_service, under_construction or planned.",
    "state",
    "name",
)
SITE_SCOPE: Final = _site(
    "scope", "1 for each named group of sites the site belongs to, from the inventory.", "scope"
)
SITE_EXPECTED: Final = _site(
    "expected",
    "1 for each site in service that the inventory or the hub's file lists:"
    " a hub's value needs it.",
)
SITE_ENERGY: Final = _site(
    "energy_joules_total",
    "Energy in the ledger since it began, by boundary: facility, it, renewable, reused.",
    "boundary",
    type="counter",
)
SITE_POWER: Final = _site(
    "power_watts",
    "Power crossing a boundary now, where every meter of it answers and none is dead.",
    "boundary",
)
SITE_PUE: Final = _site(
    "pue_ratio",
    "Power usage effectiveness of a window (ISO/IEC 30134-2); under 12 months it is interim.",
    "category",
    "window",
)
SITE_PUE_COVERAGE: Final = _site(
    "pue_coverage_ratio",
    "Share of the window in which both energies were metered, 0 to 1.",
    "window",
)
SITE_PUE_UNCERTAINTY: Final = _site(
    "pue_uncertainty_ratio", "Relative uncertainty of the PUE, 0.01 is one percent.", "window"
)
SITE_PUE_REQUIRED: Final = _site(
    "pue_required_ratio", "What the rest of the year must average to end it at the target."
)
SITE_PUE_LIMIT: Final = _site(
    "pue_limit_ratio",
    "The PUE that was promised not to be exceeded at this site, from the registry.",
)
SITE_PUE_STATE: Final = _site(
    "pue_state",
    "1 for the state the window's PUE is in: valid, low_coverage, no_data, inconsistent.",
    "window",
    "state",
)
SITE_WINDOW_ENERGY: Final = _site(
    "window_energy_joules",
    "Energy of a window over the hours covered at both boundaries: the PUE's numerator and"
    " denominator.",
    "boundary",
    "window",
)
SITE_RENEWABLE: Final = _site(
    "renewable_energy_ratio", "Renewable energy factor (ISO/IEC 30134-3), 0 to 1.", "window"
)
SITE_PUE_GRADE: Final = _site(
    "pue_grade",
    "Grade of GB 40879-2021 that a year at the window's PUE has: 1, 2 or 3, and 0 for none of"
    " them.",
    "window",
)
METER_STUCK: Final = Metric(
    namespace="dc",
    subsystem="meter",
    name="register_stuck",
    type="gauge",
    help=(
        "1 while a meter's register stands still and should not, 0 once it counts again; absent"
        " where none was found stuck since the agent began, or at 0 within a day."
    ),
    labels=("hub", "site", "meter", "point"),
)
SITE_PARTIAL_PUE: Final = _site(
    "partial_pue_ratio",
    "Partial PUE: energy of a subsystem and of IT over that of IT, while the subsystem was"
    " metered.",
    "subsystem",
    "window",
)
SITE_OVERHEAD: Final = _site(
    "overhead_energy_joules",
    "Facility less IT energy of a window by where it goes: cooling, ups, distribution, lighting,"
    " other and what is unmetered.",
    "subsystem",
    "window",
)
SITE_OVERHEAD_COVERAGE: Final = _site(
    "overhead_coverage_ratio",
    "Share of the PUE's covered time in which a subsystem was metered, 0 to 1.",
    "subsystem",
    "window",
)
SITE_REUSED: Final = _site(
    "reused_energy_ratio",
    "Energy reuse factor (ISO/IEC 30134-6): energy handed on for use elsewhere over facility"
    " energy.",
    "window",
)
SITE_CARBON: Final = _site(
    "carbon_kilograms_total",
    "Carbon dioxide equivalent of the energy used, from the ledger and the inventory's factors.",
    type="counter",
)
SITE_CUE: Final = _site(
    "carbon_usage_kilograms_per_joule",
    "Carbon usage effectiveness (ISO/IEC 30134-8): carbon dioxide equivalent over IT energy;"
    " times 3.6e6 it is kg/kWh.",
    "basis",
    "window",
)
SITE_WATER: Final = _site("water_liters_total", "Water used, from the ledger.", type="counter")
SITE_WUE: Final = _site(
    "water_usage_liters_per_joule",
    "Water usage effectiveness (ISO/IEC 30134-9): water used over IT energy; times 3.6e6 it is"
    " litres/kWh.",
    "window",
)
SITE_FACTOR_COVERAGE: Final = _site(
    "factor_coverage_ratio",
    "Share of the window in which the meters of erf, cue or wue were heard, and those of PUE, 0"
    " to 1.",
    "factor",
    "window",
)
SITE_OCCUPANCY: Final = _site(
    "rack_occupancy_ratio",
    "Share of capacity in use (occupancy, 上架率), by method: racks, units, power.",
    "method",
)

SITE_RESERVED: Final = _site(
    "rack_reserved_ratio",
    "Share of capacity promised to somebody and not in use yet, by method: racks, units.",
    "method",
)
SITE_UNITS: Final = _site("rack_units", "Rack units (U) of the site's racks in service.")
SITE_HEADROOM: Final = _site(
    "rack_headroom_watts",
    "What may at least be added to the site's racks in service at once so that failover holds:"
    " rack by rack, what every breaker on its feeds has left.",
)
SITE_INLETS_WITHIN: Final = _site(
    "inlets_within_ratio",
    "Share of the racks in service whose warmest inlet is measured and not above the recommended"
    " temperature, 0 to 1; absent while fewer than nine in ten are measured.",
)

SITES_LISTED: Final = Metric(
    namespace="dc",
    subsystem="hub",
    name="sites_listed",
    type="gauge",
    help="1 where the inventory or the hub's file is said to list all sites of the hub, else 0.",
    labels=("hub",),
)
KPI_VALUE: Final = Metric(
    namespace="dc",
    subsystem="kpi",
    name="value",
    type="gauge",
    help="The measured value of a KPI for a scope: what targets are judged by.",
    labels=("hub", "kpi", "scope"),
)
KPI_COVERAGE: Final = Metric(
    namespace="dc",
    subsystem="kpi",
    name="coverage_ratio",
    type="gauge",
    help="Share of the KPI's evidence that was there, 0 to 1.",
    labels=("hub", "kpi", "scope"),
)
KPI_BOUND: Final = Metric(
    namespace="dc",
    subsystem="kpi",
    name="lower_bound",
    type="gauge",
    help=(
        "1 where the KPI's value is of a part, so that it never shows a limit kept; 0 where it is"
        " of the whole."
    ),
    labels=("hub", "kpi", "scope"),
)
TARGET_VALUE: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="value",
    type="gauge",
    help="The stated limit or goal.",
    labels=("hub", "target", "kpi", "scope", "op"),
)
TARGET_DEADLINE: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="deadline_timestamp_seconds",
    type="gauge",
    help="When the target is due (the later end of a range), seconds since the epoch.",
    labels=("hub", "target", "kpi", "scope"),
)
TARGET_INFO: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="info",
    type="gauge",
    help="A target of the registry, with its source and the day it was stated.",
    labels=("hub", "target", "kpi", "scope", "kind", "source", "stated"),
)
TARGET_STATE: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="state",
    type="gauge",
    help=(
        "1 for the state the target is in: met, on_track, at_risk, missed, unknown,"
        " expired_unreported, stated_only."
    ),
    labels=("hub", "target", "kpi", "scope", "state"),
)
TARGET_PACE: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="pace_per_second",
    type="gauge",
    help=(
        "Change of the KPI in its base unit each second: required until the deadline, and kept at"
        " present."
    ),
    labels=("hub", "target", "kpi", "scope", "pace"),
)
TARGET_EXPECTED: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="expected_value",
    type="gauge",
    help=(
        "What the KPI is expected to be by the deadline if things go on as they do, with the range"
        " that holds four times in five: lower, expected, upper."
    ),
    labels=("hub", "target", "kpi", "scope", "bound"),
)
TARGET_FORECAST: Final = Metric(
    namespace="dc",
    subsystem="target",
    name="forecast_timestamp_seconds",
    type="gauge",
    help=(
        "When the KPI reaches the limit if things go on as they do: earliest (a chance of 10 %),"
        " expected (50 %), latest (90 %); absent where that chance is never reached."
    ),
    labels=("hub", "target", "kpi", "scope", "bound"),
)
OBSERVATION_VALUE: Final = Metric(
    namespace="dc",
    subsystem="observation",
    name="value",
    type="gauge",
    help="A registered observation: a published figure that has no telemetry behind it.",
    labels=("hub", "target", "kpi", "scope", "stated"),
)
