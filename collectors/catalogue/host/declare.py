"""How the metrics of a host are declared: with the names and help texts of node_exporter 1.5.0."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from collectors.base import Metric, MetricType

_VALID_NAME: Final = re.compile(r"[a-zA-Z0-9_]+")


def metric(
    subsystem: str, name: str, help: str, *labels: str, type: MetricType = "gauge"
) -> Metric:
    """Declare a metric of a host: a gauge, unless another type is given."""
    return Metric(
        namespace="node", subsystem=subsystem, name=name, type=type, help=help, labels=labels
    )


def counter(subsystem: str, name: str, help: str, *labels: str) -> Metric:
    """Declare a counter of a host."""
    return metric(subsystem, name, help, *labels, type="counter")


class Family(dict[str, Metric]):
    """Metrics whose names the kernel gives; `describe` makes the help of a name.

    Looking up a name that is not there declares it; raises KeyError for what cannot be a metric's
    name.
    """

    def __init__(
        self,
        subsystem: str,
        describe: Callable[[str], str],
        known: str,
        type: MetricType = "gauge",
        labels: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._subsystem, self._describe, self._type, self._labels = (
            subsystem,
            describe,
            type,
            labels,
        )
        for name in known.split():
            self[name]

    def __missing__(self, name: str) -> Metric:
        """Declare a member."""
        if not _VALID_NAME.fullmatch(name):
            raise KeyError(name)
        self[name] = declared = metric(
            self._subsystem, name, self._describe(name), *self._labels, type=self._type
        )
        return declared
