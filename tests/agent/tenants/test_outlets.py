"""Tenants that have outlets of a PDU: what their outlets counted, and what nobody measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli import main
from collectors.series import Series
from tests.agent.tenants.billed_outlets import (
    INVENTORY,
    TENANTS,
    heard,
    made,
    outlet_power,
    stock_of,
)
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


def test_outlets_by_paper(billing: Path) -> None:
    """Outlet 1 has 1 kW x 2 h, outlet 2 has 0.5 kW x 1 h: 2.5 kWh, and 25.25 EUR.

    Of the 2 x 744 hours of both in the month, three are covered: 0.2 %. No outlet states a class,
    so 2 % is taken, all in common: 2 x 2 % / sqrt(3) = 2.31 %, whatever class the PDUs have.
    """
    assert heard(billing) == {("A07-A:1", "outlet"), ("A07-A:2", "outlet"), ("A08-A", "pdu")}
    stated = made(billing, "acme")
    assert stated["meters"] == {"A07-A:1": pytest.approx(2.0), "A07-A:2": pytest.approx(0.5, 0.02)}
    assert stated["kwh"] == pytest.approx(sum(stated["meters"].values()))
    assert stated["coverage"] == 0.002
    assert stated["uncertainty"] == 0.0231
    assert stated["cost"] == "25.25"
    assert stated["not_measured"] == []


def test_an_outlet_that_nobody_meters_is_not_zero(billing: Path) -> None:
    """It is named beside what was measured; alone, it has no energy and no cost."""
    heard(billing)
    silk = made(billing, "silk")
    assert silk["not_measured"] == ["A07-A:3"]
    assert list(silk["meters"]) == ["A08-A"]
    page, table = billing.parent / "page.html", billing.parent / "table.csv"
    dark = made(billing, "dark", "--page", str(page), "--csv", str(table))
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
    billing: Path, capsys: pytest.CaptureFixture[str], was: str, now: str, wrong: str
) -> None:
    """A PDU that nobody has, an outlet of two, and one of a rack that is billed anyway."""
    assert was in TENANTS
    (billing.parent / "tenants.yaml").write_text(TENANTS.replace(was, now), "utf-8")
    assert main(["check", str(billing)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{billing.parent}/tenants.yaml:")
    assert wrong in line


def bill(config: Path, *parts: str) -> None:
    """List the PDU A07-A as a meter, and let tenants have these parts of the site, one each."""
    (config.parent / "inventory.yaml").write_text(
        INVENTORY.replace("point: utility}", "point: utility}, {meter: A07-A}"), "utf-8"
    )
    rows = [f"- {{tenant: t{n}, site: {SITE}, {part}}}\n" for n, part in enumerate(parts)]
    (config.parent / "tenants.yaml").write_text("tenants:\n" + "".join(rows), "utf-8")


def test_a_pdu_and_its_outlets_are_billed_once(
    billing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One tenant has the PDU as a meter, another its outlets: refused, in the reader's language."""
    bill(billing, "meters: {A07-A: 1}", "outlets: {A07-A: [3]}")
    place = f"{billing.parent}/tenants.yaml:3: tenants[1].outlets.A07-A: "
    for language, said in (
        ("en", "A07-A is billed under meters too: its outlets would be billed twice"),
        ("zh", "A07-A 也在 meters 下计费：其插座会被重复计费"),
    ):
        assert main(["check", str(billing), "--language", language]) == 2
        assert capsys.readouterr().err == f"{place}{said}\n"
    shard = billing.read_text("utf-8") + "shard: 1/2\n"
    billing.write_text(shard, "utf-8")
    assert main(["check", str(billing)]) == 2
    assert capsys.readouterr().err.startswith(place)


@pytest.mark.parametrize(("share", "wrong"), [(0.25, ""), (0.5, "add up to 1.25, more than 1")])
def test_a_pdu_is_billed_once_with_its_rack(
    billing: Path, capsys: pytest.CaptureFixture[str], share: float, wrong: str
) -> None:
    """0.75 of a rack is 0.75 of its PDU; 0.25 is left for who has the PDU as a meter, no 0.5."""
    bill(billing, "shares: {A07: 0.75}", f"meters: {{A07-A: {share}}}")
    assert main(["check", str(billing)]) == (2 if wrong else 0)
    line = f"{billing.parent}/tenants.yaml:3: tenants[1]: the shares of A07-A {wrong}\n"
    assert capsys.readouterr().err == (line if wrong else "")


def test_numbers_may_stand_without_quotes(billing: Path) -> None:
    """`[1, 2]` are the outlets "1" and "2"."""
    text = TENANTS.replace('["1", "2"]', "[1, 2]")
    (billing.parent / "tenants.yaml").write_text(text, "utf-8")
    assert ("A07-A", "2") in stock_of(billing).billed_outlets
