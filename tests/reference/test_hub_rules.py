"""A hub's figures by the generated rules, on promtool: hubs whose gateways come and go."""

from __future__ import annotations

from tests.reference.hub_rules import drawn, judge_hubs

HUBS = 40


def test_rules_say_of_hubs_what_the_definitions_say() -> None:
    """Value, coverage, bound and target of made-up hubs are those of the definitions."""
    assert not list(judge_hubs(drawn(seed=1, count=HUBS)))
