from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import config as config_module
from agent.cli import main
from agent.inventory.model import Inventory, Rack
from agent.inventory.netbox.assemble import inventory_of as assemble
from agent.inventory.netbox.assemble import side_of
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.collector import NetBoxCollector
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.kept import KeptAnswer
from agent.inventory.netbox.source import refresh
from agent.inventory.netbox.stock import Stock
from agent.loading import inventory_of, load_all
from collectors.base import BadReply, CollectError, Refused, Unreachable
from collectors.strict import Problems
from tests.agent.inventory.netbox.server import TOKENS, Data, example, served
from tests.support import HANGS

VERSIONS = ("v3", "v4")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a config that names a NetBox."""

    def written(
        url: str, version: str = "v4", *, extra: str = "", file: str = "", more: str = ""
    ) -> Path:
        token = tmp_path / "token"
        token.write_text(TOKENS[version] + "\n")
        token.chmod(0o600)
        keys = f"url: '{url}', token_file: token, page_size: 3, timeout: 5s{', ' + extra if extra else ''}"
        path = tmp_path / "config.yaml"
        path.write_text(
            f"hub: guian\nstate_dir: state\ninventory: {{netbox: {{{keys}}}{', file: ' + file if file else ''}}}\n{more}"
        )
        (tmp_path / "state").mkdir(exist_ok=True)
        return path

    return written


def read(path: Path) -> Inventory:
    """Read NetBox as a config says, and return the inventory then in force."""
    config = config_module.load(path)
    source = config.file.inventory
    assert isinstance(source, InventorySource)
    refresh(source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox))
    found = inventory_of(config)
    assert found is not None
    return found


@pytest.fixture(params=VERSIONS)
def stock(request: pytest.FixtureRequest, write: Callable[..., Path]) -> Iterator[Inventory]:
    """The inventory of the example, read from each version."""
    with served(example(request.param)) as netbox:
        yield read(write(netbox.url, request.param))


def test_sites_and_their_states(stock: Inventory) -> None:
    """A staging site is under construction, a retired one is not there; tags and tenant are scopes; the zone is NetBox's or the hub's."""
    assert {key: site.state for key, site in stock.sites.items()} == {
        "one": "in_service",
        "two": "under_construction",
    }
    assert stock.sites["one"].scopes == ("huawei", "cloud")
    assert (stock.sites["one"].timezone, stock.sites["two"].timezone) == (
        "Asia/Tokyo",
        "Asia/Shanghai",
    )


def test_racks_and_their_states(stock: Inventory) -> None:
    """An active rack at a site under construction is not in service; a deprecated one is not there."""
    states = {name: rack.state for name, rack in stock.racks.items()}
    assert states == {
        "A01": "in_service",
        "A02": "in_service",
        "A03": "in_service",
        "A04": "planned",
        "B01": "under_construction",
    }
    assert (
        stock.racks["A01"].row,
        stock.racks["A01"].rated_power_watts,
        stock.racks["A03"].height_units,
    ) == ("A", 8000, 48)


def test_units_are_counted_once(stock: Inventory) -> None:
    """Blades take their chassis's units, two of half the depth share one, a half unit takes one, strips at the side take none."""
    units = {device.node: device.units for device in stock.racks["A01"].devices or ()}
    assert units["box"] == 10
    assert units["blade-1"] == units["blade-2"] == units["A01-A"] == 0
    assert sorted((units["front"], units["rear"])) == [0, 1]
    assert units["panel"] == 1
    assert "next-year" not in units
    assert stock.racks["A01"].used == 2 + 10 + 1 + 1 + 2 + 1


def test_reserved_is_apart_from_used(stock: Inventory) -> None:
    """Reservations and planned devices reserve what is free; a reserved rack is reserved whole; a stale one promises nothing."""
    assert (
        stock.racks["A01"].reserved_units == 4
    )  # units 30 and 31 twice over, 32, 33; unit 1 is taken
    assert (stock.racks["A02"].used, stock.racks["A02"].reserved_units) == (0, 42)
    assert (stock.racks["A03"].used, stock.racks["A03"].reserved_units) == (
        2,
        3,
    )  # numbered from 0: 0, 46, 47; 1 is taken


