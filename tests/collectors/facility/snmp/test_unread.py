"""What a device answers and its profile does not read: found for every profile, over every version,
within bounds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from agent.commands import devices
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig, secrets_of
from collectors.facility.snmp.kind import KIND
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.program import Plan, Program
from collectors.facility.snmp.unread import Unread, compare, look, roots
from collectors.strict import read
from tests.collectors.facility.snmp.agents import CONTEXT, Fake, secret, serving, snmpd
from tests.collectors.facility.snmp.test_bad_agents import read_in_the_end
from tests.collectors.facility.snmp.test_cases import CASES, Case

OWN = """\
protocol: snmp
title: Acme rack PDU
kind: pdu
match: {sys_object_id: [1.3.6.1.4.1.424242]}
left_out: {1.3.6.1.4.1.424242.1.1.9: highest power since its reset}
tables:
  outlet: {oid: 1.3.6.1.4.1.424242.1.1, index: [outlet], columns: {name: 3, status: 4}}
readings:
  - {metric: dc_pdu_outlet_power_watts, table: outlet, column: 5, unit: W,
     valid_when: {status: ["1"]}, labels: {outlet: "{name}"}}
  - {metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.424242.2.0, unit: W}
"""
ACME = "1.3.6.1.4.1.424242"


def profile() -> SnmpProfile:
    return read("acme.yaml", SnmpProfile, text=OWN)


def found(**objects: object) -> Unread:
    """Compare objects beneath the maker's arc, by names such as `o1_1_5_1`, with what is read of
    them.
    """
    held = {f"{ACME}.{name[1:].replace('_', '.')}": raw for name, raw in objects.items()}
    program = Program(oids=(f"{ACME}.1.1.5.1", f"{ACME}.1.1.4.1", f"{ACME}.2.0"))
    return compare(held, profile(), Plan(program))


def test_what_may_be_a_reading_is_told_by_column() -> None:
    """Columns of known and unknown tables and single objects are told with how many rows and the
    largest.
    """
    unread = found(
        o1_1_5_1=120,
        o1_1_5_2=130,
        o1_1_3_1=b"77",
        o1_1_6_1=230,
        o1_1_6_2=231,
        o2_0=9000,
        o7_0=b"23.5",
        o8_2_1_4_1_1=400,
        o8_2_1_4_1_2=500,
        o8_2_1_5_1_1=600,
        o8_2_1_5_1_2=-700,
    )
    assert [
        (one.oid.removeprefix(ACME), one.rows, one.example, one.value) for one in unread.columns
    ] == [
        (".1.1.5", 1, "2", "130"),
        (".1.1.6", 2, "2", "231"),
        (".7.0", 1, "", "23.5"),
        (".8.2.1.4", 2, "1.2", "500"),
        (".8.2.1.5", 2, "1.2", "-700"),
    ]


def test_what_is_no_reading_is_not_told() -> None:
    """States, indices, sentinels, names, and addresses are not told, nor are the columns that say
    what a row is.
    """
    unread = found(
        o1_1_4_2=99,
        o1_1_3_2=88,
        o1_1_7_1=1,
        o1_1_7_2=2,
        o1_1_8_30=30,
        o1_1_10_1=-1,
        o1_1_10_2=2**32 - 1,
        o1_1_11_1=b"rack 7",
        o1_1_12_1="1.3.6.1.4.1",
        o3_0=b"10.0.0.7",
        o4_0=None,
    )
    assert unread.columns == []


def test_what_is_left_out_is_told_with_its_reason() -> None:
    """A column that the profile leaves out stands apart, with the reason the profile gives."""
    unread = found(o1_1_9_1=5, o1_1_9_2=812)
    assert unread.columns == []
    assert [(one.value, reason) for one, reason in unread.left_out] == [
        ("812", "highest power since its reset")
    ]


def test_where_to_look_is_where_the_profile_reads() -> None:
    """The part of the maker's MIB around all that is read, never a table alone.

    Of a standard MIB, that one.
    """
    assert roots(profile()) == [ACME]
    known = Library().all()
    assert roots(known["raritan-px"]) == ["1.3.6.1.4.1.13742.6"]
    assert roots(known["apc-rpdu2"]) == ["1.3.6.1.4.1.318.1.1"]
    assert roots(known["rfc1628-ups"]) == ["1.3.6.1.2.1.33.1"]


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
async def test_every_profile_finds_what_it_does_not_read(folder: Path) -> None:
    """Beside what a case's device has been given, an object of its maker's MIB that no profile
    knows is told; what is read is not.
    """
    case = read(folder / "case.yaml", Case)
    agent = case.agent()
    async with serving(agent) as address:
        words = ", ".join(
            f"{key}: {value}" for key, value in ({"address": f'"{address}"'} | case.device).items()
        )
        own = f"profiles_dir: {folder / 'profiles'}\n" if (folder / "profiles").is_dir() else ""
        (device,) = KIND.build(
            read(folder / "config", KIND.Config, text=f"{own}devices:\n  - {{{words}}}\n"), CONTEXT
        )
        await read_in_the_end(device)
        await device.aclose()
        assert device.profile is not None
        assert device.plan is not None
        stranger = f"{roots(device.profile)[0]}.4294967294.7.7.7.7.7.0"
        agent.objects[stranger] = 2345
        channel = Channel(
            address, secrets_of(SnmpConfig(), DeviceConfig(address=address), ""), timeout=5.0
        )
        unread = await look(channel, device.profile, device.plan)
    assert stranger in [one.oid for one in unread.columns]
    assert unread.note == ""
    columns = {oid for oid in device.plan.oids if not oid.endswith(".0")}
    assert not columns & {f"{one.oid}.{one.example}" for one in unread.columns}


async def test_a_device_that_is_slow_or_stops_is_told_so() -> None:
    """The look ends after its time, or with the device's silence, and says that there is more."""
    objects: dict[str, object] = {f"{ACME}.9.{n}.0": 1000 + n for n in range(400)}
    agent = Fake(objects)
    async with serving(agent) as address:
        channel = Channel(
            address, secrets_of(SnmpConfig(), DeviceConfig(address=address), ""), timeout=2.0
        )
        agent.mangle = lambda data: None if agent.requests > 3 else data
        unread = await look(channel, profile(), Plan())
        assert unread.note.startswith("no answer")
        assert unread.columns
        slow = await look(channel, profile(), Plan(), seconds=0.1)
        assert slow.note == "0.1 seconds"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    return devices.run(parser.parse_args(words))


