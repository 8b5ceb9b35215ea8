"""Which detail each device of a section gets: by its own config, the section's, or the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from collectors.base import ConfigError
from collectors.catalogue.devices import KINDS, Kind
from collectors.catalogue.limits import OUTLETS_UP_TO_PDUS
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig
from collectors.facility.snmp.detail import Depth, Detail
from collectors.facility.snmp.discover import AUTO
from collectors.facility.snmp.library import Library
from collectors.strict import Problems

_NOTICE: Final = (
    "the outlets of {pdus} PDUs are not read, because a gateway of more than {most} PDUs reads"
    " them to the phase by default; `detail: outlet` reads outlets, `detail: phase` says that"
    " this is wanted"
)


class Depths:
    """Gives each device of a section its depth."""

    def __init__(self, config: SnmpConfig, library: Library) -> None:
        detail = config.detail
        self._otherwise: Final[Detail] = detail if isinstance(detail, str) else "outlet"
        by_name = detail if isinstance(detail, Mapping) else {}
        self.kinds: Final[dict[Kind, Detail]] = {
            kind: by_name[kind] for kind in KINDS if kind in by_name
        }
        """The detail of each kind of device that has one of its own, by default included."""
        self._slow_interval: Final = config.slow_interval or 0.0
        self._notice = ""
        pdus = _pdus(config.devices, library)
        if pdus > OUTLETS_UP_TO_PDUS and not isinstance(detail, str) and "pdu" not in self.kinds:
            self.kinds["pdu"] = "phase"
            self._notice = _NOTICE.format(pdus=pdus, most=OUTLETS_UP_TO_PDUS)
        self._known: Final[dict[object, Depth]] = {}

    def of(self, device: DeviceConfig) -> Depth:
        """Return the depth of a device; the same object for all whose config says the same."""
        only = frozenset(device.levels) if device.levels is not None else None
        chosen = device.detail is not None or only is not None
        slow = device.slow_interval or self._slow_interval
        key = (device.detail, only, slow)
        if key not in self._known:
            self._known[key] = Depth(
                own=device.detail,
                kinds=self.kinds,
                otherwise=self._otherwise,
                only=only,
                slow_interval=slow,
                notice="" if chosen else self._notice,
            )
        return self._known[key]


def _pdus(devices: Sequence[DeviceConfig], library: Library) -> int:
    """Count the PDUs whose outlets nobody chose or refused."""
    return sum(
        device.detail is None and device.levels is None and _is_pdu(device, library)
        for device in devices
    )


def _is_pdu(device: DeviceConfig, library: Library) -> bool:
    """Tell whether a device is a PDU: by the key of its name, else by the profile it names."""
    if device.kind is not None or device.profile == AUTO:
        return device.kind == "pdu"
    try:
        return library.named(device.profile).kind == "pdu"
    except (ConfigError, Problems):
        return False  # the mistake is told with the device
