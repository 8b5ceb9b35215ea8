"""Accelerator chips by model: how many there are, are lost or in alarm, and what they draw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.view import BoardView
from collectors.base import Metric
from collectors.catalogue import node

_KEY_LENGTH: Final = len(node.ACCELERATOR)
"""Every metric of a chip begins with the same labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipModelView:
    """The chips of one model. None stands for a value that no chip of it reports."""

    vendor: str
    model: str
    """Both are empty for chips that went silent before they reported their model."""
    chips: int
    silent: int | None
    """Chips that answered before and do not answer now."""
    unhealthy: int | None
    """Chips for which their driver reports any alarm."""
    health_told: int
    """Chips for which their driver tells whether there is any."""
    power_watts: float | None
    utilization_ratio: float | None
    """Mean of all chips, 0 to 1."""
    temperature_celsius: float | None
    """Temperature of the hottest chip."""
    memory_used_bytes: float | None
    memory_total_bytes: float | None

    @property
    def health_complete(self) -> bool:
        """Whether the alarms of every chip that answers are known."""
        return self.health_told + (self.silent or 0) >= self.chips

    @property
    def memory_ratio(self) -> float | None:
        """Share of the memory in use."""
        if self.memory_used_bytes is None or not self.memory_total_bytes:
            return None
        return self.memory_used_bytes / self.memory_total_bytes


_Model = tuple[str, str]
_Models = Mapping[tuple[str, ...], _Model]


def read(view: BoardView, where: str = "") -> list[ChipModelView]:
    """Return the chips of the agent's hub, or of one of its sites, by vendor and model."""
    models = _models(view, where)
    counts = Counter(models.values())
    up = _values(view, models, node.ACCELERATOR_UP)
    healthy = _values(view, models, node.ACCELERATOR_HEALTHY)
    power = _values(view, models, node.ACCELERATOR_POWER)
    utilization = _values(view, models, node.ACCELERATOR_UTILIZATION)
    temperature = _values(view, models, node.ACCELERATOR_TEMPERATURE)
    used = _values(view, models, node.ACCELERATOR_MEMORY_USED)
    total = _values(view, models, node.ACCELERATOR_MEMORY_TOTAL)
    return [
        ChipModelView(
            vendor=model[0],
            model=model[1],
            chips=counts[model],
            silent=_zeros(up[model]),
            unhealthy=_zeros(healthy[model]),
            health_told=len(healthy[model]),
            power_watts=_sum(power[model]),
            utilization_ratio=_mean(utilization[model]),
            temperature_celsius=max(temperature[model], default=None),
            memory_used_bytes=_sum(used[model]),
            memory_total_bytes=_sum(total[model]),
        )
        for model in sorted(counts)
    ]


def _models(view: BoardView, where: str) -> _Models:
    """Return the vendor and model of every chip, by the labels that every chip has.

    A silent chip has no info metric, so chips are found by other metrics as well.
    """
    found: dict[tuple[str, ...], _Model] = {}
    hub_at, site_at = node.ACCELERATOR.index("hub"), node.ACCELERATOR.index("site")
    for metric in (node.ACCELERATOR_INFO, node.ACCELERATOR_UP, node.ACCELERATOR_POWER):
        for series in view.snapshot.family(metric):
            chip = series.values[:_KEY_LENGTH]
            if chip[hub_at] == view.hub and where in ("", chip[site_at]) and chip not in found:
                found[chip] = (series.label("vendor"), series.label("model"))
    return found


def _zeros(values: Sequence[float]) -> int | None:
    """Count the chips whose value is 0; None where no chip tells it."""
    return sum(not value for value in values) if values else None


def _values(view: BoardView, models: _Models, metric: Metric) -> Mapping[_Model, Sequence[float]]:
    found: dict[_Model, list[float]] = defaultdict(list)
    for series, value in view.snapshot.family(metric).items():
        model = models.get(series.values[:_KEY_LENGTH])
        if model is not None:
            found[model].append(value)
    return found


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
