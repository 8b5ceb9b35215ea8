"""What is an address of a device or a server, and what is a slip of the pen."""

from __future__ import annotations

import pytest

from collectors.address import check_url, host_and_port, http_url, is_host

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


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:8428", "https://db.example.net/write?db=dc", "http://[fd00::7]:9090/"),
        *("HTTP://h:1", "https://pdu_7.dc-1", "http://h:65535/a%20b#top"),
    ],
)
def test_a_url_of_a_web_server_is_one(url: str) -> None:
    """A scheme, an address or a name, and a port or none (RFC 3986, 3)."""
    assert http_url(url) is not None
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "h:8428", "//h", "ftp://h", "http:/h", "http://", "http://:80", "http:h"),
        *("http://h:0", "http://h:65536", "http://h:", "http://h:x", "http://[::1", "http://::1"),
        *("http://10.2", "http://a..b", "http://h/a b", "http://h\n", " http://h", "http://h,i"),
    ],
)
def test_what_is_no_url_is_told_with_its_key(url: str) -> None:
    """Among them hosts and ports that there cannot be, and what a line of text ends with."""
    assert http_url(url) is None
    with pytest.raises(ValueError, match=r"^api_url: expected http://… or https://…, got '"):
        check_url(url, "api_url")


def test_a_password_in_a_url_is_not_repeated() -> None:
    """No client of ours would send it, and the message is shown on terminals and in logs."""
    with pytest.raises(ValueError, match=r"^url: expected .* without a name and a password$"):
        check_url("http://reader:s3cret@db:8086/")
    check_url("http://reader:s3cret@db:8086/", user=True)
    for url in ("http://reader:geheimß@db:8086/", "http://reader:geheimß@db:x/"):
        with pytest.raises(ValueError, match=r"^url: expected http://… or https://…$"):
            check_url(url)


def test_only_ascii_can_be_sent() -> None:
    """A name of another script is written in Punycode in a URL (RFC 3986, 3.2.2)."""
    with pytest.raises(ValueError, match=r"got 'http://机房\.example'"):
        check_url("http://机房.example")
    check_url("http://xn--7out4i.example")
