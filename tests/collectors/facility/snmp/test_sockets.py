"""More devices than a machine has sockets for are read all the same."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.base import Late
from collectors.facility.snmp import kind
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig, UserConfig
from collectors.facility.snmp.kind import KIND
from tests.collectors.facility.snmp.agents import CONTEXT, Fake, collector, serving
from tests.collectors.facility.snmp.devices import PDU, POWER, named, shown


def sockets() -> int:
    """Return how many sockets this process has open."""
    names = list(Path("/proc/self/fd").iterdir())
    return sum(str(one.readlink()).startswith("socket:") for one in names if one.is_symlink())


@contextmanager
def no_more_files() -> Iterator[None]:
    """Take all open files that the process may still have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (most + 1, before[1]))
    taken: list[int] = []
    try:
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        yield
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_only_some_devices_keep_their_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three devices one may keep its socket; the others are read, and have none afterwards."""
    monkeypatch.setattr(kind, "kept_sockets", lambda *_: 1)
    async with serving(Fake(dict(PDU))) as address:
        devices = [DeviceConfig(address=address, pdu=f"P{n}") for n in range(3)]
        made: list[SnmpCollector] = KIND.build(SnmpConfig(devices=devices), CONTEXT)
        for _ in range(2):
            before = sockets()
            found = [await one.collect() for one in made]
            assert all(any(name.startswith(POWER) for name in shown(some)) for some in found)
            assert sockets() <= before + 1
        assert [one._channel._session is not None for one in made] == [True, False, False]
        await asyncio.gather(*(one.aclose() for one in made))


def test_devices_of_version_3_keep_their_sockets_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """To open a session of version 3 takes two requests, of version 2c none."""
    monkeypatch.setattr(kind, "kept_sockets", lambda *_: 2)
    versions = ("2c", "3", "2c", "3")
    devices = [
        DeviceConfig(address=f"10.0.0.{n}", version=version, pdu=f"P{n}")
        for n, version in enumerate(versions)
    ]
    made = KIND.build(SnmpConfig(devices=devices, user=UserConfig(name="u")), CONTEXT)
    assert [one.keeps_socket for one in made] == [False, True, False, True]


async def test_a_machine_without_open_files_says_nothing_of_the_device() -> None:
    """Where no socket can be opened, the round is late; the next one is read."""
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address))
        assert shown(await device.collect())
        device._channel.close()
        with no_more_files(), pytest.raises(Late):
            await device.collect()
        assert any(name.startswith(POWER) for name in shown(await device.collect()))
        await device.aclose()
