"""A site that states no time zone is in its hub's, whatever its inventory is read from."""

from __future__ import annotations

import datetime as dt
import json
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import config as config_module
from agent.app import App
from agent.cli import main
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.source import refresh
from agent.ledger.ledger import Ledger
from agent.loading import inventory_of
from agent.pue.pue import Pue
from agent.web.pages import handle
from collectors.strict import Problems
from tests.agent.inventory.netbox.data import TOKENS, Data
from tests.agent.inventory.netbox.server import served

BERLIN, NEW_YORK, KATHMANDU = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"
ZONES = (BERLIN, NEW_YORK, KATHMANDU)
FORMS = ("yaml", "csv", "netbox")
METERS = (
    "meters:\n- {meter: main, site: one, point: utility}\n"
    "- {meter: it, site: one, point: it_input}\n"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day by the calendar: its first moment, that of the next day, and its clock hours."""

    zone: str
    date: str
    start: str
    end: str
    clock: tuple[int, ...]

    @property
    def hours(self) -> int:
        return len(self.clock)


DAYS = (
    Day(
        BERLIN,
        "2025-03-30",
        "2025-03-30T00:00:00+01:00",
        "2025-03-31T00:00:00+02:00",
        (0, 1, *range(3, 24)),
    ),
    Day(
        BERLIN,
        "2025-10-26",
        "2025-10-26T00:00:00+02:00",
        "2025-10-27T00:00:00+01:00",
        (0, 1, 2, 2, *range(3, 24)),
    ),
    Day(
        NEW_YORK,
        "2025-03-09",
        "2025-03-09T00:00:00-05:00",
        "2025-03-10T00:00:00-04:00",
        (0, 1, *range(3, 24)),
    ),
    Day(
        NEW_YORK,
        "2025-11-02",
        "2025-11-02T00:00:00-04:00",
        "2025-11-03T00:00:00-05:00",
        (0, 1, 1, *range(2, 24)),
    ),
    Day(
        KATHMANDU,
        "2025-03-01",
        "2025-03-01T00:00:00+05:45",
        "2025-03-02T00:00:00+05:45",
        tuple(range(24)),
    ),
)


def gateway(folder: Path, zone: str, inventory: str) -> Path:
    """Write a hub of its own in a zone, and the config of a gateway there."""
    hubs = folder / "hubs"
    hubs.mkdir(exist_ok=True)
    (hubs / "far.yaml").write_text(f"key: far\nname: {{en: Far, zh: 远}}\ntimezone: {zone}\n")
    path = folder / "config.yaml"
    path.write_text(
        f"hub: far\nsite: one\nhubs_dir: hubs\nstate_dir: {folder}/state\ninventory: {inventory}\n"
    )
    return path


def written(folder: Path, zone: str, form: str) -> Path:
    """Write the same site in one of the forms, without a zone of its own."""
    if form == "yaml":
        (folder / "inventory.yaml").write_text("sites: [{site: one}]\n" + METERS)
        return gateway(folder, zone, "inventory.yaml")
    if form == "csv":
        (folder / "racks.csv").write_text("site,rack,pdu_a\none,A01,A01-A\n")
        return gateway(folder, zone, "racks.csv")
    (folder / "token").write_text(TOKENS["v4"])
    (folder / "token").chmod(0o600)
    (folder / "meters.yaml").write_text(METERS)
    data = Data("v4")
    data.site("one")
    with served(data) as netbox:
        path = gateway(
            folder,
            zone,
            f"{{netbox: {{url: '{netbox.url}', token_file: token}}, file: meters.yaml}}",
        )
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        config.file.state_dir.mkdir()
        refresh(source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox))
    return path


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


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day.zone}-{day.date}")
def test_a_local_day_of_bills(
    day: Day, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows without an offset are local hours, and 23, 24 or 25 of them cover a day."""
    path = written(tmp_path, day.zone, form)
    meters = {"A01-A": 1.0} if form == "csv" else {"main": 2.0, "it": 1.0}
    bills = tmp_path / "bills.csv"
    bills.write_text(
        "time,meter,energy_kwh\n"
        + "".join(
            f"{day.date}T{hour:02}:00,{meter},{kwh}\n"
            for meter, kwh in meters.items()
            for hour in day.clock
        )
    )
    common = ("--config", str(path), "--site", "one")
    assert main(["ledger", "import", *common, str(bills)]) == 0
    capsys.readouterr()
    after = dt.date.fromisoformat(day.date) + dt.timedelta(days=1)
    period = ("--from", day.date, "--to", after.isoformat())
    assert main(["ledger", "show", *common, *period, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["from"], shown["to"]) == (day.start, day.end)
    if form != "csv":  # a rack list has no meter of what comes in
        assert (shown["pue"], shown["coverage"]) == (2.0, 1.0)
        assert (shown["facility_kwh"], shown["it_kwh"]) == pytest.approx(
            (2.0 * day.hours, 1.0 * day.hours)
        )
    # Exported rows are whole hours of UTC, so the first of a day in Kathmandu begins before it.
    before = dt.date.fromisoformat(day.date) - dt.timedelta(days=1)
    wider = ("--from", before.isoformat(), "--to", after.isoformat())
    assert main(["ledger", "export", *common, *wider]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    energy = sum(float(row.split(",")[2]) for row in rows if next(iter(meters)) in row)
    assert energy == pytest.approx(day.hours * next(iter(meters.values())))


@pytest.mark.parametrize(
    ("zone", "now", "year"),
    [
        # A quarter of an hour into the local year 2026, then the last minutes of 2025.
        (BERLIN, "2025-12-31T23:15+00:00", "2025-12-31T23:00+00:00"),
        (BERLIN, "2025-12-31T22:45+00:00", "2024-12-31T23:00+00:00"),
        (NEW_YORK, "2026-01-01T05:15+00:00", "2026-01-01T05:00+00:00"),
        (NEW_YORK, "2026-01-01T04:45+00:00", "2025-01-01T05:00+00:00"),
        (KATHMANDU, "2025-12-31T18:30+00:00", "2025-12-31T18:15+00:00"),
        (KATHMANDU, "2025-12-31T18:00+00:00", "2024-12-31T18:15+00:00"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_the_year_begins_at_local_midnight(
    zone: str, now: str, year: str, form: str, tmp_path: Path
) -> None:
    """The window *year to date* begins with the year of the site's own clock."""
    found = inventory_of(config_module.load(written(tmp_path, zone, form)))
    assert found is not None
    at = dt.datetime.fromisoformat(now).timestamp()
    ledger = Ledger(tmp_path / "ledger.db", inventory=found, clock=lambda: at)
    try:
        pue = Pue(ledger, found, clock=lambda: at)
        pue.refresh()
        start = pue.result("one", "ytd").start
    finally:
        ledger.close()
    assert dt.datetime.fromtimestamp(start, dt.UTC) == dt.datetime.fromisoformat(year)


@pytest.mark.parametrize(
    ("zone", "hours"), [(BERLIN, (23, 24)), (NEW_YORK, (24, 24)), (KATHMANDU, (24, 24))]
)
def test_days_of_a_trend_are_local(zone: str, hours: tuple[int, int], tmp_path: Path) -> None:
    """A point of a long trend is a local day; in Berlin, 30 March has 23 hours."""
    found = inventory_of(config_module.load(written(tmp_path, zone, "yaml")))
    assert found is not None
    at = dt.datetime(2025, 4, 2, tzinfo=ZoneInfo(zone)).timestamp()
    ledger = Ledger(tmp_path / "ledger.db", inventory=found, clock=lambda: at)
    try:
        pue = Pue(ledger, found, clock=lambda: at)
        pue.refresh()
        times = [point.time for point in pue.pue_trend("one", 10)]
    finally:
        ledger.close()
    days = {
        f"{dt.datetime.fromtimestamp(time, ZoneInfo(zone)):%m-%d %H:%M}": time for time in times
    }
    first, second, third = (days[f"{day} 00:00"] for day in ("03-30", "03-31", "04-01"))
    assert ((second - first) / 3600, (third - second) / 3600) == hours


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
