"""Any prometheus-client Collector as a collector of the agent.

Config: `collectors: {prometheus: {collectors: [{class: "my_plant:Chillers"}]}}`.

A prometheus-client Collector is any object with a `collect()` that yields metric families
(https://prometheus.github.io/client_python/collector/custom/). It runs on a worker thread under the
runner's deadline.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from collectors.base import (
    Collector,
    ConfigError,
    Context,
    Metric,
    MetricType,
    Reading,
    Schedule,
)
from collectors.strict import Count, Duration

if TYPE_CHECKING:
    from prometheus_client.core import Metric as ClientFamily
    from prometheus_client.registry import Collector as ClientCollector

_TYPES: Final[dict[str, MetricType]] = {
    "counter": "counter",
    "gauge": "gauge",
    "histogram": "histogram",
    "summary": "summary",
    "info": "gauge",
    "stateset": "gauge",
    "gaugehistogram": "untyped",
    "unknown": "untyped",
    "untyped": "untyped",
}
_FAMILIES: Final[dict[tuple[str, str, str], Metric]] = {}
_MAX_FAMILIES: Final = 10_000
"""Families that are remembered: a plugged-in collector may change its names for ever."""
_DECLARED: Final[dict[str, Metric]] = {}


def family_metric(name: str, kind: str, help_text: str) -> Metric:
    """Return the Metric of a family that the catalogue does not declare, the same object each time.

    Its measurement is the part before the first underscore: `process_cpu_seconds_total` is
    `process`, `cpu_seconds_total`. A name without one has no measurement, which line protocol
    needs: its series are refused as those of any wrong name.
    """
    key = (name, kind, help_text)
    found = _FAMILIES.get(key)
    if found is None:
        if len(_FAMILIES) >= _MAX_FAMILIES:
            _FAMILIES.clear()
        namespace, _, rest = name.partition("_")
        if not rest:
            namespace, rest = "", name
        found = _FAMILIES[key] = Metric(
            namespace=namespace, name=rest, type=_TYPES.get(kind, "untyped"), help=help_text
        )
    return found


def declared_metric(name: str) -> Metric | None:
    """Return the catalogue's metric of a name that begins with `dc_`, or None.

    Other names do not load the catalogue.

    A plugged-in series with such a name and its labels is that metric: racks, PUE and targets count
    it as one of their own.
    """
    if not name.startswith("dc_"):
        return None
    if not _DECLARED:
        from collectors.catalogue import all_metrics

        _DECLARED.update(
            (metric.full_name, metric) for metric in all_metrics() if metric.namespace == "dc"
        )
    return _DECLARED.get(name)


def family_readings(family: ClientFamily) -> Iterable[Reading]:
    """Yield the readings of one prometheus-client family.

    The samples of its buckets, sums and counts keep their names.

    `_created` samples are left out: they belong to OpenMetrics, and Prometheus would store
    them as series.
    """
    # prometheus-client removes _total from a counter's family name and _info from an info's; text
    # format 0.0.4 needs them.
    suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
    name = family.name + suffix
    known = declared_metric(name)
    metric = family_metric(name, family.type, family.documentation)
    for sample in family.samples:
        if known is not None and sample.name == name and sample.labels.keys() == set(known.labels):
            yield (
                known.series(*(str(sample.labels[label]) for label in known.labels)),
                float(sample.value),
            )
        elif not sample.name.endswith("_created"):
            labels = tuple(sample.labels)
            yield (
                metric.sample_series(sample.name, labels, tuple(map(str, sample.labels.values()))),
                float(sample.value),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomOne:
    """One prometheus-client Collector class, `module:Class`, with its keyword arguments."""

    collector: str = field(metadata={"help": "module:Class of a prometheus-client Collector"})
    options: dict[str, Any] = field(default_factory=dict)
    interval: Duration = 15.0
    timeout: Duration = 10.0
    max_samples: Count = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomConfig:
    """The section `prometheus:`."""

    collectors: list[CustomOne] = field(default_factory=list)


class CustomCollector:
    """Runs a prometheus-client Collector as a collector of the agent."""

    name: ClassVar[str] = "prometheus"

    def __init__(self, inner: ClientCollector, *, device: str, schedule: Schedule) -> None:
        self.device = device
        self.schedule = schedule
        self._inner = inner

    def collect(self) -> Iterable[Reading]:
        """Read every family of the plugged-in collector."""
        return [reading for family in self._inner.collect() for reading in family_readings(family)]


class _Kind:
    name = "prometheus"
    Config = CustomConfig
    metrics: Sequence[Metric] = ()

    def build(self, config: object, context: Context) -> list[Collector]:
        """Import and make each class; raises ConfigError for one that is not there."""
        del context  # a plugged-in class knows no place
        assert isinstance(config, CustomConfig)
        return [self._one(one) for one in config.collectors]

    def _one(self, one: CustomOne) -> Collector:
        module, _, name = one.collector.partition(":")
        try:
            inner = getattr(importlib.import_module(module), name)(**one.options)
        except Exception as error:  # noqa: BLE001 - foreign code: it may raise anything
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ConfigError(
                f"{one.collector!r} cannot be made: {reason}", key="collectors.prometheus"
            ) from None
        schedule = Schedule(interval=one.interval, timeout=one.timeout, max_samples=one.max_samples)
        return CustomCollector(inner, device=one.collector, schedule=schedule)


KIND: Final = _Kind()
