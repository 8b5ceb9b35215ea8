"""Rated peaks by model and precision: `peaks.yaml`, and an operator's own file of the same form.

A rating is the figure in the maker's data sheet, without sparsity. It is not a measurement. Models
are named as the driver names them.
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
    """Parse `2024`, `2024-11` or `2024-11-18`. Data sheets seldom state more than the month."""
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
    """Where a rating was published. `reported`: no data sheet of the maker is known for it."""

    title: str
    date: Annotated[dt.date, Parsed(_day, "a day, month or year such as 2024-11")]
    kind: Literal["datasheet", "paper", "reported"] = "datasheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRange:
    """A range of a chip's memory in bytes. It distinguishes two models that share a name."""

    least: Size = 0
    most: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The rating of one model in 10¹² operations a second, as its source states it."""

    vendor: str
    models: list[Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")]]
    source: Source
    dense: dict[Precision, Positive] = field(default_factory=dict)
    sparse: dict[Precision, Positive] = field(
        default_factory=dict,
        metadata={
            "help": "if the source states the rate only with 2:4 sparsity: half of it counts"
        },
    )
    memory: MemoryRange | None = field(
        default=None, metadata={"help": "only chips with this much memory, if models share a name"}
    )
    note: str = ""

    def __post_init__(self) -> None:
        """Check that there is a rating, and none given twice."""
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
        """Tell whether a chip is of this model; `memory` is in bytes."""
        if vendor.casefold() != self.vendor.casefold():
            return False
        if self.memory is not None and (
            memory is None or not self.memory.least <= memory <= self.memory.most
        ):
            return False
        return any(pattern.fullmatch(model) for pattern in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of ratings. If several fit a chip, the first counts."""

    chips: list[Rating]


class Peaks:
    """Looks up the rated peak of a model.

    The built-in table is read at the first look-up. The operator's `own` table comes before it.
    """

    def __init__(self, own: Table | None = None) -> None:
        self._own = own.chips if own is not None else []

    @cached_property
    def _ratings(self) -> list[Rating]:
        return [*self._own, *read(TABLE, Table).chips]

    def of(self, vendor: str, model: str, memory: float | None = None) -> Mapping[str, float]:
        """Return dense operations a second by precision; empty if no table has the model."""
        return next(
            (rating.flops for rating in self._ratings if rating.fits(vendor, model, memory)), {}
        )
