"""Metrics of fabrics and of a machine's other parts, with node_exporter's names."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue.host.declare import Family, counter, metric

FC_INFO: Final = metric(
    "fibrechannel",
    "info",
    "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
    "fc_host",
    "dev_loss_tmo",
    "fabric_name",
    "port_id",
    "port_name",
    "port_state",
    "port_type",
    "speed",
    "supported_classes",
    "supported_speeds",
    "symbolic_name",
)
FC: Final = {
    "dumped_frames": counter(
        "fibrechannel", "dumped_frames_total", "Number of dumped frames", "fc_host"
    ),
    "error_frames": counter(
        "fibrechannel", "error_frames_total", "Number of errors in frames", "fc_host"
    ),
    "fcp_packet_aborts": counter(
        "fibrechannel", "fcp_packet_aborts_total", "Number of aborted packets", "fc_host"
    ),
    "invalid_crc_count": counter(
        "fibrechannel", "invalid_crc_total", "Invalid Cyclic Redundancy Check count", "fc_host"
    ),
    "invalid_tx_word_count": counter(
        "fibrechannel",
        "invalid_tx_words_total",
        "Number of invalid words transmitted by host port",
        "fc_host",
    ),
    "link_failure_count": counter(
        "fibrechannel",
        "link_failure_total",
        "Number of times the host port link has failed",
        "fc_host",
    ),
    "loss_of_signal_count": counter(
        "fibrechannel", "loss_of_signal_total", "Number of times signal has been lost", "fc_host"
    ),
    "loss_of_sync_count": counter(
        "fibrechannel",
        "loss_of_sync_total",
        "Number of failures on either bit or transmission word boundaries",
        "fc_host",
    ),
    "nos_count": counter(
        "fibrechannel",
        "nos_total",
        "Number Not_Operational Primitive Sequence received by host port",
        "fc_host",
    ),
    "rx_frames": counter("fibrechannel", "rx_frames_total", "Number of frames received", "fc_host"),
    "rx_words": counter(
        "fibrechannel", "rx_words_total", "Number of words received by host port", "fc_host"
    ),
    "seconds_since_last_reset": counter(
        "fibrechannel",
        "seconds_since_last_reset_total",
        "Number of seconds since last host port reset",
        "fc_host",
    ),
    "tx_frames": counter(
        "fibrechannel", "tx_frames_total", "Number of frames transmitted by host port", "fc_host"
    ),
    "tx_words": counter(
        "fibrechannel", "tx_words_total", "Number of words transmitted by host port", "fc_host"
    ),
}
"""By the file below `statistics`."""

IPVS: Final = (
    counter("ipvs", "connections_total", "The total number of connections made."),
    counter("ipvs", "incoming_packets_total", "The total number of incoming packets."),
    counter("ipvs", "outgoing_packets_total", "The total number of outgoing packets."),
    counter("ipvs", "incoming_bytes_total", "The total amount of incoming data."),
    counter("ipvs", "outgoing_bytes_total", "The total amount of outgoing data."),
)
"""The columns of the totals in /proc/net/ip_vs_stats, in their order."""


def _backend(name: str, help: str) -> Metric:
    return metric(
        "ipvs",
        f"backend_{name}",
        help,
        "local_address",
        "local_port",
        "remote_address",
        "remote_port",
        "proto",
        "local_mark",
    )


IPVS_WEIGHT: Final = _backend("weight", "The current backend weight by local and remote address.")
IPVS_ACTIVE: Final = _backend(
    "connections_active", "The current active connections by local and remote address."
)
IPVS_INACTIVE: Final = _backend(
    "connections_inactive", "The current inactive connections by local and remote address."
)

NUMA: Final = Family(
    "memory_numa",
    "Memory information field {}.".format,
    "MemTotal MemFree MemUsed",
    labels=("node",),
)
NUMA_TOTAL: Final = Family(
    "memory_numa",
    "Memory information field {}.".format,
    "numa_hit_total numa_miss_total numa_foreign_total interleave_hit_total local_node_total"
    " other_node_total",
    "counter",
    ("node",),
)

POWER_SUPPLY_INFO: Final = metric(
    "power_supply",
    "info",
    "info of /sys/class/power_supply/<power_supply>.",
    "power_supply",
    "capacity_level",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope",
)
POWER_SUPPLY: Final = {
    file: (
        metric(
            "power_supply",
            name,
            f"{name} value of /sys/class/power_supply/<power_supply>.",
            "power_supply",
        ),
        factor,
    )
    for file, name, factor in (
        ("online", "online", 1.0),
        ("present", "present", 1.0),
        ("capacity", "capacity", 1.0),
        ("cycle_count", "cyclecount", 1.0),
        ("time_to_empty_now", "time_to_empty_seconds", 1.0),
        ("time_to_full_now", "time_to_full_seconds", 1.0),
        ("current_now", "current_ampere", 1e-6),
        ("current_max", "current_max", 1e-6),
        ("charge_now", "charge_ampere", 1e-6),
        ("charge_full", "charge_full", 1e-6),
        ("charge_full_design", "charge_full_design", 1e-6),
        ("energy_now", "energy_watthour", 1e-6),
        ("energy_full", "energy_full", 1e-6),
        ("energy_full_design", "energy_full_design", 1e-6),
        ("power_now", "power_watt", 1e-6),
        ("voltage_now", "voltage_volt", 1e-6),
        ("voltage_max", "voltage_max", 1e-6),
        ("voltage_max_design", "voltage_max_design", 1e-6),
        ("voltage_min", "voltage_min", 1e-6),
        ("voltage_min_design", "voltage_min_design", 1e-6),
        ("temp", "temp_celsius", 0.1),
    )
}
"""By the file of a supply: its metric, and the factor from the kernel's unit."""

