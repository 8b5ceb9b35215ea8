"""`hubgauge statement`: a site's PUE of a year with its evidence, to publish and to check."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import Final

from agent import config
from agent.commands import carbon_statement, tenant_statement
from agent.commands.ledger_of_site import known_ledger, known_site, open_ledger
from agent.commands.output import write_text
from agent.config import Config
from agent.inventory.model import Inventory, Site
from agent.ledger.ledger import Ledger
from agent.loading import inventory_of
from agent.messages.catalogue import words
from agent.messages.said import tell
from agent.messages.terminal import add_language
from agent.pue.past import past_pue
from agent.pue.pue import Pue
from agent.report.stated import Statement, digest
from agent.report.statement import state
from agent.web.statementpage import document
from collectors.base import ConfigError, HubgaugeError

_SAME: Final = 1e-9
_OF_NOW: Final = ("uncertainty", "counted", "complete")
"""Keys whose values come from the registers and hours of single meters as they are now. They may
have changed since the statement, so they are not compared."""
_SIGNATURE: Final = ".sig"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--config", type=Path, required=True, metavar="F", help="the agent's config file"
    )
    parser.add_argument("--site", metavar="S", help="which site (default: that of the config)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--year", type=int, metavar="Y", help="a year of the site's time zone")
    what.add_argument(
        "--tenant", metavar="T", help="a month of one tenant: energy, cost and carbon"
    )
    what.add_argument(
        "--carbon",
        type=int,
        metavar="Y",
        help="the carbon of a year's bought electricity (scope 2)",
    )
    what.add_argument(
        "--verify",
        type=Path,
        metavar="F.json",
        help="check a statement: its digest, its signature, and its figures against the ledger",
    )
    parser.add_argument(
        "--month", metavar="YYYY-MM", help="with --tenant: which month (default: the last one)"
    )
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="F.csv",
        help="with --tenant, --carbon: also write it as a table",
    )
    parser.add_argument(
        "--out", type=Path, metavar="F.json", help="the file to write (default: standard output)"
    )
    parser.add_argument("--page", type=Path, metavar="F.html", help="also write it as one page")
    add_language(parser, "the page")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="F.pem",
        help="sign the file with this private Ed25519 key, by openssl; the signature is F.json.sig",
    )
    parser.add_argument(
        "--public-key", type=Path, metavar="F.pem", help="with --verify: who must have signed it"
    )


def run(args: argparse.Namespace) -> int:
    """Make a statement, or check one; returns 1 if a check fails."""
    found = config.load(args.config)
    inventory = inventory_of(found)
    if inventory is None:
        raise ConfigError("names no inventory, which says what is metered", file=str(args.config))
    if args.verify is not None:
        return _verify(args, found, inventory)
    _check_options(args)
    if args.tenant is not None:
        return tenant_statement.write(args, found, inventory)
    if args.carbon is not None:
        return carbon_statement.write(args, found, inventory)
    if args.key is not None and args.out is None:
        raise ConfigError("needs --out, the file to sign", key="--key")
    site = known_site(args.site or found.file.site, inventory)
    ledger = open_ledger(known_ledger(found.file.state_dir), inventory)
    try:
        made = _make(ledger, inventory, site, args.year, simulated=found.file.simulated)
    finally:
        ledger.close()
    text = json.dumps(made.as_json(), indent=2, ensure_ascii=False) + "\n"
    if args.out is None:
        sys.stdout.write(text)
    else:
        write_text(args.out, text, "--out")
    if args.page is not None:
        write_text(args.page, document(made, words(args.language), site.zone), "--page")
    if args.key is not None:
        _openssl(
            "-sign", "-inkey", str(args.key), "-in", str(args.out), "-out", _signature(args.out)
        )
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Raise ConfigError for options that do not go together."""
    if args.tenant is None and args.month is not None:
        raise ConfigError("goes with --tenant", key="--month")
    if args.tenant is None and args.carbon is None and args.csv is not None:
        raise ConfigError("goes with --tenant and --carbon", key="--csv")
    if args.year is None and args.key is not None:
        raise ConfigError("only a statement of --year is signed", key="--key")


