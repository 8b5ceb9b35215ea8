"""The page of the machine that the agent runs on, with its curves since the page was opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from agent.web.chart_model import Chart, Line
from agent.web.charts import chart
from agent.web.format import local, percent, short
from agent.web.hosthistory import HostHistory
from agent.web.page import Page
from agent.web.views import host_page
from collectors.base import Series

PATH: Final = "/host"
_IDLE: Final = ("idle", "iowait")
_MIB: Final = 2.0**20
"""Disks are drawn in MiB a second, so that the scale has round numbers."""
_FEW: Final = 3
"""Fewer points than this are no curve."""


def draw(page: Page) -> str | None:
    """Return the HTML of `/host`; None where no host metrics are collected."""
    view, history = host_page.read(page.view), page.view.host_history
    if view is None or history is None:
        return None
    curves = {
        "host.cpu": _processors(page, history),
        "host.disks": _disks(page, history),
        "host.network": _network(page, history),
    }
    return page.render(
        "host.html",
        title=view.host.node or page.w("host"),
        crumbs=[(page.w("host"), PATH)],
        view=view,
        curves=[(page.w(key), one) for key, one in curves.items() if one],
    )


def _processors(page: Page, history: HostHistory) -> Markup:
    course = history.courses("node_cpu_seconds_total")
    busy = {"cpu": [_busy(rates) for _, rates in course]}
    return _drawn(page, "host.cpu", [at for at, _ in course], busy, percent)


def _busy(rates: Mapping[Series, float]) -> float | None:
    whole = sum(rates.values())
    idle = sum(value for series, value in rates.items() if series.label("mode") in _IDLE)
    return 1 - idle / whole if whole else None


def _disks(page: Page, history: HostHistory) -> Markup:
    return _both(
        page,
        history,
        "host.disks",
        {"read": "disk_read_bytes", "written": "disk_written_bytes"},
        size=1 / _MIB,
        tick=lambda value: f"{short(value * _MIB, 'B')}/s",
    )


def _network(page: Page, history: HostHistory) -> Markup:
    return _both(
        page,
        history,
        "host.network",
        {"received": "network_receive_bytes", "sent": "network_transmit_bytes"},
        size=8.0,
        tick=lambda value: short(value, "bit/s"),
    )


def _both(
    page: Page,
    history: HostHistory,
    key: str,
    ways: Mapping[str, str],
    *,
    size: float,
    tick: Callable[[float], str],
) -> Markup:
    """Draw the sums of two counters over all devices."""
    courses = {way: history.courses(f"node_{name}_total") for way, name in ways.items()}
    times = [at for at, _ in next(iter(courses.values()))]
    values = {
        way: [sum(rates.values()) * size for _, rates in course] for way, course in courses.items()
    }
    return _drawn(page, key, times, values, tick)


def _drawn(
    page: Page,
    key: str,
    times: Sequence[float],
    values: Mapping[str, Sequence[float | None]],
    tick: Callable[[float], str],
) -> Markup:
    """Draw curves; nothing for fewer than some points. Rounds are taken for evenly spaced."""
    if len(times) < _FEW:
        return Markup()
    kinds = ("c-facility", "c-it")
    return chart(
        Chart(
            title=page.w(key),
            description=page.w("host.curve"),
            lines=[
                Line(name=page.w(f"host.{way}"), kind=kind, values=course)
                for kind, (way, course) in zip(kinds, values.items(), strict=False)
            ],
            x_labels=[
                (at, local(times[where], page.zone).strftime("%H:%M:%S"))
                for at, where in ((0.0, 0), (1.0, -1))
            ],
            tick=lambda value: tick(value) if value else "0",
            floor=0.0,
            is_saved=True,
        ),
        page.w,
    )
