"""`hubgauge devices identify modbus://HOST:PORT/UNIT`: a Modbus device, and what is read of it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.commands.devices.show import printable, show_dropped, show_readings
from agent.messages.said import tell
from collectors.base import Context, Place, Reading
from collectors.facility.modbus import KIND
from collectors.facility.modbus.collector import ModbusCollector
from collectors.facility.modbus.config import DEFAULT_PORT, Config, split_address
from collectors.facility.modbus.identity import OBJECTS, Identity, read_identity
from collectors.facility.modbus.link import Link
from collectors.facility.modbus.profile import Profile
from collectors.facility.modbus.recognise import fitting
from collectors.facility.profile import load_all
from collectors.strict import read

SCHEME: Final = "modbus://"
_UNITS: Final = range(256)
_ROUND: Final = 6  # reading a device may take this many times the timeout of one request


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a Modbus device identifies itself, and the names of the profiles that fit it."""

    identity: Identity
    names: list[str]


def is_modbus(address: str) -> bool:
    """Tell whether an address is that of a Modbus device."""
    return address.startswith(SCHEME)


def split(address: str) -> tuple[str, int, int]:
    """Split `modbus://HOST:PORT/UNIT` into host, port and unit; raises ValueError."""
    place, _, unit = address.removeprefix(SCHEME).partition("/")
    host, port = split_address(place, DEFAULT_PORT)
    if not re.fullmatch(r"\d{0,3}", unit) or int(unit or 1) not in _UNITS:
        message = f"address: expected modbus://HOST:PORT/UNIT, got {address!r}"
        raise ValueError(message)
    return host, port, int(unit or 1)


async def ask(
    host: str, port: int, unit: int, timeout: float, known: Mapping[str, Profile]
) -> Answer:
    """Ask a device for its identity, and find the profiles that fit.

    `timeout` is in seconds for one request. Raises CollectError if the device is silent.
    """
    link = Link(host, port, request_timeout=timeout)
    try:
        identity = await read_identity(link, unit)
        names = [name async for name in fitting(link, unit, identity, known)]
    finally:
        link.close()
    return Answer(identity=identity, names=names)


async def identify(args: argparse.Namespace) -> int:
    """Identify a device and read it once; returns the exit status, 1 if nothing could be read."""
    host, port, unit = split(args.address)
    known = dict(profiles(args.profiles_dir))
    answer = await ask(host, port, unit, args.timeout, known)
    _show(args.address, answer)
    name = args.profile if args.profile != "auto" else next(iter(answer.names), "")
    if not name:
        tell(
            f"{args.address}: no profile says that it fits; give one of them:"
            f" --profile {', '.join(known)}",
            to=sys.stderr,
        )
        return 1
    readings = await _read(args, f"{host}:{port}", unit, name, known)
    return 0 if readings else 1


def profiles(folder: Path | None) -> Mapping[str, Profile]:
    """Return every Modbus profile by its name; raises Problems."""
    return dict(load_all("modbus", Profile, folder))


async def _read(
    args: argparse.Namespace, address: str, unit: int, name: str, known: Mapping[str, Profile]
) -> Sequence[Reading]:
    kind = known[name].kind if name in known else "meter"
    pairs = {"address": address, "unit": unit, "profile": name, kind: "device"}
    pairs |= {"timeout": f"{args.timeout * _ROUND:g}s"} | (
        {"point": "other"} if kind == "meter" else {}
    )
    entry = {"request_timeout": f"{args.timeout:g}s", "devices": [pairs]}
    folder = {"profiles_dir": str(args.profiles_dir.resolve())} if args.profiles_dir else {}
    # JSON is YAML as well.
    config = read("devices identify", Config, text=json.dumps(entry | folder))
    (collector,) = KIND.build(config, Context(place=Place(hub=""), node=""))
    assert isinstance(collector, ModbusCollector)
    try:
        readings = await collector.collect()
    finally:
        await collector.aclose()
    show_readings(readings)
    show_dropped(collector.dropped)
    tell(f"\n{len(readings)} readings")
    return readings


def _show(address: str, answer: Answer) -> None:
    lines = [address]
    lines += [
        f"  {OBJECTS.get(number, f'object {number}'):<12} {printable(text)}"
        for number, text in answer.identity.objects.items()
        if text
    ]
    if not answer.identity.objects:
        lines.append("  says         nothing of itself (function 43)")
    lines.append(f"  profile      {', '.join(answer.names) or '(none fits)'}")
    tell("\n".join(lines) + "\n\n")
