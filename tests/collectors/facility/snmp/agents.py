"""SNMP agents for tests: real ones (snmpsim, snmpd), and one that misbehaves as told."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

from collectors.base import Context, Place
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig, SnmpConfig
from collectors.facility.snmp.kind import KIND
from tests.support import binary, free_port, running, wait_for

CONTEXT = Context(place=Place(hub="guian", site="s1"), node="n1")


def secret(folder: Path, text: str) -> Path:
    """Write a secret as an operator would: for nobody else to read."""
    path = folder / f"secret-{len(list(folder.glob('secret-*')))}"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def collector(
    device: DeviceConfig, *, state_dir: Path | None = None, **section: object
) -> SnmpCollector:
    """Make the collector of one device, as a config file would."""
    context = replace(CONTEXT, state_dir=state_dir)
    (made,) = KIND.build(SnmpConfig(devices=[device], **section), context)
    return made


def answers(port: int, community: str, oid: str = "1.3.6.1.2.1.1.2.0") -> bool:
    """Tell whether an agent answers, asked by another implementation than ours."""
    module = api.PROTOCOL_MODULES[1]
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, community)
    pdu = module.GetRequestPDU()
    module.apiPDU.set_defaults(pdu)
    module.apiPDU.set_varbinds(pdu, [(oid, module.null)])
    module.apiMessage.set_pdu(message, pdu)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        sock.sendto(encoder.encode(message), ("127.0.0.1", port))
        return bool(sock.recv(65535))


@contextmanager
def snmpsim(folders: Sequence[Path], work: Path, community: str) -> Iterator[str]:
    """Serve folders of recordings, each under the community of its name; yields the address."""
    port = free_port()
    user = ["--process-user=root", "--process-group=root"] if os.geteuid() == 0 else []
    beside = Path(sys.executable).with_name("snmpsim-command-responder")
    command = [
        beside if beside.exists() else binary("snmpsim-command-responder"),
        *(f"--data-dir={folder}" for folder in folders),
        f"--cache-dir={work / 'cache'}",
        f"--agent-udpv4-endpoint=127.0.0.1:{port}",
        "--logging-method=null",
        *user,
    ]
    with running(command, log=work / "snmpsim.log"):
        wait_for(lambda: answers(port, community), what="snmpsim")
        yield f"127.0.0.1:{port}"


@contextmanager
def snmpd(work: Path, lines: list[str]) -> Iterator[str]:
    """Run Net-SNMP's agent with a config of its own; yields the address."""
    port = free_port()
    config = work / "snmpd.conf"
    config.write_text(
        "\n".join(
            [f"agentaddress udp:127.0.0.1:{port}", "rocommunity ready 127.0.0.1", *lines, ""]
        ),
        "utf-8",
    )
    environment = {
        **os.environ,
        "SNMP_PERSISTENT_DIR": str(work / "persistent"),
        "MIBS": "",
        "SNMPCONFPATH": str(work),
    }
    command = [
        binary("snmpd"),
        "-f",
        "-Lo",
        "-C",
        "-c",
        config,
        "-I",
        "-smux",
        "-p",
        work / "snmpd.pid",
    ]
    with running(command, log=work / "snmpd.log", env=environment):
        wait_for(lambda: answers(port, "ready"), what="snmpd")
        yield f"127.0.0.1:{port}"


@dataclass
class Fake(asyncio.DatagramProtocol):
    """An agent of a few objects that does as real ones do at their worst.

    `most` is how many objects a request may ask for before it says tooBig; with `silent_over` it
    says nothing instead. `mangle` may replace the bytes it is about to send, and `successor` what a
    GETNEXT finds.
    """

    objects: dict[str, object]
    most: int = 1000
    silent_over: int = 1000
    mangle: Callable[[bytes], bytes | None] = bytes
    successor: Callable[[str], str | None] | None = None
    requests: int = 0
    largest: int = 0
    _sorted: list[tuple[int, ...]] = field(default_factory=list, repr=False)
    _transport: asyncio.DatagramTransport | None = field(default=None, repr=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one request."""
        self.requests += 1
        module = api.PROTOCOL_MODULES[int(api.decodeMessageVersion(data))]
        request, _ = decoder.decode(data, asn1Spec=module.Message())
        response = module.apiMessage.get_response(request)
        asked = module.apiMessage.get_pdu(request)
        pdu = module.apiMessage.get_pdu(response)
        bulk = getattr(module, "GetBulkRequestPDU", None)
        if bulk is not None and asked.isSameTypeWith(bulk()):
            repetitions = int(module.apiBulkPDU.get_max_repetitions(asked))
            (start, _), *_ = module.apiBulkPDU.get_varbinds(asked)
            found, at = [], str(start)
            for _ in range(min(repetitions, 10)):
                following = self._next(at)
                if following is None:
                    found.append(
                        (
                            at,
                            module.EndOfMibView("")
                            if hasattr(module, "EndOfMibView")
                            else module.null,
                        )
                    )
                    break
                found.append((following, self._value(module, following)))
                at = following
        elif asked.isSameTypeWith(module.GetNextRequestPDU()):
            (start, _), *_ = module.apiPDU.get_varbinds(asked)
            following = self._next(str(start))
            if following is None:
                module.apiPDU.set_error_status(pdu, 2)
                module.apiPDU.set_error_index(pdu, 1)
            found = [
                (str(start), module.null)
                if following is None
                else (following, self._value(module, following))
            ]
        else:
            names = [str(name) for name, _ in module.apiPDU.get_varbinds(asked)]
            self.largest = max(self.largest, len(names))
            if len(names) > self.silent_over:
                return
            if len(names) > self.most:  # RFC 3416, 4.2.1: tooBig, and no objects at all
                module.apiPDU.set_error_status(pdu, 1)
                names = []
            missing = [name for name in names if name not in self.objects]
            if (
                missing and module is api.PROTOCOL_MODULES[0]
            ):  # RFC 1157: noSuchName, and what was asked is sent back
                module.apiPDU.set_error_status(pdu, 2)
                module.apiPDU.set_error_index(pdu, 1 + names.index(missing[0]))
                found = [(name, module.null) for name in names]
            else:
                found = [(name, self._value(module, name)) for name in names]
        module.apiPDU.set_varbinds(pdu, found)
        sent = self.mangle(encoder.encode(response))
        if sent is not None and self._transport is not None:
            self._transport.sendto(sent, addr)

    def _value(self, module: object, name: str) -> object:
        value = self.objects.get(name, None if self.successor is None else 1)
        if value is None:
            return module.NoSuchInstance("")
        if isinstance(value, int):
            unsigned = "Gauge32" if hasattr(module, "Gauge32") else "Gauge"
            return getattr(
                module, "Integer" if value < 2**31 else unsigned if value < 2**32 else "Counter64"
            )(value)
        if isinstance(value, str):
            return module.ObjectIdentifier(value)
        return module.OctetString(value)

    def _next(self, name: str) -> str | None:
        if self.successor is not None:
            return self.successor(name)
        here = tuple(map(int, name.split(".")))
        if len(self._sorted) != len(self.objects):
            self._sorted = sorted(tuple(map(int, oid.split("."))) for oid in self.objects)
        after = bisect_right(self._sorted, here)
        return ".".join(map(str, self._sorted[after])) if after < len(self._sorted) else None


@asynccontextmanager
async def serving(fake: asyncio.DatagramProtocol) -> AsyncIterator[str]:
    """Serve a fake agent; yields the address."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: fake, local_addr=("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
