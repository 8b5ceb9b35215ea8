"""Variables in the queries of dashboards."""

from __future__ import annotations

from dashboards.filled import fill


def test_variables_are_filled_in() -> None:
    """Grafana's variables and the dashboard's are filled in, braces or not.

    What is unknown stays.
    """
    filled = fill(
        'rate(x{a=~"$site",b=~"${site:regex}"}[$__rate_interval]) + $__range_s + $other',
        {"site": "s1"},
        86_400,
    )
    assert filled == 'rate(x{a=~"s1",b=~"s1"}[375s]) + 86400 + $other'
