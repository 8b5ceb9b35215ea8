"""Figures of a GPU that NVML gives by number: links, the memory's temperature.

Source: nvml.h, "Field Identifiers". One call asks for all of them, and each has a status of its
own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.chip import Value
    from collectors.base import Metric

_ALL_LINKS: Final = 0xFFFFFFFF
_KIB: Final = 1024.0
_MOST_CELSIUS: Final = 200

FIELDS: Final[dict[tuple[int, int], tuple[Metric, str, float]]] = {
    (82, 0): (catalogue.ACCELERATOR_MEMORY_TEMPERATURE, "", 1.0),  # MEMORY_TEMP
    (138, _ALL_LINKS): (catalogue.ACCELERATOR_LINK_TRANSMIT, "", _KIB),  # NVLINK_THROUGHPUT_DATA_TX
    (139, _ALL_LINKS): (catalogue.ACCELERATOR_LINK_RECEIVE, "", _KIB),  # NVLINK_THROUGHPUT_DATA_RX
    (38, 0): (catalogue.ACCELERATOR_LINK_ERRORS, "crc_flit", 1.0),
    (45, 0): (catalogue.ACCELERATOR_LINK_ERRORS, "crc_data", 1.0),
    (52, 0): (catalogue.ACCELERATOR_LINK_ERRORS, "replay", 1.0),
    (59, 0): (catalogue.ACCELERATOR_LINK_ERRORS, "recovery", 1.0),
}
"""By field and scope: the metric, its own label, and the factor to base units."""

_MEMBERS: Final = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal"}
"""The member of the union by nvmlValueType_t."""


def values_of(answers: Iterable[Any]) -> Iterator[Value]:
    """Yield what was answered; a field that this GPU does not support is left out."""
    for (metric, own, factor), answer in zip(FIELDS.values(), answers, strict=True):
        member = _MEMBERS.get(answer.valueType)
        if answer.nvmlReturn or member is None:
            continue
        number = float(getattr(answer.value, member))
        hot = metric is catalogue.ACCELERATOR_MEMORY_TEMPERATURE
        # A GPU without a sensor in its memory says 0.
        if number < 0 or (hot and not 0 < number < _MOST_CELSIUS):
            continue
        yield metric, own, number * factor
