"""Tenants that have outlets of a PDU: what their outlets counted, and what nobody measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.inventory.model import Inventory
from agent.loading import load_files
from collectors.base import Reading
from collectors.catalogue.pdu_parts import PDU_OUTLET_ENERGY, PDU_OUTLET_POWER
from collectors.series import Series
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Clock,
    batch,
    bench,
    inventory,
    ledger,
    pdu_power,
    power,
)

INVENTORY = f"""
sites: [{{site: {SITE}, timezone: Asia/Shanghai, pdu_accuracy_class: 0.5}}]
racks:
- {{rack: A07, site: {SITE}, row: A, feeds: {{A: {{pdu: A07-A}}}}}}
- {{rack: A08, site: {SITE}, row: A, feeds: {{A: {{pdu: A08-A}}}}}}
meters: [{{meter: main, point: utility}}]
"""
TENANTS = f"""
tenants:
  - {{tenant: acme, site: {SITE}, outlets: {{A07-A: ["1", "2"]}}}}
  - {{tenant: silk, site: {SITE}, outlets: {{A07-A: ["3"]}}, racks: [A08]}}
  - {{tenant: dark, site: {SITE}, outlets: {{A07-A: ["4"]}}}}
tariff: {{currency: EUR, price: 0.10, fixed: 25}}
"""


def outlet_power(outlet: str, watts: float) -> Reading:
    """Return what an outlet of A07-A draws."""
    return PDU_OUTLET_POWER.series("guian", SITE, "A", "A07", "A07-A", "A", outlet), watts


def outlet_energy(outlet: str, joules: float) -> Reading:
    """Return where the register of an outlet of A07-A stands."""
    return PDU_OUTLET_ENERGY.series("guian", SITE, "A", "A07", "A07-A", "A", outlet), joules


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The config of a gateway with tenants."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY, "utf-8")
    (tmp_path / "tenants.yaml").write_text(TENANTS, "utf-8")
    path = tmp_path / "hubgauge.yaml"
    path.write_text(
        f"hub: guian\nsite: {SITE}\nstate_dir: state\ninventory: inventory.yaml\n"
        "tenants: tenants.yaml\n",
        "utf-8",
    )
    return path


def stock_of(config: Path) -> Inventory:
    """Return the inventory as an agent has it in force."""
    _, found = load_files(config)
    assert found is not None
    return found


def heard(config: Path) -> set[tuple[str, str]]:
    """Let two hours be read; returns the names and kinds of the meters in the ledger.

    Outlet 1 counts 1 kW by its register, outlet 2 shows 500 W in the first of the hours and is
    silent in the second, outlet 9 is nobody's, and 3 and 4 are not metered.
    """
    state = config.parent / "state"
    state.mkdir()
    clock = Clock()
    book = ledger(state, clock, stock_of(config))
    for minute in range(121):
        clock.now = T0 + 60 * minute
        readings = [outlet_energy("1", 1e9 + 60_000.0 * minute), outlet_power("9", 70.0)]
        readings += [pdu_power("A08-A", 2000.0, rack="A08")]
        if minute <= 60:
            readings.append(outlet_power("2", 500.0))
        book.accept(batch(clock.now, *readings))
    book.flush()
    found = {(row.name, row.kind) for row in book.queries.meters()}
    book.close()
    return found


def made(config: Path, tenant: str, *args: str) -> dict[str, Any]:
    """Make a statement."""
    out = config.parent / "out.json"
    command = ["statement", "--config", str(config), "--tenant", tenant, "--month", "2025-10"]
    assert main([*command, "--out", str(out), *args]) == 0
    return dict(json.loads(out.read_text("utf-8")))


def test_outlets_by_paper(config: Path) -> None:
    """Outlet 1 has 1 kW x 2 h, outlet 2 has 0.5 kW x 1 h: 2.5 kWh, and 25.25 EUR.

    Of the 2 x 744 hours of both in the month, three are covered: 0.2 %. No outlet states a class, so
    2 % is taken, all in common: 2 x 2 % / sqrt(3) = 2.31 %, whatever class the PDUs have.
    """
    assert heard(config) == {("A07-A:1", "outlet"), ("A07-A:2", "outlet"), ("A08-A", "pdu")}
    stated = made(config, "acme")
    assert stated["meters"] == {"A07-A:1": pytest.approx(2.0), "A07-A:2": pytest.approx(0.5, 0.02)}
    assert stated["kwh"] == pytest.approx(sum(stated["meters"].values()))
    assert stated["coverage"] == 0.002
    assert stated["uncertainty"] == 0.0231
    assert stated["cost"] == "25.25"
    assert stated["not_measured"] == []


def test_an_outlet_that_nobody_meters_is_not_zero(config: Path) -> None:
    """It is named beside what was measured; alone, it has no energy and no cost."""
    heard(config)
    silk = made(config, "silk")
    assert silk["not_measured"] == ["A07-A:3"]
    assert list(silk["meters"]) == ["A08-A"]
    page, table = config.parent / "page.html", config.parent / "table.csv"
    dark = made(config, "dark", "--page", str(page), "--csv", str(table))
    assert (dark["kwh"], dark["cost"], dark["coverage"]) == (None, None, 0.0)
    assert (dark["not_measured"], dark["meters"], dark["periods"]) == (["A07-A:4"], {}, [])
    assert "Not measured in this period: A07-A:4" in page.read_text("utf-8")
    rows = table.read_text("utf-8").splitlines()
    assert any(row.endswith("energy,,kWh,,") for row in rows)
    assert any("not measured: A07-A:4" in row for row in rows)


@pytest.mark.parametrize("state", ["in_service", "planned"])
def test_outlets_are_no_energy_of_the_site(tmp_path: Path, state: str) -> None:
    """1300 W at the utility over 1000 W of the racks' PDUs is a PUE of 1.3, with outlets or not.

    Where no rack is in service, all PDUs that are heard are counted.
    """
    text = INVENTORY.replace("row: A,", f"row: A, state: {state},")
    stock = replace(inventory(text), billed_outlets=frozenset({("A07-A", "1")}))
    racks = [pdu_power("A07-A", 600.0), pdu_power("A08-A", 400.0, rack="A08")]
    with bench(tmp_path, text) as found:
        found.book.inventory = stock
        found.run(2 * HOUR, power("main", 1300.0), *racks, outlet_power("1", 500.0))
        meters = {(row.name, row.kind) for row in found.book.queries.meters()}
        assert ("A07-A:1", "outlet") in meters
        result = found.pue.between(SITE, T0, T0 + HOUR)
    assert result.pue == pytest.approx(1.3)


@pytest.mark.parametrize(("billed", "taken"), [("A07-A", 2), ("A08-A", 0)])
def test_outlets_of_nobody_are_not_looked_up_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, billed: str, taken: int
) -> None:
    """A PDU of 48 outlets of which one or none is billed costs a round what one of 2 outlets does.

    Of the two rounds, a reading each of outlet 1 is taken if it is billed.
    """
    stock = replace(inventory(INVENTORY), billed_outlets=frozenset({(billed, "1")}))
    asked: list[str] = []
    label = Series.label

    def counted(series: Series, name: str) -> str:
        asked.append(name)
        return label(series, name)

    costs = []
    for outlets in (2, 48):
        (tmp_path / str(outlets)).mkdir()
        book = ledger(tmp_path / str(outlets), Clock(), stock)
        readings = [outlet_power(str(n + 1), 70.0) for n in range(outlets)]
        book.accept(batch(T0, *readings))
        with monkeypatch.context() as patch:
            patch.setattr(Series, "label", counted)
            book.accept(batch(T0 + 60, *readings))
        costs.append(len(asked))
        asked.clear()
        book.flush()
        assert book.counts["taken"] == taken
        book.close()
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("was", "now", "wrong"),
    [
        ('A07-A: ["3"]', 'A07-X: ["3"]', "outlets.A07-X: A07-X is not in the inventory"),
        ('A07-A: ["3"]', 'A07-A: ["2"]', "the shares of A07-A:2 add up to 2, more than 1"),
        ('A07-A: ["3"]', 'A08-A: ["3"]', "A08-A feeds A08, which is billed as a whole"),
        ('A07-A: ["3"]', 'A07-A: ["3", "3"]', "outlets.A07-A: expected outlets, each once"),
        ('outlets: {A07-A: ["4"]}', "racks: []", "has no racks, shares, meters or outlets"),
    ],
)
def test_outlets_that_cannot_be(
    config: Path, capsys: pytest.CaptureFixture[str], was: str, now: str, wrong: str
) -> None:
    """A PDU that nobody has, an outlet of two, and one of a rack that is billed anyway."""
    assert was in TENANTS
    (config.parent / "tenants.yaml").write_text(TENANTS.replace(was, now), "utf-8")
    assert main(["check", str(config)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{config.parent}/tenants.yaml:")
    assert wrong in line


def test_a_pdu_and_its_outlets_are_billed_once(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One tenant has the PDU as a meter, another its outlets: refused, in the reader's language."""
    (config.parent / "inventory.yaml").write_text(
        INVENTORY.replace("point: utility}", "point: utility}, {meter: A07-A}"), "utf-8"
    )
    (config.parent / "tenants.yaml").write_text(
        f"tenants:\n- {{tenant: a, site: {SITE}, meters: {{A07-A: 1}}}}\n"
        f"- {{tenant: b, site: {SITE}, outlets: {{A07-A: [3]}}}}\n",
        "utf-8",
    )
    place = f"{config.parent}/tenants.yaml:3: tenants[1].outlets.A07-A: "
    for language, said in (
        ("en", "A07-A is billed under meters too: its outlets would be billed twice"),
        ("zh", "A07-A 也在 meters 下计费：其插座会被重复计费"),
    ):
        assert main(["check", str(config), "--language", language]) == 2
        assert capsys.readouterr().err == f"{place}{said}\n"
    shard = config.read_text("utf-8") + "shard: 1/2\n"
    config.write_text(shard, "utf-8")
    assert main(["check", str(config)]) == 2
    assert capsys.readouterr().err.startswith(place)


