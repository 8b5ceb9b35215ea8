"""An answer of the API as CSV: the curve of a chart, or the rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from agent.csv_cells import shown_as_text
from agent.web.format import iso
from agent.web.views.serialise import Json

Row = Mapping[str, Json]


def as_csv(data: Json) -> str | None:
    """Return an answer as CSV (RFC 4180), a line of names first; None where it has no table."""
    found = _curve(data) or _columns(data) or _records(data)
    names = list(dict.fromkeys(name for row in found for name in row))
    if not names:
        return None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow([_cell(name) for name in names])
    writer.writerows([_cell(row.get(name)) for name in names] for row in found)
    return out.getvalue()


def _curve(data: Json) -> Sequence[Row]:
    """Return a row for each time of a chart's curve."""
    trend = data.get("trend") if isinstance(data, dict) else None
    times = trend.get("times") if isinstance(trend, dict) else None
    if not isinstance(trend, dict) or not isinstance(times, list):
        return []
    curves: dict[str, Json] = {key: each for key, each in trend.items() if key != "times"}
    series = trend.get("series")
    if isinstance(series, dict):
        curves |= series
    columns = {
        key: each
        for key, each in curves.items()
        if isinstance(each, list) and len(each) == len(times)
    }
    return [
        {"time": iso(float(at)), **{key: each[index] for key, each in columns.items()}}
        for index, at in enumerate(times)
        if isinstance(at, int | float)
    ]


def _columns(data: Json) -> Sequence[Row]:
    """Return the rows of a table that is written as columns and rows."""
    if not isinstance(data, dict):
        return []
    names, rows = data.get("columns"), data.get("rows")
    if not isinstance(names, list) or not isinstance(rows, list):
        return []
    return [dict(zip(map(str, names), row, strict=False)) for row in rows if isinstance(row, list)]


def _records(data: Json) -> Sequence[Row]:
    """Return a list of records, or the longest one that an answer has."""
    lists = list(data.values()) if isinstance(data, dict) else [data]
    records = [
        [each for each in one if isinstance(each, dict)] for one in lists if isinstance(one, list)
    ]
    found = max(records, key=len, default=[])
    if not found and isinstance(data, dict):
        found = [data]
    return [_flat(each) for each in found]


def _flat(record: Row, before: str = "") -> dict[str, Json]:
    """Return a record with its inner records as keys such as `power.lower`.

    Lists of records are left out.
    """
    found: dict[str, Json] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found |= _flat(value, f"{name}.")
        elif not isinstance(value, list):
            found[name] = value
        elif not any(isinstance(each, dict | list) for each in value):
            found[name] = "; ".join(str(each) for each in value)
    return found


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return _cell("; ".join(str(each) for each in value))
    if isinstance(value, str):
        return shown_as_text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
