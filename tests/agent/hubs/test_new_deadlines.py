"""The day by which a target of a new hub is due: a day, or the last one of a month or a year.

The policies of the registry say "by 2025", and are kept with 2025-12-31; ISO 8601-1 writes a month
and a year as 2028-02 and 2025.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.hubs import newhub
from agent.hubs.loader import load_registry
from agent.messages.said import said
from collectors.base import ConfigError

REFUSED = "expected by and a day, month or year, such as by 2027-12-31 or by 2027 (its last day)"


def new(*targets: str) -> newhub.NewHub:
    """Return a hub with targets."""
    return newhub.NewHub(key="acme", name="A", timezone="Europe/Paris", targets=targets)


@pytest.mark.parametrize(
    ("target", "due"),
    [
        ("pue <= 1.2 by 2027-06-30", "2027-06-30"),
        ("pue <= 1.2 by 2027", "2027-12-31"),
        ("round_trip{peer=paris} <= 20 ms by 2027", "2027-12-31"),
        ("racks_in_service >= 40 racks  by  2028-02", "2028-02-29"),
    ],
)
def test_a_month_or_a_year_is_due_on_its_last_day(tmp_path: Path, target: str, due: str) -> None:
    """A target by 2027 is due on 2027-12-31, with a unit or without; February 2028 has 29 days."""
    newhub.add(new(target), tmp_path)
    (fact,) = load_registry(tmp_path).hubs["acme"].facts
    assert fact.deadline is not None
    assert fact.deadline.text == due


@pytest.mark.parametrize("date", ["", "2027-13", "2027-02-30", "end of 2027", "27", "20270101"])
@pytest.mark.parametrize("figure", ["pue <= 1.2", "round_trip{peer=paris} <= 20 ms"])
def test_another_date_is_refused(tmp_path: Path, figure: str, date: str) -> None:
    """What is no date is refused as such and not as a unit; the line says how a date is given."""
    line = f"{figure} by {date}".strip()
    with pytest.raises(ConfigError) as caught:
        newhub.add(new(line), tmp_path)
    assert str(caught.value) == f"{line!r}: {REFUSED}"
    assert said(str(caught.value), "zh").endswith("如 by 2027-12-31 或 by 2027（该年最后一天）")
    assert list(tmp_path.iterdir()) == []


def test_a_year_and_its_last_day_are_one_deadline(tmp_path: Path) -> None:
    """Two targets of a KPI by 2027 and by 2027-12-31 are for the same day, and refused."""
    with pytest.raises(ConfigError, match="by the same day"):
        newhub.add(new("pue <= 1.3 by 2027", "pue <= 1.2 by 2027-12-31"), tmp_path)
