"""PUE and power over time for the board, read off the ledger beside the event loop.

Reading the ledger may have to wait for it, and a page must not: what is shown is at most `lifetime` seconds old, and is read
anew on a thread of its own. Only the very first reader waits, and not for long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from agent.pue.pue import Pue

log = logging.getLogger(__name__)

PUE_DAYS: Final = 30
PUE_DAYS_HOURLY: Final = 3
POWER_HOURS: Final = 24
_HOUR_MS: Final = 3_600_000
_FEW: Final = 4
"""Fewer days than this are shown by the hour."""

_STAGES: Final = {"ups": "ups_output", "pdu": "pdu_output"}

Trend = dict[str, Any]


class Trends:
    """The trends of every site, at most `lifetime` seconds old; may be asked from any thread and does not block it."""

    def __init__(
        self,
        pue: Pue,
        *,
        lifetime: float = 60.0,
        patience: float = 0.5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pue = pue
        self._lifetime = lifetime
        self._patience = patience
        self._monotonic = monotonic
        self._known: Mapping[str, Mapping[str, Trend | None]] = {}
        self._due = float("-inf")
        self._thread: threading.Thread | None = None

    def of(self, site: str, subject: str) -> Trend | None:
        """Return a site's trend of `pue` or `power` as the API shows it; None where the ledger knows nothing."""
        self._refresh()
        return self._known.get(site, {}).get(subject)

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
                site: {"pue": pue_trend(self._pue, site), "power": power_trend(self._pue, site)}
                for site in self._pue.sites()
            }
        except Exception:
            # A page without curves is better than no page; the next reading may go well.
            log.exception("the ledger's trends cannot be read")


def pue_trend(pue: Pue, site: str) -> Trend | None:
    """Return the PUE of each of the last days, or of each hour where only a few days are known."""
    points = pue.pue_trend(site, PUE_DAYS)
    step = 86_400.0
    if sum(point.pue is not None for point in points) < _FEW:
        points, step = pue.pue_trend(site, PUE_DAYS_HOURLY), 3_600.0
    first = next((index for index, point in enumerate(points) if point.coverage > 0), None)
    if first is None:
        return None
    points = points[first:]
    return {
        "times": [point.time for point in points],
        "step_seconds": step,
        "pue": [None if point.pue is None else round(point.pue, 4) for point in points],
        "coverage": [round(point.coverage, 4) for point in points],
        "uncertainty": [
            None if point.uncertainty is None else round(point.uncertainty, 5) for point in points
        ],
    }


def power_trend(pue: Pue, site: str) -> Trend | None:
    """Return the mean power of each hour of the last day at each stage; None in an hour that a stage was not metered."""
    points = pue.power_trend(site, POWER_HOURS)
    times = [point.time for point in points]
    if not times:
        return None
    rows = pue.hours.hours(site, round(times[0] * 1000), round(times[-1] * 1000) + _HOUR_MS)
    series: dict[str, list[float | None]] = {
        "facility": [_watts(point.facility_watts) for point in points]
    }
    for name, stage in _STAGES.items():
        series[name] = [_mean(rows.get(round(at * 1000), {}).get(stage)) for at in times]
    it = [_watts(point.it_watts) for point in points]
    if it not in series.values():  # where IT is metered at the UPSs or PDUs, one curve tells both
        series["it"] = it
    known = {
        name: values
        for name, values in series.items()
        if any(value is not None for value in values)
    }
    return {"times": times, "step_seconds": 3_600.0, "series": known} if known else None


def _watts(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _mean(hour: Any) -> float | None:  # noqa: ANN401 - a SiteHour, or None
    """Return the mean power of an hour over the cells of five minutes in which the whole stage was heard."""
    if hour is None or not hour.mask:
        return None
    joules = [value for n, value in enumerate(hour.joules) if hour.mask >> n & 1]
    return _watts(sum(joules) / (300.0 * len(joules)))
