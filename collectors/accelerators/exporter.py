"""Chips read through an exporter that already runs on the node.

Profiles exist for Huawei's NPU exporter, NVIDIA's DCGM exporter and AMD's device metrics exporter.
An operator may add others.

`parse` is a pure function of a page and a profile. It returns chips.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from collectors.accelerators.chip import Chip, ChipReader
from collectors.accelerators.fetch import fetch
from collectors.base import BadReply, Reading, Schedule
from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    import ssl

    from prometheus_client.samples import Sample as ClientSample

    from collectors.accelerators.chip import Chips, Value
    from collectors.accelerators.exporter_profile import Profile
    from collectors.accelerators.exporter_profile import Reading as Wanted

MAX_BYTES: Final = 8 * 2**20
_MAX_LINES: Final = 20_000
_MAX_LINE: Final = 4096
_STALE: Final = 300.0
"""The age in seconds at which a sample with its own timestamp is rejected. Exporters keep their
last value, so an old one says nothing about the present."""


class Page(NamedTuple):
    """The chips on a page, and how many samples were too old."""

    chips: list[Chip]
    stale: int


class Exporter(ChipReader):
    """Scrapes one exporter."""

    name: ClassVar[str] = "accelerators"

    def __init__(
        self,
        chips: Chips,
        profile: Profile,
        *,
        url: str,
        schedule: Schedule,
        clock: Callable[[], float],
        trust: ssl.SSLContext | None,
    ) -> None:
        super().__init__(chips)
        self.device = url
        self.schedule = schedule
        self._profile, self._clock, self._trust = profile, clock, trust

    async def collect(self) -> Sequence[Reading]:
        """Read all chips that the exporter reports."""
        self._chips.begin()
        body = await fetch(
            self.device, timeout=self.schedule.timeout, max_bytes=MAX_BYTES, trust=self._trust
        )
        page = parse(body, self._profile, self._clock())
        if page.stale:
            self._chips.dropped["stale"] += page.stale
        return self._chips.readings(page.chips)


def parse(body: bytes, profile: Profile, now: float) -> Page:
    """Return the chips of a page in the Prometheus text format.

    Raises BadReply for a page that is not in this format. `now` is in seconds since 1970.
    """
    samples: dict[str, list[ClientSample]] = {}
    stale = 0
    text = body.decode("utf-8", "replace")
    helps = _helps(text, profile.wanted)
    readings = profile.read_of({profile.bare(name): said for name, said in helps.items()})
    for sample in _samples(text, profile.wanted):
        name = _first(sample.labels, profile.chip.labels)
        if not name or math.isnan(sample.value) or sample.value < 0:
            continue
        if sample.timestamp is not None and now - float(sample.timestamp) > _STALE:
            stale += 1
            continue
        chip = samples.setdefault(profile.chip.called.format(name), [])
        chip.append(sample._replace(name=profile.bare(sample.name)))
    reported: set[tuple[str, str]] = set()
    return Page(
        [_chip(name, own, profile, readings, reported) for name, own in samples.items()], stale
    )


def _helps(text: str, wanted: frozenset[str]) -> dict[str, str]:
    """Return the HELP texts of the wanted series."""
    helps: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, said = line[len("# HELP ") : _MAX_LINE].partition(" ")
            if name in wanted:
                helps[name] = said
    return helps


def _samples(text: str, wanted: frozenset[str]) -> Iterator[ClientSample]:
    """Parse only the lines with wanted series. An exporter's page has some ten times as many."""
    from prometheus_client.parser import text_string_to_metric_families

    lines: list[str] = []
    for line in text.splitlines():
        name = line[: min(len(line), 200)].partition("{")[0].partition(" ")[0]
        if name in wanted:
            if len(line) > _MAX_LINE or len(lines) >= _MAX_LINES:
                raise BadReply(
                    "an exporter's page is larger than a page about the chips of one node can be"
                )
            lines.append(line)
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            yield from family.samples
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"an exporter's page cannot be parsed: {str(error)[:100]}") from None


def _first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _chip(
    name: str,
    samples: Sequence[ClientSample],
    profile: Profile,
    wanted: Sequence[Wanted],
    reported: set[tuple[str, str]],
) -> Chip:
    def label(names: Sequence[str]) -> str:
        return next((found for sample in samples if (found := _first(sample.labels, names))), "")

    model, bus = label(profile.model.labels), label(profile.bus)
    if profile.model.cut is not None:
        model = profile.model.cut.sub("", model, count=1)
    values = (*_readings(samples, wanted, bus, reported), *_memory(samples, profile))
    return Chip(name=name, model=model, uuid=label(profile.uuid), bus=bus, values=values)


def _readings(
    samples: Sequence[ClientSample],
    wanted: Sequence[Wanted],
    bus: str,
    reported: set[tuple[str, str]],
) -> Iterator[Value]:
    # Instances of a split chip and containers on a chip repeat the chip's own value, so only the
    # first sample counts. Of several series of one metric, the first that has a value counts.
    found: set[tuple[str, str]] = set()
    for reading in wanted:
        value = next(
            (
                sample.value
                for sample in samples
                if sample.name == reading.series and _has(sample.labels, reading.only)
            ),
            None,
        )
        if value is None or value in reading.missing or (reading.metric, reading.label) in found:
            continue
        if reading.most is not None and value * reading.scale > reading.most:
            continue
        if reading.once_a_bus and bus:
            if (reading.series, bus) in reported:
                continue
            reported.add((reading.series, bus))
        found.add((reading.metric, reading.label))
        yield reading.declared, reading.label, value * reading.scale


def _has(labels: Mapping[str, str], only: Mapping[str, re.Pattern[str]]) -> bool:
    return all(pattern.fullmatch(labels.get(name, "")) for name, pattern in only.items())


def _memory(samples: Sequence[ClientSample], profile: Profile) -> Iterator[Value]:
    for kind in profile.memory:
        found = False
        for instance in dict.fromkeys(
            _first(sample.labels, profile.instance) for sample in samples
        ):
            own = {
                s.name: s.value * kind.scale
                for s in reversed(samples)
                if _first(s.labels, profile.instance) == instance
            }
            used, total = own.get(kind.used), own.get(kind.total)
            if used is None or total == 0:
                continue
            found = True
            yield (
                (
                    catalogue.ACCELERATOR_INSTANCE_MEMORY_USED
                    if instance
                    else catalogue.ACCELERATOR_MEMORY_USED
                ),
                instance,
                used,
            )
            if total is not None:
                yield (
                    (
                        catalogue.ACCELERATOR_INSTANCE_MEMORY_TOTAL
                        if instance
                        else catalogue.ACCELERATOR_MEMORY_TOTAL
                    ),
                    instance,
                    total,
                )
        if found:
            return
