"""What the rules and alerts of node-mixin read exists here by the same names, labels and types.

So they work unchanged.

What it reads of /proc/meminfo takes its names from the kernel; the real node_exporter beside us
shows that they are equal.
"""

from __future__ import annotations

import pytest

from collectors.catalogue import all_metrics

READ = {
    "node_cpu_seconds_total": ("counter", "cpu", "mode"),
    "node_load1": ("gauge",),
    "node_vmstat_pgmajfault": ("untyped",),
    "node_disk_io_time_seconds_total": ("counter", "device"),
    "node_disk_io_time_weighted_seconds_total": ("counter", "device"),
    "node_network_receive_bytes_total": ("counter", "device"),
    "node_network_transmit_bytes_total": ("counter", "device"),
    "node_network_receive_drop_total": ("counter", "device"),
    "node_network_transmit_drop_total": ("counter", "device"),
    "node_network_receive_errs_total": ("counter", "device"),
    "node_network_receive_packets_total": ("counter", "device"),
    "node_network_transmit_errs_total": ("counter", "device"),
    "node_network_transmit_packets_total": ("counter", "device"),
    "node_filesystem_avail_bytes": ("gauge", "device", "fstype", "mountpoint"),
    "node_filesystem_size_bytes": ("gauge", "device", "fstype", "mountpoint"),
    "node_filesystem_files": ("gauge", "device", "fstype", "mountpoint"),
    "node_filesystem_files_free": ("gauge", "device", "fstype", "mountpoint"),
    "node_filesystem_readonly": ("gauge", "device", "fstype", "mountpoint"),
    "node_nf_conntrack_entries": ("gauge",),
    "node_nf_conntrack_entries_limit": ("gauge",),
    "node_textfile_scrape_error": ("gauge",),
    "node_timex_offset_seconds": ("gauge",),
    "node_timex_sync_status": ("gauge",),
    "node_timex_maxerror_seconds": ("gauge",),
    "node_md_disks": ("gauge", "device", "state"),
    "node_md_disks_required": ("gauge", "device"),
    "node_filefd_allocated": ("gauge",),
    "node_filefd_maximum": ("gauge",),
}
"""Metric, its type, and the labels the mixin selects, groups or joins by."""


@pytest.mark.parametrize("name", sorted(READ))
def test_it_is_there_as_the_mixin_reads_it(name: str) -> None:
    """A metric that node-mixin reads is declared with the type and the labels it relies on."""
    kind, *labels = READ[name]
    found = {metric.full_name: metric for metric in all_metrics()}[name]
    assert set(labels) <= set(found.labels)
    assert found.type == kind
