"""Write the files an agent needs to read a simulated site.

They are its config, its inventory, the SNMP community and an account. They are written as text,
line by line, because a hub has tens of thousands of racks. Each says that it is simulated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collectors.facility.snmp.detail import Detail
from simulator.controllers import PASSWORD, USERNAME
from simulator.device import COMMUNITY
from simulator.link_peer import links_section
from simulator.registers import ratios_text
from simulator.site import (
    BUSBAR_AMPERES,
    FEED_WATTS,
    FEEDS,
    HEIGHT_UNITS,
    PANEL_AMPERES,
    RATED_WATTS,
    ROWS_A_BUSBAR,
    TIMEZONE,
)

if TYPE_CHECKING:
    from simulator.simulator import Simulator
    from simulator.site import Site

_HEADER: Final = (
    "# SIMULATED: no device named here exists. Written by `hubgauge simulate`, and again each"
    " time it starts.\n"
)
_HUBS: Final = "hubs"
"""The folder, beside the config, of what is added to the hub's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the agent is to do with the simulated site.

    `listen` is where it is to serve, `influxdb` the URL of a database to push to, `history` that
    of one to ask for the past, `host` whether it is to read the machine it runs on as well,
    `detail` how much of each PDU it is to read. With `whole_hub` the simulated site is all of its
    hub. Without a `state_dir` its state lies beside
    its config.
    """

    listen: str = "127.0.0.1:9717"
    influxdb: str = ""
    history: str = ""
    interval: str = "15s"
    state_dir: Path | None = None
    host: bool = False
    detail: Detail | None = None
    whole_hub: bool = False


def write_config(simulator: Simulator, folder: Path, wanted: Wanted | None = None) -> Path:
    """Write `config.yaml`, `inventory.yaml`, `community`, `username` and `password` into a folder.

    Returns the config's path. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, secret in (
        ("community", COMMUNITY),
        ("username", USERNAME.encode()),
        ("password", PASSWORD.encode()),
    ):
        file = folder / name
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_bytes(secret + b"\n")
    _write(folder / "inventory.yaml", _inventory(simulator))
    config = folder / "config.yaml"
    wanted = wanted or Wanted()
    if wanted.whole_hub:
        (folder / _HUBS).mkdir(exist_ok=True)
        site = simulator.site
        _write(folder / _HUBS / "simulated.yaml", [f"extends: {site.hub}\nsites: [{site.key}]\n"])
    _write(config, _config(simulator, wanted, wanted.state_dir or folder / "state"))
    return config


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        file.writelines(lines)


def _config(simulator: Simulator, wanted: Wanted, state_dir: Path) -> Iterator[str]:
    site, interval = simulator.site, wanted.interval
    yield f"hub: {site.hub}\nsite: {site.key}\nsimulated: true\n"
    yield f"hubs_dir: {_HUBS}\n" if wanted.whole_hub else ""
    yield f"state_dir: {json.dumps(str(state_dir))}\ninventory: inventory.yaml\ncollectors:\n"
    yield "  host: {}  # this machine's own kernel: real, not simulated\n" if wanted.host else ""
    yield (
        f"  snmp:\n    interval: {interval}\n    timeout: 3s\n    community_file: community\n"
        + (f"    detail: {{pdu: {wanted.detail}}}\n" if wanted.detail else "")
        + "    devices:\n"
    )
    for rack, pdu in site.pdus():
        address = simulator.addresses[pdu.name]
        yield (
            "      -"
            f' {{address: "{address}", pdu: {pdu.name}, rack: {rack.name}, feed: {pdu.feed}}}\n'
        )
    for kind, devices in (("ups", simulator.model.ups), ("unit", simulator.model.coolers)):
        for device in devices:
            yield (
                "      -"
                f' {{address: "{simulator.addresses[device.name]}", {kind}: {device.name}}}\n'
            )
    for switch in simulator.model.switches:
        yield (f'      - {{address: "{simulator.addresses[switch.name]}", ats: {switch.name}}}\n')
    yield (
        f"  modbus:\n    interval: {interval}\n    timeout: 3s\n    request_timeout: 1s\n"
        "    devices:\n"
    )
    for meter in simulator.meters.values():
        yield (
            "      -"
            f' {{address: "{simulator.addresses[meter.name]}", unit: {meter.unit}, '
            f"profile: {meter.make}, meter: {meter.name}, point: {meter.meter.point}, "
            f"accuracy_class: {meter.meter.accuracy_class}{ratios_text(meter.map.ratios)}}}\n"
        )
    yield from links_section(simulator.links, interval)
    if simulator.chips is not None:
        yield from simulator.chips.section(interval)
    if simulator.controllers:
        yield f"  redfish:\n    interval: {interval}\n    timeout: 3s\n"
        yield "    allow_http: true  # on loopback\n"
        yield "    username_file: username\n    password_file: password\n    devices:\n"
    for controller in simulator.controllers.values():
        address = simulator.addresses[controller.name]
        yield (
            f'      - {{address: "http://{address}", node: {controller.name}, '
            f"rack: {controller.rack.name}}}\n"
        )
    yield from _outputs(wanted)


