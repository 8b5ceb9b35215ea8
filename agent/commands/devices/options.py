"""The options for talking to an SNMP device, and the channel to it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig, UserConfig, secrets_of


def add_files(add: Callable[..., object], files: Mapping[str, str]) -> None:
    """Add options that each take a file, by name and help; `add` is a parser's `add_argument`."""
    for name, words in files.items():
        add(name, type=Path, metavar="F", help=words)


def add_address(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the device's address."""
    parser.add_argument("address", metavar="ADDRESS", help=what)


def add_snmp(parser: argparse.ArgumentParser) -> None:
    """Add the credentials, the version and the timeout of SNMP."""
    add_files(
        parser.add_argument,
        {
            "--community-file": "a file with the community; without it: public",
            "--auth-file": "a file with the authentication passphrase",
            "--priv-file": "a file with the privacy passphrase",
        },
    )
    parser.add_argument(
        "--version", choices=("1", "2c", "3"), help="default: 3 if a user is given, else 2c"
    )
    parser.add_argument("--user", metavar="NAME", help="the user of version 3")
    parser.add_argument("--auth", choices=("md5", "sha1", "sha224", "sha256", "sha384", "sha512"))
    parser.add_argument(
        "--priv", choices=("des", "aes128", "aes192", "aes256", "aes192c", "aes256c")
    )
    parser.add_argument(
        "--timeout", type=float, default=5.0, metavar="S", help="seconds for one request"
    )


def device_of(args: argparse.Namespace) -> DeviceConfig:
    """Return the device of the command line as a config describes one."""
    user = None
    if args.user:
        user = UserConfig(
            name=args.user,
            auth=args.auth,
            auth_file=args.auth_file,
            priv=args.priv,
            priv_file=args.priv_file,
        )
    version: Literal["1", "2c", "3"] = args.version or ("3" if user else "2c")
    return DeviceConfig(
        address=args.address, version=version, community_file=args.community_file, user=user
    )


def channel_to(device: DeviceConfig, timeout: float) -> Channel:
    """Return the channel to a device; `timeout` is in seconds for one request.

    Raises ConfigError for a file that cannot be used.
    """
    secrets = secrets_of(SnmpConfig(), device, "devices")
    return Channel(device.address, secrets, timeout=timeout)
