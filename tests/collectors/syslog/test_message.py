"""Messages as RFC 5424 (6.5), RFC 3164 (5.4) and common senders write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.syslog.message import parse

BOM = "\ufeff"
RFC_5424 = {
    f"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - {BOM}'su root' failed for"
    " lonvick on /dev/pts/8": (
        (4, 2),
        "mymachine.example.com",
        "su",
        "'su root' failed for lonvick on /dev/pts/8",
    ),
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the"
    " do-nuts.": ((20, 5), "192.0.2.1", "myproc", "%% It's time to make the do-nuts."),
    "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com"
    ' evntslog - ID47 [exampleSDID@32473 iut="3"'
    f' eventSource="Application" eventID="1011"] {BOM}An application event log entry...': (
        (20, 5),
        "mymachine.example.com",
        "evntslog",
        "An application event log entry...",
    ),
    "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com"
    ' evntslog - ID47 [exampleSDID@32473 iut="3"'
    ' eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]': (
        (20, 5),
        "mymachine.example.com",
        "evntslog",
        "",
    ),
    r'<13>1 - - - - - [a b="say \"no\] \\ yet"] [wet]': ((1, 5), "", "", "[wet]"),
    "<13>1 - h a - - [broken wet": ((1, 5), "h", "a", "[broken wet"),
}
RFC_3164 = {
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8": (
        (4, 2),
        "mymachine",
        "su",
        "'su root' failed for lonvick on /dev/pts/8",
    ),
    "Use the BFG!": ((1, 5), "", "", "Use the BFG!"),
    "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time": (
        (20, 5),
        "CST",
        "",
        "1987 mymachine myproc[10]: %% It's time",
    ),
    "<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All Folks!": (
        (0, 0),
        "",
        "",
        "1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All Folks!",
    ),
}
OTHERS = {
    "<12>Nov  9 10:00:00 10.0.4.7 UPS[3]: On battery\n": ((1, 4), "10.0.4.7", "UPS", "On battery"),
    "<12>Nov  9 10:00:00 su: no host": ((1, 4), "", "su", "no host"),
    "<30>2026-11-29T10:00:00.123456+08:00 pdu-a.example app: wet\x00": (
        (3, 6),
        "pdu-a.example",
        "app",
        "wet",
    ),
    "<189>42: *Mar  1 18:46:11: %SYS-5-CONFIG_I: wet": (
        (23, 5),
        "",
        "",
        "42: *Mar  1 18:46:11: %SYS-5-CONFIG_I: wet",
    ),
    "<192>too high": ((1, 5), "", "", "<192>too high"),
    "<013>a zero in front": ((1, 5), "", "", "<013>a zero in front"),
}


@pytest.mark.parametrize(("line", "said"), (RFC_5424 | RFC_3164 | OTHERS).items())
def test_what_a_message_says(line: str, said: tuple[tuple[int, int], str, str, str]) -> None:
    """Facility and severity, host, program and text, by the RFCs' own examples."""
    found = parse(line.encode())
    assert ((found.facility, found.severity), found.host, found.app, found.text) == said


@pytest.mark.parametrize("empty", [b"", b"\r\n", b"\x00"])
def test_an_empty_message_is_none(empty: bytes) -> None:
    """There is nothing to count."""
    with pytest.raises(BadReply):
        parse(empty)


@given(st.binary(max_size=300))
@example(b"<13>1 - h a - - [" + b"a" * 32 + b' b="' + b"\\" * 4000)
@example(b"<13>1 - h a - - " + b'[a b="c"]' * 800 + b"x")
def test_no_bytes_do_harm(data: bytes) -> None:
    """Whatever comes in is a message or refused."""
    with contextlib.suppress(BadReply):
        assert 0 <= parse(data).severity <= 7
