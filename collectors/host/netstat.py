"""Counters of IP, ICMP, TCP and UDP, from /proc/net/netstat, snmp and snmp6.

See RFC 4293, 4022 and 4113.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading, Series
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import MALFORMED, Dropped, decode, number, numbers

_MAX_HEADERS: Final = 64


def parse_pairs(data: bytes) -> list[tuple[bytes, bytes]]:
    """Parse /proc/net/netstat or snmp and return (line of names, line of values) by protocol.

    Raises BadReply.
    """
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) % 2:
        raise BadReply("/proc/net/netstat: a line of names without its values")
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    for names, values in pairs:
        protocol, found, _ = names.partition(b":")
        if not found or not values.startswith(protocol + b":"):
            raise BadReply(
                f"/proc/net/netstat: expected the values of {protocol[:40]!r}, got {values[:40]!r}"
            )
    return pairs


def parse_columns(values: bytes, columns: tuple[int, ...]) -> list[float]:
    """Return some columns of a line of values. Column 0 is the protocol. Raises BadReply."""
    words = values.split()
    try:
        return numbers([words[column] for column in columns], "/proc/net/netstat")
    except IndexError:
        raise BadReply(f"/proc/net/netstat: too few values in {values[:80]!r}") from None


def parse_snmp6(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """Parse /proc/net/snmp6 and return its names and their values as raw bytes; raises BadReply."""
    words = data.split()
    if len(words) % 2:
        raise BadReply("/proc/net/snmp6: a name without its value")
    return words[::2], words[1::2]


NETSTAT_FIELDS: Final = (
    r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetstatOptions(Options):
    """Which fields of /proc/net/netstat, snmp and snmp6 are read."""

    fields: Pattern = field(
        default=NETSTAT_FIELDS, metadata={"help": "fields to read, as Protocol_Name"}
    )


class Netstat:
    """Reads /proc/net/netstat, snmp and snmp6."""

    name: ClassVar[str] = "netstat"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[NetstatOptions]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files = setup.files
        self._paths, self._path6 = (
            (setup.proc("net/netstat"), setup.proc("net/snmp")),
            setup.proc("net/snmp6"),
        )
        self._wanted = re.compile(setup.options.fields)
        self._columns: dict[bytes, tuple[tuple[int, ...], tuple[Series, ...]]] = {}
        self._names6: list[bytes] = []
        self._columns6: list[tuple[int, Series]] = []

    async def collect(self) -> list[Reading]:
        """Read all three once."""
        readings: list[Reading] = []
        for path in self._paths:
            for names, values in self.dropped.parse(parse_pairs, self._read(path), rows=2):
                columns, series = self._columns.get(names) or self._choose(names)
                if columns:
                    try:
                        figures = parse_columns(values, columns)
                    except BadReply:
                        self.dropped[MALFORMED] += 1
                        continue
                    readings += zip(series, figures, strict=True)
        names6, values6 = self.dropped.parse(parse_snmp6, self._read(self._path6))
        if names6 != self._names6:
            series6 = [(n, self._series(_split6(decode(name)))) for n, name in enumerate(names6)]
            self._columns6 = [(n, series) for n, series in series6 if series is not None]
            self._names6 = names6
        readings += (
            (series, number(values6[n], "/proc/net/snmp6")) for n, series in self._columns6
        )
        if not readings:
            raise NoData(f"no {self._paths[0]}")
        return readings

    def _read(self, path: str) -> bytes:
        try:
            return self._files.read(path)
        except OSError:  # no IPv6
            return b""

    def _choose(self, names: bytes) -> tuple[tuple[int, ...], tuple[Series, ...]]:
        """Remember which columns below a line of names are wanted.

        The line changes only when another protocol comes into use.
        """
        protocol, *fields = decode(names).split()
        found = [
            (n, self._series(f"{protocol.rstrip(':')}_{field}"))
            for n, field in enumerate(fields, start=1)
        ]
        kept = [(n, series) for n, series in found if series is not None]
        if len(self._columns) >= _MAX_HEADERS:
            self._columns.clear()
        chosen = tuple(n for n, _ in kept), tuple(series for _, series in kept)
        self._columns[names] = chosen
        return chosen

    def _series(self, name: str) -> Series | None:
        if not self._wanted.search(name):
            return None
        try:
            return catalogue.NETSTAT[name].series()
        except KeyError:  # the name is not valid for a metric
            return None


def _split6(name: str) -> str:
    """Turn `Udp6InErrors` into `Udp6_InErrors`."""
    protocol, six, field = name.partition("6")
    return f"{protocol}{six}_{field}"


COLLECTOR: Final = HostCollector(name="netstat", make=Netstat, options=NetstatOptions)
