"""Parsers of what people write: NetBox's objects, and profiles in YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.target import Target


def netbox() -> Iterator[Target]:
    """Yield NetBox's objects."""
    from agent.inventory.netbox.assemble import inventory_of
    from agent.inventory.netbox.stock import Stock

    def stock(data: bytes) -> object:
        """Take a list of objects as each kind in turn.

        Whatever an object lacks costs that object only.
        """
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return None
        made = Stock(node_roles=["server"], pdu_roles=["pdu"], rated_power_field="rated_watts")
        objects = (
            [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), int)]
            if isinstance(found, list)
            else []
        )
        takes = (
            made.add_site,
            made.add_type,
            made.add_rack,
            made.add_device,
            made.add_reservation,
            made.add_feed,
        )
        for number, one in enumerate(objects):
            takes[number % len(takes)](one)
        return inventory_of(made, "guian", complete=True, read_at=0.0)

    objects = (
        {
            "id": 1,
            "slug": "s",
            "name": "S",
            "status": {"value": "active"},
            "time_zone": "Asia/Shanghai",
        },
        {"id": 2, "u_height": 2.0, "is_full_depth": True},
        {
            "id": 3,
            "name": "A01",
            "site": {"id": 1},
            "u_height": 42,
            "status": {"value": "active"},
            "custom_fields": {"rated_watts": 8},
        },
        {
            "id": 4,
            "name": "n1",
            "rack": {"id": 3},
            "position": 10.5,
            "device_type": {"id": 2},
            "role": {"slug": "server"},
        },
        {"id": 5, "rack": {"id": 3}, "units": [1, 2]},
        {
            "id": 6,
            "name": "A",
            "rack": {"id": 3},
            "voltage": 230,
            "amperage": 32,
            "phase": {"value": "single-phase"},
        },
    )
    yield Target(
        name="netbox",
        run=stock,
        seeds=(json.dumps(objects).encode(), b"[]"),
        allowed=(),
        most=16_384,
    )


def yaml_files() -> Iterator[Target]:
    """Yield the files an operator writes: profiles by the strict reader.

    They are small: the pure reader of YAML is slow.
    """
    from collectors.base import ConfigError
    from collectors.facility.modbus.profile import Profile
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.strict import Problems, read

    def profile(model: type[Any]) -> Callable[[bytes], object]:
        return lambda data: read("p.yaml", model, text=data.decode("utf-8", "replace"))

    small = (
        b"protocol: snmp\ntitle: t\nkind: pdu\nreadings:\n  - {metric:"
        b" dc_pdu_power_watts, oid: 1.3.6.1.4.1.9.1.0, unit: W}\n"
    )
    merged = b"a: &a {b: 1}\nc: &c {<<: [*a, *a]}\nd: {<<: *c}\n"
    allowed = (ConfigError, Problems)
    yield Target(
        name="snmp-profile",
        run=profile(SnmpProfile),
        seeds=(small, merged),
        allowed=allowed,
        most=512,
    )
    modbus_seed = (
        b"protocol: modbus\ntitle: t\nsource: s\nregisters:\n  - {metric:"
        b" dc_meter_power_watts, address: 0x34, type: float32, unit: W}\n"
    )
    yield Target(
        name="modbus-profile",
        run=profile(Profile),
        seeds=(modbus_seed, merged),
        allowed=allowed,
        most=512,
    )
