"""The InfluxQL variant: what can be said in it, what is left out, and every query on a real
InfluxDB that was pushed to.
"""

from __future__ import annotations

import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.hubs.loader import load_registry
from collectors.catalogue import facility, rack, site
from collectors.catalogue.rack_limits import Matcher
from dashboards import influxql
from dashboards.build import build_all
from dashboards.language import Language, Text
from dashboards.promast import UnreadableError, parse
from dashboards.promql import of, rate
from dashboards.signals import all_signals
from dashboards.signals.base import Signal
from dashboards.verify import Dashboard, verify
from dashboards.verify_influx import InfluxServer
from tests.dashboards.synthetic import Catalogue
from tests.support import wait_for
from tests.support.oldinflux import OldInflux

DATABASE = "hubgauge"
TEXT = Text("t", "文")
OF_SOME_HUBS = {
    "this KPI is registered, not measured",
    "no limit of a round trip is stated",
    "no PUE limit is stated",
    "no target of the hub has a deadline",
    "nothing that this KPI is measured by is reported",
    "nothing that the hub stated is measured",
    "no stated KPI needs metering",
}
"""What a hub need not have even where the whole catalogue is there: whatever it did not state."""
STEP = 20
AGES = range(600, -1, -STEP)


def post(url: str, body: bytes) -> None:
    with urllib.request.urlopen(url, body, timeout=60) as reply:
        assert reply.status in (200, 204)


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """Run an InfluxDB 1.x that some minutes of the whole catalogue were pushed to.

    It is asked at the moment at which they end, however long the push takes.
    """
    made = OldInflux(tmp_path_factory.mktemp("influxdb"), database=DATABASE)
    with made.up():
        url = made.url
        catalogue, now = Catalogue(load_registry()), time.time()
        for age in AGES:
            post(f"{url}/write?db={DATABASE}&precision=ms", catalogue.lines(now - age))
        server = InfluxServer(url, DATABASE, clock=lambda: now)
        wait_for(lambda: server.has('SELECT count("pue_ratio") FROM "dc_site"'))
        yield server


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_panel_has_data(influxdb: InfluxServer, language: Language) -> None:
    """With the whole catalogue there, no query is empty or fails, nor is that of any variable,
    whatever its values.
    """
    dashboards = [
        Dashboard(json=built.json, excuses=built.excuses)
        for built in build_all(load_registry(), language, "influxql")
    ]
    results = verify(dashboards, influxdb)
    assert len(results) > 400
    bad = [str(one) for one in results if one.outcome in ("empty", "failed")]
    assert not bad, "\n".join(bad)
    assert {one.detail for one in results if one.outcome == "excused"} <= OF_SOME_HUBS


def test_values_are_those_of_the_signal(influxdb: InfluxServer) -> None:
    """Sums over sums, quotients, filters and states yield the numbers that PromQL would."""
    values = {"hub": "guian", "site": ".*"}

    def ask(expr: str) -> dict[tuple[str, ...], float]:
        found = influxdb.ask(influxdb.fill(influxql.render_text(expr), values, 3600))
        return {tuple(series.get("tags", {}).values()): series["values"][0][1] for series in found}

    # Two racks with two feeds each, half a watt a feed; two agents that see the same feed would not
    # add up.
    each = f"max by (hub, site, row, rack, feed) ({of(rack.RACK_POWER)})"
    assert ask(f"sum by (hub, site) ({each})") == {("guian", "guian-1"): 2.0}
    assert ask(f"count by (hub) ({each})") == {("guian",): 4}
    assert ask(f"sum by (hub) ({each}) / max by (hub) ({of(rack.RACK_POWER_CAPACITY)})") == {
        ("guian",): 4.0
    }
    assert ask(f"1 - max by (hub) ({of(facility.METER_UP)})") == {("guian",): 0.5}
    assert ask(f"max by (hub) ({of(facility.METER_UP)} > 0.5)") == {}
    valid, low = (
        of(site.SITE_PUE_STATE, f'state="{state}"') for state in ("valid", "low_coverage")
    )
    states = f"max by (hub) ({valid} == 1) * 3 or max by (hub) ({low} == 1) * 4"
    assert ask(states) == {("guian",): 3}


RACKS = {
    "A01": 1,
    "A-02": 2,
    "A.3": 3,
    "B/4": 4,
    "it's": 5,
    'say "C"': 6,
    "D\\6": 7,
    "机柜+7": 8,
    "a\\/b": 9,
    "Ax3": 10,
}
"""The watts of racks by their names. The last looks like `A.3` where a dot is any sign."""


