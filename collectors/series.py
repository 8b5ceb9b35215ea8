"""Metrics and their series: names that are made of shared parts.

A hub has millions of series. So a series holds no text of its own: it points to its metric, to the
label values that all series of its device share (`Head`), and to the few that are its own. Texts
are put together where they are written.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal
from weakref import WeakValueDictionary

from collectors.head import NAMED_WITHIN, Head, Labels, head_of, shared, subjects, text_of
from collectors.labels import line_escape, names_allowed, safe_help, safe_label

MetricType = Literal["counter", "gauge", "histogram", "summary", "untyped"]

_MAX_TOLD: Final = 120
"""Characters of the names of a refused series that are told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """A metric, declared once in the catalogue; its full name is `namespace_subsystem_name`.

    `namespace_subsystem` is the measurement and `name` the field of line protocol, so a push and a
    scrape give the same series names.
    """

    namespace: str
    subsystem: str = ""
    name: str
    type: MetricType
    help: str
    labels: Labels = ()
    measurement: str = field(init=False)
    full_name: str = field(init=False)
    is_allowed: bool = field(init=False, repr=False)
    """Whether the text formats take its names."""
    _headed: int = field(init=False, repr=False)
    """How many of the labels are the head's."""
    _series: WeakValueDictionary[Labels, Series] = field(
        init=False, repr=False, default_factory=WeakValueDictionary
    )

    def __post_init__(self) -> None:
        """Derive both names once, and make the help safe."""
        measurement = "_".join(part for part in (self.namespace, self.subsystem) if part)
        object.__setattr__(self, "measurement", measurement)
        object.__setattr__(self, "full_name", f"{measurement}_{self.name}")
        object.__setattr__(self, "help", safe_help(self.help))
        allowed = bool(measurement) and names_allowed(self.full_name, self.labels)
        object.__setattr__(self, "is_allowed", allowed)
        object.__setattr__(self, "_headed", subjects(self.labels))

    def series(self, *values: str) -> Series:
        """Return the one Series of these label values, in the order of `labels`.

        The same object while anyone holds it.
        """
        found = self._series.get(values)
        if found is not None:
            return found
        self._check(values)
        return self.sample_series(self.full_name, self.labels, values)

    def new_series(self, *values: str) -> Series:
        """Return a Series that is equal to that of `series`, and need not be the same object.

        For who keeps it: a hub's gateway then has no table of millions of names.
        """
        self._check(values)
        safe = tuple(map(safe_label, values))
        rest, begins = safe[self._headed :], ""
        if self.names_within:
            device, slash, own = rest[0].partition("/")
            if slash:
                begins, rest = f"{device}/", (own, *rest[1:])
        return Series(self, head_of(self.head_labels, safe[: self._headed], begins), shared(rest))

    @property
    def names_within(self) -> bool:
        """Whether the value behind its series' heads begins with the name of a device."""
        return self.labels[self._headed : self._headed + 1] == (NAMED_WITHIN,)

    @property
    def head_labels(self) -> Labels:
        """The names of the labels of its series' heads."""
        return self.labels[: self._headed]

    def placed(self, head: Head, rest: Labels) -> Series:
        """Return a Series of a head and the label values behind it; all are safe already."""
        return Series(self, head, shared(rest))

    def _check(self, values: Labels) -> None:
        if len(values) != len(self.labels):
            message = f"{self.full_name} has the labels {self.labels}, got {len(values)} values"
            raise TypeError(message)

    def at(self, label: str) -> int:
        """Return the position of a label in `labels` and so in every series' `values`.

        For loops over many series: look the position up once, then read `series.values[position]`.
        A single value reads better as `series.label("pdu")`. Raises KeyError for a label that the
        metric does not declare, so a misspelt label fails at once.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            message = f"{self.full_name} has the labels {self.labels}, not {label!r}"
            raise KeyError(message) from None

    def sample_series(self, sample_name: str, labels: Labels, values: Labels) -> Series:
        """Return the Series of a sample with its own name or labels, as a histogram's buckets."""
        plain = sample_name == self.full_name and labels == self.labels
        head = () if plain else (sample_name, *labels)
        with _INTERN:
            found = self._series.get((*head, *values))
            if found is None:
                # Two raw values that are made safe alike are one series: a page must not show it
                # twice.
                safe = tuple(map(safe_label, values))
                found = self._series.get((*head, *safe))
                if found is None:
                    found = (
                        self.new_series(*values)
                        if plain
                        else NamedSeries(self, sample_name, labels, safe)
                    )
                self._series[(*head, *values)] = self._series[(*head, *safe)] = found
            return found


