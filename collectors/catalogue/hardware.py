"""Metrics of arrays, bonds, memory controllers and InfiniBand ports.

Names as in node_exporter 1.5.0.
"""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

MD_STATE: Final = metric("md", "state", "Indicates the state of md-device.", "device", "state")
MD_DISKS: Final = metric(
    "md", "disks", "Number of active/failed/spare disks of device.", "device", "state"
)
MD_DISKS_REQUIRED: Final = metric(
    "md", "disks_required", "Total number of disks of device.", "device"
)
MD_BLOCKS: Final = metric("md", "blocks", "Total number of blocks on device.", "device")
MD_BLOCKS_SYNCED: Final = metric(
    "md", "blocks_synced", "Number of blocks synced on device.", "device"
)

BONDING_SLAVES: Final = metric(
    "bonding", "slaves", "Number of configured slaves per bonding interface.", "master"
)
BONDING_ACTIVE: Final = metric(
    "bonding", "active", "Number of active slaves per bonding interface.", "master"
)

EDAC_CORRECTABLE: Final = counter(
    "edac", "correctable_errors_total", "Total correctable memory errors.", "controller"
)
EDAC_UNCORRECTABLE: Final = counter(
    "edac", "uncorrectable_errors_total", "Total uncorrectable memory errors.", "controller"
)
EDAC_ROW_CORRECTABLE: Final = counter(
    "edac",
    "csrow_correctable_errors_total",
    "Total correctable memory errors for this csrow.",
    "controller",
    "csrow",
)
EDAC_ROW_UNCORRECTABLE: Final = counter(
    "edac",
    "csrow_uncorrectable_errors_total",
    "Total uncorrectable memory errors for this csrow.",
    "controller",
    "csrow",
)

INFINIBAND_INFO: Final = metric(
    "infiniband",
    "info",
    "Non-numeric data from /sys/class/infiniband/<device>, value is always 1.",
    "device",
    "board_id",
    "firmware_version",
    "hca_type",
)
INFINIBAND_STATE: Final = metric(
    "infiniband",
    "state_id",
    "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act"
    " defer)",
    "device",
    "port",
)
INFINIBAND_PHYSICAL_STATE: Final = metric(
    "infiniband",
    "physical_state_id",
    "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4:"
    " shift, 5: link up, "
    "6: link error recover, 7: phytest)",
    "device",
    "port",
)
INFINIBAND_RATE: Final = metric(
    "infiniband", "rate_bytes_per_second", "Maximum signal transfer rate", "device", "port"
)
# By the file below /sys/class/infiniband/<device>/ports/<port>/counters.
INFINIBAND_COUNTERS: Final = {
    file: counter("infiniband", f"{name}_total", help_text, "device", "port")
    for file, name, help_text in (
        (
            "excessive_buffer_overrun_errors",
            "excessive_buffer_overrun_errors",
            (
                "Number of times that OverrunErrors consecutive flow control"
                " update periods occurred, each having at least one overrun error."
            ),
        ),
        (
            "link_downed",
            "link_downed",
            "Number of times the link failed to recover from an error state and went down",
        ),
        (
            "link_error_recovery",
            "link_error_recovery",
            "Number of times the link successfully recovered from an error state",
        ),
        (
            "local_link_integrity_errors",
            "local_link_integrity_errors",
            (
                "Number of times that the count of local physical errors exceeded the threshold"
                " specified by LocalPhyErrors."
            ),
        ),
        (
            "multicast_rcv_packets",
            "multicast_packets_received",
            "Number of multicast packets received (including errors)",
        ),
        (
            "multicast_xmit_packets",
            "multicast_packets_transmitted",
            "Number of multicast packets transmitted (including errors)",
        ),
        (
            "port_rcv_constraint_errors",
            "port_constraint_errors_received",
            "Number of packets received on the switch physical port that are discarded",
        ),
        (
            "port_xmit_constraint_errors",
            "port_constraint_errors_transmitted",
            "Number of packets not transmitted from the switch physical port",
        ),
        (
            "port_rcv_data",
            "port_data_received_bytes",
            "Number of data octets received on all links",
        ),
        (
            "port_xmit_data",
            "port_data_transmitted_bytes",
            "Number of data octets transmitted on all links",
        ),
        (
            "port_rcv_discards",
            "port_discards_received",
            "Number of inbound packets discarded by the port because the port is down or congested",
        ),
        (
            "port_xmit_discards",
            "port_discards_transmitted",
            (
                "Number of outbound packets discarded by the port because the port is down or"
                " congested"
            ),
        ),
        (
            "port_rcv_errors",
            "port_errors_received",
            "Number of packets containing an error that were received on this port",
        ),
        (
            "port_rcv_packets",
            "port_packets_received",
            "Number of packets received on all VLs by this port (including errors)",
        ),
        (
            "port_xmit_packets",
            "port_packets_transmitted",
            "Number of packets transmitted on all VLs from this port (including errors)",
        ),
        (
            "port_rcv_remote_physical_errors",
            "port_receive_remote_physical_errors",
            (
                "Number of packets marked with the EBP (End of Bad Packet) delimiter received on"
                " the"
                " port."
            ),
        ),
        (
            "port_rcv_switch_relay_errors",
            "port_receive_switch_relay_errors",
            "Number of packets that could not be forwarded by the switch.",
        ),
        (
            "port_xmit_wait",
            "port_transmit_wait",
            (
                "Number of ticks during which the port had data to transmit but no data was sent"
                " during the entire tick"
            ),
        ),
        (
            "symbol_error",
            "symbol_error",
            "Number of minor link errors detected on one or more physical lanes.",
        ),
        (
            "unicast_rcv_packets",
            "unicast_packets_received",
            "Number of unicast packets received (including errors)",
        ),
        (
            "unicast_xmit_packets",
            "unicast_packets_transmitted",
            "Number of unicast packets transmitted (including errors)",
        ),
        (
            "VL15_dropped",
            "vl15_dropped",
            "Number of incoming VL15 packets dropped due to resource limitations.",
        ),
    )
}
