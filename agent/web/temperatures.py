"""Temperatures over time, asked of the database that the config names: the ledger keeps none."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from agent.promapi import PrometheusApi
from agent.settings import History
from agent.web.curves import TemperatureTrendView
from agent.web.over import SPANS, Over, step_for
from agent.web.past import Answers
from collectors.base import CollectError, ConfigError
from collectors.catalogue.rack import RACK_INLET_TEMPERATURE
from collectors.secrets import read_token

_MAX_BYTES: Final = 8 * 2**20
_USUAL: Final = SPANS["24h"]
_INLET: Final = RACK_INLET_TEMPERATURE.full_name


class Temperatures:
    """Asks a database, on a thread. A page does not wait: it may be made on the event loop."""

    def __init__(
        self,
        config: History,
        hub: str,
        *,
        patience: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the section of the config; the secret is read when the database is first asked."""
        self._config, self._hub, self._clock = config, hub, clock
        self._kept: Answers[TemperatureTrendView] = Answers(patience=patience)

    def of_rack(self, site: str, rack: str, over: Over) -> TemperatureTrendView | None:
        """Return the warmest air at a rack's inlet; None until it is read.

        Each value is the warmest of its interval.
        """
        labels = {"hub": self._hub, "site": site, "rack": rack}
        asked = {"warmest": f"max(max_over_time({_INLET}{_selector(labels)}[STEP]))"}
        return self._ask((site, rack), asked, over, is_of_interval=True)

    def of_site(self, site: str, over: Over) -> TemperatureTrendView | None:
        """Return the warmest inlet of a site and the mean of all; None until it is read.

        Each value is of the moment that is told, the beginning of its interval: a whole hub's racks
        in between would be too many samples.
        """
        labels = {"hub": self._hub, "site": site}
        asked = {name: f"{how}({_INLET}{_selector(labels)})" for name, how in _OF_SITE.items()}
        return self._ask((site,), asked, over, is_of_interval=False)

    def _ask(
        self, key: tuple[str, ...], asked: Mapping[str, str], over: Over, *, is_of_interval: bool
    ) -> TemperatureTrendView | None:
        return self._kept.ask(
            (*key, over.key), lambda: self._read(asked, over, is_of_interval=is_of_interval)
        )

    def _read(
        self, asked: Mapping[str, str], over: Over, *, is_of_interval: bool
    ) -> TemperatureTrendView:
        now = self._clock()
        start, end = over.bounds(now, _USUAL)
        step = step_for(end - start)
        first = start - start % step
        count = max(1, int((min(end, now) - first) // step))
        times = [first + n * step for n in range(count)]
        later = step if is_of_interval else 0.0  # PromQL tells of the time before a moment
        ends = (times[0] + later, times[-1] + later, step)
        try:
            api = self._api()
            series = {
                name: _curve(api, expr.replace("STEP", f"{step:g}s"), ends)
                for name, expr in asked.items()
            }
        except (CollectError, ConfigError) as error:
            return TemperatureTrendView(times=(), step_seconds=step, series={}, error=str(error))
        known = {
            name: values
            for name, values in series.items()
            if any(value is not None for value in values)
        }
        return TemperatureTrendView(
            times=times if known else (), step_seconds=step, series=known, error=""
        )

    def _api(self) -> PrometheusApi:
        config = self._config
        token = config.token_file
        return PrometheusApi(
            config.url,
            timeout=config.timeout,
            token=read_token(token, "history.token_file") if token is not None else "",
            ca_file=config.ca_file,
            max_bytes=_MAX_BYTES,
        )


_OF_SITE: Final[Mapping[str, str]] = {"warmest": "max", "mean": "avg"}


def _selector(labels: Mapping[str, str]) -> str:
    """Write labels as a selector; PromQL quotes a text as JSON does."""
    told = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
    return f"{{{','.join(told)}}}"


def _curve(api: PrometheusApi, expr: str, ends: tuple[float, float, float]) -> list[float | None]:
    """Return a value for each step from the first time to the last; None where there is none."""
    first, last, step = ends
    values: list[float | None] = [None] * (round((last - first) / step) + 1)
    for series in api.range(expr, first, last, step):
        for at, value in series.points:
            index = round((at - first) / step)
            if 0 <= index < len(values) and math.isfinite(value):
                values[index] = round(value, 2)
    return values