def test_feeds_and_what_they_carry(stock: Inventory) -> None:
    """A feed has its side, its PDU, and volts times amperes times permitted share; without a PDU nobody measures it."""
    feeds = stock.racks["A01"].feeds
    assert list(feeds) == ["A", "B"]
    assert (feeds["A"].pdu, feeds["A"].capacity_watts) == ("A01-A", 230 * 32 * 0.8)
    assert feeds["B"].capacity_watts == pytest.approx(400 * 16 * 3**0.5, abs=0.1)
    assert [feed.pdu for feed in stock.racks["A03"].feeds.values()] == ["A03-A", "A03-B"]
    assert [feed.pdu for feed in stock.racks["B01"].feeds.values()] == [""]
    assert {"A01-A", "A03-A", "A03-B"} <= set(stock.pdus)
    assert "" not in stock.pdus


def panels() -> Data:
    """Return two racks between panels: one at both sides, one whose feed is rated above what it hangs on, and a panel nobody rated."""
    data = Data("v4")
    site = data.site("one")
    sides = [data.panel(site, f"RPP-{side}", custom_fields={"amperes": 63}) for side in "AB"]
    small = data.panel(site, "small", custom_fields={"amperes": 10})
    unrated = data.panel(site, "unrated", custom_fields={"amperes": None})
    for name, at in (("R1", sides), ("R2", [unrated, small])):
        rack = data.rack(site, name)
        for side, panel in zip("AB", at, strict=True):
            data.feed(panel, rack, f"{name}-{side}", amperes=63 if panel is small else 32)
    return data


def test_panels_are_breakers_where_a_field_rates_them(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A rated panel is a breaker, two are a pair where all racks say so; a feed rated above its panel hangs on none."""
    with served(panels()) as netbox:
        path = write(netbox.url, extra="panel_amperes_field: amperes")
        stock = read(path)
        assert {name: (one.capacity, one.pair) for name, one in stock.breakers.items()} == {
            "RPP-A": (63 * 690, "RPP-B"),
            "RPP-B": (63 * 690, "RPP-A"),
            "small": (6900, ""),
        }
        assert [feed.breaker for feed in stock.racks["R1"].feeds.values()] == ["RPP-A", "RPP-B"]
        assert [feed.breaker for feed in stock.racks["R2"].feeds.values()] == ["", ""]
        assert main(["inventory", "--config", str(path)]) == 0
        assert (
            "rack R2: feeds.B.capacity_watts: 11592 is above the 6900 W of its breaker small"
            in capsys.readouterr().out
        )
        netbox.asked.clear()
        assert not read(write(netbox.url)).breakers
        assert not [endpoint for endpoint in netbox.asked if "panels" in endpoint]


def test_who_runs_an_agent(stock: Inventory) -> None:
    """Active devices of the roles that run an agent are expected to have one, and no others."""
    assert {device.node for _, device in stock.devices() if device.agent} == {
        "n1",
        "n2",
        "lowest",
        "front",
        "rear",
        "blade-1",
        "blade-2",
    }


def test_a_strip_of_another_role_is_known_by_its_outlets(write: Callable[..., Path]) -> None:
    """Version 4 tells how many outlets a device has: what a rack's feed leads to and has some is its PDU."""
    with served(example("v4")) as netbox:
        assert read(write(netbox.url)).racks["A01"].feeds["B"].pdu == "A01-B"


def test_ends_of_feeds_before_3_3(write: Callable[..., Path]) -> None:
    """Until 3.2 a feed had one `connected_endpoint`."""
    data = Data("v3")
    site = data.site("one")
    rack = data.rack(site, "R1")
    pdu = data.device(rack, "P1", data.kind("strip", 0), role="pdu")
    data.feed(data.panel(site, "P"), rack, "Feed B", pdu, old=True)
    with served(data) as netbox:
        assert {
            name: feed.pdu for name, feed in read(write(netbox.url, "v3")).racks["R1"].feeds.items()
        } == {"B": "P1"}


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("A07-B", "B"),
        ("Feed A", "A"),
        ("B", "B"),
        ("pdu-b", "B"),
        ("PDU-A1", "A"),
        ("A07", ""),
        ("main", ""),
        ("Rack C feed D", "D"),
    ],
)
def test_the_side_is_read_from_the_name(name: str, side: str) -> None:
    """A letter that stands for a side is told from the letter of a row."""
    assert side_of(name) == side


