"""A site that states no time zone is in its hub's, whatever its inventory is read from."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import config as config_module
from agent.app import App
from agent.loading import inventory_of
from agent.web.pages import handle
from collectors.strict import Problems
from tests.agent.inventory.zones import BERLIN, FORMS, KATHMANDU, NEW_YORK, ZONES, gateway, written


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_site_is_in_its_hubs_zone(zone: str, form: str, tmp_path: Path) -> None:
    """The hub's zone reaches the site through every form of inventory."""
    found = inventory_of(config_module.load(written(tmp_path, zone, form)))
    assert found is not None
    assert (found.timezone, found.sites["one"].timezone) == (zone, zone)
    assert found.sites["one"].zone == ZoneInfo(zone)


def test_a_csv_states_a_zone(tmp_path: Path) -> None:
    """One row of a site is enough; a site of which no row states a zone is in the hub's."""
    (tmp_path / "racks.csv").write_text(
        "site,timezone,rack\none,,A01\none,Asia/Tokyo,A02\ntwo,,B01\n"
    )
    found = inventory_of(config_module.load(gateway(tmp_path, BERLIN, "racks.csv")))
    assert found is not None
    assert {key: site.timezone for key, site in found.sites.items()} == {
        "one": "Asia/Tokyo",
        "two": BERLIN,
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "one,Asia/Tokyo,A01\none,Asia/Seoul,A02\n",
            "racks.csv:3: timezone: one is in Asia/Tokyo by line 2",
        ),
        ("one,,A01\none,Mars/Olympus,A02\n", "racks.csv:3: timezone: unknown zone 'Mars/Olympus'"),
    ],
)
def test_a_wrong_zone_in_a_csv(rows: str, words: str, tmp_path: Path) -> None:
    """Two zones for one site, or a zone that does not exist, are a mistake with its line."""
    (tmp_path / "racks.csv").write_text("site,timezone,rack\n" + rows)
    with pytest.raises(Problems) as caught:
        inventory_of(config_module.load(gateway(tmp_path, BERLIN, "racks.csv")))
    (found,) = caught.value.errors
    assert str(found).removeprefix(f"{tmp_path}/").startswith(words)


def test_a_csv_beside_netbox_states_a_zone(tmp_path: Path) -> None:
    """A file beside NetBox may state the zone of a site that NetBox has; the rest stays."""
    path = written(tmp_path, BERLIN, "netbox")
    (tmp_path / "racks.csv").write_text("site,timezone,rack\none,Asia/Tokyo,A01\n")
    path.write_text(path.read_text().replace("meters.yaml", "racks.csv"))
    found = inventory_of(config_module.load(path))
    assert found is not None
    assert (found.sites["one"].timezone, found.sites["one"].state) == ("Asia/Tokyo", "in_service")


def test_a_hub_that_is_not_in_the_registry(tmp_path: Path) -> None:
    """Without its hub nobody knows in which zone a site is: the config's line is named."""
    path = written(tmp_path, BERLIN, "yaml")
    path.write_text(path.read_text().replace("hub: far", "hub: fat"))
    with pytest.raises(Problems, match=r"config\.yaml:1: hub: not in the registry"):
        inventory_of(config_module.load(path))


@pytest.mark.parametrize(
    ("zone", "january", "july"),
    [
        (BERLIN, "UTC+01:00", "UTC+02:00"),
        (NEW_YORK, "UTC-05:00", "UTC-04:00"),
        (KATHMANDU, "UTC+05:45", "UTC+05:45"),
    ],
)
def test_the_board_writes_the_hubs_time(zone: str, january: str, july: str, tmp_path: Path) -> None:
    """The clock of the board is the hub's, with the offset it has on that day."""
    app = App(written(tmp_path, zone, "yaml"))
    app.prepare()
    assert app.ledger is not None
    view = app.board.view(app.shown())
    app.ledger.close()
    for month, offset in ((1, january), (7, july)):
        at = dt.datetime(2026, month, 15, 9, 30, tzinfo=ZoneInfo(zone)).timestamp()
        snapshot = copy(view.snapshot)  # of one, a page that took long is kept for some seconds
        response = handle(replace(view, snapshot=snapshot, now=partial(float, at)), "/", {})
        assert response is not None
        page = response.body.decode()
        assert f">2026-{month:02}-15 09:30:00</time>" in page
        assert offset in page
