"""What is written of a storm of events."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from collectors.events.book import EventBook, Meaning


def test_a_storm_of_states_is_not_written_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site loses its power: the first state is on disk at once, the others with the next
    round.
    """
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    path = tmp_path / "events.json"
    names = [f"10.0.0.{number}" for number in range(100)]
    places = {name: ("hub", "s1", "", "", "ups", name) for name in names}
    book = EventBook(places, source="trap", path=path)
    begins = Meaning(event="on_battery", active=True)
    for number, name in enumerate(names):
        book.take(name, begins, 1000.0 + number / 1000)
    assert (len(synced), len(json.loads(path.read_bytes()))) == (1, 1)
    book.keep()
    assert [one["active"] for one in json.loads(path.read_bytes())] == [True] * 100
    book.take(names[0], Meaning(event="on_battery", active=False), 1002.0)
    assert json.loads(path.read_bytes())[0]["active"] is False
