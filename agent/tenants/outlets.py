"""The outlets that a file of tenants names, whatever else is wrong in it.

An agent keeps the energy of these: what it does not keep is never had back, and a mistake in a
price or in another tenant's share is mended later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from agent.tenants.model import read_tenants
from collectors.base import ConfigError
from collectors.strict import Document, Problems


class NamedOutlets(NamedTuple):
    """Outlets, by PDU and outlet; `whole` tells whether every one that the file has was read."""

    found: frozenset[tuple[str, str]]
    whole: bool


def named_outlets(path: Path) -> NamedOutlets:
    """Return the outlets that a file names; those that cannot be read are left out. Never raises.

    Neither names nor shares are held against anything here.
    """
    try:
        document = Document(path)
        found = frozenset(_named(document))
    except (Problems, RecursionError):  # no YAML, or an alias that holds itself
        return NamedOutlets(frozenset(), whole=False)
    return NamedOutlets(found, whole=not document.errors)


def mistakes(path: Path) -> Sequence[ConfigError]:
    """Return what is wrong with the file by itself, for the agent's log."""
    try:
        read_tenants(path, None)
    except Problems as problems:
        return problems.errors
    return ()


def _named(document: Document) -> Iterator[tuple[str, str]]:
    if document.root is None:  # an empty file has no tenants
        return
    if not isinstance(document.root, yaml.MappingNode):
        document.fail(document.root, "", "expected a mapping")
        return
    for n, tenant in enumerate(document.section("tenants", list[yaml.Node]) or ()):
        if not isinstance(tenant, yaml.MappingNode):
            document.fail(tenant, f"tenants[{n}]", "expected a mapping")
            continue
        for key, node in document.pairs(tenant):
            if key.value == "outlets":
                yield from _of_tenant(document, node, f"tenants[{n}].outlets")


def _of_tenant(document: Document, node: yaml.Node, key: str) -> Iterator[tuple[str, str]]:
    for pdu, outlets in (document.convert(node, dict[str, yaml.Node], key) or {}).items():
        form = tuple[str, ...] | dict[str, yaml.Node]  # a wrong share takes no outlet away
        names = document.convert(outlets, form, f"{key}.{pdu}") or ()
        yield from ((pdu, name) for name in names if pdu is not None and name is not None)
