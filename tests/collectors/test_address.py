"""What is an address of a device or a server, and what is a slip of the pen."""

from __future__ import annotations

import pytest

from collectors.address import host_and_port, is_host

GOOD = (
    *("10.0.0.7", "::1", "fd00::7", "fe80::1%eth0", "::ffff:10.0.0.7", "localhost"),
    *(
        "gz.example.net",
        "gz.example.net.",
        "pdu_7.dc-1",
        "3com.net",
        "7a",
        "机房.example",
        "a" * 63,
    ),
)
BAD = (
    *("", ".", "10..2", ".0.8", "10.0", "10.2.3", "127.0.0.256", "010.0.0.1", "10.0.0.1.2"),
    *("a b", "10.0.1 .2", "10.0.{}0.8", "127.0~.0.1", "a..b", "-a", "a-", "-", "a/b", "a:b"),
    *("a\t.b", "user@host", "[::1]", "a" * 64, ".".join(["a" * 63] * 4) + ".b"),
)


@pytest.mark.parametrize("text", GOOD)
def test_an_address_or_a_name_is_a_host(text: str) -> None:
    """IP addresses, and names as RFC 1123 has them, with underscores and letters of any script."""
    assert is_host(text)


@pytest.mark.parametrize("text", BAD)
def test_what_no_machine_can_be_called_is_none(text: str) -> None:
    """Among them addresses that lost a part: some resolvers take them for another machine."""
    assert not is_host(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.7", ("10.0.0.7", 161)),
        ("10.0.0.7:1161", ("10.0.0.7", 1161)),
        ("::1", ("::1", 161)),
        ("[::1]", ("::1", 161)),
        ("[fd00::7]:65535", ("fd00::7", 65535)),
        ("pdu.dc:1", ("pdu.dc", 1)),
    ],
)
def test_a_port_is_optional_where_there_is_one_to_take(
    text: str, expected: tuple[str, int]
) -> None:
    """The notation is that of URLs (RFC 3986, 3.2.2), and an IPv6 address may stand alone."""
    assert host_and_port(text, 161, like="10.0.0.7") == expected


@pytest.mark.parametrize(
    "text", ["10.0.0.7:0", "10.0.0.7:65536", "10.0.0.7:", "a:٣", "a:+1", "a: 1", "[a", "[::1]7"]
)
def test_a_port_is_a_number_of_sixteen_bits(text: str) -> None:
    """Also digits of other scripts are none, and a bracket is closed."""
    with pytest.raises(ValueError, match=r"^listen: expected an address such as x:1, got '"):
        host_and_port(text, 161, key="listen", like="x:1")


def test_a_port_is_needed_where_there_is_none_to_take() -> None:
    """Who listens must say where."""
    with pytest.raises(ValueError, match="expected an address such as x:1"):
        host_and_port("10.0.0.7", None, like="x:1")
