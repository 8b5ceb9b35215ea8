"""What a device is called in a section of the config file: its name, under the key of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from collectors.catalogue.devices import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A device that is named under the key of its kind."""

    cooling: str = ""
    meter: str = ""
    ups: str = ""
    pdu: str = ""
    ats: str = ""
    dcplant: str = ""
    generator: str = ""
    sensor: str = ""

    kinds: ClassVar[tuple[str, ...]] = (
        "cooling",
        "meter",
        "ups",
        "pdu",
        "ats",
        "dcplant",
        "generator",
        "sensor",
    )
    """The keys that name a device. Where several are given, the first one is its name."""

    @property
    def names(self) -> Mapping[str, str]:
        """Its names by their kinds, in the order of `kinds`."""
        return {kind: name for kind in self.kinds if (name := getattr(self, kind))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled(Named):
    """A named device that is polled; a meter has its measuring point."""

    point: Point | None = field(default=None, metadata={"help": "the measuring point of a meter"})


def check_point(meter: str, point: Point | None) -> None:
    """Check that a meter, and nothing else, has a measuring point; raises ValueError."""
    if bool(meter) != (point is not None):
        raise ValueError("point: a meter needs it, and no other device may have it")