OVERRIDES = {
    "1.3.6.1.2.1.1.2.0": ("object_id", ACME),
    f"{ACME}.1.1.3.1": ("octet_str", "db"),
    f"{ACME}.1.1.4.1": ("integer", 1),
    f"{ACME}.1.1.5.1": ("integer", 420),
    f"{ACME}.1.1.6.1": ("integer", 231),
    f"{ACME}.1.1.9.1": ("integer", 900),
    f"{ACME}.2.0": ("integer", 420),
}


@pytest.mark.parametrize("version", ["1", "2c", "3"])
def test_identify_shows_it_over_every_version(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Net-SNMP's agent shows what is read, what is left out and what is not read, over each version
    of SNMP.
    """
    lines = [f"override {oid} {kind} {value}" for oid, (kind, value) in OVERRIDES.items()]
    lines += [
        "rouser strong authPriv",
        'createUser strong SHA-256 "authentic-words" AES "private-words"',
    ]
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "acme.yaml").write_text(OWN, "utf-8")
    who = ["--version", version, "--community-file", str(secret(tmp_path, "ready"))]
    if version == "3":
        auth, priv = secret(tmp_path, "authentic-words"), secret(tmp_path, "private-words")
        who = [
            "--user",
            "strong",
            "--auth",
            "sha256",
            "--auth-file",
            str(auth),
            "--priv",
            "aes128",
            "--priv-file",
            str(priv),
        ]
    with snmpd(tmp_path, lines) as address:
        assert run("identify", address, *who, "--profiles-dir", str(tmp_path / "profiles")) == 0
        out = capsys.readouterr().out
        assert (
            run("identify", address, *who, "--profiles-dir", str(tmp_path / "profiles"), "--brief")
            == 0
        )
    assert "profile     acme: Acme rack PDU" in out
    assert 'dc_pdu_outlet_power_watts{pdu="127.0.0.1",outlet="db"}  420 W' in out
    assert (
        f"Answered, and left out by the profile:\n  {ACME}.1.1.9  1 x, .1 = 900: highest power"
        " since its reset\n"
    ) in out
    assert (
        f"Answered, and not read; thresholds and ratings are among them:\n  {ACME}.1.1.6  1 x, .1"
        " = 231\n"
    ) in out
    assert "Answered" not in capsys.readouterr().out
