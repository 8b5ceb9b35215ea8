"""An answer of the API as CSV: the curve of a chart, or the rows of a table."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

from agent.csv_cells import shown_as_text
from agent.web.format import iso
from agent.web.views.serialise import Json

Row = Mapping[str, Json]
_DEEPEST: Final = 2
"""How many lists within lists are looked for."""


_FIGURES: Final = "figures"
"""The name of the table of what stands in no list."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of each file in an archive: the same answer gives the same bytes."""


def as_csv(data: Json, wanted: str = "") -> str | None:
    """Return an answer as CSV (RFC 4180), a line of names first; None where it has no table.

    `wanted` is the name of one of its lists, else it is the curve, or the longest list. Raises
    ValueError for a list that the answer does not have.
    """
    if wanted:
        lists = _lists(data)
        if wanted not in lists:
            raise ValueError(f"list: expected one of {', '.join(lists) or 'none'}")
        return _written(lists[wanted])
    return _written(_curve(data) or _columns(data) or _records(data))


def as_zip(data: Json) -> bytes | None:
    """Return every list of an answer as CSV in an archive; None where it has no table."""
    tables = {name: _written(rows) for name, rows in _lists(data).items()}
    if not any(tables.values()):
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            if text is not None:
                archive.writestr(zipfile.ZipInfo(f"{name}.csv", _EPOCH), text.encode("utf-8-sig"))
    return out.getvalue()


def _lists(data: Json) -> dict[str, Sequence[Row]]:
    """Return the rows of every list of an answer by its name, such as `of_racks.racks_needing`.

    A list within the rows of another is a list too: each of its rows says whose it is.
    """
    if not isinstance(data, dict):
        found = _records(data)
        return {"rows": found} if found else {}
    lists: dict[str, Sequence[Row]] = {}
    table = _curve(data) or _columns(data)
    if table:
        lists["trend" if "trend" in data else "rows"] = table
    _gather(data, "", {}, lists)
    figures = {name: value for name, value in _flat(_beside(data)).items() if value is not None}
    return {_FIGURES: [figures], **lists} if figures else lists


def _beside(data: dict[str, Json]) -> Row:
    """Return an answer without the lists of its own table: the curve's, or columns and rows."""
    trend = data.get("trend")
    if isinstance(trend, dict) and _curve(data):
        series = {name for name in ("times", "series") if name in trend}
        scalars: dict[str, Json] = {
            name: each
            for name, each in trend.items()
            if name not in series and not isinstance(each, list)
        }
        return {**data, "trend": scalars}
    if _columns(data):
        return {name: each for name, each in data.items() if name not in ("columns", "rows")}
    return data


def _gather(
    record: Row, before: str, whose: Row, lists: dict[str, Sequence[Row]], depth: int = 0
) -> None:
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            _gather(value, f"{name}.", whose, lists, depth)
        elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
            rows = [each for each in value if isinstance(each, dict)]
            lists[name] = [*lists.get(name, ()), *({**whose, **_flat(each)} for each in rows)]
            for each in rows:
                owner = next((one for one in each.items() if isinstance(one[1], str)), None)
                named = {f"{key}.{owner[0]}": owner[1]} if owner is not None else {}
                if depth < _DEEPEST:
                    _gather(each, f"{name}.", {**whose, **named}, lists, depth + 1)


def _written(found: Sequence[Row]) -> str | None:
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
