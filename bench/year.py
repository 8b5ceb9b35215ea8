"""How far PUE is from a known truth, compared with the uncertainty that it states.

First a year at seventeen sites, then many short runs of each law by which meters err and loads
change. At k = 2 the uncertainty should cover the truth in some 95 % of them.
"""

from __future__ import annotations

import time
from typing import Final

from bench import Row
from collectors.catalogue.limits import WINDOWS
from tests.support.laws import LAWS, judge
from tests.support.year import INTERVAL, run

SITES: Final = 17
DAYS: Final = 365
RUNS: Final = 400
"""Of each law: the share that is covered is then known to some 1 %."""


def main(*, smoke: bool = False) -> list[Row]:
    """Print the errors by window and by law; return the rows of the summary."""
    return [*_year(smoke=smoke), *_laws(3 if smoke else RUNS)]


def _year(*, smoke: bool) -> list[Row]:
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


def _laws(runs: int) -> list[Row]:
    print(f"  {'law':<45} {'runs':>5} {'covered':>8} {'mean U':>8} {'95 % of errors':>15}")
    rows = []
    for law in LAWS:
        one = judge(law, runs)
        print(
            f"  {one.law:<45} {one.runs:>5} {one.covered:>8.1%} {one.stated:>8.2%}"
            f" {one.error:>15.2%}",
            flush=True,
        )
        rows.append(Row(what=f"{law}: covered", value=one.covered))
    return rows
