"""Metrics of memory and of pressure on the resources, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import Family, counter

MEMORY: Final = Family(
    "memory",
    "Memory information field {}.".format,
    """MemTotal_bytes MemFree_bytes MemAvailable_bytes Buffers_bytes Cached_bytes
    SwapCached_bytes Active_bytes Inactive_bytes Active_anon_bytes Inactive_anon_bytes
    Active_file_bytes Inactive_file_bytes Unevictable_bytes Mlocked_bytes SwapTotal_bytes
    SwapFree_bytes Zswap_bytes Zswapped_bytes Dirty_bytes Writeback_bytes AnonPages_bytes
    Mapped_bytes Shmem_bytes KReclaimable_bytes Slab_bytes SReclaimable_bytes SUnreclaim_bytes
    KernelStack_bytes PageTables_bytes SecPageTables_bytes NFS_Unstable_bytes Bounce_bytes
    WritebackTmp_bytes CommitLimit_bytes Committed_AS_bytes VmallocTotal_bytes
    VmallocUsed_bytes VmallocChunk_bytes Percpu_bytes HardwareCorrupted_bytes
    AnonHugePages_bytes ShmemHugePages_bytes ShmemPmdMapped_bytes FileHugePages_bytes
    FilePmdMapped_bytes CmaTotal_bytes CmaFree_bytes Unaccepted_bytes HugePages_Total
    HugePages_Free HugePages_Rsvd HugePages_Surp Hugepagesize_bytes Hugetlb_bytes
    DirectMap4k_bytes DirectMap2M_bytes DirectMap1G_bytes""",
)
VMSTAT: Final = Family(
    "vmstat",
    "/proc/vmstat information field {}.".format,
    "pgpgin pgpgout pswpin pswpout pgfault pgmajfault oom_kill",
    "untyped",
)
# By the file below /proc/pressure and the line in it.
PRESSURE: Final = {
    ("cpu", "some"): counter(
        "pressure",
        "cpu_waiting_seconds_total",
        "Total time in seconds that processes have waited for CPU time",
    ),
    ("io", "some"): counter(
        "pressure",
        "io_waiting_seconds_total",
        "Total time in seconds that processes have waited due to IO congestion",
    ),
    ("io", "full"): counter(
        "pressure",
        "io_stalled_seconds_total",
        "Total time in seconds no process could make progress due to IO congestion",
    ),
    ("memory", "some"): counter(
        "pressure",
        "memory_waiting_seconds_total",
        "Total time in seconds that processes have waited for memory",
    ),
    ("memory", "full"): counter(
        "pressure",
        "memory_stalled_seconds_total",
        "Total time in seconds no process could make progress due to memory congestion",
    ),
}
