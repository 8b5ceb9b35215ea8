"""Rows that are energies (or volumes of water), and the hours that they make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from operator import sub
from typing import Final

from agent.ledger.energy import HOUR_MS, JOULES_PER_KWH, Segment
from agent.ledger.imports.doubts import (
    hours_above_rating,
    is_like_a_register,
    row_that_stands_out,
    rows_above_rating,
)
from agent.ledger.imports.forms import LITERS_PER_M3
from agent.ledger.imports.intervals import (
    Intervals,
    LengthUnsaid,
    Unsaid,
    guessed_intervals,
    stated_intervals,
)
from agent.ledger.imports.put import ImportedHour
from agent.ledger.imports.refusals import Refused
from agent.ledger.imports.rows import Guess, LaidOut, Rows, Timing
from agent.ledger.imports.spacing import stated_spacing
from agent.ledger.limits import Limits
from agent.ledger.segments import spread
from agent.ledger.stretches import even_stretches

_LONG: Final = 1e12
"""From here on an amount is written with an exponent."""
_RISES: Final = (
    "the values only ever rise, as the readings of a register do; say --cumulative if they are"
    " that, or --interval-values if each is the energy of its row"
)


def lay_out_energies(
    rows: Rows,
    timing: Timing,
    zone: tzinfo,
    *,
    limits: Limits,
    file_step: int | None = None,
) -> LaidOut:
    """Lay a meter's energies over the hours.

    `limits` are what the meter can show. `file_step` is how far apart the rows are, in
    milliseconds, in a file that has a column for each meter. Raises Unsaid where the rows do not
    say how long one lasts, or do not say that they are energies.
    """
    found = _intervals(rows, timing, zone, file_step)
    lengths = list(map(sub, found.ends, found.starts))
    _judge(rows.values, lengths, timing, says_lengths=bool(timing.interval or rows.ends))
    above = rows_above_rating(rows.values, lengths, limits.highest)
    refused = {row: _above(rows.values[row], lengths[row], limits) for row in above}
    if timing.now is not None and max(found.ends) > timing.now:
        over = (row for row, end in enumerate(found.ends) if end > timing.now)
        refused |= {
            row: Refused("end", "the row lasts into the future; --force takes it") for row in over
        }
    kept = [row for row in range(len(rows)) if row not in refused]
    if {*lengths} == {HOUR_MS} and {start % HOUR_MS for start in found.starts} == {0}:
        laid = LaidOut(hours={found.starts[row]: rows.values[row] for row in kept})
    else:
        laid = lay_out_segments(
            [_even(found.starts[n], found.ends[n], rows.values[n]) for n in kept]
        )
    for hour, joules, length in list(hours_above_rating(laid.hours, limits.highest)):
        row = max(n for n in kept if found.starts[n] < hour + HOUR_MS)
        refused[row] = _above(joules, length, limits)
        del laid.hours[hour]
    return LaidOut(
        hours=laid.hours,
        stretches=laid.stretches,
        refused=[(rows.lines[row], refused[row]) for row in sorted(refused)],
        guess=_guess(found) if timing.interval is None else None,
    )


def _judge(
    joules: Sequence[float], lengths: Sequence[int], timing: Timing, *, says_lengths: bool
) -> None:
    """Raise Unsaid where the rows may be no energies, or one may be of a much longer time."""
    if timing.interval_values:
        return
    if is_like_a_register(joules, lengths, says_lengths=says_lengths):
        raise Unsaid(0, _RISES)
    row = None if says_lengths else row_that_stands_out(joules, lengths)
    if row is not None:
        raise LengthUnsaid(row, "this row has ten times the mean power of any other, or more")


def lay_out_segments(segments: Sequence[Segment], *, is_power: bool = False) -> LaidOut:
    """Lay segments of known power over the hours.

    Long ones of which only the energy is known are stretches; those of `is_power` are not.
    """
    if not segments:
        return LaidOut()
    if all(s.first == s.last and not (s.start % HOUR_MS or s.end % HOUR_MS) for s in segments):
        hours: dict[int, ImportedHour] = {
            hour: s.first * HOUR_MS / 1000.0
            for s in segments
            for hour in range(s.start, s.end, HOUR_MS)
        }
    else:
        hours = dict(spread(segments, segments[0].start, segments[-1].end))
    return LaidOut(hours=hours, stretches=[] if is_power else list(even_stretches(segments)))


def _even(start: int, end: int, joules: float) -> Segment:
    watts = joules * 1000.0 / (end - start)
    return Segment(start, end, watts, watts)


def _intervals(rows: Rows, timing: Timing, zone: tzinfo, file_step: int | None) -> Intervals:
    if rows.ends:
        return Intervals(starts=rows.times, ends=rows.ends)
    if timing.interval is None:
        return guessed_intervals(
            rows.times,
            rows.values,
            zone,
            stamped_at_end=timing.stamped_at_end,
            file_step=file_step,
        )
    spacing = stated_spacing(timing.interval, rows.times, zone)
    return stated_intervals(rows.times, spacing, stamped_at_end=timing.stamped_at_end)


def _guess(found: Intervals) -> Guess | None:
    if found.period is None or not found.guessed:
        return None
    rows = [(found.starts[row], found.ends[row]) for row in found.guessed]
    return Guess(period=found.period, rows=rows)


def _above(joules: float, length: int, limits: Limits) -> Refused:
    most = limits.highest * length / 1000.0 / JOULES_PER_KWH
    if limits.is_water:
        said, allowed = f"{joules / LITERS_PER_M3:.6g} m3", f"{limits.most:g} litres a second"
    else:
        said, allowed = f"{joules / JOULES_PER_KWH:.3f} kWh", f"the {most:.3f} kWh"
        if joules / JOULES_PER_KWH >= _LONG:
            said = f"{joules / JOULES_PER_KWH:.6g} kWh"
    allows = "that its rating allows" if limits.rating is not None else "that any meter shows"
    return Refused(
        "rating",
        f"{said} in {length / HOUR_MS:g} h is more than {allowed} {allows};"
        " if the row lasts longer, state it with --interval or --end-column"
        + ("; --force takes it" if limits.rating is not None else ""),
    )
