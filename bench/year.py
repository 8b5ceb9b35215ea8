"""A year at seventeen sites whose truth is known: how far each PUE is from it, in units of the uncertainty it states."""

from __future__ import annotations

import time
from typing import Final

from collectors.catalogue.limits import WINDOWS
from tests.support.year import INTERVAL, run

SITES: Final = 17
DAYS: Final = 365


def main() -> list[tuple[str, float, str]]:
    """Print the errors by window; return rows of (what, value, unit) for the summary."""
    began = time.process_time()
    found = run(SITES, DAYS)
    used = time.process_time() - began
    print(
        f"{SITES} sites, {DAYS} days, a reading every {INTERVAL:g} s: {len(found)} windows, {used:.0f} s of CPU"
    )
    rows = []
    for window in WINDOWS:
        asked = [one for one in found if one.result.window == window]
        told = [one for one in asked if one.result.pue is not None]
        errors = sorted(one.error for one in told)
        within = sum(error <= 1.0 for error in errors) / len(errors)
        print(
            f"  {window:>4}: {len(told)} of {len(asked)} told, {within:.1%} within; error / stated uncertainty:"
            f" median {errors[len(errors) // 2]:.2f}, 95 % {errors[int(len(errors) * 0.95)]:.2f}, worst {errors[-1]:.2f}"
        )
        rows.append((f"PUE over {window}: worst error / stated uncertainty", errors[-1], ""))
    return rows
