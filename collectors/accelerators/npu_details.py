"""What `npu-smi info -t` tells of one chip: clocks, the memory's temperature, ECC errors.

Each line is a name and a value. Pure functions.

Source: "npu-smi Command Reference", `info -t common`, `-t memory` and `-t ecc`. Below a chip's own
lines some versions print those of the card's controller (`Chip Name : mcu`); they are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.chip import Value
    from collectors.base import Metric

_LINE: Final = re.compile(r"\s*+([A-Za-z][^:]{0,59}?)\s*+:\s*+(\S{1,40})\s*+", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_MEGA: Final = 1e6
_MOST_COUNTED: Final = 4294967295
"""Where the tool's counts of errors end; a count that stands here says nothing of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line's metric. `most` is the first value that is no reading; 0 is none unless `zero`."""

    metric: Metric
    label: str = ""
    scale: float = 1.0
    most: float
    zero: bool = False


_CLOCK: Final = catalogue.ACCELERATOR_CLOCK
_ERRORS: Final = catalogue.ACCELERATOR_ECC_ERRORS
QUERIES: Final = {
    "common": {"Aicore curFreq(MHZ)": Line(metric=_CLOCK, label="sm", scale=_MEGA, most=100_000)},
    "memory": {
        "HBM Clock Speed(MHz)": Line(metric=_CLOCK, label="memory", scale=_MEGA, most=100_000),
        "HBM Temperature(C)": Line(metric=catalogue.ACCELERATOR_MEMORY_TEMPERATURE, most=200),
    },
    # Over the chip's life, as the other makes' are.
    "ecc": {
        "HBM Single Bit Aggregate Total Err Cnt": Line(
            metric=_ERRORS, label="corrected", most=_MOST_COUNTED, zero=True
        ),
        "HBM Double Bit Aggregate Total Err Cnt": Line(
            metric=_ERRORS, label="uncorrected", most=_MOST_COUNTED, zero=True
        ),
    },
}
"""The lines that are read of each `-t`."""


def parse(query: str, text: str) -> Iterator[Value]:
    """Yield the values of one query's output; nothing for a chip that does not support it."""
    wanted = dict(QUERIES[query])
    for line in text.splitlines()[:200]:
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        name, value = found.groups()
        if name == "Chip Name":
            return
        one = wanted.pop(name, None)
        if one is None or not _NUMBER.fullmatch(value):
            continue
        number = float(value)
        if number < one.most and (number or one.zero):
            yield one.metric, one.label, number * one.scale
