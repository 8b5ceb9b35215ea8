"""One node, by node_exporter's names: CPU, memory, load, disks, file systems, network, pressure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.boards.base import HUB, INSTANCE, NODES, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import host

if TYPE_CHECKING:
    from dashboards.language import Language


def board(language: Language) -> Board:
    """Return the dashboard of a node."""
    make = Maker(language)
    return Board(
        uid=NODES,
        title=Text("Nodes", "节点"),
        description=Text("The kernel's figures of one node.", "单个节点的内核指标。"),
        language=language,
        variables=[HUB, SITE, INSTANCE],
        time_from="now-3h",
        sections=[
            Section(
                title=Text("Now", "当前"),
                cells=[
                    make.gauge(host.CPU),
                    make.gauge(host.MEMORY),
                    make.stat(host.LOAD),
                    make.stat(host.CPU_COUNT, graph=False),
                    make.stat(host.MEMORY_AVAILABLE),
                    make.stat(host.UPTIME, graph=False),
                ],
            ),
            Section(
                title=Text("CPU and memory", "CPU与内存"),
                cells=[
                    make.series(host.CPU_MODE, stack=True),
                    make.series(host.LOAD),
                    make.series(host.MEMORY),
                    make.series(
                        host.PRESSURE_CPU,
                        host.PRESSURE_MEMORY,
                        host.PRESSURE_IO,
                        title=Text("Pressure: time spent waiting", "资源压力：等待时间"),
                    ),
                ],
            ),
            Section(
                title=Text("Disks and network", "磁盘与网络"),
                cells=[
                    make.bars(host.FILESYSTEM, width=12),
                    make.series(host.DISK_BUSY),
                    make.series(host.DISK_READ, host.DISK_WRITTEN, title=Text("Disk reads and writes", "磁盘读写")),
                    make.series(host.NETWORK_RECEIVED, host.NETWORK_SENT, title=Text("Network received and sent", "网络收发")),
                ],
            ),
        ],
    )
