"""The hourly factors of the supply's carbon, read from a CSV file."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.tenants.model import Carbon
from collectors.base import ConfigError
from collectors.strict import Problems

BASES: Final = ("location", "market")
_HOUR: Final = 3600
_MOST: Final = 100.0
"""Kilograms for a kilowatt-hour, at most; lignite has about 1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonFactors:
    """Kilograms for a kilowatt-hour, by basis.

    `hours` has them by the start of the hour, in seconds since the epoch. `common` has those for
    all other hours.
    """

    common: Mapping[str, float] = field(default_factory=dict)
    hours: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    def at(self, basis: str, time: float) -> float | None:
        """Return the factor of the hour of a time; None where nobody states one."""
        hour = int(time) // _HOUR * _HOUR
        return self.hours.get(basis, {}).get(hour, self.common.get(basis))


def carbon_factors(carbon: Carbon) -> CarbonFactors:
    """Read the factors; raises Problems with every bad row, or ConfigError for the file."""
    stated = {"location": carbon.location, "market": carbon.market}
    common = {basis: value for basis, value in stated.items() if value is not None}
    if carbon.hours_file is None:
        return CarbonFactors(common=common)
    return CarbonFactors(common=common, hours=_read(carbon.hours_file))


def _read(path: Path) -> Mapping[str, Mapping[int, float]]:
    errors: list[ConfigError] = []
    hours: dict[str, dict[int, float]] = {basis: {} for basis in BASES}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = [name for name in BASES if name in (rows.fieldnames or ())]
            if "time" not in (rows.fieldnames or ()) or not columns:
                raise ConfigError(
                    "expected the columns time, and location, market or both",
                    file=str(path),
                    line=1,
                )
            for row in rows:
                try:
                    for basis, hour, value in _factors(row, columns):
                        _put(hours[basis], hour, value)
                except ValueError as error:
                    errors.append(ConfigError(str(error), file=str(path), line=rows.line_num))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from None
    if errors:
        raise Problems(errors)
    return hours


def _put(hours: dict[int, float], hour: int, value: float) -> None:
    """Take a factor; raises ValueError for an hour that has one."""
    if hour in hours:
        raise ValueError("the hour is given twice")
    hours[hour] = value


def _factors(row: Mapping[str, str | None], columns: list[str]) -> Iterator[tuple[str, int, float]]:
    """Yield the factors of one row; raises ValueError."""
    text = (row["time"] or "").strip()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a time such as 2026-10-01T00:00+02:00, got {text!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its offset from UTC, got {text!r}")
    hour = round(moment.timestamp())
    if hour % _HOUR:
        raise ValueError(f"expected the start of an hour, got {text!r}")
    for basis in columns:
        cell = (row[basis] or "").strip()
        if not cell:
            continue
        try:
            value = float(cell)
        except ValueError:
            value = -1.0
        if not 0 <= value <= _MOST:
            raise ValueError(f"{basis}: expected kilograms a kilowatt-hour, got {cell!r}")
        yield basis, hour, value