WATCHDOG_INFO: Final = metric(
    "watchdog",
    "info",
    "Info of /sys/class/watchdog/<watchdog>.",
    "name",
    "options",
    "identity",
    "state",
    "status",
    "pretimeout_governor",
)
WATCHDOG: Final = {
    file: metric("watchdog", name, f"Value of /sys/class/watchdog/<watchdog>/{file}", "name")
    for file, name in (
        ("bootstatus", "bootstatus"),
        ("fw_version", "fw_version"),
        ("nowayout", "nowayout"),
        ("timeleft", "timeleft_seconds"),
        ("timeout", "timeout_seconds"),
        ("pretimeout", "pretimeout_seconds"),
        ("access_cs0", "access_cs0"),
    )
}
"""By the file of a watchdog."""

_TAPE: Final = (
    ("in_flight", "io_now", 1.0, "The number of I/Os currently outstanding to this device."),
    ("io_ns", "io_time_seconds_total", 1e-9, "Time spent waiting for all I/O to complete."),
    ("other_cnt", "io_others_total", 1.0, "The number of commands other than read and write."),
    ("read_byte_cnt", "read_bytes_total", 1.0, "The number of bytes read from the tape drive."),
    ("read_cnt", "reads_completed_total", 1.0, "The number of read requests."),
    ("read_ns", "read_time_seconds_total", 1e-9, "Time spent waiting for reads to complete."),
    ("resid_cnt", "residual_total", 1.0, "How often the residual amount was not zero."),
    ("write_byte_cnt", "written_bytes_total", 1.0, "The number of bytes written to the drive."),
    ("write_cnt", "writes_completed_total", 1.0, "The number of write requests."),
    ("write_ns", "write_time_seconds_total", 1e-9, "Time spent waiting for writes to complete."),
)
TAPE: Final = {
    file: ((metric if name == "io_now" else counter)("tape", name, text, "device"), factor)
    for file, name, factor, text in _TAPE
}
"""By the file below `stats` of a tape drive: its metric, and the factor from the kernel's unit."""
