"""`/sd`: the targets that Prometheus is to scrape, in the format of its `http_sd_configs`.

They are the gateways, and the nodes in service on which the inventory expects an agent. The answer
to a query is made when it is first asked for, and then kept: a hub may have 331 000 nodes.
Source: https://prometheus.io/docs/prometheus/latest/http_sd/
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple

from agent.config import Config
from agent.inventory.model import Inventory
from agent.inventory.shard import Shard, parse_shard
from agent.settings import split_listen
from agent.web.response import Response

_MAX_ANSWERS: Final = 8
"""How many answers to different queries stay in memory; that for a whole hub is some 40 MB."""
_ROLES: Final = ("node", "gateway")
_FIELDS: Final = ("site", "shard", "role")
_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


class _Query(NamedTuple):
    """What a query narrows the list to; an empty field narrows nothing."""

    site: str
    shard: Shard | None
    role: str


class Discovery:
    """The targets of one inventory. `answer` may be called from any thread."""

    def __init__(self, config: Config, inventory: Inventory) -> None:
        self._config, self.inventory = config, inventory
        self._answers: dict[_Query, bytes] = {}
        self._lock = threading.Lock()

    def answer(self, fields: Mapping[str, str]) -> Response:
        """Return the targets, or those of `?site=`, `?shard=2/4` or `?role=node`.

        Raises ValueError for any other field, shard or role.
        """
        query = _parse(fields)
        with self._lock:
            if query not in self._answers:
                while len(self._answers) >= _MAX_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                text = f"[{','.join(self._groups(query))}]"
                self._answers[query] = text.encode("utf-8", "replace")
            body = self._answers[query]
        return Response(content_type="application/json; charset=utf-8", body=body)

    def _groups(self, query: _Query) -> Iterator[str]:
        if query.role in ("", "gateway"):
            yield from self._gateways(query)
        if query.role in ("", "node"):
            yield from self._nodes(query)

    def _gateways(self, query: _Query) -> Iterator[str]:
        file, http = self._config.file, self._config.outputs.http
        host, _ = split_listen(http.listen)
        listen = "" if _is_every_address(host) else http.listen
        own = file.sd.address or listen
        rows = [(own, self._config.node, file.site)] if own else []
        rows += [
            (one.address, one.node or one.address.rpartition(":")[0], one.site)
            for one in file.sd.gateways
        ]
        for address, node, site in dict.fromkeys(rows):
            if query.site in ("", site) and (
                query.shard is None or query.shard.holds("device", site, node)
            ):
                labels = _labels(**file.static_labels, hub=file.hub, site=site)
                yield _group(address, labels, node)

    def _nodes(self, query: _Query) -> Iterator[str]:
        """Yield the nodes. A node belongs to the shard of its rack."""
        file = self._config.file
        pattern, own = file.sd.nodes, {**file.static_labels, "hub": file.hub}
        if not pattern:
            return
        for rack in self.inventory.all_racks.values():
            if rack.state != "in_service" or not rack.devices or query.site not in ("", rack.site):
                continue
            if query.shard is not None and not query.shard.holds_rack(
                rack.site, rack.row, rack.rack
            ):
                continue
            place = {"site": rack.site, "row": rack.row, "rack": rack.rack}
            labels = _labels(**own, **place)
            for device in rack.devices:
                if device.agent:
                    yield _group(pattern.format(node=device.node, **place), labels, device.node)


def _parse(fields: Mapping[str, str]) -> _Query:
    unknown = fields.keys() - set(_FIELDS)
    if unknown:
        raise ValueError(f"{min(unknown)}: expected one of {', '.join(_FIELDS)}")
    role = fields.get("role", "")
    if role and role not in _ROLES:
        raise ValueError(f"role: expected one of {', '.join(_ROLES)}, got {role!r}")
    shard = parse_shard(fields["shard"]) if fields.get("shard") else None
    return _Query(fields.get("site", ""), shard, role)


def _is_every_address(host: str) -> bool:
    """Tell whether a server at this host listens at every address of the machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:  # a name
        return not host


def _labels(**labels: str) -> str:
    """Return labels as JSON without the braces.

    A label without a value is left out: to Prometheus an empty label and an absent one are equal.
    """
    return ",".join(f'"{name}":{_quoted(value)}' for name, value in labels.items() if value)


def _group(address: str, labels: str, node: str) -> str:
    """Return one group as text; `json.dumps` of a tree of all groups takes five times as long."""
    return f'{{"targets":[{_quoted(address)}],"labels":{{{labels},"node":{_quoted(node)}}}}}'
