"""`hubgauge devices discover NETWORK`: who answers, and a config that `check` accepts."""

from __future__ import annotations

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands import devices
from agent.commands.devices.discover import addresses_of
from collectors.base import ConfigError
from tests.collectors.facility.modbus.kit import SDM630, serving, simulated
from tests.collectors.facility.snmp.agents import Fake
from tests.collectors.facility.snmp.devices import PDU, SYSTEM
from tests.collectors.power.redfish.services import Service
from tests.collectors.power.redfish.services import serving as redfish
from tests.support import HANGS, ROOT, free_port

NETWORK = "127.0.8.{}"
UNKNOWN = {**SYSTEM, "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.99999", "1.3.6.1.4.1.99999.1.0": 2301}
UPS = {**SYSTEM, "1.3.6.1.2.1.1.2.0": "0.0"} | {
    f"1.3.6.1.2.1.33.1.4.4.1.{column}.1": value for column, value in ((2, 230), (3, 12), (4, 270))
}


async def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    return await asyncio.to_thread(devices.run, parser.parse_args(["discover", *words]))


async def agents(stack: AsyncExitStack, port: int, *all_objects: dict[str, object]) -> list[Fake]:
    """Serve agents at 127.0.8.1 and on, each with its objects."""
    loop = asyncio.get_running_loop()
    made = []
    for number, objects in enumerate(all_objects, 1):
        fake = Fake(dict(objects))
        at = (NETWORK.format(number), port)
        transport, _ = await loop.create_datagram_endpoint(lambda fake=fake: fake, local_addr=at)
        stack.callback(transport.close)
        made.append(fake)
    return made


async def test_what_answers_becomes_a_config_that_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """PDUs and UPSs are named by their kind; an unknown one is a comment; nobody else is asked."""
    out = tmp_path / "devices.yaml"
    port = free_port()
    async with AsyncExitStack() as stack:
        *_, outside = await agents(stack, port, PDU, UPS, UNKNOWN, PDU)
        options = ("--protocols", "snmp", "--snmp-port", str(port), "--rate", "500")
        options += ("--timeout", str(HANGS))  # all who are asked answer
        # 127.0.8.0/30 has the addresses 1 and 2; 4 answers, but nobody named it.
        assert await run("127.0.8.0/30", "127.0.8.3", *options, "--out", str(out)) == 0
    assert outside.requests == 0
    text = out.read_text("utf-8")
    assert f'address: "127.0.8.1:{port}", pdu: "pdu-127.0.8.1"' in text
    assert f'address: "127.0.8.2:{port}", ups: "ups-127.0.8.2"' in text
    assert "# 127.0.8.3: a PDU no profile fits: hubgauge devices draft" in text
    capsys.readouterr()
    assert main(["check", str(out)]) == 0


async def test_a_device_that_falls_silent_is_not_lost(tmp_path: Path) -> None:
    """What it is was answered, and nothing more: it is a comment, with what to do next."""
    out = tmp_path / "devices.yaml"
    port = free_port()
    async with AsyncExitStack() as stack:
        (device,) = await agents(stack, port, PDU)
        device.mangle = lambda data: data if device.requests == 1 else None
        options = ("--protocols", "snmp", "--snmp-port", str(port), "--timeout", "5")
        assert await run("127.0.8.1", *options, "--out", str(out)) == 0
    text = out.read_text("utf-8")
    assert "# 127.0.8.1: a PDU it answered, then: " in text
    assert f"hubgauge devices identify 127.0.8.1:{port}" in text
    assert main(["check", str(out)]) == 0


async def test_modbus_and_redfish_are_found_as_well(tmp_path: Path) -> None:
    """A service root needs no login, and a meter is told without a point that nobody has named."""
    out = tmp_path / "devices.yaml"
    document = ROOT / "tests" / "cases" / "redfish" / "rack-pdu" / "service.json"
    async with (
        serving(simulated(SDM630)) as meter,
        redfish(Service(json.loads(document.read_text("utf-8"))), None) as service,
    ):
        ports = ("--modbus-port", meter.rpartition(":")[2])
        ports += ("--redfish-port", service.origin.rpartition(":")[2], "--allow-http")
        words = ("127.0.0.1", "--protocols", "modbus,redfish", *ports, "--timeout", str(HANGS))
        assert await run(*words, "--out", str(out)) == 0
    text = out.read_text("utf-8")
    assert "its profile must be named" in text or "a meter needs its point" in text
    assert f'- {{address: "{service.origin}", node: "node-127.0.0.1"}}' in text
    assert main(["check", str(out)]) == 0


async def test_a_silent_network_writes_nothing(tmp_path: Path) -> None:
    """Where nobody answers, there is no config."""
    out = tmp_path / "devices.yaml"
    port = str(free_port())
    words = ("127.0.8.9", "--protocols", "snmp", "--snmp-port", port, "--timeout", "0.2")
    assert await run(*words, "--out", str(out)) == 1
    assert not out.exists()


@pytest.mark.parametrize("network", ["10.0.0.0/8", "10.0.0.300", "pdu-7.example.net"])
def test_a_network_that_is_too_large_or_none_is_refused(network: str) -> None:
    """A whole building is not asked by mistake, and a name is no network."""
    with pytest.raises(ConfigError):
        addresses_of([network])


def test_each_address_is_asked_once() -> None:
    """Networks that overlap are one; the network's and the broadcast address are left out."""
    assert list(addresses_of(["10.0.8.0/30", "10.0.8.2"])) == ["10.0.8.1", "10.0.8.2"]
