"""Metrics of XFS, ZFS and NFS, with node_exporter's names."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue.host.declare import Family, counter, metric


def _xfs(names: str) -> tuple[Metric, ...]:
    """Declare the columns of a line of `stats`, by their names in the order of the file."""
    return tuple(
        counter(
            "xfs",
            f"{name}_total",
            f"Number of {name.replace('_', ' ')} of a file system (xfs.org, Runtime_Stats).",
            "device",
        )
        for name in names.split()
    )


XFS: Final = {
    b"extent_alloc": _xfs(
        """
        extent_allocation_extents_allocated extent_allocation_blocks_allocated
        extent_allocation_extents_freed extent_allocation_blocks_freed
        """
    ),
    b"abt": _xfs(
        """
        allocation_btree_lookups allocation_btree_compares
        allocation_btree_records_inserted allocation_btree_records_deleted
        """
    ),
    b"blk_map": _xfs(
        """
        block_mapping_reads block_mapping_writes block_mapping_unmaps
        block_mapping_extent_list_insertions block_mapping_extent_list_deletions
        block_mapping_extent_list_lookups block_mapping_extent_list_compares
        """
    ),
    b"bmbt": _xfs(
        """
        block_map_btree_lookups block_map_btree_compares
        block_map_btree_records_inserted block_map_btree_records_deleted
        """
    ),
    b"dir": _xfs(
        """
        directory_operation_lookup directory_operation_create directory_operation_remove
        directory_operation_getdents
        """
    ),
    b"ig": _xfs(
        """
        inode_operation_attempts inode_operation_found inode_operation_recycled
        inode_operation_missed inode_operation_duplicates inode_operation_reclaims
        inode_operation_attribute_changes
        """
    ),
    b"rw": _xfs(
        """
        write_calls read_calls
        """
    ),
    b"vnodes": _xfs(
        """
        vnode_active vnode_allocate vnode_get vnode_hold vnode_release vnode_reclaim
        vnode_remove
        """
    ),
}
"""By the word that begins a line of `stats`: its columns, in their order."""

ZFS: Final = {
    "arcstats": Family(
        "zfs_arc", "kstat.zfs.misc.arcstats.{}".format, "hits misses c c_min c_max size", "untyped"
    ),
    "zfetchstats": Family("zfs_zfetch", "kstat.zfs.misc.zfetchstats.{}".format, "", "untyped"),
    "zil": Family("zfs_zil", "kstat.zfs.misc.zil.{}".format, "", "untyped"),
    "vdev_cache_stats": Family(
        "zfs_vdev_cache", "kstat.zfs.misc.vdev_cache_stats.{}".format, "", "untyped"
    ),
    "vdev_mirror_stats": Family(
        "zfs_vdev_mirror", "kstat.zfs.misc.vdev_mirror_stats.{}".format, "", "untyped"
    ),
    "xuio_stats": Family("zfs_xuio", "kstat.zfs.misc.xuio_stats.{}".format, "", "untyped"),
    "fm": Family("zfs_fm", "kstat.zfs.misc.fm.{}".format, "", "untyped"),
    "dmu_tx": Family("zfs_dmu_tx", "kstat.zfs.misc.dmu_tx.{}".format, "", "untyped"),
    "abdstats": Family("zfs_abd", "kstat.zfs.misc.abdstats.{}".format, "", "untyped"),
    "dbufstats": Family("zfs_dbuf", "kstat.zfs.misc.dbufstats.{}".format, "", "untyped"),
    "dnodestats": Family("zfs_dnode", "kstat.zfs.misc.dnodestats.{}".format, "", "untyped"),
}
"""By the file below /proc/spl/kstat/zfs."""

NFS_PACKETS: Final = counter(
    "nfs",
    "packets_total",
    "Total NFSd network packets (sent+received) by protocol type.",
    "protocol",
)
NFS_CONNECTIONS: Final = counter(
    "nfs", "connections_total", "Total number of NFSd TCP connections."
)
NFS_RPCS: Final = counter("nfs", "rpcs_total", "Total number of RPCs performed.")
NFS_RETRANSMISSIONS: Final = counter(
    "nfs", "rpc_retransmissions_total", "Number of RPC transmissions performed."
)
NFS_REFRESHES: Final = counter(
    "nfs", "rpc_authentication_refreshes_total", "Number of RPC authentication refreshes performed."
)
NFS_REQUESTS: Final = counter(
    "nfs", "requests_total", "Number of NFS procedures invoked.", "proto", "method"
)

NFSD_REQUESTS: Final = counter(
    "nfsd",
    "requests_total",
    "Total number NFSd Requests by method and protocol.",
    "proto",
    "method",
)
NFSD_PACKETS: Final = counter(
    "nfsd", "packets_total", "Total NFSd network packets (sent+received) by protocol type.", "proto"
)
NFSD_RPC_ERRORS: Final = counter(
    "nfsd", "rpc_errors_total", "Total number of NFSd RPC errors by error type.", "error"
)
NFSD: Final = {
    (b"rc", 0): counter(
        "nfsd",
        "reply_cache_hits_total",
        "Total number of NFSd Reply Cache hits (client lost server response).",
    ),
    (b"rc", 1): counter(
        "nfsd",
        "reply_cache_misses_total",
        "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
    ),
    (b"rc", 2): counter(
        "nfsd",
        "reply_cache_nocache_total",
        "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).",
    ),
    (b"fh", 0): counter(
        "nfsd", "file_handles_stale_total", "Total number of NFSd stale file handles"
    ),
    (b"io", 0): counter("nfsd", "disk_bytes_read_total", "Total NFSd bytes read."),
    (b"io", 1): counter("nfsd", "disk_bytes_written_total", "Total NFSd bytes written."),
    (b"th", 0): metric(
        "nfsd", "server_threads", "Total number of NFSd kernel threads that are running."
    ),
    (b"ra", 0): metric(
        "nfsd", "read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks."
    ),
    (b"ra", 11): counter(
        "nfsd",
        "read_ahead_cache_not_found_total",
        "Total number of NFSd read ahead cache not found.",
    ),
    (b"net", 3): counter("nfsd", "connections_total", "Total number of NFSd TCP connections."),
    (b"rpc", 0): counter("nfsd", "server_rpcs_total", "Total number of NFSd RPCs."),
}
"""By the word that begins a line, and the column."""

BTRFS_INFO: Final = metric("btrfs", "info", "Filesystem information", "uuid", "label")
BTRFS_RESERVE: Final = metric("btrfs", "global_rsv_size_bytes", "Size of global reserve.", "uuid")
BTRFS_DEVICE: Final = metric(
    "btrfs",
    "device_size_bytes",
    "Size of a device that is part of the filesystem.",
    "uuid",
    "device",
)
BTRFS_RESERVED: Final = metric(
    "btrfs",
    "reserved_bytes",
    "Amount of space reserved for a data type",
    "uuid",
    "block_group_type",
)
_LAYOUT: Final = ("uuid", "block_group_type", "mode")
BTRFS_USED: Final = metric(
    "btrfs", "used_bytes", "Amount of used space by a layout/data type", *_LAYOUT
)
BTRFS_SIZE: Final = metric(
    "btrfs", "size_bytes", "Amount of space allocated for a layout/data type", *_LAYOUT
)
BTRFS_RATIO: Final = metric(
    "btrfs", "allocation_ratio", "Data allocation ratio for a layout/data type", *_LAYOUT
)
