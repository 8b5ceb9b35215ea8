"""The report of `hubgauge ledger import`: the rows that it read, and the hours that they change."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from agent.inventory.model import Site
from agent.ledger.energy import JOULES_PER_KWH
from agent.ledger.imports.forms import LITERS_PER_M3
from agent.ledger.imports.importer import WouldReplaceFiner, WouldReplaceLive
from agent.ledger.imports.put import Changes
from agent.ledger.imports.rows import Guess, LaidOut
from agent.ledger.imports.sheet import Sheet
from agent.ledger.register_judge import Refusal

_SHOWN: Final = 3
"""How many lines name the hours that change most, and how many rows with a guessed length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How amounts are written: energy in kWh, water in m³."""

    scale: float
    unit: str

    def text(self, amount: float) -> str:
        """Write an amount without its unit."""
        return f"{amount / self.scale:.3f}"


KILOWATT_HOURS: Final = Amounts(scale=JOULES_PER_KWH, unit="kWh")
CUBIC_METERS: Final = Amounts(scale=LITERS_PER_M3, unit="m3")


def report(
    sheet: Sheet,
    found: Mapping[str, LaidOut],
    changed: Mapping[str, Changes],
    site: Site,
    amounts: Amounts,
    *,
    dry_run: bool,
) -> Iterator[str]:
    """Yield for every meter what was read, what was guessed, and what it changes."""
    done = "would change, nothing written" if dry_run else "changed"
    for meter, one in found.items():
        total = sum(hour if isinstance(hour, float) else hour.total for hour in one.hours.values())
        yield (
            f"{meter}: {len(sheet.rows[meter])} rows, {amounts.text(total)} {amounts.unit}"
            f" in {len(one.hours)} hours, {len(changed[meter])} {done}"
        )
        if repeated := sheet.rows[meter].repeated:
            yield f"  {repeated} rows repeat another row of the file, and are counted once"
        if one.rejected:
            yield f"  {_rejected(one.rejected)}"
        if one.guess is not None:
            yield f"  {_guess(one.guess, site.zone)}"
        for line in _changes(changed[meter], site.zone, amounts):
            yield f"  {line}"


def _rejected(refusals: Sequence[Refusal]) -> str:
    """Return how many readings do not fit those around them, by reason.

    The time of such readings is not covered.
    """
    reasons = Counter(one.reason for one in refusals)
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{len(refusals)} readings are rejected ({told}); docs/kpis.md says what that means"


def replaced_lines(
    would: WouldReplaceFiner | WouldReplaceLive, site: Site, amounts: Amounts
) -> Iterator[str]:
    """Yield for every meter the hours that would lose their detail, or their measured values."""
    why, option = "rows longer than an hour", "--replace"
    what = "hours that are known better"
    if isinstance(would, WouldReplaceLive):
        why, option, what = "the file", "--force", "hours that were measured"
    for meter, one in would.meters.items():
        first, last = (_local(hour, site.zone) for hour in (min(one.hours), max(one.hours)))
        yield (
            f"{meter}: {why} would replace {len(one.hours)} {what}, from {first} to {last}:"
            f" {amounts.text(one.before)} {amounts.unit} becomes {amounts.text(one.after)};"
            f" {option} does it"
        )


def _guess(guess: Guess, zone: ZoneInfo) -> str:
    """Return which rows were assumed to last as long as the others."""
    named = [f"{_local(start, zone)} to {_local(end, zone)}" for start, end in guess.rows[-_SHOWN:]]
    more = len(guess.rows) - len(named)
    return f"guessed by the rows' spacing, {guess.period}: {', '.join(named)}" + (
        f", and {more} more before holes" if more else ""
    )


def _local(time: int, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(time / 1000, zone).isoformat()


def _changes(changes: Changes, zone: ZoneInfo, amounts: Amounts) -> Iterator[str]:
    """Yield how an import changes hours that were there before, the largest change first."""
    replaced = {
        hour: (one.before, one.after) for hour, one in changes.items() if one.before is not None
    }
    if not replaced:
        return
    before, after = (amounts.text(sum(each)) for each in zip(*replaced.values(), strict=True))
    yield (
        f"{len(changes) - len(replaced)} hours are new; {len(replaced)} were there:"
        f" {before} {amounts.unit} becomes {after}"
    )
    by_size = sorted(replaced.items(), key=lambda one: -abs(one[1][1] - one[1][0]))
    for hour, (old, new) in by_size[:_SHOWN]:
        before, after = amounts.text(old), amounts.text(new)
        yield f"{_local(hour, zone)}: {before} {amounts.unit} becomes {after}"
