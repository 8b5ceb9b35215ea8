"""Names in a config that stand for something elsewhere in it, and that nothing there has.

The agent runs with each of them. What the name was for does not happen: a receiver is told nothing,
a user sees nothing, an output sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import translate
from typing import Final

from agent.loading import Loaded, known_hubs
from agent.receivers.named import named_hubs
from agent.sinks.output import Output, Pick
from agent.users_file import read_users
from collectors.base import ConfigError
from collectors.catalogue import all_metrics
from collectors.strict import Document, nearest

_UNDECLARED: Final = ("*", "?", "[", "node_", "process_")
"""How names begin that may be the kernel's or prometheus-client's: the catalogue lacks some."""
_PARTS: Final = ("_bucket", "_count", "_sum")


def unknown_references(loaded: Loaded) -> list[ConfigError]:
    """Return an error for each name."""
    document = Document(loaded.config.path)
    found = [*_receivers(loaded), *_users(loaded), *_gateways(loaded), *_picks(loaded)]
    return [
        ConfigError(message, file=str(loaded.config.path), line=document.line(key), key=key)
        for key, message in found
    ]


def _receivers(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield hubs of receivers for which no alerts are made, as `hubs` leaves them out."""
    file = loaded.config.file
    known = sorted(known_hubs(loaded.config).hubs) if file.hubs else []
    for key, hub in named_hubs(file.alerting) if known else ():
        if hub not in known:
            yield key, f"{hub} is not among the hubs that `hubs` names{nearest(hub, known)}"


def _users(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield users of roles who cannot log in; a proxy may let in others than the file has."""
    http = loaded.config.outputs.http
    if http.users_file is None or http.proxy is not None:
        return
    with suppress(ConfigError):  # it was readable when the config was loaded
        known = sorted(read_users(http.users_file))
        for n, role in enumerate(http.roles):
            for m, user in enumerate(role.users):
                if user not in known:
                    said = f"{user} is not in the users_file{nearest(user, known)}"
                    yield f"outputs.http.roles[{n}].users[{m}]", said


def _gateways(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield sites of other gateways that an inventory of the whole hub does not have."""
    inventory = loaded.inventory
    if inventory is None or not inventory.is_known or not inventory.lists_all_sites:
        return
    for n, gateway in enumerate(loaded.config.file.sd.gateways):
        if gateway.site and gateway.site not in inventory.sites:
            said = f"{gateway.site} is not in the inventory{nearest(gateway.site, inventory.sites)}"
            yield f"sd.gateways[{n}].site", said


def _picks(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield what `keep` and `drop` of an output name and no series has.

    Where collectors, textfiles or profiles of an operator's own give names, any may be meant.
    """
    sinks = [one for one in loaded.config.outputs.sinks if isinstance(one.config, Output)]
    if not sinks or _has_own_metrics(loaded):
        return
    metrics = list(all_metrics())
    names = sorted(
        f"{metric.full_name}{part}"
        for metric in metrics
        for part in (_PARTS if metric.type == "histogram" else ("",))
    )
    labels = {label for metric in metrics for label in metric.labels}
    known = sorted({*labels, *loaded.config.push_tags})
    for sink in sinks:
        for which in ("keep", "drop"):
            picks: tuple[Pick, ...] = getattr(sink.config, which)
            for n, pick in enumerate(picks):
                place = f"{sink.key}.{which}[{n}]"
                if not _fits(pick.metric, names):
                    near = nearest(pick.metric, names, listed=False)  # too many to list
                    yield f"{place}.metric", f"{pick.metric} fits no metric{near}"
                for label in pick.labels:
                    if label not in known:
                        said = f"no series has the label {label}{nearest(label, known)}"
                        yield f"{place}.labels.{label}", said


def _has_own_metrics(loaded: Loaded) -> bool:
    for section in loaded.config.sections:
        config = section.config
        textfile = getattr(getattr(config, "textfile", None), "directory", None)
        if section.kind.name == "prometheus" or textfile or getattr(config, "profiles_dir", None):
            return True
    return False


def _fits(pattern: str, names: list[str]) -> bool:
    test = re.compile(translate(pattern))
    return pattern.startswith(_UNDECLARED) or any(map(test.match, names))
