"""Some hundred made-up cases of each kind, judged by the reference. `make audit` runs thousands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.reference.known import OPEN
from tests.reference.ways import WAYS

CASES = 6


@pytest.mark.parametrize("name", WAYS)
def test_product_agrees_with_the_definitions(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    """Whatever befalls its meters, a site's figures are those of the definitions."""
    way = WAYS[name]

    @settings(
        max_examples=CASES * way.share,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # make audit makes a case small
        suppress_health_check=list(HealthCheck),
    )
    @given(way.cases)
    def agrees(case: Any) -> None:
        found = {f"{name}: {one.sort}": one.text for one in way.judge(case)}
        for sort in found.keys() & OPEN.keys():
            record_property("known and open", f"{sort} ({OPEN[sort]})")
        assert found.keys() <= OPEN.keys(), found

    agrees()
