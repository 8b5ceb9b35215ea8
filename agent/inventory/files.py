"""Read an inventory file, YAML or CSV, strictly: every mistake with its line, all at once.

A hub has tens of thousands of racks. A YAML tree of them takes 600 MB and a quarter of a minute, so the file is read as a
stream of events and only one rack's nodes are alive at a time.
"""

from __future__ import annotations

import csv
import dataclasses
import gc
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import yaml

from agent.inventory.check_breakers import CsvBreakers, breaker_mistakes, rack_mistakes
from agent.inventory.check_meters import check_behind
from agent.inventory.model import Breaker, Inventory, Meter, Rack, Site
from collectors.base import ConfigError
from collectors.strict import Document, Positive, Problems, nearest

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES: Final = 256 * 2**20
_NULL, _STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("null", "str", "seq", "map"))
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_SPECIAL: Final = dict.fromkeys(_NULLS, _NULL) | {"<<": "tag:yaml.org,2002:merge"}
_MODELS: Final[Mapping[str, type]] = {
    "sites": Site,
    "breakers": Breaker,
    "racks": Rack,
    "meters": Meter,
}
_COMPLETE: Final = "complete"
"""The one key beside the lists: `complete: true` says that they hold the whole hub."""
_MAX_ERRORS: Final = 200
"""A file of the wrong shape has as many mistakes as lines; nobody reads more of them than this."""

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
    "pdu_b",
    "capacity_b_watts",
    "breaker_b",
    "breaker_b_amperes",
)
"""The columns of a rack list; only `site` and `rack` must be there, and an empty cell is a value left out."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the cyclic garbage collector off while hundreds of thousands of objects are made that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Parts:
    """What has been read so far, with the line and the number of each item."""

    def __init__(self, path: Path, hub: str, base: Inventory | None) -> None:
        self.path = path
        self.base = base or Inventory(hub=hub)
        self.document = Document(path, text="")
        self.complete = False
        self.items: dict[str, list[tuple[Any, int, int]]] = {name: [] for name in _MODELS}

    def fail(self, line: int, key: str, message: str) -> None:
        self.document.errors.append(
            ConfigError(message, file=self.document.name, line=line, key=key)
        )

    def finish(self) -> Inventory:
        """Check the parts against each other; raises Problems."""
        sites = self._sites()
        racks = self._racks(sites)
        breakers = self._breakers(sites)
        meters = self._meters(sites)
        if self.document.errors:
            raise Problems(sorted(self.document.errors, key=lambda error: error.line)[:_MAX_ERRORS])
        read_at = self.base.read_at
        if read_at is None and self.base.source == "file":
            with suppress(OSError):  # a text handed in by a test
                read_at = self.path.stat().st_mtime
        complete = self.complete or self.base.complete
        return dataclasses.replace(
            self.base,
            sites=sites,
            racks=racks,
            breakers=breakers,
            meters=meters,
            complete=complete,
            read_at=read_at,
        )

    def _sites(self) -> dict[str, Site]:
        found = dict(self.base.sites)
        lines: dict[str, int] = {}
        for site, line, number in self.items["sites"]:
            if site.site in lines:
                self.fail(
                    line,
                    f"sites[{number}].site",
                    f"{site.site} is given twice (first in line {lines[site.site]})",
                )
                continue
            lines[site.site] = line
            found[site.site] = site
        return found

    def _racks(self, sites: Mapping[str, Site]) -> dict[str, Rack]:
        found = dict(self.base.racks)
        lines: dict[str, int] = {}
        own = {rack.rack for rack, _, _ in self.items["racks"]}
        kept = [rack for name, rack in found.items() if name not in own]
        pdus = {
            feed.pdu: f"{rack.rack} feed {name}"
            for rack in kept
            for name, feed in rack.feeds.items()
        }
        nodes = {device.node: rack.rack for rack in kept for device in rack.devices or ()}
        for rack, line, number in self.items["racks"]:
            key = f"racks[{number}]"
            if rack.rack in lines:
                self.fail(
                    line,
                    f"{key}.rack",
                    f"{rack.rack} is given twice (first in line {lines[rack.rack]})",
                )
                continue
            lines[rack.rack] = line
            found[rack.rack] = rack
            self._known_site(line, f"{key}.site", rack.site, sites)
            for name, feed in rack.feeds.items():
                owner = f"{rack.rack} feed {name}"
                if feed.pdu and pdus.setdefault(feed.pdu, owner) != owner:
                    self.fail(
                        line,
                        f"{key}.feeds.{name}.pdu",
                        f"{feed.pdu} already feeds rack {pdus[feed.pdu]}",
                    )
            for device in rack.devices or ():
                if device.node in nodes:
                    self.fail(
                        line,
                        f"{key}.devices",
                        f"{device.node} is already in rack {nodes[device.node]}",
                    )
                nodes[device.node] = rack.rack
        return found

    def _breakers(self, sites: Mapping[str, Site]) -> dict[str, Breaker]:
        """Check the breakers against each other, and what the racks hang on against them."""
        found = dict(self.base.breakers)
        lines: dict[str, int] = {}
        for breaker, line, number in self.items["breakers"]:
            if breaker.breaker in lines:
                first = lines[breaker.breaker]
                self.fail(
                    line,
                    f"breakers[{number}].breaker",
                    f"{breaker.breaker} is given twice (first in line {first})",
                )
                continue
            lines[breaker.breaker], found[breaker.breaker] = line, breaker
            self._known_site(line, f"breakers[{number}].site", breaker.site, sites)
        for breaker, line, number in self.items["breakers"]:
            for key, message in breaker_mistakes(breaker, found):
                self.fail(line, f"breakers[{number}].{key}", message)
        for rack, line, number in self.items["racks"]:
            for key, message in rack_mistakes(rack, found):
                self.fail(line, f"racks[{number}].{key}", message)
        return found

    def _known_site(self, line: int, key: str, site: str, sites: Mapping[str, Site]) -> None:
        if site in sites:
            return
        self.fail(line, key, f"unknown site {site!r}{nearest(site, sites)}")

    def _meters(self, sites: Mapping[str, Site]) -> dict[tuple[str, str], Meter]:
        found = dict(self.base.meters)
        lines: dict[tuple[str, str], int] = {}
        pdus = {pdu: fed.rack.site for pdu, fed in self.base.feeds.items()}
        pdus |= {
            feed.pdu: rack.site
            for rack, _, _ in self.items["racks"]
            for feed in rack.feeds.values()
        }
        for written, line, number in self.items["meters"]:
            key, meter = f"meters[{number}]", written
            if not meter.site:
                # One site needs no saying; a PDU stands where its rack does.
                site = pdus.get(meter.meter) or (next(iter(sites)) if len(sites) == 1 else "")
                if not site:
                    self.fail(line, f"{key}.site", "missing; there is more than one site")
                    continue
                meter = dataclasses.replace(meter, site=site)
            else:
                self._known_site(line, f"{key}.site", meter.site, sites)
            if meter.point is None:
                if meter.meter not in pdus:
                    self.fail(
                        line, f"{key}.point", f"missing; {meter.meter} is not the PDU of a rack"
                    )
                    continue
                meter = dataclasses.replace(meter, point="pdu_output")
            name = (meter.site, meter.meter)
            if name in lines:
                self.fail(
                    line,
                    f"{key}.meter",
                    f"{meter.meter} is given twice (first in line {lines[name]})",
                )
                continue
            lines[name], found[name] = line, meter
        self._check_replacements(found, lines)
        check_behind(found, lines, self.fail)
        return found

    def _check_replacements(
        self, meters: Mapping[tuple[str, str], Meter], lines: Mapping[tuple[str, str], int]
    ) -> None:
        replaced: dict[tuple[str, str], str] = {}
        for name, meter in meters.items():
            if not meter.replaces:
                continue
            old = (meter.site, meter.replaces)
            if old in replaced:
                self.fail(
                    lines[name],
                    "replaces",
                    f"{meter.replaces} is already replaced by {replaced[old]}",
                )
            elif old in meters and meters[old].point != meter.point and name in lines:
                self.fail(
                    lines[name],
                    "replaces",
                    f"{meter.replaces} is at point {meters[old].point}, not {meter.point}",
                )
            replaced[old] = meter.meter
        for name in meters:
            seen, at = {name}, meters[name]
            while at.replaces and (before := (at.site, at.replaces)) in meters:
                if before in seen:
                    self.fail(lines[name], "replaces", f"{at.replaces} replaces itself in a circle")
                    return
                seen.add(before)
                at = meters[before]


def read_yaml(
    path: Path, hub: str, *, text: str | None = None, base: Inventory | None = None
) -> Inventory:
    """Read the YAML form; raises Problems."""
    parts = _Parts(path, hub, base)
    source = _text(path, text)
    with _no_collection():
        try:
            for section, number, node in _items(_Events(source), parts):
                item = parts.document.convert(node, _MODELS[section], f"{section}[{number}]")
                if item is not None:
                    parts.items[section].append((item, node.start_mark.line + 1, number))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            parts.fail(line, "", f"is not YAML: {error.problem or error.context}")
            raise Problems(parts.document.errors) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            parts.fail(
                0, "", f"is not YAML: {(str(error) or type(error).__name__).splitlines()[0]}"
            )
            raise Problems(parts.document.errors) from None
        return parts.finish()


def _text(path: Path, text: str | None) -> str:
    if text is not None:
        return text
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise Problems([ConfigError(f"larger than {_MAX_BYTES} bytes", file=str(path))])
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise Problems(
            [ConfigError(f"cannot be read: {error.strerror or error}", file=str(path))]
        ) from None
    except UnicodeDecodeError as error:
        raise Problems(
            [ConfigError(f"is not UTF-8 (byte {error.start})", file=str(path))]
        ) from None


class _Events:
    """YAML's events, composed into nodes one branch at a time."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, yaml.Node] = {}

    def next(self) -> Any:  # noqa: ANN401 - yaml's events have no common type in its stubs
        return next(self._events)

    def node(self, event: Any) -> Any:  # noqa: ANN401
        """Compose the node that an event begins."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            # The models ask of a plain scalar only whether it is null; resolving every tag costs as much as parsing.
            tag = event.tag or (_SPECIAL.get(event.value, _STR) if event.implicit[0] else _STR)
            node: Any = yaml.ScalarNode(
                tag, event.value, event.start_mark, event.end_mark, event.style
            )
        elif kind is yaml.AliasEvent:
            if event.anchor not in self._anchors:
                raise yaml.MarkedYAMLError(
                    problem=f"found undefined alias {event.anchor!r}", problem_mark=event.start_mark
                )
            return self._anchors[event.anchor]
        elif kind is yaml.SequenceStartEvent:
            node = yaml.SequenceNode(
                _SEQ, list(self._children(yaml.SequenceEndEvent)), event.start_mark
            )
        else:
            children = list(self._children(yaml.MappingEndEvent))
            pairs = list(zip(children[::2], children[1::2], strict=True))
            node = yaml.MappingNode(_MAP, pairs, event.start_mark)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _children(self, end: type) -> Iterator[yaml.Node]:
        while not isinstance(event := self.next(), end):
            yield self.node(event)


def _items(events: _Events, parts: _Parts) -> Iterator[tuple[str, int, yaml.Node]]:
    """Yield the items of the three lists one by one; notes keys that are none of them."""
    event = events.next()
    while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
        event = events.next()
    if isinstance(event, yaml.StreamEndEvent):
        return
    if isinstance(event, yaml.MappingStartEvent):
        yield from _sections(events, parts)
    elif not (isinstance(event, yaml.ScalarEvent) and event.value in _NULLS):
        parts.document.fail(
            events.node(event), "", f"expected a mapping with the keys {', '.join(_MODELS)}"
        )
    while not isinstance(event, yaml.StreamEndEvent):
        event = events.next()
        if isinstance(event, yaml.DocumentStartEvent):
            raise yaml.YAMLError("expected a single document")


def _sections(events: _Events, parts: _Parts) -> Iterator[tuple[str, int, yaml.Node]]:
    document = parts.document
    seen: dict[str, int] = {}
    while not isinstance(event := events.next(), yaml.MappingEndEvent):
        key_node = events.node(event)
        section = str(key_node.value)
        if (section not in _MODELS and section != _COMPLETE) or section in seen:
            again = f"given twice (first in line {seen[section]})" if section in seen else ""
            document.fail(
                key_node,
                section,
                again or f"unknown key; expected one of {', '.join((*_MODELS, _COMPLETE))}",
            )
            events.node(events.next())
            continue
        seen[section] = key_node.start_mark.line + 1
        event = events.next()
        if section == _COMPLETE:
            parts.complete = bool(document.convert(events.node(event), bool, section))
            continue
        if not isinstance(event, yaml.SequenceStartEvent):
            whole = events.node(event)
            if whole.tag != _NULL:
                document.fail(whole, section, "expected a list of mappings")
            continue
        number = 0
        while not isinstance(event := events.next(), yaml.SequenceEndEvent):
            yield section, number, events.node(event)
            number += 1


def read_csv(
    path: Path, hub: str, *, text: str | None = None, base: Inventory | None = None
) -> Inventory:
    """Read a rack list as CSV, with the columns of `CSV_COLUMNS`; raises Problems. Its sites are those the racks name."""
    parts = _Parts(path, hub, base)
    with _no_collection():
        reader = csv.DictReader(io.StringIO(_text(path, text)), restkey="", restval="")
        header = reader.fieldnames or ()
        for column in header:
            if column not in CSV_COLUMNS:
                parts.fail(1, column, f"unknown column; expected some of {', '.join(CSV_COLUMNS)}")
        for column in ("site", "rack"):
            if column not in header:
                parts.fail(1, column, "missing column")
        if parts.document.errors:
            raise Problems(parts.document.errors)
        sites, breakers = _CsvSites(parts), CsvBreakers()
        for row in reader:
            zone = (row.pop("timezone", "") or "").strip()
            rack = _csv_rack(parts, reader.line_num, row, breakers)
            if rack is None:
                continue
            sites.add(rack.site, reader.line_num, zone)
            parts.items["racks"].append((rack, reader.line_num, reader.line_num))
        parts.items["sites"] = list(sites.items())
        parts.items["breakers"] = [
            (parts.document.convert(_plain_node(fields, line), Breaker, ""), line, number)
            for number, (line, fields) in enumerate(breakers.items())
            if fields["site"] in sites.lines
        ]
        return parts.finish()


class _CsvSites:
    """The sites that a rack list names. The zone of one is stated by any of its racks; two racks that differ are a mistake."""

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self.lines = dict.fromkeys(parts.base.sites, 0)
        """By site, the line that names it first; 0 where the base has it."""
        self._zones: dict[str, tuple[str, int]] = {}

    def add(self, site: str, line: int, zone: str) -> None:
        """Take the site of one rack, with its zone where the rack states it."""
        self.lines.setdefault(site, line)
        if not zone:
            return
        known, first = self._zones.setdefault(site, (zone, line))
        if known != zone:
            self._parts.fail(line, "timezone", f"{site} is in {known} by line {first}")

    def items(self) -> Iterator[tuple[Site, int, int]]:
        """Yield the sites that the base does not have, and those whose zone the list states."""
        for site, first in self.lines.items():
            known = self._parts.base.sites.get(site, Site(site=site))
            zone, line = self._zones.get(site, ("", first))
            if not line:
                continue
            try:
                yield dataclasses.replace(known, timezone=zone or known.timezone), line, 0
            except ValueError as error:
                key, _, message = str(error).partition(": ")
                self._parts.fail(line, key, message)
                yield known, line, 0


def _csv_rack(parts: _Parts, line: int, row: dict[str, str], breakers: CsvBreakers) -> Rack | None:
    """Build one rack by the same model as YAML does, so that both refuse the same things."""
    if "" in row:
        parts.fail(line, "", "more cells than columns")
        return None
    cells = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    feeds: dict[str, dict[str, str]] = {}
    named: dict[str, float | None] = {}
    for feed in ("a", "b"):
        amperes = cells.pop(f"breaker_{feed}_amperes", "")
        columns = (
            ("pdu", f"pdu_{feed}"),
            ("capacity_watts", f"capacity_{feed}_watts"),
            ("breaker", f"breaker_{feed}"),
        )
        found = {key: cells.pop(column) for key, column in columns if column in cells}
        if found and "pdu" not in found:
            missing = next(column for key, column in columns if key in found)
            parts.fail(line, missing, f"given without pdu_{feed}")
            return None
        if found:
            feeds[feed.upper()] = found
        if "breaker" in found:
            named[found["breaker"]] = _amperes(parts, line, f"breaker_{feed}_amperes", amperes)
        elif amperes:
            parts.fail(line, f"breaker_{feed}_amperes", f"given without breaker_{feed}")
    for key, message in breakers.add(cells.get("site", ""), line, named):
        parts.fail(line, key, message)
    node = _plain_node(cells | ({"feeds": feeds} if feeds else {}), line)
    rack = parts.document.convert(node, Rack, "")
    return rack if isinstance(rack, Rack) else None


def _amperes(parts: _Parts, line: int, key: str, text: str) -> float | None:
    value = parts.document.convert(_plain_node(text, line), Positive, key) if text else None
    return float(value) if value is not None else None


def _plain_node(value: Any, line: int) -> yaml.Node:  # noqa: ANN401 - a tree of mappings and texts
    mark = yaml.Mark("", 0, line - 1, 0, None, 0)
    if isinstance(value, dict):
        pairs = [(_plain_node(key, line), _plain_node(item, line)) for key, item in value.items()]
        return yaml.MappingNode(_MAP, pairs, mark, mark)
    return yaml.ScalarNode(_STR, value, mark, mark)
