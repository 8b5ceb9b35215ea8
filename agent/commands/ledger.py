"""`hubgauge ledger import|show|export|recompute`: metered energy, and the PUE made of it.

It may run beside the agent: both use one SQLite file, which takes turns by itself.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.commands import ledger_import
from collectors.base import ConfigError
from collectors.strict import nearest

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from agent.inventory import Inventory, Site
    from agent.kpi.family import FactorName
    from agent.kpi.ledger import Ledger
    from agent.kpi.model import PueResult
    from agent.kpi.pue import Pue

_KWH: Final = 3.6e6
_MOST_LOOKUPS: Final = 5_000_000
_MOST_NAMES: Final = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, required=True, metavar="F", help="the agent's config file")
    common.add_argument("--site", required=True, metavar="S", help="which site")
    period = argparse.ArgumentParser(add_help=False)
    period.add_argument("--from", dest="start", required=True, metavar="T", help="ISO 8601; without an offset, the site's time")
    period.add_argument("--to", dest="end", required=True, metavar="T", help="ISO 8601; the end is not part of the period")

    ledger_import.configure(
        actions.add_parser("import", parents=[common], help="take energy, power or water from a CSV or Parquet file")
    )

    show = actions.add_parser("show", parents=[common, period], help="the PUE of a period, with all it rests on")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.add_argument("--explain", action="store_true", help="also each point, its meters and those that are missing")

    out = actions.add_parser("export", parents=[common, period], help="hours of every meter, which import takes again")
    out.add_argument("--out", type=Path, metavar="F", help="a file to write, .csv or .parquet; else CSV to standard output")
    actions.add_parser("recompute", parents=[common, period], help="sum the site's hours anew by the present inventory")


def run(args: argparse.Namespace) -> int:
    """Do one of the four."""
    from agent.kpi.ledger import Ledger, LedgerSettings  # noqa: PLC0415 - imported by the command that needs it
    from agent.kpi.pue import Pue  # noqa: PLC0415

    inventory, state_dir = _load(args.config)
    path = state_dir / "ledger.db"
    if args.action != "import" and not path.exists():
        raise ConfigError("no ledger there yet; run the agent, or import", file=str(path))
    site = _site(args.site, inventory)
    if args.action == "import":
        return ledger_import.run(args, path, inventory, site)
    start, end = _moment(args.start, "--from", site.zone), _moment(args.end, "--to", site.zone)
    if not start < end:
        raise ConfigError("expected a time after --from", key="--to")
    ledger = Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
    try:
        if args.action == "export":
            _export(args.out, ledger, site, start, end)
            return 0
        pue = Pue(ledger, inventory)
        if args.action == "recompute":
            pue.hours.mark(site.site, round(start.timestamp() * 1000), round(end.timestamp() * 1000))
        _sum_up(pue)
        if args.action == "show":
            _show(args, pue, site, start, end)
    finally:
        ledger.close()
    return 0


def _load(path: Path) -> tuple[Inventory, Path]:
    from agent import config  # noqa: PLC0415
    from agent.app import inventory_of  # noqa: PLC0415
    from agent.inventory import Inventory  # noqa: PLC0415

    found = config.load(path)
    return inventory_of(found) or Inventory(hub=found.file.hub), found.file.state_dir


def _site(name: str, inventory: Inventory) -> Site:
    if name in inventory.sites:
        return inventory.sites[name]
    if not inventory.sites:
        raise ConfigError("the config file names no inventory, which says what the meters measure", key="--site")
    raise ConfigError(f"unknown site {name!r}{nearest(name, inventory.sites)}", key="--site")


def _moment(text: str, key: str, zone: ZoneInfo) -> dt.datetime:
    from agent.kpi.sheets import parse_time  # noqa: PLC0415

    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise ConfigError(str(error).removeprefix("time: "), key=key) from None


def _sum_up(pue: Pue) -> None:
    """Sum all hours of sites that are out of date."""
    while not pue.refresh():
        pass


def _export(path: Path | None, ledger: Ledger, site: Site, start: dt.datetime, end: dt.datetime) -> None:
    from agent.kpi import hourfiles  # noqa: PLC0415

    rows = ledger.rows(site.site, start.timestamp(), end.timestamp())
    if path is None:
        hourfiles.write_csv(sys.stdout, rows, site.zone)
        return
    try:
        if path.suffix == hourfiles.PARQUET:
            hourfiles.write_parquet(path, rows)
        else:
            with path.open("w", encoding="utf-8", newline="") as out:
                hourfiles.write_csv(out, rows, site.zone)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", file=str(path), key="--out") from None


def _show(args: argparse.Namespace, pue: Pue, site: Site, start: dt.datetime, end: dt.datetime) -> None:
    result = pue.between(site.site, start.timestamp(), end.timestamp())
    points = _points(pue, result) if args.explain else {}
    if args.json:
        json.dump(_as_json(result, site, points if args.explain else None), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    sys.stdout.writelines(line + "\n" for line in (*_lines(result, site), *_explanation(points, result)))


def _as_json(result: PueResult, site: Site, points: dict[str, dict[str, Any]] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "site": result.site,
        "from": dt.datetime.fromtimestamp(result.start, site.zone).isoformat(),
        "to": dt.datetime.fromtimestamp(result.end, site.zone).isoformat(),
        "state": result.state,
        "pue": result.pue,
        "category": result.category,
        "coverage": result.coverage,
        "uncertainty": result.uncertainty,
        "facility_kwh": result.facility_joules / _KWH,
        "it_kwh": result.it_joules / _KWH,
        "interim": result.interim,
        "it_point": result.it_point or None,
        "facility_method": result.facility_method or None,
        "renewable_energy_ratio": result.renewable_ratio,
        "energy_reuse_factor": _value(result, "erf"),
        "carbon_kilograms_per_kilowatt_hour": _value(result, "cue"),
        "carbon_basis": result.carbon_basis or None,
        "water_liters_per_kilowatt_hour": _value(result, "wue"),
        "factor_coverage": {factor.name: factor.coverage for factor in result.factors},
        "grade": result.grade,
        "overhead": [
            {
                "subsystem": part.subsystem,
                "energy_kwh": part.joules / _KWH,
                "coverage": part.coverage,
                "partial_pue": part.partial_pue,
            }
            for part in result.overheads
        ],
        "edition": result.edition,
        "notes": list(result.notes),
    }
    return found if points is None else found | {"points": points}


def _lines(result: PueResult, site: Site) -> list[str]:
    start, end = (f"{dt.datetime.fromtimestamp(t, site.zone):%Y-%m-%d %H:%M %Z}" for t in (result.start, result.end))
    value = "no value" if result.pue is None else f"{result.pue:.3f}"
    kind = f"category {result.category}, IT metered at {result.it_point}" if result.category else "IT not metered"
    lines = [
        f"{site.name or site.site}, {start} to {end}",
        f"PUE          {value}  ({result.state}{', interim' if result.interim else ''}; {kind}; {result.edition})",
        f"coverage     {result.coverage:.1%}",
        f"uncertainty  {'unknown' if result.uncertainty is None else f'±{result.uncertainty:.2%} (k = 2)'}",
        f"facility     {result.facility_joules / _KWH:.3f} kWh",
        f"IT           {result.it_joules / _KWH:.3f} kWh",
    ]
    if result.renewable_ratio is not None:
        lines.append(f"renewable    {result.renewable_ratio:.1%} (REF, ISO/IEC 30134-3)")
    lines += _family(result)
    return lines + [f"note: {note}" for note in result.notes]


def _value(result: PueResult, name: FactorName) -> float | None:
    factor = result.factor(name)
    return None if factor is None else factor.per_kwh


def _family(result: PueResult) -> list[str]:
    """Write what is known beside PUE, and where the overhead goes."""
    units = {"erf": "", "cue": f" kg/kWh, {result.carbon_basis}-based", "wue": " l/kWh"}
    lines = [
        f"{factor.name.upper():<13}{factor.per_kwh:.3f}{units[factor.name]}  ({factor.standard}; coverage {factor.coverage:.1%})"
        for factor in result.factors
        if factor.per_kwh is not None
    ]
    if result.grade is not None:
        grade = f"grade {result.grade}" if result.grade else "none of the grades"
        lines.append(f"grade        {grade} of GB 40879-2021, to be confirmed{' at the end of a year' if result.interim else ''}")
    for part in result.overheads:
        share = f"partial PUE {part.partial_pue:.3f}, " if part.partial_pue is not None else ""
        lines.append(f"{part.subsystem:<13}{part.joules / _KWH:.3f} kWh of the overhead  ({share}coverage {part.coverage:.1%})")
    return lines


def _points(pue: Pue, result: PueResult) -> dict[str, dict[str, Any]]:
    """Return what each point metered over its own covered time, and which of its meters were never heard."""
    start, end = round(result.start * 1000), round(result.end * 1000)
    boundary = pue.boundary(result.site)
    meters = sum(map(len, boundary.parts.values()))
    hours = (end - start) // 3_600_000 + 1
    silent = pue.hours.silent(result.site, start, end) if meters * hours <= _MOST_LOOKUPS else {}
    found: dict[str, dict[str, Any]] = {
        point: {
            "meters": len(parts), "energy_kwh": 0.0, "coverage": 0.0, "silent": silent.get(point, []),
            "facility": point in boundary.facility_points, "it": point == result.it_point,
        }
        for point, parts in boundary.parts.items()
    }  # fmt: skip
    cells = max(1, (end - start) // 300_000)
    for hour, rows in pue.hours.hours(result.site, start - start % 3_600_000, end).items():
        for point, row in rows.items():
            inside = [n for n in range(12) if row.mask >> n & 1 and start <= hour + n * 300_000 < end]
            if point in found:
                found[point]["energy_kwh"] += sum(row.joules[n] for n in inside) / _KWH
                found[point]["coverage"] += len(inside) / cells
    return found


def _explanation(points: dict[str, dict[str, Any]], result: PueResult) -> list[str]:
    if not points:
        return []
    lines = [
        "",
        "PUE = facility / IT, both summed over the five-minute cells in which every meter of both was heard throughout.",
        f"{'point':<12}{'counts as':<14}{'meters':>7}{'coverage':>10}{'energy, kWh':>18}",
    ]
    for point, row in points.items():
        part = " and ".join(name for name, yes in (("facility", row["facility"]), ("IT", row["it"])) if yes) or "-"
        lines.append(f"{point:<12}{part:<14}{row['meters']:>7}{row['coverage']:>10.1%}{row['energy_kwh']:>18.3f}")
        if row["silent"]:
            more = f" and {len(row['silent']) - _MOST_NAMES} more" if len(row["silent"]) > _MOST_NAMES else ""
            lines.append(f"  never heard: {', '.join(row['silent'][:_MOST_NAMES])}{more}")
    if result.uncertainty is not None:
        lines.append("uncertainty: class / sqrt(3) for each boundary, both combined as independent, times two")
    return lines
