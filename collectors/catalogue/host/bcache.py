"""Metrics of disks cached on flash, with node_exporter's names."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue.host.declare import metric


def _of(label: str, name: str, help: str) -> Metric:
    """Declare a metric of a cache set, or of one of its devices."""
    labels = ("uuid", label) if label else ("uuid",)
    return metric(
        "bcache", name, help, *labels, type="counter" if name.endswith("_total") else "gauge"
    )


_SET: Final = (
    (
        "average_key_size",
        "average_key_size_sectors",
        "Average data per key in the btree (sectors).",
    ),
    (
        "btree_cache_size",
        "btree_cache_size_bytes",
        "Amount of memory currently used by the btree cache.",
    ),
    (
        "cache_available_percent",
        "cache_available_percent",
        (
            "Percentage of cache device without dirty data, usable for writeback (may contain clean"
            " cached data)."
        ),
    ),
    ("congested", "congested", "Congestion."),
    (
        "root_usage_percent",
        "root_usage_percent",
        "Percentage of the root btree node in use (tree depth increases if too high).",
    ),
    ("tree_depth", "tree_depth", "Depth of the btree."),
    (
        "internal/active_journal_entries",
        "active_journal_entries",
        "Number of journal entries that are newer than the index.",
    ),
    ("internal/btree_nodes", "btree_nodes", "Total nodes in the btree."),
    (
        "internal/cache_read_races",
        "cache_read_races_total",
        (
            "Counts instances where while data was being read from the cache, the bucket was"
            " reused and invalidated - i.e. where the pointer was stale after the read completed."
        ),
    ),
)
_BACKING: Final = (
    (
        "dirty_data",
        "dirty_data_bytes",
        "Amount of dirty data for this backing device in the cache.",
    ),
    (
        "stats_total/bypassed",
        "bypassed_bytes_total",
        "Amount of IO (both reads and writes) that has bypassed the cache.",
    ),
    (
        "stats_total/cache_hits",
        "cache_hits_total",
        "Hits counted per individual IO as bcache sees them.",
    ),
    (
        "stats_total/cache_misses",
        "cache_misses_total",
        "Misses counted per individual IO as bcache sees them.",
    ),
    (
        "stats_total/cache_bypass_hits",
        "cache_bypass_hits_total",
        "Hits for IO intended to skip the cache.",
    ),
    (
        "stats_total/cache_bypass_misses",
        "cache_bypass_misses_total",
        "Misses for IO intended to skip the cache.",
    ),
    (
        "stats_total/cache_miss_collisions",
        "cache_miss_collisions_total",
        "Instances where data insertion from cache miss raced with write (data already present).",
    ),
    (
        "stats_total/cache_readaheads",
        "cache_readaheads_total",
        "Count of times readahead occurred.",
    ),
)
_WRITEBACK: Final = (
    (
        "target",
        "dirty_target_bytes",
        "Current dirty data target threshold for this backing device in bytes.",
    ),
    ("rate", "writeback_rate", "Current writeback rate for this backing device in bytes."),
    (
        "proportional",
        "writeback_rate_proportional_term",
        "Current result of proportional controller, part of writeback rate",
    ),
    (
        "integral",
        "writeback_rate_integral_term",
        "Current result of integral controller, part of writeback rate",
    ),
    (
        "change",
        "writeback_change",
        "Last writeback rate change step for this backing device.",
    ),
)
_CACHE: Final = (
    (
        "io_errors",
        "io_errors",
        "Number of errors that have occurred, decayed by io_error_halflife.",
    ),
    (
        "metadata_written",
        "metadata_written_bytes_total",
        "Sum of all non data writes (btree writes and all other metadata).",
    ),
    (
        "written",
        "written_bytes_total",
        "Sum of all data that has been written to the cache.",
    ),
)
_PRIORITY: Final = (
    (
        "Unused",
        "priority_stats_unused_percent",
        "The percentage of the cache that doesn't contain any data.",
    ),
    ("Metadata", "priority_stats_metadata_percent", "Bcache's metadata overhead."),
)

SET: Final = {file: _of("", name, text) for file, name, text in _SET}
"""By the file below the folder of a cache set."""
BTREE_READ: Final = _of("", "btree_read_average_duration_seconds", "Average btree read duration.")
BACKING: Final = {file: _of("backing_device", name, text) for file, name, text in _BACKING}
"""By the file below the folder of a backing device."""
WRITEBACK: Final = {line: _of("backing_device", name, text) for line, name, text in _WRITEBACK}
"""By the line of `writeback_rate_debug` of a backing device."""
CACHE: Final = {file: _of("cache_device", name, text) for file, name, text in _CACHE}
"""By the file below the folder of a cache device."""
PRIORITY: Final = {line: _of("cache_device", name, text) for line, name, text in _PRIORITY}
"""By the line of `priority_stats` of a cache device."""
