"""What a page on the internet can make a browser do here: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings import Http, Tls
from agent.web.hosts import is_own_host, own_names, why_not_change
from tests.agent.web.serving import request, serving

NAMES = own_names(
    Http(
        listen="gateway.dc.example:9717",
        hosts=("hub.example", "Other.Example:8080"),
        public_url="https://board.example/hub",
    ),
    "gw1.dc.example",
)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:9717", True),
        ("board.localhost", True),
        ("127.0.0.1:9717", True),
        ("[::1]:9717", True),
        ("::1", True),
        ("10.3.4.5", True),
        ("hubgauge-gateway:9717", True),
        ("gateway.dc.example:9717", True),
        ("HUB.example.", True),
        ("other.example", True),
        ("board.example:443", True),
        ("gw1.dc.example:9717", True),
        ("", True),
        ("evil.example", False),
        ("evil.example:9717", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1.nip.io", False),
        ("gateway.dc.example.evil.example", False),
        ("xhub.example", False),
        (":9717", False),
        (".", False),
        ("[", False),
        ("[]", False),
    ],
)
def test_which_hosts_are_answered(host: str, own: bool) -> None:
    """Addresses, names without a dot, and what the config names: none of them can be rebound."""
    assert is_own_host(host, NAMES) is own


async def test_another_name_reads_nothing() -> None:
    """A page that rebinds its own name gets 421 for every path but the one for health."""
    async with serving(node="gw1.dc.example", hosts=("hub.example",)) as port:
        for path in ("/", "/metrics", "/api/sites", "/sd", "/-/ready"):
            status, _, body = await request(port, path, host="evil.example:9717")
            assert status == 421, path
            assert b"t_x_value" not in body
        assert (await request(port, "/-/healthy", host="evil.example"))[0] == 200
        for host in ("hub.example", "gw1.dc.example", f"127.0.0.1:{port}", "gw"):
            assert (await request(port, "/metrics", host=host))[0] == 200
        status, _, _ = await request(port, "/-/reload", host="evil.example", method="POST")
        assert status == 421


@pytest.mark.parametrize(
    ("headers", "address", "known_user", "allowed"),
    [
        ({}, "127.0.0.1", False, True),
        ({}, "::1", False, True),
        ({}, "::ffff:127.0.0.1", False, True),
        ({}, "10.0.0.1", False, False),
        ({}, "10.0.0.1", True, True),
        ({"sec-fetch-site": "none"}, "10.0.0.1", True, True),
        ({"origin": "https://evil.example"}, "127.0.0.1", False, False),
        ({"origin": "null"}, "127.0.0.1", False, False),
        ({"origin": "https://evil.example"}, "10.0.0.1", True, False),
        ({"sec-fetch-site": "cross-site"}, "127.0.0.1", True, False),
        ({"referer": "http://evil.example/"}, "127.0.0.1", False, False),
        ({"x-forwarded-for": "203.0.113.9"}, "127.0.0.1", False, False),
        ({"forwarded": "for=203.0.113.9"}, "127.0.0.1", False, False),
        ({"x-forwarded-for": "203.0.113.9"}, "127.0.0.1", True, True),
    ],
)
def test_who_may_change_the_agent(
    headers: dict[str, str], address: str, known_user: bool, allowed: bool
) -> None:
    """A user, or this machine itself; never a page in a browser, never through an open proxy."""
    assert (why_not_change(headers, address=address, known_user=known_user) == "") is allowed


async def test_a_reload_from_a_page_or_from_elsewhere_is_refused() -> None:
    """A user of this machine may; a form of another site, and a proxy without users, may not."""
    async with serving() as port:
        status, _, body = await request(port, "/-/reload", method="POST")
        assert (status, body) == (500, b"hub.yaml:3: hub: no such hub\n")
        for header in ("Origin: http://evil.example", "X-Forwarded-For: 203.0.113.9"):
            assert (await request(port, "/-/reload", header, method="POST"))[0] == 403


@pytest.mark.parametrize(
    ("listen", "users", "authority", "is_open"),
    [
        ("127.0.0.1:9717", False, False, False),
        ("[::1]:9717", False, False, False),
        ("localhost:9717", False, False, False),
        ("0.0.0.0:9717", False, False, True),
        ("[::]:9717", False, False, True),
        ("10.0.0.5:9717", False, False, True),
        ("0.0.0.0:9717", True, False, False),
        ("0.0.0.0:9717", False, True, False),
    ],
)
def test_an_open_door_is_told(listen: str, users: bool, authority: bool, is_open: bool) -> None:
    """Without users and certificates, whoever reaches a public address reads everything."""
    pem = Path("x.pem")
    config = Http(
        listen=listen,
        users_file=Path("users") if users else None,
        tls=Tls(cert_file=pem, key_file=pem, client_ca_file=pem) if authority else None,
    )
    assert config.is_open is is_open


def test_wrong_addresses_in_the_config_are_told() -> None:
    """A scraper that is no address, and a public address that is none."""
    with pytest.raises(ValueError, match="scrapers: expected addresses"):
        Http(scrapers=("prometheus",))
    with pytest.raises(ValueError, match="public_url: expected"):
        Http(public_url="board.example")
