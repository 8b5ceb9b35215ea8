"""The limit of an alert, as its message shows it: one for all places, or one for each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.catalogue.rack_limits import LimitedPlace, RackLimits, SiteLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit with its unit, and the limits of places with their own, the smallest place first."""

    text: str = ""
    places: Sequence[tuple[Mapping[str, str], str]] = ()
    """The labels of a place, and its limit."""

    def template(self) -> str:
        """Return it as a template of Prometheus, which chooses by the alert's labels."""
        text = self.text
        for labels, own in reversed(self.places):
            equal = [
                f"(eq $labels.{name} {json.dumps(value, ensure_ascii=False)})"
                for name, value in labels.items()
            ]
            chosen = equal[0] if len(equal) == 1 else f"and {' '.join(equal)}"
            text = f"{{{{ if {chosen} }}}}{own}{{{{ else }}}}{text}{{{{ end }}}}"
        return text

    def of(self, labels: Mapping[str, str]) -> str:
        """Return the limit that the template gives for these labels."""
        for own, text in self.places:
            if own.items() <= labels.items():
                return text
        return self.text


NO_LIMIT: Final = Limit()


def fixed(text: str) -> Limit:
    """Return a limit that is the same everywhere."""
    return Limit(text=text)


def percent(share: float) -> Limit:
    """Return a share that is the same everywhere."""
    return fixed(_percent(share))


def site_share(own: SiteLimits, pick: Callable[[RackLimits], float]) -> Limit:
    """Return a share that sites may have of their own."""
    return _own(own, lambda limits: _percent(pick(limits)), only_sites=True)


def rack_share(own: SiteLimits, pick: Callable[[RackLimits], float]) -> Limit:
    """Return a share that racks, rows and sites may have of their own."""
    return _own(own, lambda limits: _percent(pick(limits)))


def rack_celsius(own: SiteLimits, pick: Callable[[RackLimits], float]) -> Limit:
    """Return a temperature that racks, rows and sites may have of their own."""
    return _own(own, lambda limits: f"{pick(limits):g} °C")


def duration(seconds: float) -> str:
    """Write a duration such as `1d` or `1h 30m`."""
    return re.sub(r"(?<= )0[hms] ?|^0[dhm] ", "", humanized(seconds)).strip()


def humanized(seconds: float) -> str:
    """Write a duration of a minute and more as `humanizeDuration` of Prometheus does."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    parts = [f"{days}d", f"{hour}h", f"{minute}m", f"{second}s"]
    first = next((n for n, part in enumerate(parts) if part[:-1] != "0"), 3)
    return " ".join(parts[first:])


def by_label(common: str, label: str, own: Mapping[str, str]) -> Limit:
    """Return a limit that depends on one label."""
    return Limit(text=common, places=[({label: value}, text) for value, text in own.items()])


def _own(own: SiteLimits, text: Callable[[RackLimits], str], *, only_sites: bool = False) -> Limit:
    """Return the common limit and those of places; only the common one if all are the same."""
    found = [
        ({key: value for key, value in _labels(place).items() if value}, text(limits))
        for place, limits in sorted(
            own.places.items(), key=lambda item: (not item[0].rack, not item[0].row, item[0].site)
        )
        if not (only_sites and (place.row or place.rack))
    ]
    common = text(own.common)
    return Limit(text=common, places=found if {one for _, one in found} - {common} else ())


def _labels(place: LimitedPlace) -> Mapping[str, str]:
    return {"site": place.site, "row": place.row, "rack": place.rack}


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"