@pytest.mark.parametrize(
    "names", [*((name,) for name in RACKS), tuple(RACKS)[:-1]], ids=lambda names: names[0]
)
def test_a_rack_is_found_by_its_name(influxdb: InfluxServer, names: tuple[str, ...]) -> None:
    """Whatever signs are in it, alone or among others with the same limits of their own."""
    server = InfluxServer(influxdb.url, "racks", clock=influxdb.clock)
    server.ask("CREATE DATABASE racks")
    lines = (
        f"dc_rack,rack={name.replace(' ', chr(92) + ' ')} power_watts={watts}"
        for name, watts in RACKS.items()
    )
    at = f" {round(influxdb.clock() * 1000)}\n"
    post(f"{server.url}/write?db=racks&precision=ms", (at.join([*lines, ""])).encode())

    def found(matcher: Matcher) -> dict[str, float]:
        query = influxql.render_text(f"max by (rack) (dc_rack_power_watts{{{matcher}}})")
        answer = server.ask(server.fill(query, {}, 3600))
        return {one["tags"]["rack"]: one["values"][0][1] for one in answer}

    assert found(Matcher("rack", "=", names)) == {name: RACKS[name] for name in names}
    if len(names) == 1:
        rest = {name: watts for name, watts in RACKS.items() if name not in names}
        assert found(Matcher("rack", "!=", names)) == rest


def test_a_rate_is_per_second(influxdb: InfluxServer) -> None:
    """A counter that rises by one a second has the rate 1 at every step."""
    signal = Signal(
        key="k",
        name=TEXT,
        description=TEXT,
        unit="none",
        expr=f"max by (hub) ({rate(facility.METER_ENERGY)})",
        legend="{{hub}}",
    )
    (found,) = influxdb.ask(
        influxdb.fill(influxql.render(signal), {"hub": "guian", "site": ".*"}, 540)
    )
    assert len(found["values"]) > 5
    assert {round(value, 6) for _, value in found["values"]} == {1.0}


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        ("a{<site>} and b{<site>}", "`and`"),
        (
            (
                "max by (hub) (dc_rack_power_watts{<site>}) or max by (hub)"
                " (dc_pdu_power_watts{<site>})"
            ),
            "`or`",
        ),
        (
            "dc_rack_power_watts{<site>} * on (hub) group_left () dc_site_info{<site>}",
            "a join on some labels",
        ),
        ("dc_rack_power_watts{<site>} > bool 1", "a comparison that answers 1 or 0"),
        ("rate(dc_meter_energy_joules_total{<site>}[1h])", "a rate over 1h"),
        ("time() - node_boot_time_seconds{<instance>}", "time()"),
        ("topk(3, dc_rack_power_watts{<row>} @ end())", "topk"),
        (
            (
                "max by (hub, site) (dc_rack_power_watts{<site>}) / max by (hub)"
                " (dc_rack_power_watts{<site>})"
            ),
            "operands with different labels",
        ),
        (
            (
                "max by (hub) (node_load1{<instance>}) / count by (hub)"
                " (node_cpu_seconds_total{<instance>})"
            ),
            "operands of two measurements",
        ),
        ('max by (hub) (hub:dc_kpi:value{kpi="pue"})', "hub:dc_kpi:value is recorded by rules"),
        ("1", "a number alone"),
    ],
)
def test_what_cannot_be_said_is_told(expr: str, why: str) -> None:
    """Each thing that InfluxQL has no words for is refused with its reason, never said in another
    way.
    """
    with pytest.raises(influxql.InexpressibleError, match=f"^{re.escape(why)}$"):
        influxql.render(Signal(key="k", name=TEXT, description=TEXT, unit="none", expr=expr))


def test_every_signal_is_readable() -> None:
    """Whatever signals say in PromQL can be read, and most of it can be said in InfluxQL."""
    signals = list(all_signals(load_registry()))
    said = 0
    for signal in signals:
        parse(signal.expr)
        try:
            influxql.render(signal)
        except influxql.InexpressibleError:
            continue
        said += 1
    assert said > 0.8 * len(signals)
    with pytest.raises(UnreadableError):
        parse("max by (hub) (a{}")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_line_is_named_after_tags_that_its_query_returns(language: Language) -> None:
    """Grafana writes the name of a tag that is not there as it stands, so all lines look alike."""
    named = 0
    for built in build_all(load_registry(), language, "influxql"):
        for panel in built.json["panels"]:
            for target in panel.get("targets", []):
                tags = set(re.findall(r"\$tag_(\w+)", target.get("alias") or ""))
                grouped = target["query"].rpartition("GROUP BY")[2]
                assert tags <= set(re.findall(r'"(\w+)"', grouped)), panel["title"]
                named += bool(tags)
    assert named > 50


def test_the_command_tells_what_is_left_out(
    influxdb: InfluxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The build names each panel it leaves out with the reason, and none of them is an empty panel.

    Verify takes the rest.
    """
    assert main(["dashboards", "build", "--out", str(tmp_path), "--datasource", "influxql"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert "left out: hubgauge-nodes: Time since boot: time()" in told
    assert all(line.startswith("left out: hubgauge-") for line in told)
    text = "".join(path.read_text("utf-8") for path in tmp_path.glob("*.json"))
    assert "Time since boot" not in text
    assert '"prometheus"' not in text
    status = main(
        ["dashboards", "verify", "--influxdb", influxdb.url, "--dashboards", str(tmp_path)]
    )
    assert status == 0, capsys.readouterr().out
