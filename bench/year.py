"""A year at seventeen sites whose truth is known: how far each PUE is from it.

The error is in units of the uncertainty that the PUE states.
"""

from __future__ import annotations

import time
from typing import Final

from bench import Row
from collectors.catalogue.limits import WINDOWS
from tests.support.year import INTERVAL, run

SITES: Final = 17
DAYS: Final = 365


def main(*, smoke: bool = False) -> list[Row]:
    """Print the errors by window; return the rows of the summary."""
    sites, days = (1, 8) if smoke else (SITES, DAYS)
    began = time.process_time()
    found = run(sites, days)
    used = time.process_time() - began
    print(
        f"{sites} sites, {days} days, a reading every {INTERVAL:g} s:"
        f" {len(found)} windows, {used:.0f} s of CPU"
    )
    rows = []
    for window in WINDOWS:
        asked = [one for one in found if one.result.window == window]
        told = [one for one in asked if one.result.pue is not None]
        errors = sorted(one.error for one in told)
        if not errors:
            continue
        within = sum(error <= 1.0 for error in errors) / len(errors)
        print(
            f"  {window:>4}: {len(told)} of {len(asked)} told, {within:.1%} within;"
            f" error / stated uncertainty: median {errors[len(errors) // 2]:.2f},"
            f" 95 % {errors[int(len(errors) * 0.95)]:.2f}, worst {errors[-1]:.2f}"
        )
        what = f"PUE over {window}: worst error / stated uncertainty"
        rows.append(Row(what=what, value=errors[-1]))
    return rows
