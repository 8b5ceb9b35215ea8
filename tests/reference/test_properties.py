"""Some hundred made-up cases of each kind, judged by the reference. `make audit` runs thousands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.reference.known import reason
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
        unknown = []
        for one in way.judge(case):
            why = reason(case, one)
            if why is None:
                unknown.append(one)
            else:
                record_property("known and open", f"{name}: {one.sort} ({why})")
        assert not unknown, unknown

    agrees()
