"""Why a device could not be read, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agent.messages.catalogue import Words

_SAID: Final[Mapping[str, re.Pattern[str]]] = {
    "said.within": re.compile(r"no answer within (?P<seconds>[\d.]+) s\b"),
    "said.in_time": re.compile(r"no answer in time"),
    "said.community": re.compile(r"no answer \(unreachable, or the community is wrong\)"),
    "said.user": re.compile(r"no answer \(unreachable, or the user is wrong\)"),
    "said.no_agent": re.compile(r"connection refused: no SNMP agent at this address and port"),
    "said.connect": re.compile(r"cannot connect to (?P<address>[^\s,]+)"),
    "said.closed": re.compile(r"(?P<address>\S+) closed the connection"),
    "said.rapl": re.compile(
        r"permission denied; only root may read it unless a udev rule says otherwise"
    ),
    "said.denied": re.compile(r"permission denied"),
    "said.nvml": re.compile(r"NVML: no permission"),
    "said.adjtimex": re.compile(r"adjtimex: not permitted"),
    "said.no_ping": re.compile(
        r"no permission to send (?P<method>\w+): allow this process's group in"
        r" net\.ipv4\.ping_group_range, or give it CAP_NET_RAW"
    ),
    "said.snmp_user": re.compile(
        r"authentication failed: the user, a passphrase or its algorithm is wrong"
    ),
    "said.no_dcmi": re.compile(
        r"the BMC has no DCMI power reading \((?P<why>.*)\); name its power_sensor if it has one"
    ),
    "said.unit": re.compile(r"(?P<address>\S+:\d+) unit (?P<unit>\d+)"),
}
"""What our own code says of a device most often, by the key of its translation."""


def error_text(reason: str, text: str, w: Words) -> str:
    """Return the error of a collector; in some languages its reason stands before `text`.

    What our own code says most often is translated. What a device or a library said stays in its
    own language.
    """
    for key, pattern in _SAID.items():
        found = pattern.search(text)
        if found is not None:
            said = w(key, **found.groupdict())
            text = f"{text[: found.start()]}{said}{text[found.end() :]}"
    return w(f"error.{reason}", text=text) if reason else text
