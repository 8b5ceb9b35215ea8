"""The names of series that rules, alerts and panels may read."""

from __future__ import annotations

from collectors.catalogue import all_metrics, recorded

GIVEN_BY_PROMETHEUS = {"up"}
READ_BY_SIGNALS = {
    recorded.KPI_VALUE,
    recorded.KPI_COVERAGE,
    recorded.KPI_MISSING,
    recorded.SOURCE,
}
"""Recorded series that panels read where there are rules; without them the raw ones answer."""
TARGET_LABELS = {"instance", "job", "le"}


def declared() -> set[str]:
    names = set()
    for found in all_metrics():
        names.add(found.full_name)
        if found.type == "histogram":
            names |= {f"{found.full_name}{suffix}" for suffix in ("_bucket", "_sum", "_count")}
    return names
