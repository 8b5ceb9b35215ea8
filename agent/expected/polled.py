"""The polled devices and which of them answer, read from the `*_up` series of the snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.expected.silence import DeviceKey, SilenceFile
from collectors.base import Metric, Reading, Series
from collectors.catalogue import inventory as catalogue
from collectors.catalogue import node
from collectors.catalogue.devices import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _UpMetric:
    """How the series of an `*_up` metric name their device."""

    kind: str
    """The device's kind; empty where the series' `source` is the kind."""
    label: str
    """The label with the device's name."""


UP_METRICS: Final[Mapping[Metric, _UpMetric]] = {
    **{kind.up: _UpMetric(kind=name, label=kind.label) for name, kind in KINDS.items()},
    node.NODE_UP: _UpMetric(kind="", label="node"),
}
_BY_NAME: Final = {metric.full_name: how for metric, how in UP_METRICS.items()}


class SiteKind(NamedTuple):
    """A kind of device at a site, by which devices are counted."""

    site: str
    kind: str


@dataclass(slots=True)
class _Device:
    series: Series
    answers: bool = False


def is_up_series(series: Series) -> bool:
    """Tell whether a series says whether a device answers."""
    return series.metric.full_name in _BY_NAME


class PolledDevices:
    """Every polled device, its state and counts by site and kind; updated series by series."""

    def __init__(self, hub: str, silence: SilenceFile) -> None:
        self._hub, self._silence = hub, silence
        self._devices: dict[DeviceKey, _Device] = {}
        self.polled: Counter[SiteKind] = Counter()
        self.answering: Counter[SiteKind] = Counter()
        self.silent: dict[DeviceKey, Reading] = {}
        """Devices that answered once and are silent now, with the reading that says since when."""
        self.never_answered: set[DeviceKey] = set()
        self.rack_of_pdu: dict[DeviceKey, str] = {}
        """The rack that each PDU's series name."""
        self.changed = True
        """Whether a device is new, is labelled otherwise, or answers for the first time."""

    @property
    def keys(self) -> Mapping[DeviceKey, object]:
        """Every device that is polled."""
        return self._devices

    def look(self, series: Series, live: Mapping[Series, float], *, answered: bool = False) -> None:
        """Note whether the device of an `*_up` series answers now.

        `live` are the live series of its metric. A device that is not among them keeps its last
        state: late is not silent. `answered` says that it answered since the last look. So a device
        that answered and fell silent between two looks does not count as never answered.
        """
        if series.label("hub") != self._hub:
            return
        how = _BY_NAME[series.metric.full_name]
        # A controller that is polled in two ways is two devices: each way may fail alone.
        kind = how.kind or series.label("source")
        key = DeviceKey(series.label("site"), kind, series.label(how.label))
        value = live.get(series)
        count = SiteKind(key.site, key.kind)
        device = self._devices.get(key)
        if device is None:
            device = self._devices[key] = _Device(series)
            self.polled[count] += 1
            self.changed = True
        elif device.series != series:
            if value is None and device.series in live:
                return  # the device got other labels, and this is its old series that ends
            device.series = series
            self.changed = True
        if kind == "pdu":
            self.rack_of_pdu[key] = series.label("rack")
        if answered or value == 1:
            self._note_answer(key)
        if value is None:
            return  # not read yet, or read late: nothing is known of it, so nothing changes
        answers = value == 1
        self.answering[count] += answers - device.answers
        device.answers = answers
        if not answers:
            self._note_silence(key)

    def follow_clock(self) -> None:
        """Follow a wall clock that has stepped: silences stay as old as they are."""
        if self._silence.follow_clock():
            for key, (series, since) in self.silent.items():
                self.silent[key] = (series, self._silence.silent(key).since or since)

    def _note_answer(self, key: DeviceKey) -> None:
        self._silence.answered(key)
        self.silent.pop(key, None)
        if key in self.never_answered:
            self.never_answered.discard(key)
            self.changed = True

    def _note_silence(self, key: DeviceKey) -> None:
        if key in self.silent or key in self.never_answered:
            return
        silence = self._silence.silent(key)
        if silence.seen and silence.since is not None:
            series = catalogue.SILENT_SINCE.series(self._hub, *key)
            self.silent[key] = (series, silence.since)
        else:
            self.never_answered.add(key)
            self.changed = True
