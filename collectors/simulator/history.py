"""The simulated past: hourly energies of every meter from the same model, as CSV that `hubgauge ledger import` takes.

A row's `time` is the beginning of its hour. Registers read later by an agent go on from where these hours end.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from collectors.simulator.site import UTC_OFFSET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collectors.simulator.model import Model
    from collectors.simulator.waves import Power

HOUR: Final = 3600.0
_JOULES: Final = 3.6e6


def energies(model: Model, since: float, until: float, *, pdus_since: float | None = None) -> Iterator[tuple[float, str, float]]:
    """Yield (beginning of an hour, meter, kilowatt-hours) for every whole hour between two times, hour by hour.

    PDUs, which are many, are given from `pdus_since` on; without it, from the beginning.
    """
    first = -(-since // HOUR) * HOUR
    pdus_from = first if pdus_since is None else pdus_since
    meters: list[tuple[str, Power]] = [(meter.name, meter.power) for meter in model.meters]
    pdus: list[tuple[str, Power]] = [(pdu.name, pdu.power) for _, pdu in model.site.pdus()]
    at = first
    while at + HOUR <= until:
        for name, power in meters if at < pdus_from else meters + pdus:
            yield at, name, power.energy(at, at + HOUR) / _JOULES
        at += HOUR


def write_history(model: Model, path: Path, since: float, until: float, *, pdus_since: float | None = None) -> int:
    """Write the hours between two times as CSV with the header `time,meter,energy_kwh`; returns the number of rows.

    Times are ISO 8601 in the site's zone. Raises OSError.
    """
    zone = dt.timezone(dt.timedelta(seconds=UTC_OFFSET))
    count = 0
    shown_at, shown = float("nan"), ""
    with path.open("w", encoding="utf-8") as file:
        file.write("time,meter,energy_kwh\n")
        for at, name, kilowatt_hours in energies(model, since, until, pdus_since=pdus_since):
            if at != shown_at:
                shown_at, shown = at, dt.datetime.fromtimestamp(at, zone).isoformat()
            file.write(f"{shown},{name},{kilowatt_hours:.6f}\n")
            count += 1
    return count
