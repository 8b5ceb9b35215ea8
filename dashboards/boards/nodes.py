"""One node, by node_exporter's names: CPU, memory, load, disks, file systems, network, pressure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, INSTANCE, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker
from dashboards.signals import host, host_panels
from dashboards.signals.base import Signal


def board(language: Language) -> Board:
    """Return the dashboard of a node."""
    make = Maker(language, uid=uids.NODES, within=("hub", "site", "instance"))
    return Board(
        uid=uids.NODES,
        title=Text("Nodes"),
        description=Text("The kernel's figures of one node."),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), INSTANCE],
        time_from="now-3h",
        sections=[
            Section(
                title=Text("Now"),
                cells=[
                    panels.gauge(make, host.CPU),
                    panels.gauge(make, host.MEMORY),
                    panels.stat(make, host.LOAD),
                    panels.stat(make, host.CPU_COUNT),
                    panels.stat(make, host.MEMORY_AVAILABLE),
                    panels.stat(make, host.UPTIME),
                ],
            ),
            Section(
                title=Text("CPU and memory"),
                cells=[
                    panels.series(make, host.CPU_MODE, stack=True),
                    panels.series(
                        make,
                        *host_panels.LOADS,
                        replace(host.CPU_COUNT, legend=make.say(Text("CPUs"))),
                        title=Text("Load average"),
                    ),
                    panels.series(
                        make,
                        *_named(make, host_panels.MEMORY_PARTS),
                        stack=True,
                        title=Text("Memory"),
                    ),
                    panels.series(
                        make,
                        *_named(make, (host.PRESSURE_CPU, host.PRESSURE_MEMORY, host.PRESSURE_IO)),
                        title=Text("Pressure: time spent waiting"),
                    ),
                ],
            ),
            Section(
                title=Text("Disks and network"),
                cells=[
                    panels.bars(make, host.FILESYSTEM, width=12),
                    panels.bars(make, host_panels.INODES, width=12),
                    panels.series(make, host.DISK_BUSY),
                    panels.series(
                        make,
                        *_named(make, (host.DISK_READ, host.DISK_WRITTEN)),
                        title=Text("Disk reads and writes"),
                    ),
                    panels.series(
                        make,
                        *_named(make, (host.NETWORK_RECEIVED, host.NETWORK_SENT)),
                        title=Text("Network received and sent"),
                    ),
                    panels.series(
                        make,
                        *_named(make, (host_panels.DROPS, host_panels.NETWORK_ERRORS)),
                        title=Text("Network drops and errors"),
                    ),
                ],
            ),
            Section(
                title=Text("Saturation and limits"),
                cells=[
                    panels.series(make, host_panels.PAGES, width=6),
                    panels.series(make, host_panels.DISK_SATURATION, width=6),
                    panels.series(make, host_panels.FILES, width=6),
                    panels.series(make, host_panels.CLOCK, width=6),
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
