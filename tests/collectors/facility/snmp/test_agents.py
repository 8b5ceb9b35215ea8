"""The SNMP collector against real agents and against one that misbehaves."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.base import BadReply, Collector, ConfigError, Reading, Refused, Unreachable
from collectors.facility.snmp import KIND
from collectors.facility.snmp_channel import Channel, Secrets, split_address
from collectors.facility.snmp_collector import SnmpCollector
from collectors.facility.snmp_config import DeviceConfig, LinkedConfig, SnmpConfig, UserConfig
from collectors.strict import Problems, read
from tests.collectors.facility.snmp.agents import (
    CONTEXT,
    Fake,
    collector,
    secret,
    serving,
    snmpd,
    snmpsim,
)
from tests.support import HANGS

APC = "1.3.6.1.4.1.318.1.1.26"
SYSTEM = {
    "1.3.6.1.2.1.1.1.0": b"a PDU",
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.318.1.3.4.6",
    "1.3.6.1.2.1.1.3.0": 1000,
}
PDU = {
    **SYSTEM,
    f"{APC}.4.3.1.1.1": 1,
    f"{APC}.4.3.1.2.1": 1,
    f"{APC}.4.3.1.5.1": 114,
    f"{APC}.4.3.1.9.1": 35128,
}
POWER, ENERGY = "dc_pdu_power_watts", "dc_pdu_energy_joules_total"

# Two PDUs linked by Network Port Sharing, as PowerNet-MIB has them: one outlet has a name that
# would break a page.
LINKED = """\
1.3.6.1.2.1.1.1.0|4|APC Web/SNMP Management Card
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.318.1.3.4.6
1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.4.1.318.1.1.26.3.0|2|2
1.3.6.1.4.1.318.1.1.26.4.3.1.1.1|2|1
1.3.6.1.4.1.318.1.1.26.4.3.1.1.2|2|2
1.3.6.1.4.1.318.1.1.26.4.3.1.2.1|2|1
1.3.6.1.4.1.318.1.1.26.4.3.1.2.2|2|2
1.3.6.1.4.1.318.1.1.26.4.3.1.5.1|2|100
1.3.6.1.4.1.318.1.1.26.4.3.1.5.2|2|200
1.3.6.1.4.1.318.1.1.26.4.3.1.9.1|2|-1
1.3.6.1.4.1.318.1.1.26.6.3.1.2.1|2|1
1.3.6.1.4.1.318.1.1.26.6.3.1.2.2|2|1
1.3.6.1.4.1.318.1.1.26.6.3.1.3.1|2|1
1.3.6.1.4.1.318.1.1.26.6.3.1.3.2|2|2
1.3.6.1.4.1.318.1.1.26.6.3.1.5.1|2|43
1.3.6.1.4.1.318.1.1.26.6.3.1.5.2|2|-1
1.3.6.1.4.1.318.1.1.26.8.3.1.2.1|2|1
1.3.6.1.4.1.318.1.1.26.8.3.1.3.1|2|1
1.3.6.1.4.1.318.1.1.26.8.3.1.5.1|2|41
1.3.6.1.4.1.318.1.1.26.9.4.3.1.2.1|2|2
1.3.6.1.4.1.318.1.1.26.9.4.3.1.3.1|4x|7822207d20310a6463
1.3.6.1.4.1.318.1.1.26.9.4.3.1.4.1|2|7
1.3.6.1.4.1.318.1.1.26.9.4.3.1.7.1|2|85
"""


def shown(readings: list[Reading]) -> dict[str, float]:
    """Return readings by metric and the labels that a test cares for."""
    keep = ("pdu", "phase", "bank", "outlet", "name")
    found = {}
    for series, value in readings:
        labels = [
            text
            for label, text in zip(series.labels, series.values, strict=True)
            if label in keep and text
        ]
        found["/".join([series.metric.full_name, *labels])] = value
    return found


def named(address: str, **options: object) -> DeviceConfig:
    """Return the config of a PDU called A07-A."""
    return DeviceConfig(address=address, pdu="A07-A", **options)


@pytest.fixture(scope="module")
def netsnmp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Net-SNMP's agent as an APC PDU, for version 2c and for two users of version 3."""
    work = tmp_path_factory.mktemp("snmpd")
    lines = [
        "sysObjectID .1.3.6.1.4.1.318.1.3.4.6",
        'createUser gauge SHA "authentic-words" AES "private-words"',
        'createUser strong SHA-256 "authentic-words" AES "private-words"',
        "rouser gauge priv",
        "rouser strong priv",
        *(
            f"override .{oid} integer {value}"
            for oid, value in PDU.items()
            if isinstance(value, int) and oid.startswith(APC)
        ),
    ]
    with snmpd(work, lines) as address:
        yield address


