"""PUE and power over time for the board, read from the ledger on a thread.

Reading the ledger can take a while, and a page must not wait for it. A page shows what was read
last. If that is older than `lifetime` seconds, the page starts a new reading, which later pages
show. Only the very first page waits for it, for at most `patience` seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.ledger.energy import CELL_MS, HOUR_MS
from agent.ledger.store.site_hours import SiteHour
from agent.pue.pue import Pue
from agent.web.curves import PowerTrendView, PueTrendView

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
    """The trends of every site, read again once they are `lifetime` seconds old."""

    def __init__(
        self,
        pue: Pue,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the PUE of an agent's ledger; times are in seconds."""
        self._pue = pue
        self._lifetime = lifetime
        self._patience = patience
        self._monotonic = monotonic
        self._known: Mapping[str, _SiteTrends] = {}
        self._due = float("-inf")
        self._thread: threading.Thread | None = None

    def pue(self, site: str) -> PueTrendView | None:
        """Return a site's PUE over time; None where the ledger has none, or has not been read."""
        return self._of(site).pue

    def power(self, site: str) -> PowerTrendView | None:
        """Return a site's power over time; None where the ledger has none, or is not read yet."""
        return self._of(site).power

    def _of(self, site: str) -> _SiteTrends:
        self._refresh()
        return self._known.get(site, _SiteTrends())

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
    if first is None:
        return None
    points = points[first:]
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
    points = pue.power_trend(site, POWER_HOURS)
    times = [point.time for point in points]
    if not times:
        return None
    hours = pue.hours.hours(site, round(times[0] * 1000), round(times[-1] * 1000) + HOUR_MS)
    series: dict[str, list[float | None]] = {
        "facility": [_rounded(point.facility_watts, 1) for point in points]
    }
    for name, stage in _STAGES.items():
        series[name] = [_mean(hours.get(round(at * 1000), {}).get(stage)) for at in times]
    it = [_rounded(point.it_watts, 1) for point in points]
    if it not in series.values():  # where IT is metered at the UPSs or PDUs, one curve tells both
        series["it"] = it
    known = {
        name: values
        for name, values in series.items()
        if any(value is not None for value in values)
    }
    return PowerTrendView(times=times, step_seconds=_HOUR, series=known) if known else None


def _mean(hour: SiteHour | None) -> float | None:
    """Return the mean power of an hour, watts, over the cells in which the whole stage was read."""
    if hour is None or not hour.mask:
        return None
    joules = [value for cell, value in enumerate(hour.joules) if hour.mask >> cell & 1]
    return round(sum(joules) * 1000 / (CELL_MS * len(joules)), 1)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
