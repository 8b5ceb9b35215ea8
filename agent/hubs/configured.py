"""Which hubs a config file asks for, read alone: what is generated needs no more of an agent.

The other sections may need packages and secrets of the agent's own machine, so they stay unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.environment import open_config
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.hubs.named import check_hubs
from collectors.strict import Document, Problems


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHubs:
    """The keys `hub`, `hubs`, `hubs_dir` and `show_others` of a config file."""

    hub: str = ""
    hubs: Sequence[str] = ()
    hubs_dir: Path | None = None
    show_others: bool = True

    def known(self, registry: Registry) -> Registry:
        """Return the hubs to know: all, or the named ones with the own one, and those above."""
        return registry.only((*self.hubs, self.hub)) if self.hubs else registry

    def shown(self, registry: Registry) -> Registry:
        """Return the hubs to show: those to know, or the own one with those above alone."""
        known = self.known(registry)
        return known if self.show_others or not self.hub else known.only([self.hub])


def read_own(document: Document, hubs_dir: Path | None = None) -> tuple[OwnHubs, Registry]:
    """Read these keys and load the hubs; notes mistakes in the document.

    `hubs_dir` takes the place of the config's. Raises Problems for mistakes in hub files.
    """
    folder = hubs_dir or document.section("hubs_dir", Path)
    own = OwnHubs(
        hub=document.section("hub", str) or "",
        hubs=document.section("hubs", tuple[str, ...]) or (),
        hubs_dir=folder,
        show_others=document.section("show_others", bool) is not False,
    )
    registry = load_registry(folder)
    check_hubs(document, own.hub, own.hubs, registry.hubs)
    return own, registry


def shown_hubs(config: Path | None, hubs_dir: Path | None = None) -> Registry:
    """Return the hubs that a config shows, or all without one; raises Problems."""
    if config is None:
        return load_registry(hubs_dir)
    own, registry = _of_file(config, hubs_dir)
    return own.shown(registry)


def known_hubs(config: Path | None, hubs_dir: Path | None = None) -> Registry:
    """Return the hubs that a config knows, or all without one; raises Problems."""
    if config is None:
        return load_registry(hubs_dir)
    own, registry = _of_file(config, hubs_dir)
    return own.known(registry)


def hubs_folder(config: Path | None, hubs_dir: Path | None = None) -> Path | None:
    """Return the folder of more hub files: that one, or else the config's; raises Problems."""
    if hubs_dir is not None or config is None:
        return hubs_dir
    document = open_config(config)
    folder = document.section("hubs_dir", Path)
    if document.errors:
        raise Problems(document.errors)
    return folder


def _of_file(config: Path, hubs_dir: Path | None) -> tuple[OwnHubs, Registry]:
    document = open_config(config)
    own, registry = read_own(document, hubs_dir)
    if document.errors:
        raise Problems(document.errors)
    return own, registry