def _outputs(wanted: Wanted) -> Iterator[str]:
    yield f'outputs:\n  http: {{listen: "{wanted.listen}"}}\n'
    if wanted.influxdb:
        yield f'  influxdb: {{url: "{wanted.influxdb}", org: hubgauge, bucket: hubgauge}}\n'
    if wanted.history:
        yield f'history: {{url: "{wanted.history}"}}\n'


_EMISSION: Final = 0.54
_SOURCE: Final = "a round figure for the demo; a real site states its grid's"


def _panel(row: str, feed: str) -> str:
    return f"rpp-{row.lower()}-{feed.lower()}"


_GRID: Final = 1.5
"""Capacity of the utility's connection and of the board, times that of both switches."""


def _supplies(simulator: Simulator) -> Iterator[str]:
    """Yield what stands above the breakers: the mains, the roof, generators, switches, UPSs."""
    model, site = simulator.model, simulator.site.key
    whole = sum(switch.rated_watts for switch in model.switches)
    yield "supplies:\n"
    yield (
        f"  - {{supply: utility-1, site: {site}, kind: utility, "
        f"capacity_watts: {_GRID * whole:.0f}}}\n"
        f"  - {{supply: solar-1, site: {site}, kind: solar, joins: main-board}}\n"
        f"  - {{supply: main-board, site: {site}, kind: switchboard, upstream: utility-1, "
        f"capacity_watts: {_GRID * whole:.0f}}}\n"
    )
    for feed, switch, ups in zip(FEEDS, model.switches, model.ups, strict=True):
        rated = f"capacity_watts: {switch.rated_watts:.0f}"
        yield (
            f"  - {{supply: {switch.generator}, site: {site}, kind: generator, {rated},\n"
            f"     device: {switch.name}}}  # the switch reads it as well\n"
            f"  - {{supply: {switch.name}, site: {site}, kind: transfer_switch, {rated},\n"
            f'     inputs: {{"1": main-board, "2": {switch.generator}}}}}\n'
            f"  - {{supply: {_ups(feed)}, site: {site}, kind: ups, upstream: {switch.name},\n"
            f"     capacity_watts: {ups.rated_watts:.0f}, device: {ups.name}}}\n"
        )


def _ups(feed: str) -> str:
    return f"ups-{feed.lower()}"


def _breakers(site: Site) -> Iterator[str]:
    """Yield the breakers: a panel for each row and feed, and busbars above groups of rows.

    Every breaker is paired with the one of the other feed.
    """
    rows = list(dict.fromkeys(rack.row for rack in site.racks))
    other = dict(zip(FEEDS, reversed(FEEDS), strict=True))
    yield "breakers:\n" if rows else ""
    for number, row in enumerate(rows):
        bus = number // ROWS_A_BUSBAR + 1
        for feed in FEEDS:
            if number % ROWS_A_BUSBAR == 0:
                pair = f"busbar-{bus}-{other[feed].lower()}"
                yield (
                    f"  - {{breaker: busbar-{bus}-{feed.lower()}, site: {site.key}, "
                    f"rated_amperes: {BUSBAR_AMPERES:g}, pair: {pair}, supply: {_ups(feed)}}}\n"
                )
            yield (
                f"  - {{breaker: {_panel(row, feed)}, site: {site.key}, "
                f"rated_amperes: {PANEL_AMPERES:g}, pair: {_panel(row, other[feed])}, "
                f"upstream: busbar-{bus}-{feed.lower()}}}\n"
            )


def _inventory(simulator: Simulator) -> Iterator[str]:
    site = simulator.site
    yield (
        f"sites:\n  - {{site: {site.key}, name: {json.dumps(site.name)}, state: in_service, "
        f"timezone: {TIMEZONE}, scopes: [{', '.join(site.scopes)}],\n"
        f"     emissions: [{{kilograms_per_kilowatt_hour: {_EMISSION:g}, "
        f"source: {json.dumps(_SOURCE)}}}]}}\n"
    )
    if site.racks:
        yield from _supplies(simulator)
    yield from _breakers(site)
    yield "racks:\n"
    for number, rack in enumerate(site.racks):
        yield f"  - rack: {rack.name}\n    site: {site.key}\n    row: {rack.row}\n"
        yield "    state: in_service\n"
        yield f"    height_units: {HEIGHT_UNITS}\n    rated_power_watts: {RATED_WATTS:g}\n"
        phase = f"L{number % 3 + 1}"  # racks take turns, as electricians connect them
        feeds = ", ".join(
            f"{pdu.feed}: {{pdu: {pdu.name}, capacity_watts: {FEED_WATTS:g}, "
            f"breaker: {_panel(rack.row, pdu.feed)}, phase: {phase}}}"
            for pdu in rack.pdus
        )
        yield f"    feeds: {{{feeds}}}\n"
        if not rack.nodes:
            yield "    devices: []\n"
            continue
        yield "    devices:\n"
        for node in rack.nodes:
            yield f"      - {{node: {node.node}, position: {node.position}, units: {node.units}}}\n"
    yield "meters:\n"
    for meter in simulator.model.meters:
        yield (
            f"  - {{meter: {meter.name}, site: {site.key}, point: {meter.point}, "
            f"accuracy_class: {meter.accuracy_class}}}\n"
        )
