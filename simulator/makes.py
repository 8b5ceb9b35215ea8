"""The makes of a simulated site's devices: profiles spread over rows, feeds and plant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.facility.profile import paths, protocol_of
from collectors.strict import Document, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Makes:
    """The profiles of each kind of device, used in turn."""

    pdu: tuple[str, ...] = (
        "apc-rpdu2",
        "raritan-px",
        "servertech-sentry4",
        "eaton-epdu",
        "rittal-cmc3-pdu",
        "liebert-mph2",
    )
    ups: tuple[str, ...] = ("rfc1628-ups",)
    ats: tuple[str, ...] = ("apc-xats",)
    cooling: tuple[str, ...] = ("apc-inrow",)
    meter: tuple[str, ...] = ("eastron-sdm630",)

    def of_pdu(self, row: int, feed: int) -> str:
        """Return the make of a row's PDUs on a feed.

        The feeds come from different makers, as is good practice.
        """
        return self.pdu[(2 * row + feed) % len(self.pdu)]


MIXED: Final = Makes()


def choose(names: Sequence[str]) -> Makes:
    """Return the makes of a site with the named profiles, each for its kind of device.

    `all` stands for every profile there is. Raises ConfigError for a name that is no profile, or
    whose kind of device is not simulated.
    """
    kinds = {name: _kind(path) for name, path in paths().items()}
    chosen: dict[str, list[str]] = {}
    for name in names:
        if name == "all":
            for known, kind in kinds.items():
                if kind in Makes.__slots__:
                    chosen.setdefault(kind, []).append(known)
        elif name not in kinds:
            raise ConfigError(f"no such profile: {name!r}{nearest(name, kinds)}")
        elif kinds[name] not in Makes.__slots__:
            raise ConfigError(
                f"{name}: nothing of the kind {kinds[name]} stands in a simulated site"
            )
        else:
            chosen.setdefault(kinds[name], []).append(name)
    return Makes(**{kind: tuple(dict.fromkeys(found)) for kind, found in chosen.items()})


def _kind(path: Path) -> str:
    """Return what a profile describes.

    In a simulated site meters speak Modbus, and all else SNMP.
    """
    document = Document(path)
    modbus = protocol_of(document) == "modbus"
    kind = document.plain().get("kind", "meter")
    return f"{kind}" if modbus == (kind == "meter") else f"{kind} by Modbus"
