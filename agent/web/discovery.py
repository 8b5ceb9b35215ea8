"""`/sd`: whom Prometheus is to scrape, in the format of its http_sd_configs, from the inventory.

Listed are the nodes in service whose agent the inventory expects, and the gateways. The text is made once an inventory, when somebody
first asks: a hub may have 331 000 nodes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.inventory.shard import Shard, parse_shard
from agent.settings import split_listen
from agent.web.pages import Response

if TYPE_CHECKING:
    from agent.app import Loaded

_KEPT: Final = 8
"""Answers to different questions that are kept; a hub's is some 40 MB."""
_ROLES: Final = ("node", "gateway")
_ANY: Final = frozenset(("0.0.0.0", "::", ""))  # noqa: S104 - addresses that are nobody's own
_ASKED: Final = ("site", "shard", "role")
_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


class _Asked(NamedTuple):
    """What a query narrows the list to."""

    site: str
    shard: Shard | None
    role: str


class Discovery:
    """The targets of one inventory. `answer` may be called from any thread."""

    def __init__(self, loaded: Loaded) -> None:
        assert loaded.inventory is not None  # noqa: S101 - for the type checker
        self.loaded: Final = loaded
        self._config, self._inventory = loaded.config, loaded.inventory
        self._answers: dict[_Asked, bytes] = {}
        self._lock = threading.Lock()

    def answer(self, query: Mapping[str, str]) -> Response:
        """Return the targets, or those of `?site=`, `?shard=2/4` or `?role=node`; raises ValueError for a query that is none of these."""
        unknown = query.keys() - set(_ASKED)
        if unknown:
            raise ValueError(f"{min(unknown)}: expected one of {', '.join(_ASKED)}")
        role = query.get("role", "")
        if role and role not in _ROLES:
            raise ValueError(f"role: expected one of {', '.join(_ROLES)}, got {role!r}")
        asked = _Asked(
            query.get("site", ""), parse_shard(query["shard"]) if query.get("shard") else None, role
        )
        with self._lock:
            if asked not in self._answers:
                while len(self._answers) >= _KEPT:
                    del self._answers[next(iter(self._answers))]
                text = f"[{','.join(self._groups(asked))}]"
                self._answers[asked] = text.encode("utf-8", "replace")
            return Response(
                content_type="application/json; charset=utf-8", body=self._answers[asked]
            )

    def _groups(self, asked: _Asked) -> Iterator[str]:
        if asked.role in ("", "gateway"):
            yield from self._gateways(asked)
        if asked.role in ("", "node"):
            yield from self._nodes(asked)

    def _gateways(self, asked: _Asked) -> Iterator[str]:
        file = self._config.file
        host, _ = split_listen(file.outputs.http.listen)
        own = file.sd.address or (file.outputs.http.listen if host not in _ANY else "")
        rows = [(own, self._config.node, file.site)] if own else []
        rows += [
            (one.address, one.node or one.address.rpartition(":")[0], one.site)
            for one in file.sd.gateways
        ]
        for address, node, site in dict.fromkeys(rows):
            if asked.site in ("", site) and (
                asked.shard is None or asked.shard.holds("device", site, node)
            ):
                yield _group(address, _labels(hub=file.hub, site=site), node)

    def _nodes(self, asked: _Asked) -> Iterator[str]:
        """Yield the nodes; they are in the shard that their rack is in."""
        pattern, hub = self._config.file.sd.nodes, self._config.file.hub
        if not pattern:
            return
        for rack in self._inventory.all_racks.values():
            if rack.state != "in_service" or not rack.devices or asked.site not in ("", rack.site):
                continue
            if asked.shard is not None and not asked.shard.holds_rack(rack):
                continue
            place = {"site": rack.site, "row": rack.row, "rack": rack.rack}
            labels = _labels(hub=hub, **place)
            for device in rack.devices:
                if device.agent:
                    yield _group(pattern.format(node=device.node, **place), labels, device.node)


def _labels(**labels: str) -> str:
    """Return labels as JSON without the braces; those without a value are left out, as Prometheus takes them for absent."""
    return ",".join(f'"{name}":{_quoted(value)}' for name, value in labels.items() if value)


def _group(address: str, labels: str, node: str) -> str:
    """Return one group: piece by piece, which takes a fifth of the time of a tree that is then written."""
    return f'{{"targets":[{_quoted(address)}],"labels":{{{labels},"node":{_quoted(node)}}}}}'
