"""Interfaces by IF-MIB: Net-SNMP's agent shows those of this machine, beside whatever else the
device is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.base import ConfigError
from collectors.facility.snmp.config import DeviceConfig
from collectors.facility.snmp.kind import KIND
from collectors.strict import Problems, read
from tests.collectors.facility.snmp.agents import CONTEXT, collector, secret, snmpd

RACK_PDU = "1.3.6.1.4.1.318.1.1.26"


def kernel(interface: str, what: str) -> int:
    """Return what the kernel itself says of an interface."""
    return int(Path("/sys/class/net", interface, what).read_text("ascii"))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Net-SNMP's agent as an APC PDU that has the interfaces of this machine."""
    lines = [
        "sysObjectID .1.3.6.1.4.1.318.1.3.4.6",
        *(f"override .{RACK_PDU}.4.3.1.{n}.1 integer {v}" for n, v in ((1, 1), (2, 1), (5, 114))),
    ]
    with snmpd(tmp_path_factory.mktemp("snmpd"), lines) as address:
        yield address


async def test_an_interface_counts_what_the_kernel_counts(agent: str, tmp_path: Path) -> None:
    """The loopback, asked for by name, shows the kernel's own counters, which have not gone back,
    and that it is up.
    """
    config = read(
        "c",
        DeviceConfig,
        text=(
            f"{{address: '{agent}', device: core-1, profile: if-mib,"
            f" interfaces: '^lo$', community_file: {secret(tmp_path, 'ready')}}}"
        ),
    )
    device = collector(config)
    before = [kernel("lo", f"statistics/{name}") for name in ("rx_bytes", "tx_bytes")]
    readings = {
        series.metric.full_name: value
        for series, value in await device.collect()
        if series.label("interface") == "lo"
    }
    received, sent = (
        readings["dc_link_receive_bytes_total"],
        readings["dc_link_transmit_bytes_total"],
    )
    # The agent keeps its answer for some seconds.
    assert received == pytest.approx(before[0], rel=0.05, abs=1e6)
    assert sent == pytest.approx(before[1], rel=0.05, abs=1e6)
    assert readings["dc_link_up"] == 1.0
    assert readings["dc_link_speed_bits_per_second"] == 10e6  # what Net-SNMP says of a loopback
    assert readings["dc_link_interface_info"] == 1.0
    await device.aclose()


async def test_without_a_pattern_a_loopback_is_not_polled(agent: str, tmp_path: Path) -> None:
    """By default only Ethernet is read: of this machine's interfaces, those whose kernel type is
    Ethernet and that are up.
    """
    device = collector(
        DeviceConfig(
            address=agent,
            device="core-1",
            profile="if-mib",
            community_file=secret(tmp_path, "ready"),
        )
    )
    names = {series.label("interface") for series, _ in await device.collect()} - {""}
    assert "lo" not in names
    assert all(kernel(name, "type") == 1 for name in names)
    await device.aclose()


async def test_interfaces_beside_what_the_device_is(agent: str, tmp_path: Path) -> None:
    """A PDU that is recognised by itself shows its power and, where asked for, its interfaces, and
    is one device that is up.
    """
    config = DeviceConfig(
        address=agent,
        pdu="A07-A",
        also=["if-mib"],
        interfaces=read("p", DeviceConfig, text="{address: a, interfaces: lo}").interfaces,
        community_file=secret(tmp_path, "ready"),
    )
    device = collector(config)
    found = {series.metric.full_name: (series, value) for series, value in await device.collect()}
    assert found["dc_pdu_power_watts"][1] == 1140.0
    assert found["dc_link_up"][0].label("device") == "A07-A"
    assert found["dc_pdu_up"][1] == 1.0
    assert "dc_device_up" not in found
    await device.aclose()


def test_a_profile_named_besides_must_be_there() -> None:
    """A name under `also` that is no profile is told when the config is read,
    with the nearest one.
    """
    with pytest.raises((Problems, ConfigError), match="did you mean if-mib"):
        KIND.build(
            read("c", KIND.Config, text="devices: [{address: a, device: d, also: [if-mip]}]"),
            CONTEXT,
        )