@pytest.mark.parametrize(
    ("names", "kinds", "sides"),
    [
        (("x-1", "x-2"), ("redundant", "primary"), {"B": "x-1", "A": "x-2"}),
        (("x-1", "x-2"), ("primary", "primary"), {"A": "x-1", "B": "x-2"}),
        (("left A", "right A"), ("primary", "redundant"), {"A": "left A", "B": "right A"}),
    ],
)
def test_sides_without_letters(
    names: Any, kinds: Any, sides: Any, write: Callable[..., Path]
) -> None:
    """Where names do not tell sides apart, primary and redundant do, else the order of the names."""
    data = Data("v4")
    site = data.site("one")
    rack, panel, strip = data.rack(site, "R1"), data.panel(site, "P"), data.kind("strip", 0)
    for name, kind in zip(names, kinds, strict=True):
        data.feed(
            panel, rack, name, data.device(rack, f"pdu of {name}", strip, role="pdu"), kind=kind
        )
    with served(data) as netbox:
        feeds = read(write(netbox.url)).racks["R1"].feeds
    assert {side: feed.pdu.removeprefix("pdu of ") for side, feed in feeds.items()} == sides


def test_names_that_are_not_unique(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Racks of one name at two sites are told apart by their site, and `hubgauge inventory` says so."""
    data = Data("v4")
    for slug in ("one", "two"):
        data.rack(data.site(slug), "A01")
    data.rack(data.lists["sites"][0], "A02", height=0)
    with served(data) as netbox:
        path = write(netbox.url)
        assert main(["inventory", "--config", str(path), "--refresh"]) == 0
    told = capsys.readouterr().out
    assert list(inventory_of(config_module.load(path)).racks) == ["one-A01", "two-A01"]  # type: ignore[union-attr]
    assert "this one is called one-A01" in told
    assert "not used: rack A02: a height of 0 units" in told


def test_filters_choose_sites(write: Callable[..., Path]) -> None:
    """Slugs, tenants and tags choose sites, and only what stands there is asked for."""
    with served(example("v4")) as netbox:
        for extra in ("sites: [one]", "tenants: [cloud]", "tags: [huawei]"):
            assert set(read(write(netbox.url, extra=extra)).sites) == {"one"}
        assert all(
            "site_id=1" in query
            for query in netbox.queries
            if query.startswith(("racks?", "devices?", "power-feeds?"))
        )
        with pytest.raises(BadReply, match="no site is left"):
            read(write(netbox.url, extra="sites: [onne]"))


def test_tokens_of_both_versions(write: Callable[..., Path]) -> None:
    """A 40-digit token goes as `Token`, one that begins with nbt_ as `Bearer`; a wrong one is refused and not shown."""
    for version in VERSIONS:
        with served(example(version)) as netbox:
            path = write(netbox.url, version)
            read(path)
            assert netbox.tokens == {
                f"{'Token' if version == 'v3' else 'Bearer'} {TOKENS[version]}"
            }
            (path.parent / "token").write_text("f" * 40)
            with pytest.raises(Refused, match="HTTP 403: Invalid token") as caught:
                read(path)
            assert "f" * 40 not in str(caught.value)


def test_pages_never_lead_to_another_host(write: Callable[..., Path]) -> None:
    """Only the query of a `next` link counts: a proxy's wrong name does no harm, and another path is refused."""
    with served(example("v4")) as netbox:
        netbox.next_host = "http://elsewhere.example"
        assert len(read(write(netbox.url)).racks) == 5
        page = {
            "count": 9,
            "next": "http://elsewhere.example/login?offset=3",
            "results": [{"id": 1}],
        }
        netbox.faults["racks"] = [json.dumps(page).encode()]
        with pytest.raises(BadReply, match="leads elsewhere"):
            read(write(netbox.url))
        page["next"] = f"{netbox.url}/api/dcim/racks/?limit=3&offset=3"
        netbox.faults["racks"] = [json.dumps(page).encode()] * 2
        with pytest.raises(BadReply, match="in a circle"):
            read(write(netbox.url))


def test_a_busy_netbox_is_asked_again(write: Callable[..., Path]) -> None:
    """503, 429 with Retry-After and a reset are tried again, not sooner than asked, and nothing is read twice."""
    with served(example("v4")) as netbox:
        netbox.faults = {"racks": [(503, {}), "reset"], "sites": [(429, {"Retry-After": "1"})]}
        began = time.monotonic()
        assert len(read(write(netbox.url)).racks) == 5
        assert time.monotonic() - began >= 2


@pytest.mark.parametrize(
    "fault", ["slow", "redirect", (500, {}), b"<html>", b"[]", b'{"results": [1]}', b"[" * 100_000]
)
def test_a_sick_netbox_ends_in_time(fault: Any, write: Callable[..., Path]) -> None:
    """Whatever it does, the reading ends by its deadline with one error, and no redirect is followed."""
    with served(example("v4")) as netbox:
        netbox.faults["devices"] = [fault] * 3
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 5s", "timeout: 1s"))
        began = time.monotonic()
        with pytest.raises(CollectError) as caught:
            read(path)
        assert time.monotonic() - began < HANGS
        assert "\n" not in str(caught.value)


def test_nobody_there(write: Callable[..., Path]) -> None:
    """A refused connection is tried until the deadline, and said in a line."""
    path = write("http://127.0.0.1:1")
    path.write_text(path.read_text().replace("timeout: 5s", "timeout: 1500ms"))
    with pytest.raises(Unreachable, match="refused"):
        read(path)


def test_tls_is_verified(write: Callable[..., Path], tmp_path: Path) -> None:
    """A certificate of an authority that is not known is refused; with `ca_file` it is good."""
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    names = ["-subj", "/CN=netbox", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*openssl, *names, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    with served(example("v4"), tls=tmp_path) as netbox:
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 5s", "timeout: 800ms"))
        with pytest.raises(Unreachable, match="certificate"):
            read(path)
        assert not netbox.tokens
        assert len(read(write(netbox.url, extra="ca_file: cert.pem")).racks) == 5


def test_a_lost_permission_empties_nothing(write: Callable[..., Path]) -> None:
    """A token that may not see racks any more gets an empty list; what was known stays."""
    with served(example("v4")) as netbox:
        path = write(netbox.url)
        read(path)
        netbox.hidden = {"racks", "devices"}
        with pytest.raises(BadReply, match="may the token still see them"):
            read(path)
        found = inventory_of(config_module.load(path))
        assert found is not None
        assert len(found.racks) == 5


def test_what_is_kept_is_what_was_read(write: Callable[..., Path]) -> None:
    """The kept answer is equal to the read one, is nobody else's to read, and is not used for another question."""
    with served(example("v4")) as netbox:
        path = write(netbox.url)
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        found = refresh(
            source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox)
        )
        kept = KeptAnswer(config.file.state_dir, source.netbox, "guian")
        assert kept.load() == found
        assert kept.path.stat().st_mode & 0o077 == 0
        assert KeptAnswer(config.file.state_dir, source.netbox, "other").load() is None
        for change in (
            {"url": "https://netbox.invalid"},
            {"sites": ("one",)},
            {"tenants": ("cloud",)},
            {"tags": ("huawei",)},
            {"node_roles": ("node",)},
            {"pdu_roles": ("strip",)},
            {"rated_power_field": "watts"},
            {"panel_amperes_field": "amperes"},
        ):
            other = dataclasses.replace(source.netbox, **change)  # type: ignore[arg-type]
            assert KeptAnswer(config.file.state_dir, other, "guian").load() is None, change


def test_a_busy_netbox_is_not_asked_sooner_than_it_wants(write: Callable[..., Path]) -> None:
    """A reading that may take 5 s ends at once where NetBox wants to be left alone for 60 s."""
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(503, {"Retry-After": "60"})]
        with pytest.raises(Unreachable, match="HTTP 503"):
            read(write(netbox.url))
        assert netbox.asked["sites"] == 1


