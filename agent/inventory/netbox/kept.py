"""Keep NetBox's last good answer on disk, so that an agent starts without NetBox.

The file holds the model, not what NetBox sent: a hub's devices are some hundred megabytes there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from agent.inventory.model import Breaker, Device, Feed, Inventory, Rack, Site
from agent.inventory.netbox.config import NetBox
from agent.inventory.netbox.place import PLACE_FIELDS
from collectors.base import HubgaugeError

log = logging.getLogger(__name__)

VERSION: Final = 1
_NAME: Final = "netbox.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One good answer of NetBox, and the entries of it that could not be used."""

    inventory: Inventory
    problems: Sequence[str] = ()
    """The first of these entries, each with its reason, one line each."""
    problem_count: int = 0


class KeptAnswer:
    """The file with the last good answer, which holds for one set of settings only."""

    def __init__(self, state_dir: Path, config: NetBox, hub: str) -> None:
        self.path = state_dir / _NAME
        # An answer from before places were read is still good until NetBox is read again.
        named = config.place_fields
        places = () if named == PLACE_FIELDS else (named,)
        question = (
            hub,
            config.url,
            config.sites,
            config.tenants,
            config.tags,
            config.node_roles,
            config.pdu_roles,
            config.rated_power_field,
            config.since_field,
            config.panel_amperes_field,
            *places,
        )
        self._question = hashlib.sha256(repr(question).encode()).hexdigest()
        self._complete = config.complete

    def load(self) -> Answer | None:
        """Return the kept answer; None if there is none, or it is damaged or for other settings."""
        try:
            data = json.loads(self.path.read_bytes())
            if data["version"] != VERSION or data["asked"] != self._question:
                return None
            return Answer(
                inventory=_inventory(data, complete=self._complete),
                problems=tuple(data["problems"]),
                problem_count=int(data["skipped"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else error
            log.warning("%s: cannot be used, NetBox is read again: %s", self.path, reason)
            return None

    def save(self, answer: Answer) -> None:
        """Write the answer, all or nothing; raises HubgaugeError where it cannot be written."""
        inventory = answer.inventory
        data = {
            "version": VERSION,
            "asked": self._question,
            "hub": inventory.hub,
            "read_at": inventory.read_at,
            "problems": list(answer.problems),
            "skipped": answer.problem_count,
            "sites": [_plain(site) for site in inventory.sites.values()],
            "racks": [_plain(rack) for rack in inventory.racks.values()],
            "breakers": [_plain(breaker) for breaker in inventory.breakers.values()],
        }
        part = self.path.with_suffix(".part")
        try:
            part.unlink(missing_ok=True)
            number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            message = f"{self.path}: cannot be written: {error.strerror or error}"
            raise HubgaugeError(message) from None


def _plain(item: Any) -> dict[str, Any]:
    """Return a model's fields that differ from its defaults, so that a hub's file stays small."""
    return dict(_fields(item))


def _fields(item: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value == field.default:
            continue
        if field.name == "feeds":
            yield field.name, {name: _plain(feed) for name, feed in value.items()}
        elif field.name == "devices" and value is not None:
            yield field.name, [_plain(device) for device in value]
        else:
            yield field.name, value


def _inventory(data: Mapping[str, Any], *, complete: bool) -> Inventory:
    sites = [Site(**{**site, "scopes": tuple(site.get("scopes", ()))}) for site in data["sites"]]
    racks = [_rack(rack) for rack in data["racks"]]
    breakers = [Breaker(**breaker) for breaker in data["breakers"]]
    return Inventory(
        hub=str(data["hub"]),
        sites={site.site: site for site in sites},
        racks={rack.rack: rack for rack in racks},
        breakers={breaker.breaker: breaker for breaker in breakers},
        complete=complete,
        source="netbox",
        read_at=float(data["read_at"]),
    )


def _rack(data: Mapping[str, Any]) -> Rack:
    feeds = {name: Feed(**feed) for name, feed in data.get("feeds", {}).items()}
    devices = tuple(Device(**device) for device in data["devices"]) if "devices" in data else None
    return Rack(**{**data, "feeds": feeds, "devices": devices})
