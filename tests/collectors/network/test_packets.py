from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.network.packets import (
    checksum,
    echo_request,
    parse_echo,
    parse_stamp,
    reflect,
    stamp_request,
)
from collectors.network.window import Window, quantile

TOKEN = b"12345678"
NUMBERS = st.integers(0, 2**64 - 1)


def reply_to(request: bytes, version: int) -> bytes:
    return bytes([{4: 0, 6: 129}[version]]) + request[1:]


@given(NUMBERS, st.sampled_from((4, 6)))
def test_an_echo_comes_back_with_its_number(number: int, version: int) -> None:
    """A reply names its probe, also beyond 16 bits, and a request has the right checksum."""
    request = echo_request(version, 7, TOKEN, number)
    assert checksum(request) == 0
    assert parse_echo(reply_to(request, version), version, TOKEN).number == number
    header = bytes([0x46]) + bytes(23)
    assert (
        parse_echo(header + reply_to(request, 4), 4, TOKEN, with_header=True).number == number
        if version == 4
        else True
    )


def test_answers_of_others_are_refused() -> None:
    """A request, another token, another sequence and an error message are not answers."""
    request = echo_request(4, 7, TOKEN, 5)
    reply = reply_to(request, 4)
    for packet in (request, bytes([3]) + reply[1:], reply[:6] + b"\0\x09" + reply[8:], reply[:12]):
        with pytest.raises(BadReply):
            parse_echo(packet, 4, TOKEN)
    with pytest.raises(BadReply):
        parse_echo(reply, 4, b"another.")


@given(NUMBERS, st.floats(0, 1e6), st.floats(0, 10))
def test_a_reflected_packet_tells_how_long_it_was_held(
    number: int, came: float, held: float
) -> None:
    """The number comes back, and the reflector's own time is the difference of its two stamps."""
    answer = parse_stamp(reflect(stamp_request(TOKEN, number), came, came + held), TOKEN)
    assert answer.number == number
    assert answer.held == pytest.approx(held, abs=1e-3)


def test_a_reflector_that_counts_by_itself_is_understood() -> None:
    """A stateful reflector's own sequence does not matter (RFC 8762, section 4.2)."""
    packet = reflect(stamp_request(TOKEN, 41), 1.0, 1.0)
    assert parse_stamp(struct.pack("!I", 977) + packet[4:], TOKEN).number == 41


@given(st.binary(max_size=120))
def test_any_packet_is_an_answer_or_refused(packet: bytes) -> None:
    """Whatever arrives raises BadReply and nothing else."""
    for parse in (
        lambda: parse_echo(packet, 4, TOKEN, with_header=True),
        lambda: parse_echo(packet, 4, TOKEN),
        lambda: parse_echo(packet, 6, TOKEN),
        lambda: parse_stamp(packet, TOKEN),
        lambda: reflect(packet, 0.0, 0.0),
    ):
        with contextlib.suppress(BadReply):
            parse()


def test_quantiles_are_those_of_promql() -> None:
    """Between two values a quantile is interpolated; one value is every quantile."""
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.9) == pytest.approx(3.7)
    assert quantile([7.0], 0.99) == 7.0


def test_the_window_slides() -> None:
    """Old probes are dropped; no answer gives no round trip, and no probe gives no loss."""
    window = Window(10.0, 100)
    assert window.loss() is None
    window.add(0.0, 0.010)
    window.add(5.0, None)
    assert (window.loss(), window.quantiles([0.5])) == (0.5, [0.010])
    window.trim(10.0)
    assert (window.loss(), window.quantiles([0.5])) == (1.0, [])
    window.trim(15.0)
    assert window.loss() is None
