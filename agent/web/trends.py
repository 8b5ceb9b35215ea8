"""PUE and power over time for the board, read from the ledger on a thread.

Reading the ledger can take a while, and a page must not wait for it. A page shows what was read
last. If that is older than `lifetime` seconds, the page starts a new reading, which later pages
show. Only the very first page waits for it, for at most `patience` seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.ledger.energy import CELL_MS, HOUR_MS
from agent.ledger.store.site_hours import SiteHour
from agent.pue.model import PowerPoint, TrendPoint
from agent.pue.pue import Pue
from agent.web.curves import PowerTrendView, PueTrendView
from agent.web.over import USUAL, Over, step_for
from agent.web.past import Answers

log = logging.getLogger(__name__)

PUE_DAYS: Final = 30
PUE_DAYS_HOURLY: Final = 3
POWER_HOURS: Final = 24
_FEW: Final = 4
"""If fewer days than this have a PUE, the trend is shown by the hour."""
_STAGES: Final = {"ups": "ups_output", "pdu": "pdu_output"}
"""Curves between facility and IT, and the metering point of each."""
_HOUR: Final = HOUR_MS / 1000
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class _SiteTrends:
    """Both trends of one site."""

    pue: PueTrendView | None = None
    power: PowerTrendView | None = None


class Trends:
    """The trends of every site, read again once they are `lifetime` seconds old.

    Those of a time that somebody chose are read when they are asked for.
    """

    def __init__(
        self,
        pue: Pue,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the PUE of an agent's ledger; times are in seconds."""
        self._pue = pue
        self._clock = clock
        self._chosen: Answers[_SiteTrends] = Answers(
            lifetime=lifetime, patience=patience, monotonic=monotonic
        )
        self._lifetime = lifetime
        self._patience = patience
        self._monotonic = monotonic
        self._known: Mapping[str, _SiteTrends] = {}
        self._due = float("-inf")
        self._thread: threading.Thread | None = None

    def pue(self, site: str, over: Over = USUAL) -> PueTrendView | None:
        """Return a site's PUE over time; None where the ledger has none, or has not been read."""
        return self._of(site, over).pue

    def power(self, site: str, over: Over = USUAL) -> PowerTrendView | None:
        """Return a site's power over time; None where the ledger has none, or is not read yet."""
        return self._of(site, over).power

    def _of(self, site: str, over: Over) -> _SiteTrends:
        if over.is_chosen:
            return self._chosen.ask((site, over.key), lambda: self._between(site, over)) or (
                _SiteTrends()
            )
        self._refresh()
        return self._known.get(site, _SiteTrends())

    def _between(self, site: str, over: Over) -> _SiteTrends:
        if site not in self._pue.sites():
            return _SiteTrends()
        start, end = over.bounds(self._clock(), 0.0)
        oldest = self._pue.hours.first_hour(site)
        if oldest is not None:  # before it there is no gap: nothing was kept
            start = max(start, oldest / 1000)
        return _SiteTrends(
            pue=pue_between(self._pue, site, start, end),
            power=power_between(self._pue, site, start, end),
        )

    def _refresh(self) -> None:
        if self._monotonic() < self._due or (self._thread is not None and self._thread.is_alive()):
            return
        self._due = self._monotonic() + self._lifetime
        self._thread = threading.Thread(target=self._read, name="trends", daemon=True)
        self._thread.start()
        if not self._known:
            self._thread.join(self._patience)

    def _read(self) -> None:
        try:
            self._known = {
                site: _SiteTrends(
                    pue=pue_trend(self._pue, site), power=power_trend(self._pue, site)
                )
                for site in self._pue.sites()
            }
        except Exception:
            # A page without curves is better than no page. The next reading may succeed.
            log.exception("the ledger's trends cannot be read")


