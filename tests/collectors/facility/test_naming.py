"""Series of a device named one by one, or all at once with what devices of a make share."""

from __future__ import annotations

import pytest

from collectors.base import Metric
from collectors.catalogue.devices import METRICS
from collectors.catalogue.facility import PDU_PHASE_CURRENT
from collectors.facility.naming import Name, Naming, rest_of

ONE = Naming(name="A01-A", labels={"hub": "guian", "site": "s1", "rack": "A01", "feed": "A"})
TWO = Naming(
    name="B07",
    labels={"hub": "guian", "site": "s2", "name": "B07-A", "outlet": "?", "phase": "?"},
    linked={"2": {"rack": "B08", "name": "B08-A"}},
)


def named(metric: Metric, kind: str) -> Name:
    """Return a name as a profile makes it of a metric."""
    rest = {label: f"{label} 1\n" for label in metric.labels[len(metric.head_labels) :]}
    if kind == "of a unit":
        return metric, "2", rest
    if kind == "with less":
        return metric, "", dict(list(rest.items())[1:])
    if kind == "with the device's own word":
        return metric, "", {**rest, "rack": "X", "pdu": "X"}
    return metric, "", rest


@pytest.mark.parametrize("kind", ["plain", "of a unit", "with less", "with the device's own word"])
@pytest.mark.parametrize("naming", [ONE, TWO], ids=["one", "two"])
def test_all_at_once_are_as_one_by_one(naming: Naming, kind: str) -> None:
    """Every metric of a device, with labels of every kind."""
    names = [named(metric, kind) for metric in METRICS]
    found = naming.all(names, map(rest_of, names))
    assert list(found) == [naming.series(*name) for name in names]


def test_what_devices_share_is_what_they_say() -> None:
    """The phase is the same for all devices, and made safe; a device's name is not."""
    assert rest_of((PDU_PHASE_CURRENT, "", {"phase": "L1\n"})) == ("L1",)
    assert rest_of((PDU_PHASE_CURRENT, "2", {"phase": "L1"})) is None
    assert rest_of((PDU_PHASE_CURRENT, "", {})) is None
    assert rest_of((PDU_PHASE_CURRENT, "", {"phase": "L1", "pdu": "P"})) is None
