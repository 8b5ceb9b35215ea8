"""Metrics of disks and file systems, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

# The columns of /proc/diskstats behind the device's name, in their order.
DISK: Final = (
    counter(
        "disk",
        "reads_completed_total",
        "The total number of reads completed successfully.",
        "device",
    ),
    counter("disk", "reads_merged_total", "The total number of reads merged.", "device"),
    counter("disk", "read_bytes_total", "The total number of bytes read successfully.", "device"),
    counter(
        "disk",
        "read_time_seconds_total",
        "The total number of seconds spent by all reads.",
        "device",
    ),
    counter(
        "disk",
        "writes_completed_total",
        "The total number of writes completed successfully.",
        "device",
    ),
    counter("disk", "writes_merged_total", "The number of writes merged.", "device"),
    counter(
        "disk", "written_bytes_total", "The total number of bytes written successfully.", "device"
    ),
    counter(
        "disk",
        "write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
        "device",
    ),
    metric("disk", "io_now", "The number of I/Os currently in progress.", "device"),
    counter("disk", "io_time_seconds_total", "Total seconds spent doing I/Os.", "device"),
    counter(
        "disk",
        "io_time_weighted_seconds_total",
        "The weighted # of seconds spent doing I/Os.",
        "device",
    ),
    counter(
        "disk",
        "discards_completed_total",
        "The total number of discards completed successfully.",
        "device",
    ),
    counter("disk", "discards_merged_total", "The total number of discards merged.", "device"),
    counter(
        "disk",
        "discarded_sectors_total",
        "The total number of sectors discarded successfully.",
        "device",
    ),
    counter(
        "disk",
        "discard_time_seconds_total",
        "This is the total number of seconds spent by all discards.",
        "device",
    ),
    counter(
        "disk",
        "flush_requests_total",
        "The total number of flush requests completed successfully",
        "device",
    ),
    counter(
        "disk",
        "flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.",
        "device",
    ),
)
DISK_INFO: Final = metric(
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
DISK_FILESYSTEM_INFO: Final = metric(
    "disk",
    "filesystem_info",
    "Info about disk filesystem.",
    "device",
    "type",
    "usage",
    "uuid",
    "version",
)
DISK_MAPPER_INFO: Final = metric(
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
    "ID_ATA_WRITE_CACHE": metric(
        "disk", "ata_write_cache", "ATA disk has a write cache.", "device"
    ),
    "ID_ATA_WRITE_CACHE_ENABLED": metric(
        "disk", "ata_write_cache_enabled", "ATA disk has its write cache enabled.", "device"
    ),
    "ID_ATA_ROTATION_RATE_RPM": metric(
        "disk", "ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs).", "device"
    ),
}

_MOUNT: Final = ("device", "fstype", "mountpoint")
FILESYSTEM_SIZE: Final = metric("filesystem", "size_bytes", "Filesystem size in bytes.", *_MOUNT)
FILESYSTEM_FREE: Final = metric(
    "filesystem", "free_bytes", "Filesystem free space in bytes.", *_MOUNT
)
FILESYSTEM_AVAIL: Final = metric(
    "filesystem", "avail_bytes", "Filesystem space available to non-root users in bytes.", *_MOUNT
)
FILESYSTEM_FILES: Final = metric("filesystem", "files", "Filesystem total file nodes.", *_MOUNT)
FILESYSTEM_FILES_FREE: Final = metric(
    "filesystem", "files_free", "Filesystem total free file nodes.", *_MOUNT
)
FILESYSTEM_READONLY: Final = metric(
    "filesystem", "readonly", "Filesystem read-only status.", *_MOUNT
)
FILESYSTEM_ERROR: Final = metric(
    "filesystem",
    "device_error",
    "Whether an error occurred while getting statistics for the given device.",
    *_MOUNT,
)
NVME_INFO: Final = metric(
    "nvme",
    "info",
    "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
    "device",
    "firmware_revision",
    "model",
    "serial",
    "state",
)
