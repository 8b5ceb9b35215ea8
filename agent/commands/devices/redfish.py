"""`hubgauge devices identify https://ADDRESS`: a Redfish service, and what is read of it."""

from __future__ import annotations

import argparse
import asyncio
import ssl
from typing import TYPE_CHECKING

from agent.commands.devices.options import add_files
from agent.messages.said import tell
from collectors.base import Context, Place, Reading, Unreachable
from collectors.power.redfish import KIND
from collectors.power.redfish.body import link, text
from collectors.power.redfish.config import DeviceConfig, RedfishConfig
from collectors.power.redfish.discover import requests_of
from collectors.power.redfish.link import Link

if TYPE_CHECKING:
    from collectors.power.redfish.body import Document
    from collectors.power.redfish.collector import RedfishCollector


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that only Redfish has."""
    more = parser.add_argument_group(
        "Redfish", "with an ADDRESS of https://HOST, a Redfish service is identified instead"
    )
    add_files(
        more.add_argument,
        {
            "--username-file": "a file with the account's name",
            "--password-file": "a file with the account's password",
            "--ca-file": "the CA certificate of the service, if the system does not trust it",
        },
    )
    more.add_argument(
        "--basic", action="store_true", help="log in by basic authentication instead of a session"
    )
    more.add_argument(
        "--no-tls-verify",
        action="store_true",
        help="accept any certificate: any machine that answers gets the password",
    )
    more.add_argument(
        "--allow-http",
        action="store_true",
        help="allow http://: anybody on the network can read the password",
    )
    more.add_argument(
        "--id", default="", metavar="ID", help="the chassis or PDU, if the service has several"
    )


def is_redfish(address: str) -> bool:
    """Tell whether an address is a Redfish service's."""
    return address.startswith(("https://", "http://"))


async def identify(args: argparse.Namespace) -> tuple[list[Reading], RedfishCollector]:
    """Read a service once, and print how it identifies itself and what is read.

    Raises CollectError, ConfigError, Problems or ValueError.
    """
    collector = _collector(args, node="device")
    try:
        root = await collector.link.root()
        if link(root, "PowerEquipment"):
            await collector.aclose()
            collector = _collector(args, pdu="device")
        readings = await collector.collect()
        _show(args.address, root, collector)
    finally:
        await collector.aclose()
    return readings, collector


def _collector(args: argparse.Namespace, *, node: str = "", pdu: str = "") -> RedfishCollector:
    rounds = args.timeout * 12  # a round may take as long as some 12 requests
    device = DeviceConfig(address=args.address, id=args.id, timeout=rounds, node=node, pdu=pdu)
    config = RedfishConfig(
        username_file=args.username_file,
        password_file=args.password_file,
        auth="basic" if args.basic else "session",
        ca_file=args.ca_file,
        tls_verify=not args.no_tls_verify,
        allow_http=args.allow_http,
        devices=[device],
    )
    (made,) = KIND.build(config, Context(place=Place(hub=""), node=""))
    return made


def _show(address: str, root: Document, collector: RedfishCollector) -> None:
    words = (text(root, "Vendor"), text(root, "Product"), f"Redfish {text(root, 'RedfishVersion')}")
    lines = [f"{address}", f"  says        {_line(' '.join(filter(None, words)))}"]
    plan = collector.plan
    if plan is not None:
        beside = f" (it has {_line(', '.join(plan.others))} as well: --id)" if plan.others else ""
        lines.append(f"  reads       {_line(plan.subject)}{beside}")
        lines.append(f"  a round     {requests_of(plan)} requests")
        lines += [
            f"              {_line(uri)}"
            for source in plan.sources
            for uri in (*source.place.uris, source.place.collection)
            if uri
        ]
    tell("\n".join(lines) + "\n\n")


def _line(words: str) -> str:
    """Return a service's text as one line, without characters that control a terminal."""
    return "".join(char if char.isprintable() else " " for char in words)[:200].strip()


async def says(origin: str, timeout: float) -> str:
    """Return the vendor, product and version of a service, read without a login.

    `timeout` is in seconds. No secret is sent, so any certificate is accepted. Raises CollectError.
    """
    plain = ssl.create_default_context()
    plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
    service = Link(origin, None, plain)
    service.http.timeout, service.users = timeout, 1
    try:
        async with asyncio.timeout(timeout):
            root = await service.root()
    except TimeoutError:
        raise Unreachable(f"{origin}: no answer within {timeout:g} s") from None
    finally:
        await service.release()
    words = (text(root, "Vendor"), text(root, "Product"), f"Redfish {text(root, 'RedfishVersion')}")
    return " ".join(filter(None, words))
