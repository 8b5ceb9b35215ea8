"""Tenants' outlets stay in the ledger, whatever else is wrong in the file that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.app import App
from agent.tenants.outlets import named_outlets

GOOD = """tenants:
  - {tenant: acme, site: s1, outlets: {A07-A: ["1", 2]}}
  - {tenant: half, site: s1, shares: {A08: 0.6}}
  - {tenant: more, site: s1, outlets: {A07-A: ["4"]}}
tariff: {price: 0.1}
"""
FOUND = frozenset({("A07-A", "1"), ("A07-A", "2"), ("A07-A", "4")})


def prepared(folder: Path) -> App:
    """Return an agent of the inventory and the tenants in a folder, loaded and not started."""
    config = folder / "config.yaml"
    config.write_text(
        f"hub: guian\nsite: s1\nstate_dir: {folder}/state\ninventory: inventory.yaml\n"
        "tenants: tenants.yaml\n",
        "utf-8",
    )
    app = App(config)
    app.prepare()
    return app


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("price: 0.1", "price: -1"),
        ("price: 0.1", "colour: red"),
        ("shares: {A08: 0.6}", "shares: {A08: 6}"),
        ("shares: {A08: 0.6}", "seite: x"),
        ("{tenant: half, site: s1, shares: {A08: 0.6}}", "{}"),
        (
            "- {tenant: more",
            "- &m {tenant: m, site: s1, meters: {B: 0.6}}\n  - *m\n  - {tenant: more",
        ),
        ("site: s1, outlets: {A07-A: [", "outlets: {A07-A: ["),
    ],
)
def test_another_mistake_costs_no_outlet(tmp_path: Path, was: str, now: str) -> None:
    """A price, a share, a tenant without anything: each outlet that the file names is kept."""
    assert was in GOOD
    file = tmp_path / "tenants.yaml"
    file.write_text(GOOD.replace(was, now, 1), "utf-8")
    assert named_outlets(file) == (FOUND, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("garbage\n", set()),
        ("tenants: [\n", set()),
        ("tenants: {a: 1}\n", set()),
        ("tenants: &a [*a]\n", set()),
        (GOOD.replace('["4"]', '"4"'), FOUND - {("A07-A", "4")}),
        (GOOD.replace('{A07-A: ["4"]}', "[A07-A]"), FOUND - {("A07-A", "4")}),
        (GOOD.replace('["4"]', '["4", [5]]'), FOUND),
    ],
)
def test_what_cannot_be_read_is_known(
    tmp_path: Path, text: str, found: set[tuple[str, str]]
) -> None:
    """The rest is found, and the answer says that it is not all."""
    file = tmp_path / "tenants.yaml"
    file.write_text(text, "utf-8")
    assert named_outlets(file) == (found, False)


def test_a_tenant_may_take_its_outlets_from_another(tmp_path: Path) -> None:
    """YAML's merge key gives a tenant what the other has."""
    file = tmp_path / "tenants.yaml"
    text = 'tenants: [&a {tenant: a, site: s, outlets: {P: ["7"]}}, {<<: *a, tenant: b}]\n'
    file.write_text(text, "utf-8")
    assert named_outlets(file) == ({("P", "7")}, True)


async def test_a_reload_keeps_what_it_cannot_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The outlets in force stay until a file that can be read says otherwise; the log tells why."""
    racks = "[{rack: A07, site: s1, feeds: {A: {pdu: A07-A}}}, {rack: A08, site: s1}]"
    (tmp_path / "inventory.yaml").write_text(f"sites: [{{site: s1}}]\nracks: {racks}\n", "utf-8")
    tenants = tmp_path / "tenants.yaml"
    tenants.write_text(GOOD, "utf-8")
    app = prepared(tmp_path)
    app.runner.start()

    async def reloaded(text: str) -> tuple[frozenset[tuple[str, str]], list[str]]:
        tenants.write_text(text, "utf-8")
        caplog.clear()
        assert str(await app.reload()) == "reloaded"
        assert app.ledger is not None
        told = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
        return app.ledger.intake.inventory.billed_outlets, told

    assert await reloaded(GOOD) == (FOUND, [])
    kept, (told,) = await reloaded("garbage\n")
    assert kept == FOUND
    assert f"{tenants}:1: expected a mapping" in told
    kept, (told,) = await reloaded(GOOD.replace("price: 0.1", "price: -1"))
    assert kept == FOUND
    assert f"{tenants}:5: tariff.price: expected" in told
    assert await reloaded("") == (frozenset(), [])
    assert await reloaded(GOOD) == (FOUND, [])
    kept, told_now = await reloaded(GOOD.replace('["4"]', '["5"]'))
    assert (kept, told_now) == ((FOUND - {("A07-A", "4")}) | {("A07-A", "5")}, [])
    await app.runner.stop()
    assert app.ledger is not None
    app.ledger.close()


def test_a_start_tells_the_mistake(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An agent with a broken file of tenants starts, keeps all else, and logs an error."""
    (tmp_path / "inventory.yaml").write_text("sites: [{site: s1}]\n", "utf-8")
    (tmp_path / "tenants.yaml").write_text("garbage\n", "utf-8")
    app = prepared(tmp_path)
    (told,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "tenants.yaml:1: expected a mapping" in told
    assert app.ledger is not None
    assert app.ledger.intake.inventory.billed_outlets == frozenset()
    app.ledger.close()