def test_an_object_that_is_listed_twice_is_there_once(write: Callable[..., Path]) -> None:
    """A list that grows while it is read shows an object on two pages; its power counts once."""
    data = example("v4")
    data.lists["power-feeds"] += data.lists["power-feeds"][:2]
    with served(data) as netbox:
        stock = read(write(netbox.url))
    # 230 V · 32 A · 80 %, and √3 · 400 V · 16 A
    watts = [feed.capacity_watts for feed in stock.racks["A01"].feeds.values()]
    assert watts == [pytest.approx(5888), pytest.approx(11085.1)]


def test_a_pdu_with_two_inlets_carries_both(write: Callable[..., Path]) -> None:
    """Feeds of 16 and 32 A at 230 V and 80 % to one PDU are one feed of 8832 W."""
    data = Data("v4")
    site = data.site("one")
    rack = data.rack(site, "A01")
    pdu = data.device(rack, "A01-A", data.kind("strip", 0.0), role="pdu")
    panel = data.panel(site, "Panel 1")
    data.feed(panel, rack, "A01-A1", pdu, amperes=16)
    data.feed(panel, rack, "A01-A2", pdu, amperes=32)
    with served(data) as netbox:
        feeds = read(write(netbox.url)).racks["A01"].feeds
    assert {name: (feed.pdu, feed.capacity_watts) for name, feed in feeds.items()} == {
        "A": ("A01-A", pytest.approx(8832))
    }


