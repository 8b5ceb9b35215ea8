"""The curves of a report: the energy of a month's days, and the PUE of twelve months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from agent.ledger.energy import JOULES_PER_KWH
from agent.messages.catalogue import Words
from agent.report.model import HubReport
from agent.web import puemarks
from agent.web.chart_model import Chart, Line
from agent.web.charts import chart
from agent.web.format import PUE_DIGITS, ratio, short

_HUB: Final = "hub"


def days(report: HubReport, w: Words) -> Markup:
    """Draw the energy of each day of a month; nothing for a week, which has a table of them."""
    if report.kind != "month":
        return Markup()
    energies = {
        "facility": [_kwh(one.facility_joules) for one in report.days],
        "it": [_kwh(one.it_joules) for one in report.days],
    }
    return chart(
        Chart(
            title=w("report.days.title"),
            description=w("report.days.table"),
            lines=[
                Line(name=w(f"curve.{key}"), kind=f"c-{key}", values=values)
                for key, values in energies.items()
            ],
            coverage=[one.coverage for one in report.days],
            coverage_name=w("coverage"),
            x_labels=_labels([one.day[5:] for one in report.days], every=7),
            tick=lambda value: short(value * JOULES_PER_KWH, "J") if value else "0",
            floor=0.0,
        ),
        w,
    )


def months(report: HubReport, w: Words) -> Markup:
    """Draw the PUE of the twelve months up to the period's end, with limit and uncertainty."""
    known = [one.pue for one in report.months if one.pue is not None]
    if not known:
        return Markup()
    return chart(
        Chart(
            title=w("report.year"),
            description=w(
                "pue.desc",
                first=report.months[0].month,
                last=report.months[-1].month,
                low=ratio(min(known), PUE_DIGITS),
                high=ratio(max(known), PUE_DIGITS),
            ),
            lines=[
                Line(name=w("pue"), kind="c-facility", values=[one.pue for one in report.months])
            ],
            rules=puemarks.limit(_limit(report), w),
            bands=puemarks.uncertainty(
                [one.pue for one in report.months], [one.uncertainty for one in report.months]
            ),
            marks=puemarks.switches([one.category for one in report.months], w),
            coverage=[one.coverage for one in report.months],
            coverage_name=w("coverage"),
            x_labels=_labels([one.month for one in report.months], every=3),
            tick=ratio,
            floor=1.0,
        ),
        w,
    )


def _kwh(joules: float) -> float | None:
    """Return energy for the scale, which has round kilowatt-hours; None where none was metered."""
    return joules / JOULES_PER_KWH or None


def _labels(names: Sequence[str], *, every: int) -> list[tuple[float, str]]:
    """Return the labels of evenly spaced parts, each in the middle of its part."""
    return [
        ((index + 0.5) / len(names), name) for index, name in enumerate(names) if index % every == 0
    ]


def _limit(report: HubReport) -> float | None:
    """Return the lowest PUE that was promised for the whole hub."""
    stated = [
        one.limit
        for one in (row.now for row in report.promises)
        if one.kpi == "pue" and one.op == "<=" and one.scope == _HUB and one.limit is not None
    ]
    return min(stated, default=None)