def _make(
    ledger: Ledger, inventory: Inventory, site: Site, year: int, *, simulated: bool
) -> Statement:
    pue = Pue(ledger, inventory)
    pue.sum_up()
    made = -(-ledger.retention.time // 1000)
    with ledger.store.transaction() as tables:  # so that it can be made again exactly
        tables.moments.mark(tables.changes.number("site_hour") + 1, made * 1000)
    past = past_pue(ledger, inventory, made)
    return state(past, inventory, site, year, made, simulated=simulated)


def _verify(args: argparse.Namespace, found: Config, inventory: Inventory) -> int:
    """Check a statement and print what is wrong; returns 0 if nothing is, else 1."""
    stated = _read(args.verify)
    lines = [*_wrong(stated, found, inventory)]
    if stated.get("sha256") != digest(stated):
        lines.insert(0, "digest: it is not that of the content; somebody has changed the file")
    if args.public_key is not None:
        signature = Path(_signature(args.verify))
        if not signature.exists():
            lines.append(f"signature: there is no {signature}")
        else:
            key = ("-pubin", "-inkey", str(args.public_key))
            try:
                _openssl("-verify", *key, "-in", str(args.verify), "-sigfile", str(signature))
            except HubgaugeError as error:
                lines.append(f"signature: {error}")
    if not lines:
        right = f"the digest is right, and the ledger gives the same figures as of {stated['made']}"
        tell(f"{args.verify}: {right}", args.language)
    for line in lines:
        tell(f"{args.verify}: {line}", args.language)
    return 1 if lines else 0


def _wrong(stated: Mapping[str, object], found: Config, inventory: Inventory) -> Iterator[str]:
    """Yield the differences between a statement and the ledger as of the statement's time."""
    site = known_site(str(stated.get("site")), inventory)
    made = _moment(str(stated.get("made")))
    ledger = open_ledger(known_ledger(found.file.state_dir), inventory)
    try:
        pue = past_pue(ledger, inventory, made)
        again = state(
            pue, inventory, site, int(str(stated.get("year"))), made, simulated=False
        ).as_json()
    finally:
        ledger.close()
    for key in ("figure", "months", "category", "it_point", "beside", "points", "imports"):
        yield from _differences(key, stated.get(key), again[key])
    yield from _differences("meters", _without_energy(stated), _without_energy(again))


def _without_energy(stated: Mapping[str, object]) -> list[object]:
    """Return the meters of a statement without their energy."""
    meters = stated.get("meters")
    return [
        {name: value for name, value in one.items() if name != "energy"}
        for one in (meters if isinstance(meters, list) else [])
        if isinstance(one, dict)
    ]


def _differences(key: str, stated: object, found: object) -> Iterator[str]:
    """Yield the values in which two parts of a statement differ, by their names."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for name in stated.keys() | found.keys():
            if name not in _OF_NOW:
                yield from _differences(f"{key}.{name}", stated.get(name), found.get(name))
    elif isinstance(stated, list) and isinstance(found, list | tuple):
        if len(stated) != len(found):
            yield f"{key}: {len(stated)} stated, the ledger has {len(found)}"
            return
        for n, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from _differences(f"{key}[{n}]", one, other)
    elif not _is_same(stated, found):
        yield f"{key}: {stated} stated, the ledger says {found}"


def _is_same(stated: object, found: object) -> bool:
    if isinstance(stated, int | float) and isinstance(found, int | float):
        return isclose(stated, found, rel_tol=_SAME, abs_tol=_SAME)
    return stated == found


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=str(path)) from None
    except ValueError as error:
        raise ConfigError(f"is not JSON: {error}", file=str(path)) from None
    if not isinstance(found, dict) or not {"site", "year", "made", "sha256"} <= found.keys():
        raise ConfigError("is not a statement of this program", file=str(path))
    return found


def _moment(text: str) -> float:
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ConfigError(f"expected a time, got {text!r}", key="made") from None


def _signature(path: Path) -> str:
    return f"{path}{_SIGNATURE}"


def _openssl(*options: str) -> None:
    """Sign or verify by openssl; raises HubgaugeError with the first line of its message."""
    program = shutil.which("openssl")
    if program is None:
        raise HubgaugeError("openssl is not installed")
    done = subprocess.run(
        [program, "pkeyutl", "-rawin", *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it failed"]
        raise HubgaugeError(f"openssl: {said[0]}")
