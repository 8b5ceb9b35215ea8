"""The inventory against the devices that answer: those expected, those silent, and differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.web.format import iso
from agent.web.view import BoardView
from collectors.catalogue import inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKindView:
    """The devices of one kind at a site; None where the inventory's collector gave no number."""

    site: str
    kind: str
    expected: int | None
    answering: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentDeviceView:
    """A device that does not answer, and since when."""

    site: str
    kind: str
    device: str
    since: str | None
    since_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """What a difference concerns: a rack, a device, or both."""

    rack: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchView:
    """One way in which the inventory and the devices of a site differ."""

    site: str
    reason: str
    count: int
    named: Sequence[PlaceView]
    """The racks and devices concerned; of very many, only some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesView:
    """`/api/devices`."""

    at: str | None
    hub: str
    kinds: Sequence[DeviceKindView]
    silent: Sequence[SilentDeviceView]
    mismatches: Sequence[MismatchView]

    @property
    def differences(self) -> int:
        """How many differences there are, of every reason."""
        return sum(one.count for one in self.mismatches)


def read(view: BoardView) -> DevicesView:
    """Return what the collector of the inventory found in its last round."""
    family = view.snapshot.family
    silent = sorted(family(inventory.SILENT_SINCE).items(), key=lambda row: row[1])
    return DevicesView(
        at=iso(view.now()),
        hub=view.hub,
        kinds=_kinds(view),
        silent=[
            SilentDeviceView(
                site=series.label("site"),
                kind=series.label("kind"),
                device=series.label("device"),
                since=iso(since),
                since_seconds=since,
            )
            for series, since in silent
        ],
        mismatches=_mismatches(view),
    )


def _kinds(view: BoardView) -> list[DeviceKindView]:
    expected, answering = (
        {
            (series.label("site"), series.label("kind")): int(value)
            for series, value in view.snapshot.family(metric).items()
        }
        for metric in (inventory.EXPECTED, inventory.ANSWERING)
    )
    return [
        DeviceKindView(
            site=where,
            kind=kind,
            expected=expected.get((where, kind)),
            answering=answering.get((where, kind)),
        )
        for where, kind in sorted({*expected, *answering})
    ]


def _mismatches(view: BoardView) -> list[MismatchView]:
    named: dict[tuple[str, str], list[PlaceView]] = {}
    for series in view.snapshot.family(inventory.MISMATCH_INFO):
        found = PlaceView(rack=series.label("rack"), device=series.label("device"))
        named.setdefault((series.label("site"), series.label("reason")), []).append(found)
    return [
        MismatchView(
            site=series.label("site"),
            reason=series.label("reason"),
            count=int(value),
            named=named.get((series.label("site"), series.label("reason")), []),
        )
        for series, value in view.snapshot.family(inventory.MISMATCHES).items()
        if value
    ]
