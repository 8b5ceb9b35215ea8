"""Links to named peers: round trip, loss, and how they are measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.hubs.text import Text
from agent.web.view import BoardView
from collectors.base import Metric, Series
from collectors.catalogue.limits import LOSS_LIMIT
from collectors.catalogue.link import LINK_LOSS, LINK_PROBE_INFO, LINK_ROUND_TRIP


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One link of a site."""

    site: str
    peer: str
    name: Text
    """What people call the peer, where a hub's file says so; else its label."""
    method: str
    """`icmp`, `tcp` or `stamp`; empty where it is not known."""
    loss_ratio: float | None
    round_trip_seconds: Mapping[str, float]
    """By quantile (`0.5`, `0.99`): the share of probes that took no longer. Empty where no probe
    was answered."""

    @property
    def lossy(self) -> bool:
        """Whether so much is lost that an alert is raised."""
        return self.loss_ratio is not None and self.loss_ratio > LOSS_LIMIT

    @property
    def down(self) -> bool:
        """Whether no probe is answered."""
        return self.loss_ratio == 1.0


def read(view: BoardView, where: str = "") -> list[LinkView]:
    """Return the links of the agent's hub, or of one of its sites, by site and peer."""
    trips: dict[tuple[str, str], dict[str, float]] = {}
    for series, value in _of(view, LINK_ROUND_TRIP, where):
        trips.setdefault(_key(series), {})[series.label("share")] = value
    loss = {_key(series): value for series, value in _of(view, LINK_LOSS, where)}
    method = {
        _key(series): series.label("method") for series, _ in _of(view, LINK_PROBE_INFO, where)
    }
    return [
        LinkView(
            site=key[0],
            peer=key[1],
            name=view.registry.peer_name(key[1]),
            method=method.get(key, ""),
            loss_ratio=loss.get(key),
            round_trip_seconds=trips.get(key, {}),
        )
        for key in sorted({*trips, *loss, *method})
    ]


def quantiles(links: Sequence[LinkView]) -> list[str]:
    """Return the quantiles that any of some links has, ascending."""
    return sorted({key for link in links for key in link.round_trip_seconds}, key=float)


def _key(series: Series) -> tuple[str, str]:
    return series.label("site"), series.label("peer")


def _of(view: BoardView, metric: Metric, where: str) -> Iterator[tuple[Series, float]]:
    for series, value in view.snapshot.family(metric).items():
        if series.label("hub") == view.hub and where in ("", series.label("site")):
            yield series, value
