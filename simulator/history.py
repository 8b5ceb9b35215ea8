"""The simulated past: energies of every meter, as CSV for `hubgauge ledger import`.

A row's `time` is where its energy begins. Registers that an agent reads afterwards continue where
the rows end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.site import UTC_OFFSET

if TYPE_CHECKING:
    from simulator.model import Model
    from simulator.waves import Power

HOUR: Final = 3600.0
STEP: Final = 300.0
_JOULES: Final = 3.6e6


def energies(
    model: Model, since: float, until: float, *, step: float = HOUR, pdus_since: float | None = None
) -> Iterator[tuple[float, str, float]]:
    """Yield (beginning, meter, kilowatt-hours) of every whole step, in order of time.

    PDUs, which are many, are given from `pdus_since` on; without it, from the beginning.
    """
    at = -(-since // step) * step
    pdus_from = at if pdus_since is None else pdus_since
    meters: list[tuple[str, Power]] = [(meter.name, meter.power) for meter in model.meters]
    pdus: list[tuple[str, Power]] = [(pdu.name, pdu.power) for _, pdu in model.site.pdus()]
    while at + step <= until:
        for name, power in meters if at < pdus_from else meters + pdus:
            yield at, name, power.energy(at, at + step) / _JOULES
        at += step


def write_history(
    model: Model,
    path: Path,
    since: float,
    until: float,
    *,
    step: float = HOUR,
    pdus_since: float | None = None,
) -> int:
    """Write what was used between two times as CSV with the header `time,meter,energy_kwh`.

    Times are ISO 8601 in the site's zone. Returns the number of rows. Raises OSError.
    """
    zone = dt.timezone(dt.timedelta(seconds=UTC_OFFSET))
    count = 0
    shown_at, shown = float("nan"), ""
    with path.open("w", encoding="utf-8") as file:
        file.write("time,meter,energy_kwh\n")
        for at, name, kilowatt_hours in energies(
            model, since, until, step=step, pdus_since=pdus_since
        ):
            if at != shown_at:
                shown_at, shown = at, dt.datetime.fromtimestamp(at, zone).isoformat()
            file.write(f"{shown},{name},{kilowatt_hours:.6f}\n")
            count += 1
    return count


def write_recent(model: Model, path: Path, until: float) -> int:
    """Write the energies from the last full hour up to a time, in steps of five minutes.

    They go into a file of their own, because `ledger import` takes rows of one length at a time.
    Returns the number of rows. Raises OSError.
    """
    return write_history(model, path, until // HOUR * HOUR, until, step=STEP)
