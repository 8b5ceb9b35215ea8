"""Write docs/kpi-keys.md from the hub registry and the table of how KPIs are measured.

Run: python tools/kpi_reference.py [--check]
"""

from __future__ import annotations

import sys
from typing import Final

from generated import ROOT, finish

sys.path.insert(0, str(ROOT))

from agent.hubs.loader import load_registry
from agent.hubs.model import Kpi
from agent.hubs.units import UNITS
from agent.targets.kpis import measure_of
from agent.targets.measure import Match, Measure, Part

HEAD: Final = """# KPI keys

Every KPI that a hub file can speak of, by the key that stands behind `kpi:` there. The same key is
the label `kpi` of `dc_kpi_value` and `hub:dc_kpi:value`. *This page is generated from the code
(`tools/kpi_reference.py`).* [KPIs](kpis.md) explains how a PUE and the other ratios are computed,
[Hubs](hubs.md) how a target is judged.

- **Unit**: the unit of a figure where the hub file names none, and the base unit that series carry.
- **Better**: which way is better; – where neither is.
- **Kind**: *built up* grows over time, so a value below the goal says nothing before the deadline.
  *A year* is decided by twelve months; anything shorter is interim. All others are levels.
- **Agents**: how the values of several agents of one hub make the hub's.
"""
MEASURED: Final = """
## Measured

| key | what | unit | better | kind | agents | how it is measured | from |
|---|---|---|---|---|---|---|---|
"""
NARROWED: Final = """
## Narrowed by a label

A hub file may narrow some KPIs: `kpi: round_trip` with `labels: {peer: berlin}` is the round trip
to that peer alone. Its series carry the key of both, joined by an underscore: `round_trip_berlin`.
The value is in lower case there, and whatever is not a letter of a to z or a digit becomes an
underscore. Another hub file may use that key as it stands.

"""
SHIPPED: Final = """
The shipped hubs narrow these:

| key | what | how it is measured |
|---|---|---|
"""
REGISTERED: Final = """
## Registered only

No telemetry measures these. They are judged by what is published and registered.

| key | what | unit | better | kind |
|---|---|---|---|---|
"""
BETTER: Final = {"up": "more", "down": "less", "none": "–"}


def main() -> int:
    """Write the page; with `--check` only compare. Returns the exit status."""
    kpis = load_registry().kpis.values()
    plain = [kpi for kpi in kpis if not kpi.of]
    text = HEAD + MEASURED
    for kpi in plain:
        measure = measure_of(kpi)
        if measure is not None:
            cells = (*common(kpi), kpi.combine, kpi.measured["en"], source(measure))
            text += row(*cells)
    text += NARROWED
    for kpi in plain:
        if kpi.labelled is not None:
            text += f"- `{kpi.key}` by `{kpi.labelled.label}`{how_it_matches(kpi)}\n"
    text += SHIPPED
    for kpi in kpis:
        if kpi.of:
            text += row(f"`{kpi.key}`", kpi.name["en"], kpi.measured["en"])
    text += REGISTERED
    for kpi in plain:
        if measure_of(kpi) is None:
            text += row(*common(kpi))
    return finish("kpi-keys.md", text)


def row(*cells: str) -> str:
    """Return a table's row."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def common(kpi: Kpi) -> tuple[str, str, str, str, str]:
    """Return the cells that every KPI has: key, name, unit, direction, kind."""
    base = UNITS[kpi.unit].base
    unit = kpi.unit if kpi.unit == base else f"{kpi.unit} ({base})"
    kind = "built up" if kpi.stock else "a year" if kpi.annual else "level"
    return f"`{kpi.key}`", kpi.name["en"], unit, BETTER[kpi.direction], kind


def source(measure: Measure) -> str:
    """Say what a KPI is measured by: its series, and how they make one value."""
    what = part(measure.part)
    if measure.weight is not None:
        return f"mean of {what}, weighted by {part(measure.weight)}"
    if measure.per is not None:
        return f"sum of {what} over sum of {part(measure.per)}"
    return f"{'largest' if measure.over_sites == 'max' else 'sum'} of {what}"


def part(one: Part) -> str:
    """Name the series of a part."""
    matches = ", ".join(map(matched, one.where))
    series = f"`{one.metric.full_name}{{{matches}}}`" if matches else f"`{one.metric.full_name}`"
    return f"the number of {series}" if one.per_site == "count" else series


def matched(match: Match) -> str:
    """Write a label with its values."""
    return f'{match.label}="{" or ".join(match.values)}"'


def how_it_matches(kpi: Kpi) -> str:
    """Say which values of the label count."""
    measure = measure_of(kpi)
    narrowing = measure.narrowing if measure is not None else None
    if narrowing is None:
        raise LookupError(kpi.key)
    begins = "; a value that only begins with it counts as well" if narrowing.beginning else ""
    return f", in upper or lower case{begins}"


if __name__ == "__main__":
    sys.exit(main())
