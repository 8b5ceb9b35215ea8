"""Certificates, fingerprints and plain HTTP, and mistakes in the section `redfish`."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from collectors.base import ConfigError, Unreachable
from collectors.strict import Problems
from tests.collectors.power.redfish.sections import READ, section, server
from tests.collectors.power.redfish.services import (
    Service,
    account_files,
    build,
    certificates,
    reading,
    serving,
    values,
)

pytestmark = pytest.mark.usefixtures("nothing_is_told")


async def test_a_certificate_for_another_address_is_not_accepted(tmp_path: Path) -> None:
    """A certificate of another host ends the round before anything is sent."""
    async with serving(Service(server()), certificates(tmp_path, "127.0.0.2")) as service:
        async with reading(
            tmp_path, section(tmp_path, service, more="ca_file: ca.pem\n")
        ) as collector:
            with pytest.raises(Unreachable, match=r"(?i)TLS: ip address mismatch"):
                await collector.collect()
        assert not service.asked


async def test_an_unknown_authority_is_not_accepted(tmp_path: Path) -> None:
    """Without the CA's file a certificate of one's own authority is as good as none."""
    async with serving(Service(server()), certificates(tmp_path)) as service:
        async with reading(tmp_path, section(tmp_path, service, more="")) as collector:
            with pytest.raises(Unreachable, match="TLS: unable to get local issuer certificate"):
                await collector.collect()
        assert not service.asked


async def test_a_fingerprint_stands_for_an_authority(tmp_path: Path) -> None:
    """A self-signed certificate is accepted by its fingerprint; any other ends before the login."""
    made = certificates(tmp_path)
    async with serving(Service(server()), made) as service:
        async with reading(
            tmp_path,
            section(
                tmp_path, service, device=f", certificate_sha256: '{made.fingerprint}'", more=""
            ),
        ) as collector:
            assert await values(collector) == READ
        service.forget()
        async with reading(
            tmp_path,
            section(tmp_path, service, device=f", certificate_sha256: '{'ab' * 32}'", more=""),
        ) as collector:
            with pytest.raises(Unreachable, match="fingerprint"):
                await collector.collect()
        assert not service.asked


async def test_verification_is_off_only_when_asked_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With tls_verify off any certificate is accepted, and one line is logged for all devices."""
    async with (
        serving(Service(server()), certificates(tmp_path, "127.0.0.2")) as service,
        reading(tmp_path, section(tmp_path, service, more="tls_verify: false\n")) as collector,
    ):
        assert await values(collector) == READ
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == [
        (
            "redfish: tls_verify is off: any host that answers at 1 addresses gets the account's"
            " password"
        )
    ]


async def test_plain_http_is_refused_unless_allowed(tmp_path: Path) -> None:
    """An address of http:// is a mistake in the config until allow_http says that it is meant."""
    with pytest.raises(Problems, match=r"devices\[0\]\.address: http:// shows the password"):
        build(tmp_path, section(tmp_path, Service({}, origin="http://127.0.0.1:1"), more=""))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("devices: [{address: 'https://h/path'}]", "address: expected an address such as"),
        ("devices: [{address: 'h:99999'}]", "address: expected an address such as"),
        ("devices: [{address: h, node: a, pdu: b}]", "expected one of node, pdu"),
        (
            "devices: [{address: h, certificate_sha256: abc}]",
            "certificate_sha256: expected the 64 hexadecimal digits",
        ),
        (
            "username_file: username\ndevices: [{address: h}]",
            "username_file and password_file belong together",
        ),
        (
            "ca_file: username\ndevices: [{address: h}]",
            "username: .*ca_file: expected certificates of authorities, in PEM",
        ),
        ("ca_file: nowhere\ndevices: [{address: h}]", "cannot be read: No such file"),
        (
            "username_file: username\npassword_file: nowhere\ndevices: [{address: h}]",
            "nowhere: .*password_file: cannot be read",
        ),
        (
            "devices: [{address: h, node: a}, {address: i, node: a}]",
            r"devices\[1\]: 'a' is already the name of devices\[0\]",
        ),
        ("read: [everything]\ndevices: []", "expected one of temperature, fans"),
    ],
)
def test_mistakes_in_the_config_are_named(tmp_path: Path, config: str, said: str) -> None:
    """Each is told before anything is asked, with its key."""
    account_files(tmp_path)
    with pytest.raises((Problems, ConfigError), match=said):
        build(tmp_path, config + "\n")
