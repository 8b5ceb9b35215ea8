"""Frames of Modbus TCP and of serial lines: good ones, late ones and garbage."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.facility.modbus.frame import Framing, Question, crc16, registers_in, request

QUESTION = Question(unit=1, function=4, address=0, count=2)


GOOD = {"tcp": b"\0\7\0\0\0\7\1\4\4\0\1\0\2", "rtu": b"\1\4\4\0\1\0\2\x2b\x85"}


FRAMINGS = pytest.mark.parametrize("framing", ["tcp", "rtu"])


@FRAMINGS
@given(data=st.binary(max_size=600))
def test_any_bytes_are_looked_at_without_any_other_error(framing: Framing, data: bytes) -> None:
    """Garbage is a BadReply or the beginning of an answer, never anything else."""
    try:
        found = registers_in(framing, data, QUESTION, 7)
    except BadReply:
        assert not GOOD[framing].startswith(data)
    else:
        assert found is None or len(found) == 2


@FRAMINGS
def test_a_good_answer_passes_at_every_length_it_arrives_in(framing: Framing) -> None:
    """The beginning of a good answer is never refused, the whole is taken, and any changed byte of
    its head is refused.
    """
    good = GOOD[framing]
    for length in range(len(good)):
        assert registers_in(framing, good[:length], QUESTION, 7) is None
    assert registers_in(framing, good, QUESTION, 7) == (1, 2)
    for place in range(2, 9) if framing == "tcp" else range(len(good)):
        spoilt = bytearray(good)
        spoilt[place] ^= 0x55
        with pytest.raises(BadReply):
            registers_in(framing, bytes(spoilt), QUESTION, 7)


def test_late_answers_are_passed_over_but_not_without_end() -> None:
    """The right answer is found behind late ones.

    A device that sends nothing else is not answering.
    """
    good = GOOD["tcp"]
    late = good[:1] + b"\3" + good[2:]
    assert registers_in("tcp", late * 3 + good, QUESTION, 7) == (1, 2)
    assert registers_in("tcp", late * 3, QUESTION, 7) is None
    with pytest.raises(BadReply, match="bytes without an answer"):
        registers_in("tcp", late * 700, QUESTION, 7)


@pytest.mark.parametrize("unit", [0, 255])
def test_a_device_addressed_itself_may_call_itself_what_it_likes(unit: int) -> None:
    """Units 0 and 255 mean the TCP device itself; some answer with a unit of their own."""
    question = Question(unit=unit, function=4, address=0, count=2)
    assert registers_in("tcp", GOOD["tcp"], question, 7) == (1, 2)
    with pytest.raises(BadReply, match="asked unit"):
        registers_in("rtu", GOOD["rtu"], question, 7)


def test_a_checksum_is_that_of_the_standard() -> None:
    """The example of MODBUS over Serial Line V1.02, 6.2.2: 02 07 has the checksum 41 12."""
    assert crc16(b"\2\7").to_bytes(2, "little") == b"\x41\x12"
    assert request("rtu", QUESTION, 0)[:6] == b"\1\4\0\0\0\2"


@FRAMINGS
def test_random_mutations_of_frames_raise_nothing_but_bad_reply(framing: Framing) -> None:
    """Flipped bits in a run of frames never escape as another error."""
    rng = random.Random(1)
    for _ in range(2000):
        data = bytearray(GOOD[framing] * 3)
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with suppress(BadReply):
            registers_in(framing, bytes(data), QUESTION, 7)