async def test_version_2c_of_a_real_agent(netsnmp: str, tmp_path: Path) -> None:
    """A PDU behind Net-SNMP's agent is recognised and read in base units."""
    device = collector(named(netsnmp, community_file=secret(tmp_path, "ready\n")))
    found = shown(await device.collect())
    assert found == {
        f"{POWER}/A07-A": 1140.0,
        f"{ENERGY}/A07-A": 35128 * 360000.0,
        "dc_pdu_up/A07-A": 1.0,
    }
    await device.aclose()


@pytest.mark.parametrize(("user", "auth"), [("gauge", "sha1"), ("strong", "sha256")])
async def test_version_3_with_authentication_and_privacy(
    netsnmp: str, tmp_path: Path, user: str, auth: str
) -> None:
    """A user of version 3 with authentication and privacy reads the same, round after round."""
    secrets = {
        "auth_file": secret(tmp_path, "authentic-words"),
        "priv_file": secret(tmp_path, "private-words"),
    }
    config = UserConfig(name=user, auth=auth, priv="aes128", **secrets)
    device = collector(named(netsnmp, version="3", user=config))
    for _ in range(3):
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
    await device.aclose()


@pytest.mark.parametrize(
    ("name", "auth", "priv"),
    [
        ("gauge", "wrong-words-here", "private-words"),
        ("nobody", "authentic-words", "private-words"),
        ("gauge", "authentic-words", "wrong-words-here"),
    ],
)
async def test_wrong_credentials_of_version_3_are_told(
    netsnmp: str, tmp_path: Path, name: str, auth: str, priv: str
) -> None:
    """A wrong user or passphrase of version 3 is one line that says so and shows no passphrase."""
    user = UserConfig(
        name=name,
        auth="sha1",
        auth_file=secret(tmp_path, auth),
        priv="aes128",
        priv_file=secret(tmp_path, priv),
    )
    device = collector(named(netsnmp, version="3", user=user, timeout=1.0))
    with pytest.raises((Refused, Unreachable), match=r"user|passphrase") as caught:
        await asyncio.wait_for(device.collect(), HANGS)
    assert auth not in str(caught.value)
    assert priv not in str(caught.value)
    await device.aclose()


async def test_a_wrong_community_is_silence_and_is_told_so(netsnmp: str, tmp_path: Path) -> None:
    """A community the agent does not know gets no answer.

    The line says that it may be wrong, and does not show it.
    """
    device = collector(named(netsnmp, community_file=secret(tmp_path, "not-this-one"), timeout=0.6))
    with pytest.raises(
        Unreachable, match=r"^no answer \(unreachable, or the community is wrong\)$"
    ):
        await asyncio.wait_for(device.collect(), HANGS)
    (up,) = device.up_series
    assert (up.metric.full_name, up.label("pdu")) == ("dc_pdu_up", "A07-A")
    await device.aclose()


async def test_linked_units_outlets_and_hostile_names(tmp_path: Path) -> None:
    """Two linked PDUs, a phase that is not wired, an outlet with a hostile name: each comes out as
    what it is.
    """
    data = tmp_path / "data"
    data.mkdir()
    (data / "linked.snmprec").write_text(LINKED, "ascii")
    with snmpsim(data, tmp_path, "linked") as address:
        linked = {"2": LinkedConfig(name="A07-B", feed="B")}
        device = collector(
            named(address, community_file=secret(tmp_path, "linked"), feed="A", linked=linked)
        )
        readings = await device.collect()
        assert shown(readings) == {
            f"{POWER}/A07-A": 1000.0,
            f"{POWER}/A07-B": 2000.0,
            "dc_pdu_phase_current_amperes/A07-A/L1": 4.3,
            "dc_pdu_bank_current_amperes/A07-A/1": 4.1,
            "dc_pdu_outlet_power_watts/A07-B/7": 85.0,
            'dc_pdu_outlet_info/A07-B/7/x" } 1 dc': 1.0,
            "dc_pdu_up/A07-A": 1.0,
        }
        assert {
            series.label("feed") for series, _ in readings if series.label("pdu") == "A07-B"
        } == {"B"}
        assert all("\n" not in series.prefix for series, _ in readings)
        assert device.dropped["sentinel"] == 2
        await device.aclose()


