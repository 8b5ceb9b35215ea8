"""Rated peaks by model and precision: `peaks.yaml`, and an operator's own file of the same shape.

A rating is what the maker's data sheet states, without sparsity; it is no measurement. The model is
what a driver calls it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.strict import Parsed, Positive, Size, read

TABLE: Final = Path(__file__).with_name("peaks.yaml")
Precision = Literal["fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8"]
TERA: Final = 1e12


def _day(text: str) -> dt.date:
    """Parse `2024`, `2024-11` or `2024-11-18`: data sheets seldom tell more than the month."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text)
    if match is None:
        raise ValueError(text)
    return dt.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(text) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a rating was published. `reported` is what no data sheet of the maker is known for."""

    title: str
    date: Annotated[dt.date, Parsed(_day, "a day, month or year such as 2024-11")]
    kind: Literal["datasheet", "paper", "reported"] = "datasheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRange:
    """How much memory a chip has: what tells two models of one name apart."""

    least: Size = 0
    most: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one model is rated at, in 10¹² operations a second, as its source states it."""

    vendor: str
    models: list[Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")]]
    source: Source
    dense: dict[Precision, Positive] = field(default_factory=dict)
    sparse: dict[Precision, Positive] = field(
        default_factory=dict,
        metadata={
            "help": "where the source states only what 2:4 sparsity gives: half of it counts"
        },
    )
    memory: MemoryRange | None = field(
        default=None, metadata={"help": "only chips with so much memory, where names are shared"}
    )
    note: str = ""

    def __post_init__(self) -> None:
        """Check that something is rated, and nothing twice."""
        if not self.models:
            raise ValueError("models: expected at least one")
        if not (self.dense or self.sparse):
            raise ValueError("dense: expected at least one precision, in dense or in sparse")
        twice = self.dense.keys() & self.sparse.keys()
        if twice:
            raise ValueError(f"sparse: {', '.join(sorted(twice))} is given as dense already")

    @property
    def flops(self) -> Mapping[str, float]:
        """Dense operations a second by precision."""
        rates = {**self.dense, **{precision: rate / 2 for precision, rate in self.sparse.items()}}
        return {precision: rate * TERA for precision, rate in rates.items()}

    def fits(self, vendor: str, model: str, memory: float | None) -> bool:
        """Tell whether a chip is of this model."""
        if vendor.casefold() != self.vendor.casefold():
            return False
        if self.memory is not None and (
            memory is None or not self.memory.least <= memory <= self.memory.most
        ):
            return False
        return any(pattern.fullmatch(model) for pattern in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of ratings; of several that fit, the first counts."""

    chips: list[Rating]


class Peaks:
    """Looks up what a model is rated at.

    The table is read when the first chip asks; `own` is asked before it.
    """

    def __init__(self, own: Table | None = None) -> None:
        self._own = own.chips if own is not None else []

    @cached_property
    def _ratings(self) -> list[Rating]:
        return [*self._own, *read(TABLE, Table).chips]

    def of(self, vendor: str, model: str, memory: float | None = None) -> Mapping[str, float]:
        """Return dense operations a second by precision; empty for a model that no table names."""
        return next(
            (rating.flops for rating in self._ratings if rating.fits(vendor, model, memory)), {}
        )
