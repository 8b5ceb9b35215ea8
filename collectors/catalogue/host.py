"""Host metrics with node_exporter's names, labels, types and units.

So node-mixin's rules and dashboards work unchanged.

Names, types and help texts are those of node_exporter 1.5.0; where a family's members are named by
the kernel (the fields of /proc/meminfo, say), it is a `Family`: the usual members are declared, and
a new kernel's field finds its metric by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from collectors.base import Metric, MetricType

_VALID_NAME: Final = re.compile(r"[a-zA-Z0-9_]+")


def _node(subsystem: str, name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="node", subsystem=subsystem, name=name, type=type, help=help, labels=labels
    )


def _counter(subsystem: str, name: str, help: str, *labels: str) -> Metric:
    return _node(subsystem, name, help, *labels, type="counter")


class Family(dict[str, Metric]):
    """Metrics whose names the kernel gives; `describe` makes the help of a name.

    Looking up a name that is not there declares it; raises KeyError for what cannot be a metric's
    name.
    """

    def __init__(
        self,
        subsystem: str,
        describe: Callable[[str], str],
        known: str,
        type: MetricType = "gauge",
        labels: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._subsystem, self._describe, self._type, self._labels = (
            subsystem,
            describe,
            type,
            labels,
        )
        for name in known.split():
            self[name]

    def __missing__(self, name: str) -> Metric:
        """Declare a member."""
        if not _VALID_NAME.fullmatch(name):
            raise KeyError(name)
        metric = self[name] = _node(
            self._subsystem, name, self._describe(name), *self._labels, type=self._type
        )
        return metric


# /proc/stat
CPU_SECONDS: Final = _counter(
    "cpu", "seconds_total", "Seconds the CPUs spent in each mode.", "cpu", "mode"
)
CPU_GUEST: Final = _counter(
    "cpu",
    "guest_seconds_total",
    "Seconds the CPUs spent in guests (VMs) for each mode.",
    "cpu",
    "mode",
)
INTERRUPTS: Final = _counter("", "intr_total", "Total number of interrupts serviced.")
CONTEXT_SWITCHES: Final = _counter(
    "", "context_switches_total", "Total number of context switches."
)
FORKS: Final = _counter("", "forks_total", "Total number of forks.")
BOOT_TIME: Final = _node("", "boot_time_seconds", "Node boot time, in unixtime.")
PROCS_RUNNING: Final = _node("", "procs_running", "Number of processes in runnable state.")
PROCS_BLOCKED: Final = _node(
    "", "procs_blocked", "Number of processes blocked waiting for I/O to complete."
)

# /sys/devices/system/cpu
CPU_FREQUENCY: Final = _node(
    "cpu", "frequency_hertz", "Current cpu thread frequency in hertz.", "cpu"
)
CPU_FREQUENCY_MIN: Final = _node(
    "cpu", "frequency_min_hertz", "Minimum cpu thread frequency in hertz.", "cpu"
)
CPU_FREQUENCY_MAX: Final = _node(
    "cpu", "frequency_max_hertz", "Maximum cpu thread frequency in hertz.", "cpu"
)
CPU_SCALING: Final = _node(
    "cpu", "scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.", "cpu"
)
CPU_SCALING_MIN: Final = _node(
    "cpu", "scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz.", "cpu"
)
CPU_SCALING_MAX: Final = _node(
    "cpu", "scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.", "cpu"
)
CPU_CORE_THROTTLES: Final = _counter(
    "cpu",
    "core_throttles_total",
    "Number of times this CPU core has been throttled.",
    "package",
    "core",
)
CPU_PACKAGE_THROTTLES: Final = _counter(
    "cpu",
    "package_throttles_total",
    "Number of times this CPU package has been throttled.",
    "package",
)

LOAD1: Final = _node("", "load1", "1m load average.")
LOAD5: Final = _node("", "load5", "5m load average.")
LOAD15: Final = _node("", "load15", "15m load average.")

MEMORY: Final = Family(
    "memory",
    "Memory information field {}.".format,
    """MemTotal_bytes MemFree_bytes MemAvailable_bytes Buffers_bytes Cached_bytes SwapCached_bytes Active_bytes Inactive_bytes
    Active_anon_bytes Inactive_anon_bytes Active_file_bytes Inactive_file_bytes Unevictable_bytes Mlocked_bytes SwapTotal_bytes
    SwapFree_bytes Zswap_bytes Zswapped_bytes Dirty_bytes Writeback_bytes AnonPages_bytes Mapped_bytes Shmem_bytes
    KReclaimable_bytes Slab_bytes SReclaimable_bytes SUnreclaim_bytes KernelStack_bytes PageTables_bytes SecPageTables_bytes
    NFS_Unstable_bytes Bounce_bytes WritebackTmp_bytes CommitLimit_bytes Committed_AS_bytes VmallocTotal_bytes VmallocUsed_bytes
    VmallocChunk_bytes Percpu_bytes HardwareCorrupted_bytes AnonHugePages_bytes ShmemHugePages_bytes ShmemPmdMapped_bytes
    FileHugePages_bytes FilePmdMapped_bytes CmaTotal_bytes CmaFree_bytes Unaccepted_bytes HugePages_Total HugePages_Free
    HugePages_Rsvd HugePages_Surp Hugepagesize_bytes Hugetlb_bytes DirectMap4k_bytes DirectMap2M_bytes DirectMap1G_bytes""",
)
VMSTAT: Final = Family(
    "vmstat",
    "/proc/vmstat information field {}.".format,
    "pgpgin pgpgout pswpin pswpout pgfault pgmajfault oom_kill",
    "untyped",
)

# The columns of /proc/diskstats behind the device's name, in their order.
DISK: Final = (
    _counter(
        "disk",
        "reads_completed_total",
        "The total number of reads completed successfully.",
        "device",
    ),
    _counter("disk", "reads_merged_total", "The total number of reads merged.", "device"),
    _counter("disk", "read_bytes_total", "The total number of bytes read successfully.", "device"),
    _counter(
        "disk",
        "read_time_seconds_total",
        "The total number of seconds spent by all reads.",
        "device",
    ),
    _counter(
        "disk",
        "writes_completed_total",
        "The total number of writes completed successfully.",
        "device",
    ),
    _counter("disk", "writes_merged_total", "The number of writes merged.", "device"),
    _counter(
        "disk", "written_bytes_total", "The total number of bytes written successfully.", "device"
    ),
    _counter(
        "disk",
        "write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
        "device",
    ),
    _node("disk", "io_now", "The number of I/Os currently in progress.", "device"),
    _counter("disk", "io_time_seconds_total", "Total seconds spent doing I/Os.", "device"),
    _counter(
        "disk",
        "io_time_weighted_seconds_total",
        "The weighted # of seconds spent doing I/Os.",
        "device",
    ),
    _counter(
        "disk",
        "discards_completed_total",
        "The total number of discards completed successfully.",
        "device",
    ),
    _counter("disk", "discards_merged_total", "The total number of discards merged.", "device"),
    _counter(
        "disk",
        "discarded_sectors_total",
        "The total number of sectors discarded successfully.",
        "device",
    ),
    _counter(
        "disk",
        "discard_time_seconds_total",
        "This is the total number of seconds spent by all discards.",
        "device",
    ),
    _counter(
        "disk",
        "flush_requests_total",
        "The total number of flush requests completed successfully",
        "device",
    ),
    _counter(
        "disk",
        "flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.",
        "device",
    ),
)
DISK_INFO: Final = _node(
    "disk",
    "info",
    "Info of /sys/block/<block_device>.",
    "device",
    "major",
    "minor",
    "path",
    "wwn",
    "model",
    "serial",
    "revision",
)
DISK_FILESYSTEM_INFO: Final = _node(
    "disk",
    "filesystem_info",
    "Info about disk filesystem.",
    "device",
    "type",
    "usage",
    "uuid",
    "version",
)
DISK_MAPPER_INFO: Final = _node(
    "disk",
    "device_mapper_info",
    "Info about disk device mapper.",
    "device",
    "name",
    "uuid",
    "vg_name",
    "lv_name",
    "lv_layer",
)
DISK_ATA: Final = {
    "ID_ATA_WRITE_CACHE": _node("disk", "ata_write_cache", "ATA disk has a write cache.", "device"),
    "ID_ATA_WRITE_CACHE_ENABLED": _node(
        "disk", "ata_write_cache_enabled", "ATA disk has its write cache enabled.", "device"
    ),
    "ID_ATA_ROTATION_RATE_RPM": _node(
        "disk", "ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs).", "device"
    ),
}

_MOUNT: Final = ("device", "fstype", "mountpoint")
FILESYSTEM_SIZE: Final = _node("filesystem", "size_bytes", "Filesystem size in bytes.", *_MOUNT)
FILESYSTEM_FREE: Final = _node(
    "filesystem", "free_bytes", "Filesystem free space in bytes.", *_MOUNT
)
FILESYSTEM_AVAIL: Final = _node(
    "filesystem", "avail_bytes", "Filesystem space available to non-root users in bytes.", *_MOUNT
)
FILESYSTEM_FILES: Final = _node("filesystem", "files", "Filesystem total file nodes.", *_MOUNT)
FILESYSTEM_FILES_FREE: Final = _node(
    "filesystem", "files_free", "Filesystem total free file nodes.", *_MOUNT
)
FILESYSTEM_READONLY: Final = _node(
    "filesystem", "readonly", "Filesystem read-only status.", *_MOUNT
)
FILESYSTEM_ERROR: Final = _node(
    "filesystem",
    "device_error",
    "Whether an error occurred while getting statistics for the given device.",
    *_MOUNT,
)

# The columns of /proc/net/dev behind the device's name, in their order.
NETWORK_DEVICE: Final = tuple(
    _counter("network", f"{name}_total", f"Network device statistic {name}.", "device")
    for name in (
        *(
            "receive_bytes",
            "receive_packets",
            "receive_errs",
            "receive_drop",
            "receive_fifo",
            "receive_frame",
        ),
        *("receive_compressed", "receive_multicast"),
        *(
            "transmit_bytes",
            "transmit_packets",
            "transmit_errs",
            "transmit_drop",
            "transmit_fifo",
            "transmit_colls",
        ),
        *("transmit_carrier", "transmit_compressed"),
    )
)
NETWORK_NOHANDLER: Final = _counter(
    "network", "receive_nohandler_total", "Network device statistic receive_nohandler.", "device"
)


def _class(name: str, type: MetricType = "gauge") -> Metric:
    return _node("network", name, f"Network device property: {name}", "device", type=type)


# By the name of the file below /sys/class/net/<device>.
NETWORK_CLASS: Final = {
    "addr_assign_type": _class("address_assign_type"),
    "carrier": _class("carrier"),
    "carrier_changes": _class("carrier_changes_total", "counter"),
    "carrier_up_count": _class("carrier_up_changes_total", "counter"),
    "carrier_down_count": _class("carrier_down_changes_total", "counter"),
    "dev_id": _class("device_id"),
    "dormant": _class("dormant"),
    "flags": _class("flags"),
    "ifindex": _class("iface_id"),
    "iflink": _class("iface_link"),
    "link_mode": _class("iface_link_mode"),
    "mtu": _class("mtu_bytes"),
    "name_assign_type": _class("name_assign_type"),
    "netdev_group": _class("net_dev_group"),
    "speed": _class("speed_bytes"),
    "tx_queue_len": _class("transmit_queue_length"),
    "type": _class("protocol_type"),
}
NETWORK_UP: Final = _node(
    "network", "up", "Value is 1 if operstate is 'up', 0 otherwise.", "device"
)
NETWORK_INFO: Final = _node(
    "network",
    "info",
    "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
    "device",
    "address",
    "broadcast",
    "duplex",
    "operstate",
    "ifalias",
)

NETSTAT: Final = Family(
    "netstat",
    lambda name: f"Statistic {name.replace('_', '')}.",
    """Icmp6_InErrors Icmp6_InMsgs Icmp6_OutMsgs Icmp_InErrors Icmp_InMsgs Icmp_OutMsgs Ip6_InOctets Ip6_OutOctets IpExt_InOctets
    IpExt_OutOctets Ip_Forwarding TcpExt_ListenDrops TcpExt_ListenOverflows TcpExt_SyncookiesFailed TcpExt_SyncookiesRecv
    TcpExt_SyncookiesSent TcpExt_TCPSynRetrans TcpExt_TCPTimeouts Tcp_ActiveOpens Tcp_CurrEstab Tcp_InErrs Tcp_InSegs Tcp_OutRsts
    Tcp_OutSegs Tcp_PassiveOpens Tcp_RetransSegs Udp6_InDatagrams Udp6_InErrors Udp6_NoPorts Udp6_OutDatagrams
    Udp6_RcvbufErrors Udp6_SndbufErrors UdpLite6_InErrors UdpLite_InErrors Udp_InDatagrams Udp_InErrors Udp_NoPorts
    Udp_OutDatagrams Udp_RcvbufErrors Udp_SndbufErrors""",
    "untyped",
)


def _sockets(name: str) -> str:
    protocol, _, state = name.partition("_")
    return (
        "Number of IPv4 sockets in use."
        if protocol == "sockets"
        else f"Number of {protocol} sockets in state {state}."
    )


SOCKSTAT: Final = Family(
    "sockstat",
    _sockets,
    """sockets_used TCP_inuse TCP_orphan TCP_tw TCP_alloc TCP_mem TCP_mem_bytes UDP_inuse UDP_mem UDP_mem_bytes UDPLITE_inuse
    RAW_inuse FRAG_inuse FRAG_memory TCP6_inuse UDP6_inuse UDPLITE6_inuse RAW6_inuse FRAG6_inuse FRAG6_memory""",
)
SOFTNET: Final = (
    _counter("softnet", "processed_total", "Number of processed packets", "cpu"),
    _counter("softnet", "dropped_total", "Number of dropped packets", "cpu"),
    _counter(
        "softnet",
        "times_squeezed_total",
        "Number of times processing packets ran out of quota",
        "cpu",
    ),
)
ARP_ENTRIES: Final = _node("arp", "entries", "ARP entries by device", "device")
UDP_QUEUES: Final = _node(
    "udp",
    "queues",
    "Number of allocated memory in the kernel for UDP datagrams in bytes.",
    "queue",
    "ip",
)
CONNTRACK_ENTRIES: Final = _node(
    "nf_conntrack", "entries", "Number of currently allocated flow entries for connection tracking."
)
CONNTRACK_LIMIT: Final = _node(
    "nf_conntrack", "entries_limit", "Maximum size of connection tracking table."
)
# By the column of /proc/net/stat/nf_conntrack.
CONNTRACK_STATS: Final = {
    "found": _node(
        "nf_conntrack", "stat_found", "Number of searched entries which were successful."
    ),
    "invalid": _node(
        "nf_conntrack", "stat_invalid", "Number of packets seen which can not be tracked."
    ),
    "ignore": _node(
        "nf_conntrack",
        "stat_ignore",
        "Number of packets seen which are already connected to a conntrack entry.",
    ),
    "insert": _node("nf_conntrack", "stat_insert", "Number of entries inserted into the list."),
    "insert_failed": _node(
        "nf_conntrack",
        "stat_insert_failed",
        "Number of entries for which list insertion was attempted but failed.",
    ),
    "drop": _node(
        "nf_conntrack", "stat_drop", "Number of packets dropped due to conntrack failure."
    ),
    "early_drop": _node(
        "nf_conntrack",
        "stat_early_drop",
        "Number of dropped conntrack entries to make room for new ones, if maximum table size was"
        " reached.",
    ),
    "search_restart": _node(
        "nf_conntrack",
        "stat_search_restart",
        "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
    ),
}

FILEFD_ALLOCATED: Final = _node("filefd", "allocated", "File descriptor statistics: allocated.")
FILEFD_MAXIMUM: Final = _node("filefd", "maximum", "File descriptor statistics: maximum.")
ENTROPY_AVAILABLE: Final = _node("entropy", "available_bits", "Bits of available entropy.")
ENTROPY_POOL: Final = _node("entropy", "pool_size_bits", "Bits of entropy pool.")
SCHEDSTAT: Final = (
    _counter(
        "schedstat",
        "running_seconds_total",
        "Number of seconds CPU spent running a process.",
        "cpu",
    ),
    _counter(
        "schedstat",
        "waiting_seconds_total",
        "Number of seconds spent by processing waiting for this CPU.",
        "cpu",
    ),
    _counter("schedstat", "timeslices_total", "Number of timeslices executed by CPU.", "cpu"),
)
# By the file below /proc/pressure and the line in it.
PRESSURE: Final = {
    ("cpu", "some"): _counter(
        "pressure",
        "cpu_waiting_seconds_total",
        "Total time in seconds that processes have waited for CPU time",
    ),
    ("io", "some"): _counter(
        "pressure",
        "io_waiting_seconds_total",
        "Total time in seconds that processes have waited due to IO congestion",
    ),
    ("io", "full"): _counter(
        "pressure",
        "io_stalled_seconds_total",
        "Total time in seconds no process could make progress due to IO congestion",
    ),
    ("memory", "some"): _counter(
        "pressure",
        "memory_waiting_seconds_total",
        "Total time in seconds that processes have waited for memory",
    ),
    ("memory", "full"): _counter(
        "pressure",
        "memory_stalled_seconds_total",
        "Total time in seconds no process could make progress due to memory congestion",
    ),
}

UNAME_INFO: Final = _node(
    "uname",
    "info",
    "Labeled system information as provided by the uname system call.",
    "sysname",
    "release",
    "version",
    "machine",
    "nodename",
    "domainname",
)
OS_INFO_LABELS: Final = (
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
)
OS_INFO: Final = _node(
    "os",
    "info",
    f"A metric with a constant '1' value labeled by {', '.join(OS_INFO_LABELS)}.",
    *OS_INFO_LABELS,
)
OS_VERSION: Final = _node(
    "os",
    "version",
    "Metric containing the major.minor part of the OS version.",
    "id",
    "id_like",
    "name",
)
# The files below /sys/class/dmi/id that become labels where they are there and may be read.
DMI_FIELDS: Final = (
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
)
DMI_INFO: Final = _node(
    "dmi",
    "info",
    "A metric with a constant '1' value labeled by the DMI fields that are there.",
    *DMI_FIELDS,
    "system_vendor",
)
NVME_INFO: Final = _node(
    "nvme",
    "info",
    "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
    "device",
    "firmware_revision",
    "model",
    "serial",
    "state",
)

TIME_SECONDS: Final = _node("", "time_seconds", "System time in seconds since epoch (1970).")
TIME_ZONE_OFFSET: Final = _node(
    "time", "zone_offset_seconds", "System time zone offset in seconds.", "time_zone"
)
CLOCKSOURCE_AVAILABLE: Final = _node(
    "time",
    "clocksource_available_info",
    "Available clocksources read from '/sys/devices/system/clocksource'.",
    "device",
    "clocksource",
)
CLOCKSOURCE_CURRENT: Final = _node(
    "time",
    "clocksource_current_info",
    "Current clocksource read from '/sys/devices/system/clocksource'.",
    "device",
    "clocksource",
)
TIMEX: Final = {
    "offset": _node(
        "timex", "offset_seconds", "Time offset in between local system and reference clock."
    ),
    "freq": _node("timex", "frequency_adjustment_ratio", "Local clock frequency adjustment."),
    "maxerror": _node("timex", "maxerror_seconds", "Maximum error in seconds."),
    "esterror": _node("timex", "estimated_error_seconds", "Estimated error in seconds."),
    "status": _node("timex", "status", "Value of the status array bits."),
    "constant": _node("timex", "loop_time_constant", "Phase-locked loop time constant."),
    "tick": _node("timex", "tick_seconds", "Seconds between clock ticks."),
    "ppsfreq": _node("timex", "pps_frequency_hertz", "Pulse per second frequency."),
    "jitter": _node("timex", "pps_jitter_seconds", "Pulse per second jitter."),
    "shift": _node("timex", "pps_shift_seconds", "Pulse per second interval duration."),
    "stabil": _node(
        "timex",
        "pps_stability_hertz",
        "Pulse per second stability, average of recent frequency changes.",
    ),
    "jitcnt": _counter(
        "timex", "pps_jitter_total", "Pulse per second count of jitter limit exceeded events."
    ),
    "calcnt": _counter(
        "timex", "pps_calibration_total", "Pulse per second count of calibration intervals."
    ),
    "errcnt": _counter("timex", "pps_error_total", "Pulse per second count of calibration errors."),
    "stbcnt": _counter(
        "timex",
        "pps_stability_exceeded_total",
        "Pulse per second count of stability limit exceeded events.",
    ),
    "tai": _node("timex", "tai_offset_seconds", "International Atomic Time (TAI) offset."),
    "sync": _node(
        "timex", "sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no)."
    ),
}

THERMAL_ZONE: Final = _node("thermal_zone", "temp", "Zone temperature in Celsius", "zone", "type")
COOLING_CURRENT: Final = _node(
    "cooling_device", "cur_state", "Current throttle state of the cooling device", "name", "type"
)
COOLING_MAX: Final = _node(
    "cooling_device", "max_state", "Maximum throttle state of the cooling device", "name", "type"
)

HWMON_CHIP_NAMES: Final = _node(
    "hwmon", "chip_names", "Annotation metric for human-readable chip names", "chip", "chip_name"
)
HWMON_SENSOR_LABEL: Final = _node(
    "hwmon", "sensor_label", "Label for given chip and sensor", "chip", "sensor", "label"
)

HWMON: Final = Family(
    "hwmon",
    "Hardware monitor: {}.".format,
    """temp_celsius temp_max_celsius temp_crit_celsius temp_crit_alarm_celsius in_volts curr_amps power_watt power_average_watt
    fan_rpm humidity pwm""",
    "gauge",
    ("chip", "sensor"),
)
HWMON_TOTAL: Final = Family(
    "hwmon", "Hardware monitor: {}.".format, "energy_joule_total", "counter", ("chip", "sensor")
)

RAPL: Final = Family(
    "rapl",
    lambda name: f"Current RAPL {name.removesuffix('_joules_total')} value in joules",
    "package_joules_total core_joules_total uncore_joules_total dram_joules_total"
    " psys_joules_total",
    "counter",
    ("index", "path"),
)

TEXTFILE_MTIME: Final = _node(
    "textfile", "mtime_seconds", "Unixtime mtime of textfiles successfully read.", "file"
)
TEXTFILE_ERROR: Final = _node(
    "textfile", "scrape_error", "1 if there was an error opening or reading a file, 0 otherwise"
)