def test_a_pdu_out_of_use_is_no_feed(write: Callable[..., Path]) -> None:
    """A PDU that is not active and that no feed leads to is not expected to answer."""
    data = Data("v4")
    rack = data.rack(data.site("one"), "A01")
    strip = data.kind("strip", 0.0)
    data.device(rack, "A01-A", strip, role="pdu")
    data.device(rack, "A01-B", strip, role="pdu", status="offline")
    with served(data) as netbox:
        assert set(read(write(netbox.url)).pdus) == {"A01-A"}


def test_a_file_may_state_a_rack_of_netbox_anew(write: Callable[..., Path], tmp_path: Path) -> None:
    """The file's rack takes the place of NetBox's, with the same PDUs and devices in it."""
    (tmp_path / "extra.yaml").write_text(
        "racks: [{rack: A01, site: one, feeds: {B: {pdu: A01-A}}, devices: [{node: n1}]}]\n"
    )
    with served(example("v4")) as netbox:
        stock = read(write(netbox.url, file="extra.yaml"))
    assert [device.node for device in stock.racks["A01"].devices or ()] == ["n1"]
    assert stock.pdus["A01-A"].feed == "B"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe"])
def test_a_damaged_file_is_read_anew(damage: bytes, write: Callable[..., Path]) -> None:
    """A kept answer that is damaged is no answer; the agent starts with none."""
    path = write("http://127.0.0.1:1")
    (path.parent / "state" / "netbox.json").write_bytes(damage)
    found = inventory_of(config_module.load(path))
    assert found is not None
    assert (found.racks, found.read_at) == ({}, None)


