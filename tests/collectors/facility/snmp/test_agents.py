"""The SNMP collector against real agents and against one that misbehaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.base import BadReply, Refused, Unreachable
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig, LinkedConfig, UserConfig
from tests.collectors.facility.snmp.agents import (
    Fake,
    collector,
    secret,
    serving,
    snmpd,
    snmpsim,
)
from tests.collectors.facility.snmp.devices import APC, ENERGY, PDU, POWER, SYSTEM, named, shown
from tests.support import HANGS, hurried

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
    with snmpsim([data], tmp_path, "linked") as address:
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
            "dc_pdu_up/A07-B": 1.0,
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
    assert "hush-hush" not in caplog.text + repr(device._finder._about) + repr(device.config)


class HalfSilent:
    """A channel on which one object is answered, and nothing after it."""

    def __init__(self, answers: dict[str, object]) -> None:
        self._answers = answers

    async def get_into(self, found: dict[str, object], _oids: object) -> None:
        found |= self._answers
        await asyncio.sleep(HANGS)

    def close(self) -> None:
        """Nothing is open."""


def watched_only(device: SnmpCollector) -> HalfSilent:
    """Return a channel that answers the count of rows, and is silent from then on."""
    assert device.plan is not None
    oid = next(oid for oid in device.plan.oids if oid in device.plan.watched)
    return HalfSilent({oid: device.plan.watched[oid]})


async def test_a_round_that_ends_early_is_no_answer_and_no_wrong_profile() -> None:
    """The count of rows is answered, and then the time is up: that says nothing of the profile."""
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, timeout=10.0))
        await device.collect()
        before, device._channel = device._channel, watched_only(device)
        with hurried(device, 0.3), pytest.raises(Unreachable, match="no answer in time"):
            await device.collect()
        device._channel = before
        await device.aclose()


async def test_a_discovery_that_takes_the_whole_time_leaves_a_device_that_answers() -> None:
    """Nothing is left of the round to ask for readings. The next one asks for them."""
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, timeout=10.0))
        await device.collect()
        with hurried(device, 0.0):
            assert shown(await device.collect()) == {"dc_pdu_up/A07-A": 1.0}
        assert len(await device.collect()) > 1
        await device.aclose()
