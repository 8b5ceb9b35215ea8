"""Every pure parser of what comes from outside, in one list, for hypothesis and for atheris."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from tests.fuzz.facility_targets import bacnet, modbus, snmp
from tests.fuzz.machine_targets import chips, host, links, power
from tests.fuzz.target import Target
from tests.fuzz.written_targets import netbox, yaml_files


@functools.cache
def targets() -> dict[str, Target]:
    """Return every target by its name."""
    made = (
        *host(),
        *modbus(),
        *snmp(),
        *bacnet(),
        *power(),
        *chips(),
        *links(),
        *netbox(),
        *yaml_files(),
    )
    return {target.name: target for target in made}


def hostile(target: Target) -> Iterator[bytes]:
    """Yield what breaks parsers: nothing, too much, too deep, numbers that are none, and seeds cut
    short or over and over.
    """
    most = target.most
    yield from (
        b"",
        b"\0",
        b"\xff" * most,
        b"\0" * most,
        b"\n" * most,
        b" " * most,
        b"9" * most,
        b"-" * most,
        b"|" * most,
    )
    yield from (
        b"[" * most,
        b'{"a":' * (most // 5),
        b"(" * most,
        b"a: " * (most // 3),
        b"1e9999\n" * (most // 7),
        b"\xc3\x28" * 99,
    )
    for seed in target.seeds[:4]:
        yield from (seed[:-1], seed[: len(seed) // 2], seed * 3, seed + seed[::-1])
        yield seed.replace(b"1", b"9" * 5000)[:most]
        yield (seed * (most // max(len(seed), 1) + 1))[:most]
