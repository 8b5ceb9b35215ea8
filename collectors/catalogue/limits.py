"""The limits that boards, rules, alerts and the agent compare with; each is stated once, here.

Shares are 0 to 1, temperatures degrees Celsius, times seconds unless the name says otherwise.
"""

from __future__ import annotations

from typing import Final, Literal

# ---------------------------------------------------------------- time windows and coverage

Window = Literal["1h", "1d", "30d", "ytd", "12mo"]
WINDOWS: Final[tuple[Window, ...]] = ("1h", "1d", "30d", "ytd", "12mo")
"""The windows that PUE and energies are given for, in the order they are shown."""
YEAR_WINDOW: Final[Window] = "12mo"
"""The window that decides: ISO/IEC 30134-2 judges a whole year. Shorter ones are interim."""
MIN_COVERAGE: Final = 0.9
"""A window with a smaller share of metered time has the state `low_coverage`."""

IncomingPoint = Literal["utility", "generator", "renewable"]
INCOMING: Final[tuple[IncomingPoint, ...]] = ("utility", "generator", "renewable")
"""The metering points where energy comes into a site."""

METER_WATTS: Final = 5e8
"""More than any meter shows: twice the 250 MW that one meter of a campus carries."""
METER_LITERS: Final = 1e3
"""Litres a second that no meter of water shows."""
REGISTER_SECONDS: Final = 100 * 365.25 * 86_400
"""No register holds more than a hundred years of that."""

# ---------------------------------------------------------------- what KPIs are measured by

PRECISION: Final = "fp16"
"""The precision that rated compute is summed at. No source names one; intelligent computing is
usually rated at FP16."""
QUANTILE: Final = "0.5"
"""The share of probes whose round trip is judged: the median."""

NEEDED_SECONDS: Final = 30 * 86_400
"""For so long a site that nobody lists any more is still needed for its hub's values."""

# ---------------------------------------------------------------- power

CONTINUOUS_LOAD: Final = 0.8
"""Share of a breaker's rating that continuous load may take (NEC 210.20(A), 215.3)."""
FAILOVER_LIMIT: Final = CONTINUOUS_LOAD
"""Share of the remaining feeds' capacity that a rack's whole load may take. Above it, the loss of
a feed leaves no room for the surge when equipment starts."""
TRIP_LIMIT: Final = 0.95
"""Above this share of its rating, a warm breaker or one that was set low may trip."""
POWER_LIMIT: Final = 1.0
"""Share of its rated power that a rack may take."""
FULL_DAYS: Final = 60
"""A row that is full in fewer days needs someone: it takes about this long to build another."""

IMBALANCE_LIMIT: Final = 0.3
"""Above this share of the mean current, the phases' imbalance raises an alert."""
IMBALANCE_SHOWN: Final = 0.2
"""Above this share of the mean current, a page names the phase."""
LEAST_SHARE: Final = 0.1
"""Below this share of its rating, a load is too low for its imbalance to mean something."""
LEAST_AMPERES: Final = 2.0
"""The same where nobody states a rating."""
KNOWN_SHARE: Final = 0.9
"""A site's occupancy is given when at least this share of its capacity is known."""

OUTLETS_UP_TO_PDUS: Final = 500
"""A gateway of more PDUs reads them to the phase unless it is told otherwise: outlets are six in
ten of all samples."""

ONE_PROCESS_UP_TO_DEVICES: Final = 1000
"""An agent of more devices has worker processes to read them, each up to so many where there are
cores, unless it is told otherwise: a process costs some 35 MB."""

# ---------------------------------------------------------------- air at the inlet

INLET_RECOMMENDED: Final = 27.0
"""ASHRAE TC 9.9: upper end of the recommended range."""
INLET_ALLOWABLE: Final = 32.0
"""ASHRAE TC 9.9: upper end of the range allowable for class A1."""
HEATING_LIMIT: Final = 5.0
"""ASHRAE TC 9.9: how much the air may change in HEATING_MINUTES, in kelvin."""
HEATING_MINUTES: Final = 15

# ---------------------------------------------------------------- stated targets

FRESH_SECONDS: Final = 2 * 86_400.0
"""A measurement up to this old still speaks for now, so that a weekend's maintenance does not turn
a target unknown."""
CLOSE_SECONDS: Final = 2 * 3_600.0
"""A measurement up to this long before a deadline speaks for it: the history keeps one an hour."""
NEAR_SECONDS: Final = 45 * 86_400.0
"""An annual value up to this far from a deadline still speaks for it: seven eighths of its year are
the same."""
MIN_INTERIM: Final = 7 / 365
"""An interim value from a smaller share of a year says nothing."""
PACE_LIMIT: Final = 0.9
"""Share of the required pace; below it, an alert says that the target is being lost."""
BURN_LIMIT: Final = 1.5
"""A PUE's budget that is used up this many times as fast as it may raises an alert."""

# ---------------------------------------------------------------- links

LOSS_LIMIT: Final = 0.05
"""Above this share of lost probes, interactive traffic suffers."""
SLOW_LINK: Final = 1.5
"""A round trip this many times the usual one raises an alert."""

# ---------------------------------------------------------------- agents and devices

ANSWERING_LIMIT: Final = 0.9
"""Where a smaller share of a site's devices or agents answers, that is one fault, not many."""
SPOOL_LIMIT: Final = 0.8
"""Above this share of its quota the spool has lost its reserve; at 1, samples are dropped."""
SILENT_SECONDS: Final = 86_400
"""After a day without an answer a device needs someone, whatever the earlier alerts led to."""
STALE_SECONDS: Final = 86_400
"""NetBox is read every quarter of an hour; after a day without it, its copy is out of date."""
CLOCK_SECONDS: Final = 0.05
"""A clock that is off by more raises an alert, as NodeClockSkewDetected of node-mixin."""
