"""One node, by node_exporter's names: CPU, memory, load, disks, file systems, network, pressure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, INSTANCE, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import host

if TYPE_CHECKING:
    from dashboards.language import Language
    from dashboards.signals.base import Signal


def board(language: Language) -> Board:
    """Return the dashboard of a node."""
    make = Maker(language, uid=uids.NODES, within=("hub", "site", "instance"))
    return Board(
        uid=uids.NODES,
        title=Text("Nodes", "节点"),
        description=Text("The kernel's figures of one node.", "单个节点的内核指标。"),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), INSTANCE],
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
                    make.series(
                        *host.LOADS,
                        replace(host.CPU_COUNT, legend=make.say(Text("CPUs", "CPU数"))),
                        title=Text("Load average", "平均负载"),
                    ),
                    make.series(
                        *_named(make, host.MEMORY_PARTS), stack=True, title=Text("Memory", "内存")
                    ),
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
                    make.bars(host.INODES, width=12),
                    make.series(host.DISK_BUSY),
                    make.series(
                        *_named(make, (host.DISK_READ, host.DISK_WRITTEN)),
                        title=Text("Disk reads and writes", "磁盘读写"),
                    ),
                    make.series(
                        *_named(make, (host.NETWORK_RECEIVED, host.NETWORK_SENT)),
                        title=Text("Network received and sent", "网络收发"),
                    ),
                    make.series(
                        *_named(make, (host.DROPS, host.NETWORK_ERRORS)),
                        title=Text("Network drops and errors", "网络丢包与错误"),
                    ),
                ],
            ),
            Section(
                title=Text("Saturation and limits", "饱和度与上限"),
                cells=[
                    make.series(host.PAGES, width=6),
                    make.series(host.DISK_SATURATION, width=6),
                    make.series(host.FILES, width=6),
                    make.series(host.CLOCK, width=6),
                ],
            ),
        ],
    )


def _named(make: Maker, signals: Sequence[Signal]) -> Iterator[Signal]:
    """Name series of several signals in one panel by their signals."""
    for signal in signals:
        yield replace(
            signal,
            legend=f"{make.say(signal.name)} {signal.legend}"
            if "{{device}}" in signal.legend
            else make.say(signal.name),
        )