async def test_a_new_device_is_one_file(tmp_path: Path) -> None:
    """A device nobody has heard of is read once a YAML file says what its objects mean."""
    (tmp_path / "acme.yaml").write_text(
        "protocol: snmp\ntitle: Acme\nkind: pdu\nmatch: {sys_object_id: [1.3.6.1.4.1.424242]}\n"
        "readings:\n  - {metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.424242.1.0, unit: W}\n",
        "utf-8",
    )
    fake = Fake(
        {**SYSTEM, "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.424242.7", "1.3.6.1.4.1.424242.1.0": 250}
    )
    async with serving(fake) as address:
        device = collector(named(address), profiles_dir=tmp_path)
        assert shown(await device.collect()) == {f"{POWER}/A07-A": 250.0, "dc_pdu_up/A07-A": 1.0}
        await device.aclose()


async def test_a_device_no_profile_fits_is_told() -> None:
    """A device that answers but is not known is told with what it says it is, on one line."""
    async with serving(
        Fake(
            {
                **SYSTEM,
                "1.3.6.1.2.1.1.1.0": b"Acme\nPDU",
                "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.424242.7",
            }
        )
    ) as address:
        device = collector(DeviceConfig(address=address, timeout=10.0))
        with pytest.raises(
            BadReply, match=r"^no profile fits sysObjectID 1\.3\.6\.1\.4\.1\.424242\.7 \(Acme PDU\)"
        ):
            await device.collect()
        assert list(device.up_series) == []
        await device.aclose()


async def test_a_profile_that_does_not_fit_is_told() -> None:
    """A device that has nothing of the profile it was given is no success without readings."""
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, profile="raritan-px", timeout=10.0))
        with pytest.raises(BadReply, match="none of the objects of its profile"):
            await device.collect()
        await device.aclose()


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_device_of_small_messages_is_asked_for_less_at_once(version: str) -> None:
    """A device that says tooBig is asked in smaller requests from then on, and read whole."""
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 41)
    }
    fake = Fake({**PDU, **outlets}, most=7)
    async with serving(fake) as address:
        device = collector(named(address, version=version, profile="apc-rpdu2", timeout=10.0))
        found = shown(await device.collect())
        assert sum("outlet_power" in name for name in found) == 40
        assert device._channel.max_oids <= 7
        fake.requests = fake.largest = 0
        assert shown(await device.collect()) == found
        assert fake.largest <= 7
        assert fake.requests <= 12
        await device.aclose()


async def test_a_device_that_drops_large_requests_in_silence_is_read_in_the_end() -> None:
    """Where a large request gets no answer at all, smaller ones are tried in later rounds."""
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 31)
    }
    fake = Fake({**PDU, **outlets})
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=1.5))
        assert len(await device.collect()) > 30
        fake.silent_over = 8
        readings: list[Reading] = []
        for _ in range(6):
            try:
                readings = await device.collect()
            except Unreachable:
                continue
            if len(readings) > 30:
                break
        assert len(readings) > 30
        await device.aclose()


async def test_version_1_is_read_although_one_missing_object_empties_an_answer() -> None:
    """Version 1 answers noSuchName for a whole request.

    The objects that are there are read all the same.
    """
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, version="1"))
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_a_walk_in_circles_ends_as_a_bad_reply() -> None:
    """An agent whose successor goes back never keeps a walk going."""
    fake = Fake(
        dict(PDU),
        successor=lambda oid: f"{APC}.4.3.1.5.1" if oid.startswith(f"{APC}.4.3.1.5") else None,
    )
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=10.0))
        with pytest.raises(BadReply, match="does not go forward"):
            await device.collect()
        assert fake.requests < 10
        await device.aclose()


async def test_a_walk_without_end_is_cut() -> None:
    """An agent that always has another row is read up to a limit."""
    endless = Fake(
        dict(SYSTEM),
        successor=lambda oid: f"1.3.6.1.9.{int(oid.removeprefix('1.3.6.1.9').strip('.') or 0) + 1}",
    )
    async with serving(endless) as address:
        channel = Channel(address, Secrets(), timeout=10.0)
        assert len(await channel.walk("1.3.6.1.9", limit=200)) == 200


@pytest.mark.parametrize(
    "junk",
    [
        b"hello",
        b"\x30\x82",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30" * 1400,
        bytes(1400),
        b"\x30\x03\x02\x01\x05",
    ],
    ids=["text", "cut", "4 GB", "nested", "zeros", "version 5"],
)
async def test_garbage_is_a_bad_reply_within_the_deadline(junk: bytes) -> None:
    """A reply that is no SNMP message is told as such, or as no answer, and never lasts beyond the
    deadline.
    """
    async with serving(Fake(dict(PDU), mangle=lambda _: junk)) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=0.5))
        with pytest.raises((BadReply, Unreachable)):
            await asyncio.wait_for(device.collect(), HANGS)
        await device.aclose()


