"""Files of a meter that another one replaced: 260 kW at the supply, half of it this site's."""

from __future__ import annotations

import pytest

from tests.reference.bookkeeping import RefusedError, bookkeeping
from tests.support.ledger import SITE

DAY_MS = 86_400_000
START_MS = 1_735_689_600_000
"""1 January 2025 in UTC."""

HEAD = "time,meter,energy_kwh"
STOCK = (
    f"sites: [{{site: {SITE}, timezone: UTC}}]\n"
    "meters: [{meter: m-2, point: utility, replaces: m-1, share: 0.5}, {meter: i, point: it_input}]"
)


def days(meter: str, kw: float, first: int, last: int) -> list[str]:
    return [f"2025-01-{day:02d},{meter},{kw * 24}" for day in range(first, last + 1)]


@pytest.mark.parametrize(("gone", "came", "covered"), [(12, 13, 28), (12, 16, 25), (20, 8, 28)])
def test_the_former_meter_s_file_is_taken_where_only_the_new_one_is_listed(
    gone: int, came: int, covered: int
) -> None:
    """130 / 100 in all days that either of them tells; days that both tell count once."""
    with bookkeeping(STOCK) as book:
        book.take(HEAD, days("m-1", 260, 1, gone))
        book.take(HEAD, days("m-2", 260, came, 28))
        book.take(HEAD, days("i", 100, 1, 28))
        answer = book.product().between(START_MS, START_MS + 28 * DAY_MS)
    assert answer.pue == pytest.approx(1.3)
    assert answer.coverage == pytest.approx(covered / 28)


@pytest.mark.parametrize(
    ("meter", "options"), [("m-0", ()), ("m", ()), ("i", ("--exported",))], ids=str
)
def test_a_meter_that_nobody_lists_is_refused(meter: str, options: tuple[str, ...]) -> None:
    """A file may name what is listed or replaced, and nothing else."""
    with bookkeeping(STOCK) as book, pytest.raises(RefusedError, match="not a meter of this site"):
        book.take(HEAD, days(meter, 260, 1, 5), *options)
