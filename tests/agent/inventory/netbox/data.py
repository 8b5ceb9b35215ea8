"""What stands in the look-alike of NetBox's REST API."""

from __future__ import annotations

from typing import Any

TOKENS = {
    "v3": "0123456789abcdef0123456789abcdef01234567",
    "v4": "nbt_k3yk3yk3yk3y.s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t",
}


Object = dict[str, Any]


def choice(value: str) -> Object:
    return {"value": value, "label": value.replace("-", " ").title()}


class Data:
    """What stands in this NetBox. A method a kind adds an object with all fields of the schema."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.lists: dict[str, list[Object]] = {
            name: []
            for name in (
                "sites",
                "racks",
                "device-types",
                "devices",
                "rack-reservations",
                "power-panels",
                "power-feeds",
            )
        }

    def _add(self, endpoint: str, **fields: Any) -> Object:
        rows = self.lists[endpoint]
        number = len(rows) + 1
        made = {
            "id": number,
            "url": f"http://netbox/api/dcim/{endpoint}/{number}/",
            "display": str(fields.get("name")),
            "description": "",
            "tags": [],
            "custom_fields": {},
            "created": "2024-05-14T00:00:00Z",
            **fields,
        }
        rows.append(made)
        return made

    @staticmethod
    def brief(found: Object | None, *keys: str) -> Object | None:
        return (
            None
            if found is None
            else {key: found[key] for key in ("id", "url", "display", *keys) if key in found}
        )

    def site(
        self,
        slug: str,
        status: str = "active",
        *,
        tags: tuple[str, ...] = (),
        tenant: str = "",
        zone: str | None = None,
    ) -> Object:
        return self._add(
            "sites",
            name=slug.title(),
            slug=slug,
            status=choice(status),
            region=None,
            group=None,
            facility="",
            time_zone=zone,
            tenant={"id": 1, "name": tenant, "slug": tenant} if tenant else None,
            tags=[
                {"id": n, "name": tag, "slug": tag, "color": "9e9e9e"}
                for n, tag in enumerate(tags, 1)
            ],
        )

    def rack(
        self,
        site: Object,
        name: str,
        status: str = "active",
        height: int = 42,
        *,
        row: str = "",
        **more: Any,
    ) -> Object:
        where = {"id": 1, "name": row, "slug": row.lower()} if row else None
        made = self._add(
            "racks",
            name=name,
            facility_id=None,
            site=self.brief(site, "name", "slug"),
            location=where,
            tenant=None,
            status=choice(status),
            role=None,
            serial="",
            asset_tag=None,
            width={"value": 19, "label": "19 inches"},
            u_height=height,
            desc_units=False,
            **more,
        )
        made.setdefault("starting_unit", 1)
        return made

    def kind(self, model: str, height: float, **more: Any) -> Object:
        return self._add(
            "device-types",
            model=model,
            slug=model.lower(),
            u_height=height,
            is_full_depth=True,
            subdevice_role=None,
            **more,
        )

    def device(  # noqa: PLR0913 - what NetBox has of a device
        self,
        rack: Object,
        name: str | None,
        kind: Object,
        position: float | None = None,
        *,
        role: str = "server",
        status: str = "active",
        parent: Object | None = None,
        outlets: int = 0,
        **more: Any,
    ) -> Object:
        brief_role = {"id": 1, "name": role, "slug": role}
        fields: Object = {
            "name": name,
            "device_type": self.brief(kind, "model", "slug"),
            "tenant": None,
            "site": rack["site"],
            "rack": self.brief(rack, "name"),
            "position": position,
            "face": choice("front"),
            "status": choice(status),
            "parent_device": self.brief(parent, "name"),
        }
        if self.version == "v3":
            fields["device_role"] = brief_role
        else:
            fields |= {"role": brief_role, "power_outlet_count": outlets, "power_port_count": 1}
        return self._add("devices", **(fields | more))

    def reservation(self, rack: Object, units: list[int], **more: Any) -> Object:
        return self._add(
            "rack-reservations",
            rack=self.brief(rack, "name"),
            units=units,
            user={"id": 1, "username": "admin"},
            **more,
        )

    def panel(self, site: Object, name: str, **more: Any) -> Object:
        return self._add("power-panels", site=self.brief(site, "name", "slug"), name=name, **more)

    def feed(  # noqa: PLR0913 - what NetBox has of a feed
        self,
        panel: Object,
        rack: Object | None,
        name: str,
        pdu: Object | None = None,
        *,
        kind: str = "primary",
        volts: int = 230,
        amperes: int = 32,
        share: int = 80,
        phase: str = "single-phase",
        status: str = "active",
        old: bool = False,
    ) -> Object:
        end = (
            None
            if pdu is None
            else {
                "id": 1,
                "name": "Inlet",
                "device": self.brief(pdu, "name"),
                "cable": 1,
                "_occupied": True,
            }
        )
        ends: Object = (
            {"connected_endpoint": end} if old else {"connected_endpoints": [end] if end else None}
        )
        return self._add(
            "power-feeds",
            power_panel=self.brief(panel, "name"),
            rack=self.brief(rack, "name"),
            name=name,
            status=choice(status),
            type=choice(kind),
            supply=choice("ac"),
            phase=choice(phase),
            voltage=volts,
            amperage=amperes,
            max_utilization=share,
            **ends,
            _site=panel["site"],
        )


def example(version: str) -> Data:
    """Return a small hub: two sites and a retired one, racks of every kind, feeds of every kind."""
    data = Data(version)
    one = data.site("one", tags=("huawei",), tenant="cloud", zone="Asia/Tokyo")
    two = data.site("two", "staging")
    data.site("old", "retired")
    server, chassis = data.kind("server", 2.0), data.kind("chassis", 10.0)
    blade, strip, half, patch = (
        data.kind("blade", 0.0),
        data.kind("strip", 0.0),
        data.kind("half", 1.0),
        data.kind("patch", 0.5),
    )
    a01 = data.rack(
        one,
        "A01",
        row="A",
        custom_fields={"rated_power_watts": 8000, "in_service_since": "2025-12-01"},
    )
    data.rack(
        one,
        "A02",
        "reserved",
        row="A",
        custom_fields={"hubgauge_x": 4.2, "hubgauge_y": -12, "hubgauge_facing": "S"},
    )
    a03 = data.rack(one, "A03", "available", 48, starting_unit=0)
    data.rack(one, "A04", "planned")
    data.rack(one, "A05", "deprecated")
    b01 = data.rack(two, "B01")
    data.device(a01, "n1", server, 1.0)
    box = data.device(a01, "box", chassis, 10.0, role="chassis")
    for number in (1, 2):
        data.device(a01, f"blade-{number}", blade, parent=box)
    data.device(a01, "front", half, 20.0)
    data.device(a01, "rear", half, 20.0)  # both of half the depth
    data.device(a01, "panel", patch, 21.5, role="panel")
    data.device(a01, "next-year", server, 30.0, status="planned")
    data.device(a01, "leaving", server, 40.0, status="decommissioning")
    data.device(a01, None, half, 25.0)
    pdu_a = data.device(a01, "A01-A", strip, role="pdu", outlets=24)
    pdu_b = data.device(a01, "A01-B", strip, role="power-strip", outlets=24)
    data.device(a03, "A03-A", strip, role="pdu")
    data.device(a03, "A03-B", strip, role="pdu")
    data.device(a03, "lowest", server, 1.0)
    data.device(b01, "n2", server, 1.0)
    data.reservation(a01, [1, 30, 31, 32, 33])
    data.reservation(a03, [0, 1, 46, 47])
    data.reservation(a03, [20, 21], status=choice("stale"))
    panel = data.panel(one, "Panel 1")
    data.feed(panel, a01, "A01-A", pdu_a)
    data.feed(
        panel,
        a01,
        "A01-B",
        pdu_b,
        kind="redundant",
        phase="three-phase",
        volts=400,
        amperes=16,
        share=100,
    )
    data.feed(panel, a01, "A01-C", status="planned")
    data.feed(panel, None, "spare")
    data.feed(data.panel(two, "Panel 2"), b01, "main")
    return data
