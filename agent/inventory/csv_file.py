"""Read an inventory from a rack list in CSV; its racks name the sites and the breakers."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from agent.inventory.assemble import Assembly
from agent.inventory.model import Breaker, Feed, Inventory, Rack, Site
from agent.inventory.text import no_garbage_collection, text_of
from collectors.strict import Positive

CSV_COLUMNS: Final = (
    "site",
    "timezone",
    "row",
    "rack",
    "state",
    "height_units",
    "rated_power_watts",
    "used_units",
    "reserved_units",
    "pdu_a",
    "capacity_a_watts",
    "breaker_a",
    "breaker_a_amperes",
    "phase_a",
    "pdu_b",
    "capacity_b_watts",
    "breaker_b",
    "breaker_b_amperes",
    "phase_b",
    "x",
    "y",
    "facing",
    "since",
    "until",
)
"""The columns of a rack list. Only `site` and `rack` are needed; an empty cell states nothing."""

_DEFAULTS: Final = {one.name: one.default for one in dataclasses.fields(Rack)}
"""What a rack has where nobody states it, by key."""
_STR: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"

Fields = Mapping[str, "str | Fields"]
"""A mapping of texts and mappings, as YAML would have it."""


def read_csv(
    path: Path, hub: str, *, text: str | None = None, base: Inventory | None = None
) -> Inventory:
    """Read a rack list; raises Problems. `text` stands for the file's content in tests."""
    assembly = Assembly(path, hub, base)
    source = text_of(path) if text is None else text
    with no_garbage_collection():
        reader = csv.DictReader(io.StringIO(source), restkey="", restval="")
        _check_header(assembly, reader.fieldnames or ())
        sites, breakers = _Sites(assembly), _Breakers(assembly)
        for row in reader:
            line = reader.line_num
            zone = row.pop("timezone", "").strip()
            rack = _rack(assembly, line, row, breakers)
            if rack is not None:
                sites.add(rack.site, line, zone)
                assembly.add(rack, line, line)
        sites.finish()
        breakers.finish(sites.lines)
        return assembly.finish()


def _check_header(assembly: Assembly, header: Sequence[str]) -> None:
    known = ", ".join(CSV_COLUMNS)
    for column in header:
        if column not in CSV_COLUMNS:
            assembly.fail(1, column, f"unknown column; expected some of {known}")
    for column in ("site", "rack"):
        if column not in header:
            assembly.fail(1, column, "missing column")
    assembly.raise_mistakes()


def _rack(
    assembly: Assembly, line: int, row: Mapping[str, str], breakers: _Breakers
) -> Rack | None:
    """Build one rack through the same model as YAML, so that both forms refuse the same mistakes.

    Returns None, with the mistake noted, where that fails.
    """
    if "" in row:
        assembly.fail(line, "", "more cells than columns")
        return None
    cells = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    feeds: dict[str, Fields] = {}
    named: dict[str, float | None] = {}
    for feed in ("a", "b"):
        amperes = cells.pop(f"breaker_{feed}_amperes", "")
        columns = {
            "pdu": f"pdu_{feed}",
            "capacity_watts": f"capacity_{feed}_watts",
            "breaker": f"breaker_{feed}",
            "phase": f"phase_{feed}",
        }
        found = {key: cells.pop(column) for key, column in columns.items() if column in cells}
        if found and "pdu" not in found:
            assembly.fail(line, columns[next(iter(found))], f"given without pdu_{feed}")
            return None
        if found:
            feeds[feed.upper()] = found
        if "breaker" in found:
            key = f"breaker_{feed}_amperes"
            named[found["breaker"]] = _amperes(assembly, line, key, amperes)
        elif amperes:
            assembly.fail(line, f"breaker_{feed}_amperes", f"given without breaker_{feed}")
    breakers.add(cells.get("site", ""), line, named)
    stated = cells | ({"feeds": feeds} if feeds else {})
    rack = assembly.document.convert(_node(stated, line), Rack, "")
    return _joined(assembly, line, rack, stated) if isinstance(rack, Rack) else None


def _joined(assembly: Assembly, line: int, rack: Rack, stated: Fields) -> Rack | None:
    """Return a rack with what the file beside the list has of it; None where they contradict."""
    beside = assembly.base.racks.get(rack.rack)
    if beside is None or assembly.base.source != "file":
        return rack
    named = {key: getattr(rack, key) for key in stated}
    feeds = {side: _feed(feed, beside.feeds.get(side, feed)) for side, feed in rack.feeds.items()}
    for key in stated:
        if key == "feeds":
            contradicts = None in feeds.values()
        else:
            contradicts = getattr(beside, key) not in (named[key], _DEFAULTS[key])
        if contradicts:
            assembly.fail(line, key, f"the file beside it states another for rack {rack.rack}")
            return None
    if feeds:
        named["feeds"] = {**beside.feeds, **feeds}
    try:
        return dataclasses.replace(beside, **named)
    except ValueError as error:
        key, _, message = str(error).partition(": ")
        assembly.fail(line, key, message)
        return None


