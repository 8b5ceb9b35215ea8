"""Check the SNMP profiles against MIB text: names, types, units and access of what they read.

Run: python tools/mib_check.py [PROFILE...] --mibs FOLDER [--mibs FOLDER...] [--keep]

The folders hold makers' MIB files, which are not part of this repository. With `--keep`, what was
found is written to tests/cases/mibs, where the tests judge it without the MIBs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from generated import ROOT

sys.path.insert(0, str(ROOT))

from collectors.facility.profile import load_all
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.table import STAR
from tests.mibs.findings import FINDINGS, Found, problems, wanted
from tests.mibs.text import Modules


def main() -> int:
    """Report on each profile; returns 1 where one does not agree with its MIB."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="without one: all")
    parser.add_argument("--mibs", type=Path, action="append", required=True, metavar="FOLDER")
    parser.add_argument("--profiles-dir", type=Path, metavar="D", help="your own profiles")
    parser.add_argument("--keep", action="store_true", help="write tests/cases/mibs")
    args = parser.parse_args()
    modules = Modules()
    modules.read(
        path for folder in args.mibs for path in sorted(folder.rglob("*")) if path.is_file()
    )
    for name, why in modules.unread.items():
        print(f"{name}: not read: {why}", file=sys.stderr)
    known = modules.objects()
    wrong = False
    for name, profile in load_all("snmp", SnmpProfile, args.profiles_dir):
        if not args.profiles or name in args.profiles:
            wrong |= report(name, profile, known, keep=args.keep)
    return int(wrong)


def _maker(oid: str) -> str:
    """Return the enterprise's part of an OID."""
    return ".".join(oid.split(".")[:7])


def report(
    name: str, profile: SnmpProfile, known: dict[str, tuple[str, Found]], *, keep: bool
) -> bool:
    """Print what was found for one profile; return whether something does not agree."""
    makers = {_maker(oid) for oid in known}
    oids = dict.fromkeys(oid for oid, _ in wanted(profile) if STAR not in oid.split("."))
    found = {oid: known[oid] for oid in oids if oid in known}
    unknown = {oid for oid in oids if _maker(oid) not in makers}
    if unknown == oids.keys():
        print(f"{name}: its maker is not in these MIBs")
        return False
    told = [
        one
        for one in dict.fromkeys(problems(profile, {oid: one for oid, (_, one) in found.items()}))
        if one.partition(":")[0] not in unknown
    ]
    mib = next(iter(Counter(module for module, _ in found.values())), "no MIB")
    print(f"{name}: {mib}, {len(found)} of {len(oids)} objects, {len(told)} problems")
    print("".join(f"  {one}\n" for one in told), end="")
    if keep and found and not unknown:
        lines = "".join(
            f"  {oid}: {{name: {one.name}, syntax: {one.syntax}, units: {one.units!r},"
            f" access: {one.access}}}\n"
            for oid, (_, one) in found.items()
        )
        path = FINDINGS / f"{name}.yaml"
        path.write_text(f"mib: {mib}\nchecked: tool\nobjects:\n{lines}", "utf-8")
    return bool(told)


if __name__ == "__main__":
    sys.exit(main())
