"""Metrics of network interfaces, protocols and sockets, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.host.declare import Family, counter, metric

# The columns of /proc/net/dev behind the device's name, in their order.
NETWORK_DEVICE: Final = tuple(
    counter("network", f"{name}_total", f"Network device statistic {name}.", "device")
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
NETWORK_NOHANDLER: Final = counter(
    "network", "receive_nohandler_total", "Network device statistic receive_nohandler.", "device"
)


def _class(name: str, type: MetricType = "gauge") -> Metric:
    return metric("network", name, f"Network device property: {name}", "device", type=type)


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
NETWORK_UP: Final = metric(
    "network", "up", "Value is 1 if operstate is 'up', 0 otherwise.", "device"
)
NETWORK_INFO: Final = metric(
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
    """Icmp6_InErrors Icmp6_InMsgs Icmp6_OutMsgs Icmp_InErrors Icmp_InMsgs Icmp_OutMsgs
    Ip6_InOctets Ip6_OutOctets IpExt_InOctets IpExt_OutOctets Ip_Forwarding TcpExt_ListenDrops
    TcpExt_ListenOverflows TcpExt_SyncookiesFailed TcpExt_SyncookiesRecv TcpExt_SyncookiesSent
    TcpExt_TCPSynRetrans TcpExt_TCPTimeouts Tcp_ActiveOpens Tcp_CurrEstab Tcp_InErrs
    Tcp_InSegs Tcp_OutRsts Tcp_OutSegs Tcp_PassiveOpens Tcp_RetransSegs Udp6_InDatagrams
    Udp6_InErrors Udp6_NoPorts Udp6_OutDatagrams Udp6_RcvbufErrors Udp6_SndbufErrors
    UdpLite6_InErrors UdpLite_InErrors Udp_InDatagrams Udp_InErrors Udp_NoPorts
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
    """sockets_used TCP_inuse TCP_orphan TCP_tw TCP_alloc TCP_mem TCP_mem_bytes UDP_inuse UDP_mem
    UDP_mem_bytes UDPLITE_inuse RAW_inuse FRAG_inuse FRAG_memory TCP6_inuse UDP6_inuse
    UDPLITE6_inuse RAW6_inuse FRAG6_inuse FRAG6_memory""",
)
SOFTNET: Final = (
    counter("softnet", "processed_total", "Number of processed packets", "cpu"),
    counter("softnet", "dropped_total", "Number of dropped packets", "cpu"),
    counter(
        "softnet",
        "times_squeezed_total",
        "Number of times processing packets ran out of quota",
        "cpu",
    ),
)
ARP_ENTRIES: Final = metric("arp", "entries", "ARP entries by device", "device")
UDP_QUEUES: Final = metric(
    "udp",
    "queues",
    "Number of allocated memory in the kernel for UDP datagrams in bytes.",
    "queue",
    "ip",
)
CONNTRACK_ENTRIES: Final = metric(
    "nf_conntrack", "entries", "Number of currently allocated flow entries for connection tracking."
)
CONNTRACK_LIMIT: Final = metric(
    "nf_conntrack", "entries_limit", "Maximum size of connection tracking table."
)
# By the column of /proc/net/stat/nf_conntrack.
CONNTRACK_STATS: Final = {
    "found": metric(
        "nf_conntrack", "stat_found", "Number of searched entries which were successful."
    ),
    "invalid": metric(
        "nf_conntrack", "stat_invalid", "Number of packets seen which can not be tracked."
    ),
    "ignore": metric(
        "nf_conntrack",
        "stat_ignore",
        "Number of packets seen which are already connected to a conntrack entry.",
    ),
    "insert": metric("nf_conntrack", "stat_insert", "Number of entries inserted into the list."),
    "insert_failed": metric(
        "nf_conntrack",
        "stat_insert_failed",
        "Number of entries for which list insertion was attempted but failed.",
    ),
    "drop": metric(
        "nf_conntrack", "stat_drop", "Number of packets dropped due to conntrack failure."
    ),
    "early_drop": metric(
        "nf_conntrack",
        "stat_early_drop",
        "Number of dropped conntrack entries to make room for new ones, if maximum table size was"
        " reached.",
    ),
    "search_restart": metric(
        "nf_conntrack",
        "stat_search_restart",
        "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
    ),
}