def pue_trend(pue: Pue, site: str) -> PueTrendView | None:
    """Return the PUE of each of the last days, or of each hour where only a few days have one.

    The trend begins with the first interval that is covered; None where none is.
    """
    points = pue.pue_trend(site, PUE_DAYS)
    step = _DAY
    if sum(point.pue is not None for point in points) < _FEW:
        points, step = pue.pue_trend(site, PUE_DAYS_HOURLY), _HOUR
    first = next((index for index, point in enumerate(points) if point.coverage > 0), None)
    return None if first is None else _pue_view(points[first:], step)


def pue_between(pue: Pue, site: str, start: float, end: float) -> PueTrendView | None:
    """Return the PUE of the cells, hours or days between two times; None where none is covered."""
    points = pue.pue_between(site, start, end)
    if not any(point.coverage > 0 for point in points):
        return None
    apart = sorted(after.time - before.time for before, after in pairwise(points))
    return _pue_view(points, apart[len(apart) // 2] if apart else _DAY)


def _pue_view(points: Sequence[TrendPoint], step: float) -> PueTrendView:
    return PueTrendView(
        times=[point.time for point in points],
        step_seconds=step,
        pue=[_rounded(point.pue, 4) for point in points],
        coverage=[round(point.coverage, 4) for point in points],
        uncertainty=[_rounded(point.uncertainty, 5) for point in points],
        category=[None if point.pue is None else point.category for point in points],
    )


def power_trend(pue: Pue, site: str) -> PowerTrendView | None:
    """Return the mean power of each hour of the last day at each stage.

    A stage that was not metered in any hour is left out; None where no stage was.
    """
    return _power_view(pue, site, pue.power_trend(site, POWER_HOURS), _HOUR, _HOUR)


def power_between(pue: Pue, site: str, start: float, end: float) -> PowerTrendView | None:
    """Return the mean power at each stage between two times; None where no stage was metered."""
    step = step_for(end - start)
    finest = min(step, _HOUR)
    points = pue.power_between(site, start - start % step, end, finest)
    return _power_view(pue, site, points, finest, step)


def _power_view(
    pue: Pue, site: str, points: Sequence[PowerPoint], finest: float, step: float
) -> PowerTrendView | None:
    """Return curves of values `step` seconds apart, of points that are `finest` seconds apart."""
    if not points:
        return None
    times = [point.time for point in points]
    each = round(step / finest)
    first = round(times[0] * 1000)
    hours = pue.hours.hours(site, first - first % HOUR_MS, round(times[-1] * 1000) + HOUR_MS)
    series = {"facility": _thinned([point.facility_watts for point in points], each)}
    for name, stage in _STAGES.items():
        means = [_mean(hours, stage, round(at * 1000), round(finest * 1000)) for at in times]
        series[name] = _thinned(means, each)
    it = _thinned([point.it_watts for point in points], each)
    if it not in series.values():  # where IT is metered at the UPSs or PDUs, one curve tells both
        series["it"] = it
    known = {
        name: values
        for name, values in series.items()
        if any(value is not None for value in values)
    }
    if not known:
        return None
    return PowerTrendView(times=times[::each], step_seconds=step, series=known)


def _mean(
    hours: Mapping[int, Mapping[str, SiteHour]], stage: str, at: int, length: int
) -> float | None:
    """Return the mean power of an hour or a part of it, in watts; times are in milliseconds.

    The cells count in which the whole stage was read; None where there is none.
    """
    hour = hours.get(at - at % HOUR_MS, {}).get(stage)
    if hour is None:
        return None
    first = at % HOUR_MS // CELL_MS
    cells = range(first, first + length // CELL_MS)
    joules = [hour.joules[cell] for cell in cells if hour.mask >> cell & 1]
    return sum(joules) * 1000 / (CELL_MS * len(joules)) if joules else None


def _thinned(values: Sequence[float | None], each: int) -> list[float | None]:
    """Return the means of `each` values at a time, of those that are known."""
    found: list[float | None] = []
    for at in range(0, len(values), each):
        known = [value for value in values[at : at + each] if value is not None]
        found.append(round(sum(known) / len(known), 1) if known else None)
    return found


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
