"""What an alert's value is held against, as a message tells it: one limit, or one of each place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.catalogue.rack_limits import RackLimits, SiteLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit with its unit, and those of sites with their own."""

    text: str = ""
    sites: Mapping[str, str] = field(default_factory=dict)

    def template(self) -> str:
        """Return it as a template of Prometheus, which chooses by the alert's site."""
        text = self.text
        for site, own in self.sites.items():
            chosen = f"eq $labels.site {json.dumps(site, ensure_ascii=False)}"
            text = f"{{{{ if {chosen} }}}}{own}{{{{ else }}}}{text}{{{{ end }}}}"
        return text

    def of(self, labels: Mapping[str, str]) -> str:
        """Return the limit that the template gives for these labels."""
        return self.sites.get(labels.get("site", ""), self.text)


NO_LIMIT: Final = Limit()


def fixed(text: str) -> Limit:
    """Return a limit that is the same everywhere."""
    return Limit(text=text)


def percent(share: float) -> Limit:
    """Return a share that is the same everywhere."""
    return fixed(_percent(share))


def own_share(own: SiteLimits, pick: Callable[[RackLimits], float]) -> Limit:
    """Return a share that sites may have of their own."""
    return _own(own, lambda limits: _percent(pick(limits)))


def own_celsius(own: SiteLimits, pick: Callable[[RackLimits], float]) -> Limit:
    """Return a temperature that sites may have of their own."""
    return _own(own, lambda limits: f"{pick(limits):g} °C")


def _own(own: SiteLimits, text: Callable[[RackLimits], str]) -> Limit:
    common = text(own.common)
    sites = {site: text(limits) for site, limits in own.sites.items()}
    return Limit(text=common, sites={key: one for key, one in sites.items() if one != common})


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"