@pytest.mark.parametrize(("share", "wrong"), [(0.25, ""), (0.5, "add up to 1.25, more than 1")])
def test_a_pdu_is_billed_once_with_its_rack(
    config: Path, capsys: pytest.CaptureFixture[str], share: float, wrong: str
) -> None:
    """0.75 of a rack is 0.75 of its PDU; 0.25 is left for who has the PDU as a meter, no 0.5."""
    (config.parent / "inventory.yaml").write_text(
        INVENTORY.replace("point: utility}", "point: utility}, {meter: A07-A}"), "utf-8"
    )
    (config.parent / "tenants.yaml").write_text(
        f"tenants:\n- {{tenant: a, site: {SITE}, shares: {{A07: 0.75}}}}\n"
        f"- {{tenant: b, site: {SITE}, meters: {{A07-A: {share}}}}}\n",
        "utf-8",
    )
    assert main(["check", str(config)]) == (2 if wrong else 0)
    line = f"{config.parent}/tenants.yaml:3: tenants[1]: the shares of A07-A {wrong}\n"
    assert capsys.readouterr().err == (line if wrong else "")


def test_numbers_may_stand_without_quotes(config: Path) -> None:
    """`[1, 2]` are the outlets "1" and "2"."""
    text = TENANTS.replace('["1", "2"]', "[1, 2]")
    (config.parent / "tenants.yaml").write_text(text, "utf-8")
    assert ("A07-A", "2") in stock_of(config).billed_outlets
