"""A hub of two sites that four gateways share."""

from __future__ import annotations

from pathlib import Path

from agent.inventory.model import Inventory
from agent.inventory.part import part_of
from agent.inventory.shard import Shard
from tests.support.ledger import inventory

ROWS, RACKS_A_ROW, PARTS = 12, 4, 4


SITES = ("s1", "s2")


def rack_text(site: str, row: str, number: int) -> str:
    name = f"{site}-{row}{number}"
    feeds = ", ".join(
        f"{feed}: {{pdu: {name}-{feed}, capacity_watts: 7000, breaker: {site}-{row}-{feed}}}"
        for feed in ("A", "B")
    )
    return (
        f"- {{rack: {name}, site: {site}, row: {row},"
        f" height_units: 10, rated_power_watts: 8000, feeds: {{{feeds}}},"
        f" devices: [{{node: n-{name}, position: 1, units: 4}}, {{node: w-{name},"
        f" units: 1, agent: false}}]}}\n"
    )


def breakers_text(site: str) -> str:
    text = "".join(
        f"- {{breaker: {site}-main-{feed}, site: {site},"
        f" rated_amperes: 4000, pair: {site}-main-{other}}}\n"
        for feed, other in ("AB", "BA")
    )
    for row in range(ROWS):
        for feed, other in ("AB", "BA"):
            text += (
                f"- {{breaker: {site}-r{row}-{feed}, site: {site},"
                f" rated_amperes: 100, pair: {site}-r{row}-{other},"
                f" upstream: {site}-main-{feed}}}\n"
            )
    return text


TEXT = (
    f"complete: true\nsites: [{', '.join(f'{{site: {site}}}' for site in SITES)}]\n"
    "breakers:\n"
    + "".join(map(breakers_text, SITES))
    + "racks:\n"
    + "".join(
        rack_text(site, f"r{row}", n)
        for site in SITES
        for row in range(ROWS)
        for n in range(RACKS_A_ROW)
    )
    + "- {rack: alone, site: s1, feeds: {A: {pdu: alone-A}}}\n"
    "- {rack: later, site: s1, row: r1, state: planned, devices: [{node: n-later}]}\n"
    + "meters:\n"
    + "".join(
        f"- {{meter: main, site: {site}, point: utility}}\n"
        f"- {{meter: ups, site: {site}, point: ups_output}}\n"
        for site in SITES
    )
    + "- {meter: s1-r10-A, site: s1, point: it_input}\n"
)


def whole() -> Inventory:
    return inventory(TEXT)


def parts(stock: Inventory) -> list[Inventory]:
    return [part_of(stock, Shard(number, PARTS)) for number in range(1, PARTS + 1)]


def config(folder: Path, shard: str, collectors: str, **more: str) -> Path:
    (folder / "inventory.yaml").write_text(TEXT)
    path = folder / "config.yaml"
    text = (
        f"hub: guian\nsite: s1\nnode: gw-1\n{f'shard: {shard}' if shard else ''}\n"
        f"inventory: inventory.yaml\ncollectors:\n{collectors}"
    )
    path.write_text(text + "".join(f"\n{key}: {value}" for key, value in more.items()))
    return path
