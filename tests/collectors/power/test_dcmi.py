"""What BMCs and ipmitool say, as bytes and as text, and what is made of it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply, CollectError, NoData, Refused, Unreachable
from collectors.power.dcmi import (
    PowerReading,
    Sensor,
    decode_power_reading,
    parse_power_reading,
    parse_sensors,
    why_not,
)
from collectors.power.ipmitool import CompletionCode, failure_of

ACTIVE = bytes.fromhex("dc f401 3200 8403 e001 00b5c266 e8030000 40")
OLD_TEXT = """
    Instantaneous power reading:                   216 Watts
    Minimum during sampling period:                 18 Watts
    Maximum during sampling period:                460 Watts
    Average power reading over sample period:      215 Watts
    IPMI timestamp:                           Wed May 22 15:44:32 2013
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   activated


"""
NEW_TEXT = """
    Instantaneous power reading:                   100 Watts
    Minimum during sampling period:                 50 Watts
    Maximum during sampling period:                150 Watts
    Average power reading over sample period:       94 Watts
    IPMI timestamp:                           S+ 00:00:00\
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   deactivated


"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            " dc f4 01 32 00 84 03 e0 01 00 b5 c2 66 e8 03 00\n 00 40\n",
            PowerReading(500, active=True),
        ),
        (
            " dc f4 01 32 00 84 03 e0 01 00 b5 c2 66 e8 03 00 00 00\n",
            PowerReading(500, active=False),
        ),
        (OLD_TEXT, PowerReading(216, active=True)),
        (NEW_TEXT, PowerReading(100, active=False)),
    ],
    ids=["raw in two lines", "raw, deactivated", "text of 1.8.11", "text of 1.8.19"],
)
def test_power_is_read_from_bytes_and_from_text(output: str, expected: PowerReading) -> None:
    """`raw` and `dcmi power reading`, of old and new versions, give the same reading."""
    assert parse_power_reading(output) == expected


def test_what_is_no_value_says_why() -> None:
    """A deactivated measurement, 0 W and the largest number are no values; anything else is."""
    assert why_not(PowerReading(0, active=False)) == "deactivated"
    assert why_not(PowerReading(240, active=False)) == "deactivated"
    assert why_not(PowerReading(0, active=True)) == "zero"
    assert why_not(PowerReading(0xFFFF, active=True)) == "sentinel"
    assert not why_not(PowerReading(1, active=True))


@pytest.mark.parametrize("length", range(len(ACTIVE)))
def test_a_truncated_reply_is_a_bad_reply(length: int) -> None:
    """However many bytes of a reply are lost, nothing is made of the rest."""
    with pytest.raises(BadReply, match="no DCMI power reading"):
        decode_power_reading(ACTIVE[:length])


def test_a_reply_of_another_group_is_a_bad_reply() -> None:
    """The first byte names the group; PICMG's answer is not DCMI's."""
    with pytest.raises(BadReply):
        decode_power_reading(b"\x00" + ACTIVE[1:])


def test_sensors_with_a_value_are_read_with_their_unit() -> None:
    """Of ipmitool's lines those that have a number are sensors; a disabled one is absent."""
    output = (
        "Pwr Consumption,126,Watts,ok,7.1,System Board,Current,,,,,,,,,,0.000,255.000\n"
        "Inlet Temp,-3.5,degrees C,nc,7.1,System Board,Temperature\n"
        "Exhaust Temp,,,ns,7.1,System Board,Temperature,,,,,,,,,,0.000,255.000\n"
        "Intrusion,0x0,discrete,ok,\n"
        "Stale Temp,21,degrees C,ns,7.1\n"
    )
    assert parse_sensors(output) == {
        "Pwr Consumption": Sensor(126.0, "Watts", 7),
        "Inlet Temp": Sensor(-3.5, "degrees C", 7),
    }


HPM = "Get HPM.x Capabilities request failed, compcode = d4\n"


@pytest.mark.parametrize(
    ("words", "kind", "meaning"),
    [
        (
            HPM
            + (
                "Unable to send RAW command (channel=0x0 netfn=0x2c lun=0x0 cmd=0x2 rsp=0xc1):"
                " Invalid command"
            ),
            CompletionCode,
            "c1: invalid command",
        ),
        (
            (
                "Unable to send RAW command (channel=0x0 netfn=0x2c lun=0x0 cmd=0x2 rsp=0xd4):"
                " Insufficient privilege level"
            ),
            CompletionCode,
            "d4: insufficient privilege",
        ),
        ("    DCMI request failed because: Invalid command (c1)", CompletionCode, "c1"),
        (
            (
                "Unable to send RAW command (channel=0x0 netfn=0x2c lun=0x0 cmd=0x2 rsp=0xc0): Node"
                " busy"
            ),
            Unreachable,
            "busy",
        ),
        ("Error: Unable to establish IPMI v2 / RMCP+ session", Unreachable, "password is wrong"),
        (
            "> RAKP 2 HMAC is invalid\nError: Unable to establish IPMI v2 / RMCP+ session",
            Refused,
            "user, password",
        ),
        (
            (
                "Set Session Privilege Level to OPERATOR failed\n"
                "Error: Unable to establish IPMI v2 /"
                " RMCP+ session"
            ),
            Refused,
            "privilege",
        ),
        (
            "Error in open session response message : invalid authentication algorithm\n",
            Refused,
            "cipher_suite",
        ),
        (
            "Address lookup for nohost failed\nError: Unable to establish",
            Unreachable,
            "name is unknown",
        ),
        (
            (
                "Could not open device at /dev/ipmi0 or /dev/ipmi/0 or /dev/ipmidev/0: No such file"
                " or directory"
            ),
            NoData,
            "no IPMI device",
        ),
        (
            (
                "Could not open device at /dev/ipmi0 or /dev/ipmi/0 or /dev/ipmidev/0: Permission"
                " denied"
            ),
            Refused,
            "no permission",
        ),
        ("", BadReply, "without a message"),
        ("Segmentation fault", BadReply, "Segmentation fault"),
    ],
)
def test_words_of_failure_are_told_apart(
    words: str, kind: type[CollectError], meaning: str
) -> None:
    """An error printed by ipmitool means unreachable, refused, or a reply that cannot be used."""
    error = failure_of(words)
    assert type(error) is kind
    assert meaning in str(error)


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    " dc",
                    " 40",
                    "\n",
                    "Instantaneous power reading:",
                    " 99 Watts",
                    "Power reading state is: ",
                    "activated",
                    ",",
                    "ok",
                    "rsp=0xzz)",
                ]
            ),
            max_size=30,
        ).map("".join),
        st.binary(max_size=40).map(lambda raw: raw.hex(" ")),
    )
)
def test_whatever_is_printed_it_is_read_or_a_bad_reply(output: str) -> None:
    """No output makes the parsers raise anything else."""
    with contextlib.suppress(BadReply):
        reading = parse_power_reading(output)
        assert 0 <= reading.watts < 10**9
    parse_sensors(output)
    assert isinstance(failure_of(output), CollectError)