async def read_in_the_end(device: SnmpCollector) -> list[Reading]:
    """Read a device that a busy machine may make too late for its deadline."""
    async with asyncio.timeout(HANGS):
        while True:
            try:
                return await device.collect()
            except (BadReply, Unreachable):
                continue


async def test_mutated_replies_cost_a_round_and_nothing_else() -> None:
    """Replies with random bytes changed, cut or added raise only our errors, and the device is read
    again afterwards.
    """
    rng = random.Random(4)

    def mutate(data: bytes) -> bytes:
        broken = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        return bytes(broken[: rng.choice([len(broken), rng.randrange(1, len(broken))])])

    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=0.08))
        await read_in_the_end(device)
        fake.mangle = mutate
        for _ in range(60):
            try:
                await device.collect()
            except (BadReply, Unreachable):
                continue
        fake.mangle = bytes
        assert shown(await read_in_the_end(device))[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_silence_ends_at_the_deadline() -> None:
    """A device that takes requests and never answers costs one time-out, no more."""
    async with serving(Fake({}, mangle=lambda _: None)) as address:
        device = collector(named(address, timeout=0.5))
        for _ in range(2):
            with pytest.raises(Unreachable, match="no answer"):
                await asyncio.wait_for(device.collect(), HANGS)
        await device.aclose()


async def test_a_lost_answer_is_asked_for_again() -> None:
    """One lost packet does not lose a round."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=3.0))
        await device.collect()
        lost = iter([True])
        fake.mangle = lambda data: None if next(lost, False) else data
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_a_restart_is_noticed_and_rows_are_found_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the device's uptime goes back, or an object is gone, its rows are discovered again
    beside the rounds.
    """
    monkeypatch.setattr("collectors.facility.snmp_collector._MIN_DISCOVERY_AGE", 0.0)
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=5.0))
        await device.collect()
        before = device.plan
        fake.objects |= {
            "1.3.6.1.2.1.1.3.0": 5,
            f"{APC}.6.3.1.2.1": 1,
            f"{APC}.6.3.1.3.1": 1,
            f"{APC}.6.3.1.5.1": 49,
        }
        del fake.objects[f"{APC}.4.3.1.9.1"]
        assert shown(await device.collect()) == {f"{POWER}/A07-A": 1140.0, "dc_pdu_up/A07-A": 1.0}
        async with asyncio.timeout(HANGS):
            while device.plan is before:
                found = shown(await device.collect())
                await asyncio.sleep(0.01)
        assert found == {
            f"{POWER}/A07-A": 1140.0,
            "dc_pdu_phase_current_amperes/A07-A/L1": 4.9,
            "dc_pdu_up/A07-A": 1.0,
        }
        assert device.dropped["unanswered"] >= 1
        await device.aclose()


async def test_a_large_device_is_up_before_it_is_discovered() -> None:
    """A device whose discovery takes longer than a round is up meanwhile, and read when it is done."""
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 100)
    }
    fake = Fake({**PDU, **outlets})

    def slow(data: bytes) -> bytes:
        time.sleep(0.015)
        return data

    fake.mangle = slow
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=0.6))
        assert shown(await device.collect()) == {"dc_pdu_up/A07-A": 1.0}
        async with asyncio.timeout(HANGS):
            while not device.plan:
                await device.collect()
        fake.mangle = bytes
        assert len(await device.collect()) > 190
        await device.aclose()


async def test_a_name_that_does_not_resolve_is_told() -> None:
    """A host's name that nobody knows is one line."""
    device = collector(named("no-such-host.invalid", timeout=2.0))
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid|no answer"):
        await device.collect()
    await device.aclose()


async def test_the_log_says_what_was_found_and_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Discovery is one line in the log; the community is in none, nor in any representation."""
    caplog.set_level(logging.DEBUG)
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, community_file=secret(tmp_path, "hush-hush")))
        await device.collect()
        await device.aclose()
    assert "A07-A: APC rack PDU (rPDU2) (profile apc-rpdu2), 2 readings" in caplog.text
    assert "hush-hush" not in caplog.text + repr(device._secrets) + repr(device.config)


def test_a_section_builds_one_collector_for_every_device() -> None:
    """Each device of the section is a collector of its own, with the section's schedule where it
    has none.
    """
    devices = [
        named("10.0.0.7", interval=15.0),
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
