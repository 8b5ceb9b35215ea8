"""Reads MIB text: the objects of many modules by OID, as far as their names can be resolved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pysmi.error import PySmiError
from pysmi.parser.dialect import smi_v1_relaxed
from pysmi.parser.smi import parserFactory

from tests.mibs.findings import Found
from tests.mibs.units import unit_in

ROOTS: Final = {
    "iso": "1",
    "org": "1.3",
    "dod": "1.3.6",
    "internet": "1.3.6.1",
    "mgmt": "1.3.6.1.2",
    "mib-2": "1.3.6.1.2.1",
    "transmission": "1.3.6.1.2.1.10",
    "private": "1.3.6.1.4",
    "enterprises": "1.3.6.1.4.1",
    "snmpModules": "1.3.6.1.6.3",
}
_PHRASE: Final = re.compile(
    r"\b(?:in\s+)?(?:tenths?|hundredths?|thousandths?|1/10+|0\.0*1)\b[^.;(),]{0,40}"
    r"|\b(?:in|units?\s+(?:is|are))\s+[a-z][a-z -]{0,40}",
    re.IGNORECASE,
)

_COMPILED: Final = re.compile(
    r"^(\w+) = Mib(?:Scalar|TableColumn)\(\(([\d, ]+)\), (\w+)(.*)$", re.MULTILINE
)
_ACCESS: Final = {
    "readonly": "read-only",
    "readwrite": "read-write",
    "noaccess": "not-accessible",
    "notifyonly": "accessible-for-notify",
}


class Modules:
    """The objects of the modules that were read: MIB text, or what pysnmp has compiled of it.

    A name that two modules declare is looked up in its own module first.
    """

    def __init__(self) -> None:
        self._parser = parserFactory(**smi_v1_relaxed)()
        self._arcs: dict[str, dict[str, list[Any]]] = {}
        self._types: dict[str, str] = {}
        self._objects: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._compiled: dict[str, tuple[str, Found]] = {}
        self.unread: dict[str, str] = {}

    def read(self, files: Iterable[Path]) -> None:
        """Read MIB files; what cannot be parsed is noted in `unread`."""
        for file in files:
            if file.suffix == ".py":
                self._compiled |= dict(compiled(file.stem, file.read_text("utf-8", "replace")))
                continue
            try:
                modules = self._parser.parse(file.read_text("utf-8", "replace"))
            except PySmiError as error:
                self.unread[file.name] = str(error).splitlines()[0][:200]
                continue
            for module in modules or ():
                self._take(module)

    def _take(self, module: Any) -> None:
        name, declarations = module[0], module[-1] or ()
        arcs = self._arcs.setdefault(name, {})
        for one in declarations:
            kind = one[0]
            if kind == "typeDeclaration":
                self._types[one[1]] = _syntax(one[2][1]) if one[2] and len(one[2]) > 1 else ""
                continue
            last = one[-1]
            if isinstance(last, tuple) and last and last[0] == "objectIdentifier":
                arcs[one[1]] = last[1]
                if kind == "objectTypeClause":
                    self._objects[name, one[1]] = one

    def _oid(self, module: str, arcs: list[Any], depth: int = 0) -> str | None:
        if depth > 60 or not arcs:
            return None
        first, *rest = arcs
        if isinstance(first, int):
            base: str | None = str(first)
        elif first in ROOTS:
            base = ROOTS[first]
        else:
            places = [module, *(one for one in self._arcs if one != module)]
            place = next((one for one in places if first in self._arcs[one]), None)
            base = self._oid(place, self._arcs[place][first], depth + 1) if place else None
        numbers = [one[1] if isinstance(one, tuple) else one for one in rest]
        return base and ".".join((base, *map(str, numbers)))

    def objects(self) -> dict[str, tuple[str, Found]]:
        """Return every object with its module, by OID."""
        found = dict(self._compiled)
        for (module, name), clause in self._objects.items():
            oid = self._oid(module, clause[-1][1])
            if oid is not None:
                found[oid] = (module, self._found(name, clause))
        return found

    def _found(self, name: str, clause: tuple[Any, ...]) -> Found:
        parts = {one[0]: one[1] for one in clause[2:] if isinstance(one, tuple) and len(one) > 1}
        syntax = _syntax(clause[2])
        units = str(parts.get("UNITS") or "")
        if not units:
            units = _phrase(str(parts.get("DESCRIPTION") or ""))
        return Found(
            name=name,
            syntax=self._types.get(syntax) or syntax,
            units=" ".join(units.split()),
            access=str(parts.get("MaxAccessPart") or "read-only"),
        )


def compiled(module: str, text: str) -> Iterator[tuple[str, tuple[str, Found]]]:
    """Yield the objects of a module that pysnmp has compiled (the package pysnmp-mibs), by OID."""
    for name, oid, syntax, rest in _COMPILED.findall(text):
        units = re.search(r"\.setUnits\('([^']*)'\)", rest)
        access = re.search(r'\.setMaxAccess\("(\w+)"\)', rest)
        found = Found(
            name=name,
            syntax=syntax,
            units=units[1] if units else "",
            access=_ACCESS.get(access[1], access[1]) if access else "read-only",
        )
        yield ".".join(re.findall(r"\d+", oid)), (module, found)


def _syntax(said: Any) -> str:
    if isinstance(said, tuple) and len(said) > 1:
        return said[1] if isinstance(said[1], str) else _syntax(said[1])
    return said if isinstance(said, str) else ""


def _phrase(description: str) -> str:
    """Return the first words of a description that name a unit, as `in tenths of Amps`."""
    plain = " ".join(description.split())
    for match in _PHRASE.finditer(plain):
        if unit_in(match[0]) is not None:
            return match[0].strip()
    return ""
