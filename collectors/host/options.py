"""The keys under `collectors: host:`, one model for each collector that takes more than an interval."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from collectors.strict import Duration, Parsed

IGNORE_MOUNTS: Final = (
    r"^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
)
IGNORE_TYPES: Final = (
    r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs"
    r"|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$"
)
IGNORE_DISKS: Final = r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"
VMSTAT_FIELDS: Final = r"^(oom_kill|pgpg|pswp|pg.*fault).*"
NETSTAT_FIELDS: Final = (
    r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(text) from error
    return text


Pattern = Annotated[str, Parsed(_pattern, "a regular expression")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A collector's own interval, where it is not to be the section's."""

    interval: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemOptions(Options):
    """Which mounts, and how long one may take to answer."""

    ignore_mounts: Pattern = field(
        default=IGNORE_MOUNTS, metadata={"help": "mount points left out"}
    )
    ignore_types: Pattern = field(
        default=IGNORE_TYPES, metadata={"help": "types of file system left out"}
    )
    mount_timeout: Duration = field(
        default=0.5,
        metadata={
            "help": "a mount that takes longer has node_filesystem_device_error 1 until it answers"
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOptions(Options):
    """Which disks."""

    ignore_devices: Pattern = field(
        default=IGNORE_DISKS, metadata={"help": "disks left out: partitions, ram, loop"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions(Options):
    """Which interfaces have their traffic counted."""

    ignore_devices: Pattern = field(default="^lo$", metadata={"help": "interfaces left out"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkClassOptions(Options):
    """Which interfaces have their link described."""

    ignore_devices: Pattern = field(default="^$", metadata={"help": "interfaces left out"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VmstatOptions(Options):
    """Which fields of /proc/vmstat."""

    fields: Pattern = field(
        default=VMSTAT_FIELDS, metadata={"help": "fields taken from /proc/vmstat"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetstatOptions(Options):
    """Which fields of /proc/net/netstat, snmp and snmp6."""

    fields: Pattern = field(
        default=NETSTAT_FIELDS, metadata={"help": "fields taken, as Protocol_Name"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextfileOptions(Options):
    """Where the files lie that other programs write."""

    directory: Path | None = field(
        default=None, metadata={"help": "a folder of *.prom files; none are read without it"}
    )
