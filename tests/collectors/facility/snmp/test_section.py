"""The section `snmp`: its collectors, and the mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import Collector, ConfigError
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig, UserConfig
from collectors.facility.snmp.credentials import split_address
from collectors.facility.snmp.kind import KIND
from collectors.strict import Problems, read
from tests.collectors.facility.snmp.agents import (
    CONTEXT,
    collector,
    secret,
)
from tests.collectors.facility.snmp.devices import named


def test_a_section_builds_one_collector_for_every_device() -> None:
    """Each device of the section is a collector of its own, with the section's schedule where it
    has none.
    """
    devices = [
        DeviceConfig(address="10.0.0.7", pdu="A07-A", interval=15.0),
        DeviceConfig(address="10.0.0.8", ups="U1", max_samples=0),
    ]
    first, second = KIND.build(SnmpConfig(devices=devices), CONTEXT)
    assert isinstance(first, Collector)
    assert (first.device, first.schedule.interval, first.schedule.timeout) == ("A07-A", 15.0, 5.0)
    assert (second.device, second.schedule.interval, second.schedule.max_samples) == ("U1", 30.0, 0)
    assert [series.metric.full_name for series in second.up_series] == ["dc_ups_up"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "devices: [{address: '10.0.0.7:x'}]",
            "c.yaml:1: devices[0].address: expected an address such as 10.0.0.7",
        ),
        ("devices: [{address: a, pdu: x, ups: y}]", "expected one of pdu, ups, unit"),
        ("devices: [{address: a, version: 2}]", "expected one of 1, 2c, 3, got '2'"),
        ("devices: [{address: a, community: secret}]", "unknown key; did you mean community_file?"),
        ("devices: [{address: a, user: {name: u, auth: sha1}}]", "needs auth_file"),
        (
            "devices: [{address: a, user: {name: u, priv: aes128, priv_file: f}}]",
            "privacy needs authentication",
        ),
        ("devices: [{address: a, levels: [outlets]}]", "did you mean outlet?"),
        ("timeout: 5", "expected a duration such as 15s"),
    ],
)
def test_a_mistake_in_the_section_is_one_line(text: str, said: str) -> None:
    """A mistake in the config section is one line that names the key and what was expected."""
    with pytest.raises(Problems) as caught:
        read("c.yaml", SnmpConfig, text=text)
    assert said in str(caught.value)


def test_devices_that_cannot_be_made_are_all_told(tmp_path: Path) -> None:
    """Every device with a wrong profile, a missing secret or a name twice is told in one go, with
    its key.
    """
    open_secret = secret(tmp_path, "x")
    open_secret.chmod(0o644)
    devices = [
        named("10.0.0.1", profile="apc-rpdu22"),
        named("10.0.0.2"),
        DeviceConfig(address="10.0.0.3", version="3"),
        DeviceConfig(address="10.0.0.4", community_file=open_secret),
        DeviceConfig(address="10.0.0.5", community_file=tmp_path / "none"),
    ]
    with pytest.raises(Problems) as caught:
        KIND.build(SnmpConfig(devices=devices), CONTEXT)
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    for number, said in enumerate(
        [
            "did you mean apc-rpdu2",
            "already the name of devices[0]",
            "version 3 needs a user",
            "readable by all",
            "No such file",
        ]
    ):
        assert f"collectors.snmp.devices[{number}]" in lines[number]
        assert said in lines[number]


def test_a_mistake_in_ones_own_profile_is_one_of_the_config(tmp_path: Path) -> None:
    """A mistake in any profile of the operator's folder is told with file and line when the config
    is checked, whoever uses it.
    """
    (tmp_path / "acme.yaml").write_text(
        "protocol: snmp\ntitle: Acme\nkind: pdu\nreadings:\n"
        "  - {metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.424242.1.0, unit: V}\n  -"
        " {metric: dc_pdu_wats, oid: 1.3.6.1.4.1.1.0, unit: W}\n",
        "utf-8",
    )
    with pytest.raises(Problems) as caught:
        KIND.build(SnmpConfig(devices=[named("10.0.0.1")], profiles_dir=tmp_path), CONTEXT)
    lines = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"{tmp_path}/acme.yaml:5",
        f"{tmp_path}/acme.yaml:6",
    ]


def test_short_passphrases_are_refused(tmp_path: Path) -> None:
    """A passphrase that the standard would not take is refused before any device is asked."""
    user = UserConfig(name="u", auth="sha1", auth_file=secret(tmp_path, "short"))
    with pytest.raises(Problems, match="at least 8 characters"):
        collector(named("10.0.0.1", version="3", user=user))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("10.0.0.7", ("10.0.0.7", 161)),
        ("pdu:1161", ("pdu", 1161)),
        ("[::1]", ("::1", 161)),
        ("[::1]:99", ("::1", 99)),
        ("::1", ("::1", 161)),
    ],
)
def test_addresses(text: str, parts: tuple[str, int]) -> None:
    """An address is a host, with a port or without, of either family."""
    assert split_address(text) == parts


@pytest.mark.parametrize("text", ["", ":161", "a:b", "a:0", "a:65536", "[]:1"])
def test_wrong_addresses(text: str) -> None:
    """What is no address is refused."""
    with pytest.raises(ValueError, match="expected an address"):
        split_address(text)


def test_a_profile_with_mistakes_is_told_by_the_section(tmp_path: Path) -> None:
    """A named profile that has mistakes is told with its own file and line."""
    (tmp_path / "mine.yaml").write_text(
        "protocol: snmp\ntitle: x\nkind: pdu\nreadings: []\n", "utf-8"
    )
    with pytest.raises(Problems, match=r"mine\.yaml:4: readings: expected at least one"):
        collector(named("10.0.0.1", profile="mine"), profiles_dir=tmp_path)


def test_a_folder_of_profiles_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A `profiles_dir` that does not exist is an error of the config."""
    with pytest.raises((Problems, ConfigError), match="no such folder"):
        collector(named("10.0.0.1", profile="mine"), profiles_dir=tmp_path / "none")