def test_a_file_adds_to_netbox(write: Callable[..., Path], tmp_path: Path) -> None:
    """Meters and scopes come from a file beside NetBox; what both name is the file's, and its mistakes have a line."""
    extra = tmp_path / "extra.yaml"
    extra.write_text(
        "sites: [{site: one, scopes: [telecom], timezone: Asia/Shanghai}]\n"
        "racks: [{rack: A04, site: one, state: in_service, feeds: {A: {pdu: new-pdu}}}]\n"
        "meters:\n  - {meter: main, site: one, point: utility}\n  - {meter: A01-A, accuracy_class: 1}\n"
    )
    with served(example("v4")) as netbox:
        path = write(netbox.url, file="extra.yaml")
        stock = read(path)
    assert (stock.sites["one"].scopes, stock.sites["two"].state) == (
        ("telecom",),
        "under_construction",
    )
    assert (stock.racks["A04"].state, stock.racks["A01"].height_units) == ("in_service", 42)
    assert stock.meters["one", "A01-A"].point == "pdu_output"
    extra.write_text("meters: [{meter: main, site: onne, point: utility}]\n")
    with pytest.raises(
        Problems, match=r"extra\.yaml:1: meters\[0\]\.site: unknown site 'onne'; did you mean one"
    ):
        inventory_of(config_module.load(path))
    extra.write_text("racks: [{rack: X, site: one, feeds: {A: {pdu: A01-A}}}]\n")
    with pytest.raises(Problems, match="A01-A already feeds rack A01 feed A"):
        inventory_of(config_module.load(path))


def test_check_needs_no_netbox(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """`hubgauge check` judges the section and asks nobody."""
    assert main(["check", str(write("https://netbox.invalid"))]) == 0
    assert "0 racks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("https://netbox.invalid", "http://netbox.invalid"),
            "3: inventory.netbox.url: expected https://",
        ),
        (
            ("https://netbox.invalid", "netbox.invalid"),
            "3: inventory.netbox.url: expected https://",
        ),
        (
            ("token_file: token", "token_file: nowhere"),
            "3: inventory.netbox.token_file: no such file",
        ),
        (
            ("token_file: token", "token: abc"),
            "inventory.netbox.token: unknown key; did you mean token_file",
        ),
        (
            ("page_size: 3", "page_size: 0"),
            "inventory.netbox.page_size: expected a whole number of at least 1",
        ),
        (("page_size: 3", "refresh: soon"), "inventory.netbox.refresh: expected a duration"),
    ],
)
def test_mistakes_in_the_section(
    change: tuple[str, str], words: str, write: Callable[..., Path]
) -> None:
    """A wrong section is one line with file, line and key."""
    path = write("https://netbox.invalid")
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(Problems) as caught:
        load_all(path)
    assert words in str(caught.value)


def test_a_token_all_may_read_is_refused(write: Callable[..., Path]) -> None:
    """The token's file must not be readable by all."""
    path = write("https://netbox.invalid")
    (path.parent / "token").chmod(0o644)
    with pytest.raises(Problems, match="readable by all"):
        load_all(path)


async def test_the_collector_never_waits_for_a_slow_netbox(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round ends in its patience; the reading goes on beside it, is told when it ends, and is not begun twice."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", 0.1)
    calls: list[str] = []
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(503, {"Retry-After": "1"})]
        config = config_module.load(write(netbox.url))
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        collector = NetBoxCollector(
            source.netbox,
            config.file.hub,
            config.file.state_dir,
            changed=lambda: calls.append("changed"),
        )
        # Were the reading waited for, there would be readings.
        assert list(await collector.collect()) == []
        async with asyncio.timeout(HANGS):
            while not (found := await collector.collect()):
                await asyncio.sleep(0.01)
                assert netbox.asked["sites"] <= 2
        readings = {series.metric.name: value for series, value in found}
        assert calls == ["changed"]
        assert readings == {"problems": 0.0}
        assert netbox.asked["sites"] == 2
        monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", HANGS)
        collector._due = 0.0
        await collector.collect()
        assert netbox.asked["sites"] == 3
        assert calls == ["changed"], "nothing has changed"
        netbox.data.rack(netbox.data.lists["sites"][0], "A09")
        collector._due = 0.0
        await collector.collect()
        assert calls == ["changed", "changed"]
        await collector.aclose()