_INTERN: Final = threading.Lock()


_rest_text: Final = lru_cache(4096)(text_of)


class Series:
    """A metric with its label values: those of `head`, then those of `rest`.

    Two series are equal if their metric and their values are the same.

    Where the formats do not take a name, `prefix` is empty and `line_key` tells the names. No such
    series leaves its round: `agent.rounds.checked` drops and counts it.
    """

    __slots__ = ("__weakref__", "head", "metric", "rest")

    def __init__(self, metric: Metric, head: Head, rest: Labels) -> None:
        self.metric: Final = metric
        self.head: Final = head
        self.rest: Final = rest

    @property
    def name(self) -> str:
        """The name of its samples."""
        return self.metric.full_name

    @property
    def labels(self) -> Labels:
        """The names of its labels."""
        return self.metric.labels

    @property
    def values(self) -> Labels:
        """The values of its labels."""
        return self.head.with_rest(self.rest)

    @property
    def is_allowed(self) -> bool:
        """Whether the text formats take its names."""
        return self.metric.is_allowed

    @property
    def rest_text(self) -> str:
        """The labels behind the head's, as exposition text."""
        if not self.rest:
            return ""
        return self.head.cut(_rest_text(self.labels[len(self.head.labels) :], self.rest))

    @property
    def prefix(self) -> str:
        """Exposition text up to the value: `dc_rack_power_watts{rack="A07"} `."""
        if not self.is_allowed:
            return ""
        body = self.head.text.decode()
        if self.rest:
            body += self.head.joint + self.rest_text
        return f"{self.name}{{{body}}} " if body else f"{self.name} "

    @property
    def line_key(self) -> str:
        """Line protocol up to the fields: `dc_rack,rack=A07`.

        Labels without a value are left out, since line protocol knows no empty tag and Prometheus
        takes an empty label for an absent one.
        """
        if not self.is_allowed:
            return ascii(f"{self.name}{{{','.join(self.labels)}}}"[:_MAX_TOLD])
        pairs = sorted(zip(self.labels, self.values, strict=True))
        tags = "".join(f",{name}={line_escape(value)}" for name, value in pairs if value)
        return self.metric.measurement + tags

    @property
    def field(self) -> str:
        """The name of its field in line protocol."""
        return self.name[len(self.metric.measurement) + 1 :] if self.is_allowed else ""

    def label(self, name: str) -> str:
        """Return the value of one label, or an empty string where the series does not carry it."""
        labels = self.labels
        return self.values[labels.index(name)] if name in labels else ""

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Series)
            and self.metric is other.metric
            and self.head is other.head
            and self.rest == other.rest
            and self.name == other.name
            and self.labels == other.labels
        )

    def __hash__(self) -> int:
        return hash((self.metric, self.head, self.rest))

    def __repr__(self) -> str:
        return f"Series({self.prefix.rstrip() or self.line_key})"


class NamedSeries(Series):
    """A series of a sample with its own name or labels, as a histogram's buckets."""

    __slots__ = ("_labels", "_name")

    def __init__(self, metric: Metric, name: str, labels: Labels, values: Labels) -> None:
        headed = subjects(labels)
        super().__init__(metric, head_of(labels[:headed], values[:headed]), values[headed:])
        self._name: Final = name
        self._labels: Final = labels

    @property
    def name(self) -> str:
        """The name of its samples."""
        return self._name

    @property
    def labels(self) -> Labels:
        """The names of its labels."""
        return self._labels

    @property
    def is_allowed(self) -> bool:
        """Whether the text formats take its names."""
        measured = self.metric.measurement and self._name.startswith(f"{self.metric.measurement}_")
        return bool(measured) and names_allowed(self._name, self._labels)


Reading = tuple[Series, float]
"""A value a collector has read, in the metric's base unit.

The runner stamps it; a missing value is no reading at all.
"""
