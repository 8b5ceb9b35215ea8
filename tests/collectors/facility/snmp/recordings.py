"""Recordings of real devices, served by a real agent and read as devices that nobody described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collectors.base import CollectError
from collectors.facility.snmp import KIND
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig
from tests.collectors.facility.snmp.agents import CONTEXT, secret, snmpsim
from tests.collectors.facility.snmp.oracle import Comparison, Expected, compare
from tests.support import recorded


@contextmanager
def agent(work: Path) -> Iterator[str]:
    """Serve every recording under the community of its name; yields the address."""
    files = recorded()
    folders = sorted({file.parent for file in files.values()})
    with snmpsim(folders, work, next(iter(files))) as address:
        yield address


def devices(address: str, work: Path, names: Iterable[str]) -> dict[str, SnmpCollector]:
    """Make the collectors of recordings, by name, as one config would."""
    config = SnmpConfig(
        devices=[
            DeviceConfig(
                address=address, device=name, community_file=secret(work, name), timeout=30.0
            )
            for name in names
        ]
    )
    return {made.device: made for made in KIND.build(config, CONTEXT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A recording that was read once: what was chosen for it, and what came of the oracle's rows.

    `error` says why it could not be read; `comparison` is then of no value at all.
    """

    profile: str
    comparison: Comparison
    error: str = ""


async def read_once(device: SnmpCollector, expected: Expected) -> Read:
    """Read a recording once, and compare it with the oracle."""
    error = ""
    values: dict[object, float] = {}
    try:
        values.update(await device.collect())
    except CollectError as problem:
        error = str(problem)
    compared = compare(
        device.device,
        device.plan,
        values,
        expected,
        device.profile.left_out if device.profile else {},
    )
    await device.aclose()
    return Read(profile=device.chosen, comparison=compared, error=error)
