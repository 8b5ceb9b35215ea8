"""Leave out of a batch the values that are not finite numbers."""

from __future__ import annotations

from math import isfinite

from collectors.base import Batch


def finite(batch: Batch) -> Batch:
    """Return a batch without NaN and infinities: what is missing is not pushed as a value."""
    if isfinite(sum(batch.values)):
        return batch
    readings = [reading for reading in batch.readings if isfinite(reading[1])]
    if len(readings) == len(batch.values):  # only their sum is too large
        return batch
    return Batch(
        collector=batch.collector,
        device=batch.device,
        time=batch.time,
        lifetime=batch.lifetime,
        readings=readings,
    )
