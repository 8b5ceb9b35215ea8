"""Decode a BMC's power: the reply to DCMI's Get Power Reading, and sensors from its SDR.

Pure; raises only `BadReply`.

Source: DCMI specification 1.5, 6.6.1 (Get Power Reading), and the output of ipmitool 1.8.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from collectors.base import BadReply

GET_POWER_READING: Final = ("raw", "0x2c", "0x02", "0xdc", "0x01", "0x00", "0x00")
"""ipmitool's arguments for the request: group DCMI, command 2, mode 1 (system power statistics)."""
_GROUP: Final = 0xDC
_LENGTH: Final = 18
_ACTIVE: Final = 0x40
_UNKNOWN: Final = 0xFFFF
_MAX_OUTPUT: Final = 65_536

_HEX: Final = re.compile(r"\s*(?:[0-9a-fA-F]{2}\s+)*[0-9a-fA-F]{2}\s*", re.ASCII)
_WATTS: Final = re.compile(r"Instantaneous power reading:[ \t]*(\d{1,9}) Watts", re.ASCII)
_STATE: Final = re.compile(r"Power reading state is:[ \t]*(activated|deactivated)")
_SENSOR: Final = re.compile(
    r"([^\n]{1,64}?),(-?\d{1,12}(?:\.\d{1,6})?),([^,\n]{1,40}),([a-z]{2}),(?:(\d{1,3})\.)?",
    re.ASCII,
)


class PowerReading(NamedTuple):
    """A power reading.

    `watts` has no meaning while measurement is not `active`: most BMCs then return 0.
    """

    watts: int
    active: bool


class Sensor(NamedTuple):
    """A sensor's value in the unit its record names, such as `Watts` or `degrees C`.

    `entity` is what it measures, by number (IPMI 2.0, table 43-13); None where it is not told.
    """

    value: float
    unit: str
    entity: int | None = None


def parse_power_reading(output: str) -> PowerReading:
    """Parse ipmitool's output of `raw` (bytes) or of `dcmi power reading` (text).

    Raises BadReply.
    """
    output = output[:_MAX_OUTPUT]
    return (
        decode_power_reading(bytes.fromhex(output))
        if _HEX.fullmatch(output)
        else _parse_text(output)
    )


def decode_power_reading(reply: bytes) -> PowerReading:
    """Decode the reply after its completion code.

    It has group, current, least, most and mean watts, time, period and state.
    """
    if len(reply) < _LENGTH or reply[0] != _GROUP:
        raise BadReply(f"no DCMI power reading: {reply[:_LENGTH].hex(' ') or 'no bytes'}")
    return PowerReading(int.from_bytes(reply[1:3], "little"), bool(reply[17] & _ACTIVE))


def _parse_text(output: str) -> PowerReading:
    watts, state = _WATTS.search(output), _STATE.search(output)
    if watts is None or state is None:
        raise BadReply(f"no DCMI power reading: {first_line(output)!r}")
    return PowerReading(int(watts[1]), state[1] == "activated")


def why_not(reading: PowerReading) -> str:
    """Return why a reading has no value: `deactivated`, `sentinel` or `zero`; else an empty text.

    A BMC that answers draws power itself, so firmware that returns 0 W does not know the power.
    """
    if not reading.active:
        return "deactivated"
    return "zero" if reading.watts == 0 else "sentinel" if reading.watts == _UNKNOWN else ""


def parse_sensors(output: str) -> dict[str, Sensor]:
    """Read the lines of `ipmitool -c sdr get`: sensors that have a reading, by name.

    Others are left out.
    """
    found = {}
    for line in output[:_MAX_OUTPUT].splitlines():
        match = _SENSOR.match(line)
        if match and match[4] != "ns":  # no scanning: disabled, or the machine is off
            found[match[1]] = Sensor(float(match[2]), match[3], int(match[5]) if match[5] else None)
    return found


def first_line(text: str) -> str:
    """Return the first line that is not blank, short enough for a log."""
    return next((line.strip()[:120] for line in text.splitlines() if line.strip()), "")