def _feed(here: Feed, there: Feed) -> Feed | None:
    """Return a feed with what the file beside the list has of it; None where they contradict."""
    stated = {
        one.name: getattr(here, one.name)
        for one in dataclasses.fields(Feed)
        if getattr(here, one.name) != one.default
    }
    unstated = Feed()
    if any(getattr(there, key) not in (stated[key], getattr(unstated, key)) for key in stated):
        return None
    return dataclasses.replace(there, **stated)


def _amperes(assembly: Assembly, line: int, key: str, text: str) -> float | None:
    value = assembly.document.convert(_node(text, line), Positive, key) if text else None
    return float(value) if value is not None else None


def _node(value: str | Fields, line: int) -> yaml.Node:
    mark = yaml.Mark("", 0, line - 1, 0, None, 0)
    if isinstance(value, str):
        return yaml.ScalarNode(_STR, value, mark, mark)
    pairs = [(_node(key, line), _node(item, line)) for key, item in value.items()]
    return yaml.MappingNode(_MAP, pairs, mark, mark)


class _Sites:
    """The sites that a rack list names. Any rack may state the zone of its site; all must agree."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self.lines = dict.fromkeys(assembly.base.sites, 0)
        """By site, the line that names it first; 0 for a site that the base has."""
        self._zones: dict[str, tuple[str, int]] = {}

    def add(self, site: str, line: int, zone: str) -> None:
        """Add the site of one rack, with the zone that the rack states, if any."""
        self.lines.setdefault(site, line)
        if not zone:
            return
        known, first = self._zones.setdefault(site, (zone, line))
        if known != zone:
            self._assembly.fail(line, "timezone", f"{site} is in {known} by line {first}")

    def finish(self) -> None:
        """Hand on the sites that the base does not have, and those whose zone the list states."""
        for site, first in self.lines.items():
            known = self._assembly.base.sites.get(site, Site(site=site))
            zone, line = self._zones.get(site, ("", first))
            if not line:
                continue
            if self._assembly.base.source == "file" and known.timezone not in ("", zone):
                said = f"the file beside it states another for site {site}"
                self._assembly.fail(line, "timezone", said)
                continue
            try:
                known = dataclasses.replace(known, timezone=zone or known.timezone)
            except ValueError as error:
                key, _, message = str(error).partition(": ")
                self._assembly.fail(line, key, message)
            self._assembly.add(known, line, 0)


@dataclass(frozen=True, slots=True)
class _Rating:
    """A breaker's rating and site as a rack states them, and the line."""

    site: str
    amperes: float
    line: int


class _Breakers:
    """The breakers of a rack list.

    Every rack behind a breaker may state its rating, or only one of them. Two breakers are a pair
    if each rack that one of them feeds is fed by the other as well, and by no third.
    """

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._ratings: dict[str, _Rating] = {}
        self._beside: dict[str, set[str]] = {}
        """By breaker, what else feeds its racks; "" for a rack that nothing else feeds."""

    def add(self, site: str, line: int, named: Mapping[str, float | None]) -> None:
        """Add the breakers of one rack, with their amperes where it states them."""
        for name, amperes in named.items():
            self._beside.setdefault(name, set()).update(named.keys() - {name} or {""})
            if amperes is None:
                continue
            known = self._ratings.setdefault(name, _Rating(site, amperes, line))
            if (known.site, known.amperes) != (site, amperes):
                self._assembly.fail(
                    line,
                    "breaker",
                    f"{name} is one of {known.amperes:g} A at site {known.site}"
                    f" in line {known.line}",
                )

    def finish(self, sites: Mapping[str, int]) -> None:
        """Hand on every breaker whose rating is stated and whose site is known."""
        number = 0
        for name, rating in self._ratings.items():
            if rating.site not in sites or self._is_beside(name, rating):
                continue
            fields = {"breaker": name, "site": rating.site, "rated_amperes": f"{rating.amperes:g}"}
            pair = self._pair(name)
            if pair:
                fields["pair"] = pair
            breaker = self._assembly.document.convert(_node(fields, rating.line), Breaker, "")
            self._assembly.add(breaker, rating.line, number)
            number += 1

    def _is_beside(self, name: str, rating: _Rating) -> bool:
        """Tell whether the file beside the list has a breaker; note where the ratings differ."""
        beside = self._assembly.base.breakers.get(name)
        if beside is None or self._assembly.base.source != "file":
            return False
        if beside.rated_amperes != rating.amperes:
            message = f"the file beside it states another rating for {name}"
            self._assembly.fail(rating.line, "breaker", message)
        return True

    def _pair(self, name: str) -> str:
        (pair, *more) = self._beside[name]
        mutual = not more and pair in self._ratings and self._beside[pair] == {name}
        return pair if mutual else ""