async def test_a_panels_new_rating_is_a_change(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A panel that is rated otherwise than before changes the inventory, though no rack changes."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", HANGS)
    calls: list[str] = []
    with served(panels()) as netbox:
        config = config_module.load(write(netbox.url, extra="panel_amperes_field: amperes"))
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        collector = NetBoxCollector(
            source.netbox,
            config.file.hub,
            config.file.state_dir,
            changed=lambda: calls.append("changed"),
        )
        await collector.collect()
        netbox.data.lists["power-panels"][0]["custom_fields"]["amperes"] = 80
        collector._due = 0.0
        await collector.collect()
        assert calls == ["changed", "changed"]
        await collector.aclose()


async def test_a_failure_is_told_every_round_and_tried_again(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While NetBox cannot be read every round fails with the reason, so that it shows; an end of the agent ends the reading."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", 0.5)
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(500, {}), "slow"]
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 5s", "timeout: 1h"))
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        collector = NetBoxCollector(
            source.netbox, config.file.hub, config.file.state_dir, changed=lambda: None
        )
        for _ in range(2):
            with pytest.raises(BadReply, match="HTTP 500"):
                await collector.collect()
        assert netbox.asked["sites"] == 1
        collector._due = 0.0
        with pytest.raises(BadReply):
            await collector.collect()
        assert netbox.asked["sites"] == 2
        began = time.monotonic()
        await collector.aclose()
        assert time.monotonic() - began < HANGS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 100) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("id", "value", "slug", "name", "device")), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_object_of_any_shape_breaks_the_rest(data: st.DataObject) -> None:
    """An object with fields of any type costs itself at most; the model that comes of it is a good one."""
    stock = Stock(
        node_roles=("server",),
        pdu_roles=("pdu",),
        rated_power_field="rated_power_watts",
        panel_amperes_field="amperes",
    )
    source = panels().lists
    steps: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
        ("sites", stock.add_site),
        ("racks", stock.add_rack),
        ("device-types", stock.add_type),
        ("devices", stock.add_device),
        ("rack-reservations", stock.add_reservation),
        ("power-panels", stock.add_panel),
        ("power-feeds", stock.add_feed),
    ]
    for endpoint, take in steps:
        for row in source[endpoint]:
            changed = dict(row)
            if data.draw(st.integers(0, 3)) == 0:
                key = data.draw(st.sampled_from(sorted(set(row) - {"id"})))
                changed[key] = data.draw(_JSON)
            take(changed)
    found = assemble(stock, "guian", complete=False, read_at=1.0)
    assert all(isinstance(rack, Rack) and rack.site in found.sites for rack in found.racks.values())


def test_a_whole_hub_is_read_in_bounded_memory(write: Callable[..., Path]) -> None:
    """Two thousand racks in pages of five hundred are all there; what is kept of them is small."""
    data = Data("v4")
    site, server = data.site("one"), data.kind("server", 2)
    for number in range(2000):
        rack = data.rack(site, f"R{number}")
        data.device(rack, f"n{number}", server, 1.0)
    with served(data) as netbox:
        path = write(netbox.url)
        path.write_text(
            path.read_text()
            .replace("page_size: 3", "page_size: 500")
            .replace("timeout: 5s", "timeout: 60s")
        )
        assert len(read(path).racks) == 2000
        assert netbox.asked["racks"] == 4
    assert (path.parent / "state" / "netbox.json").stat().st_size < 250 * 2000
