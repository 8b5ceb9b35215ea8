"""Write hours as CSV, in the form that import takes again."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from agent.csv_cells import shown_as_text
from agent.ledger.energy import JOULES_PER_KWH
from agent.ledger.imports.forms import COVERED, ENERGY
from agent.ledger.queries import HourOfMeter

COLUMNS: Final = ("time", "meter", ENERGY, COVERED)


def write_csv(out: TextIO, rows: Iterable[HourOfMeter], zone: ZoneInfo) -> None:
    """Write hours in order of time, with their times in `zone`."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    at, shown = -1.0, ""
    for time, meter, joules, seconds in rows:
        if time != at:
            at, shown = time, dt.datetime.fromtimestamp(time, zone).isoformat()
        writer.writerow(
            (shown, shown_as_text(meter), repr(joules / JOULES_PER_KWH), f"{seconds:g}")
        )
