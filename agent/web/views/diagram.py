"""The one-line diagram of a site: from the sources to the rows of racks, in columns from the left.

What feeds what is the inventory's; which input a transfer switch uses, and all watts, are measured.
A line is as wide as its power. A line whose power nobody measures has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views import diagram_links, diagram_rows
from agent.web.views.addition import way_up
from agent.web.views.breakers import BreakerView
from agent.web.views.diagram_links import Link, around, levels_of, power
from agent.web.views.diagram_rows import DiagramRowView, Told
from agent.web.views.loss import LossView
from agent.web.views.supplies import SupplyPartView

IN_COLUMN: Final = 40
"""Most boxes of one column. Deeper columns are left out; a reader opens a part."""
BOX: Final = (150, 44)
"""Width and height of a box."""
_PITCH: Final = (208, 52)
"""Distance of neighbouring columns, and of neighbouring boxes in the fullest column."""
_WIDEST: Final = 20.0
"""Width of the line with the most power."""
_THIN: Final = 1.5
_TOLD: Final = 0.005
"""A smaller share than this is within the errors of the meters: it is not called a loss."""

Fallen = Mapping[str, Literal["lost", "over", "blind"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxView:
    """A source, a switch, a UPS, a breaker or a row, and where it is drawn."""

    name: str
    x: float
    y: float
    breaker: BreakerView | None
    """None for a row."""
    part: SupplyPartView | None
    """None for a breaker and a row."""
    row: DiagramRowView | None
    told: Told
    watts: float | None
    rest_watts: float | None
    """What comes in and goes to nothing that is drawn: losses, and consumers such as cooling. None
    where that cannot be told."""
    hidden: int
    """Breakers below it that are left out."""
    after: Literal["", "lost", "over", "blind"]
    """What a loss does to it: it is lost, goes over its capacity, or cannot be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireView:
    """A line between two boxes."""

    above: str
    below: str
    points: tuple[float, float, float, float]
    """Its beginning and its end: x1, y1, x2, y2."""
    width: float
    watts: float | None
    told: Told
    open: bool
    """Whether it is an input that a transfer switch does not use, or may not use."""
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagramView:
    """The diagram: boxes, lines, and its size."""

    boxes: Sequence[BoxView]
    wires: Sequence[WireView]
    width: float
    height: float
    more: int
    """Breakers at the top that are left out."""


def read(
    view: BoardView,
    site: str,
    at: str,
    known: Mapping[str, BreakerView],
    parts: Mapping[str, SupplyPartView],
    loss: LossView | None,
) -> DiagramView | None:
    """Return the diagram of a site, or of what hangs on `at`; None where nothing is listed."""
    if not known:
        return None
    links = diagram_links.links(known, parts)
    chosen = around(at, known, links) if at else set(known)
    levels = levels_of(chosen, links)
    columns = _columns(chosen, levels, links)
    shown = {name: level for level, names in enumerate(columns) for name in names}
    rows = diagram_rows.read(view, site, shown)
    if len(rows) > IN_COLUMN:
        rows = []
    links = [link for link in links if link.above in shown and link.below in shown]
    links += [
        Link(above=feed.breaker, below=row.key, watts=feed.watts, told=feed.told)
        for row in rows
        for feed in row.feeds
    ]
    if rows:
        columns = [*columns, [row.key for row in rows]]
    scene = _Scene(
        known=known,
        parts=parts,
        rows={row.key: row for row in rows},
        links=links,
        places=_places(columns),
        fallen=_fallen(known, loss),
        hidden=chosen - set(shown),
    )
    top = [name for name in chosen if not levels.get(name)]
    return DiagramView(
        boxes=[scene.box(name) for column in columns for name in column],
        wires=list(_wires(links, scene.places, scene.fallen)),
        width=(len(columns) - 1) * _PITCH[0] + BOX[0],
        height=max(len(column) for column in columns) * _PITCH[1],
        more=len([name for name in top if name not in shown]),
    )


def _columns(
    chosen: Collection[str], levels: Mapping[str, int], links: Iterable[Link]
) -> list[list[str]]:
    """Return the names by column, each beside what feeds it, as far as the columns are short."""
    order: dict[str, int] = {}
    first = {link.below: link.above for link in reversed(list(links)) if not link.open}
    columns: list[list[str]] = []
    for level in range(max(levels.values()) + 1):
        names = sorted(
            (name for name in chosen if levels[name] == level),
            key=lambda name: (order.get(first.get(name, ""), len(order)), natural(name)),
        )
        if len(names) > IN_COLUMN and columns:
            break
        columns.append(names[:IN_COLUMN])
        order |= {name: len(order) + place for place, name in enumerate(columns[-1])}
    return columns


# ------------------------------------------------------------------ the drawing


def _places(columns: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    """Return the upper left corner of each box; every column is as high as the fullest one."""
    height = max(len(column) for column in columns) * _PITCH[1]
    return {
        name: (
            level * _PITCH[0],
            round((place + 0.5) * height / len(column) - BOX[1] / 2, 1),
        )
        for level, column in enumerate(columns)
        for place, name in enumerate(column)
    }


def _fallen(known: Mapping[str, BreakerView], loss: LossView | None) -> Fallen:
    """Return what a loss does to each breaker and supply."""
    if loss is None:
        return {}
    moved = {one.switch for one in loss.transfers}
    found: dict[str, Literal["lost", "over", "blind"]] = {}
    for name in known:
        way = list(way_up(known, name))
        if loss.breaker in way and moved.isdisjoint(way[: way.index(loss.breaker)]):
            found[name] = "lost"
    found |= dict.fromkeys((*loss.untold, *loss.positions), "blind")
    found |= dict.fromkeys((one.breaker for one in loss.breakers), "over")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What the boxes are drawn from."""

    known: Mapping[str, BreakerView]
    parts: Mapping[str, SupplyPartView]
    rows: Mapping[str, DiagramRowView]
    links: Sequence[Link]
    places: Mapping[str, tuple[float, float]]
    fallen: Fallen
    hidden: Collection[str]
    """Breakers that are left out."""

    def box(self, name: str) -> BoxView:
        """Return one box."""
        row = self.rows.get(name)
        watts, told = power(self.known[name]) if row is None else (row.watts, row.told)
        x, y = self.places[name]
        return BoxView(
            name=name,
            x=x,
            y=y,
            breaker=self.known.get(name),
            part=self.parts.get(name),
            row=row,
            told=told,
            watts=watts,
            rest_watts=_rest(name, watts, told, self.links) if name in self.parts else None,
            hidden=sum(name in way_up(self.known, one) for one in self.hidden),
            after=self.fallen.get(name, ""),
        )


def _rest(
    name: str,
    watts: float | None,
    told: Told,
    links: Sequence[Link],
) -> float | None:
    """Return what comes in and goes to nothing that is drawn, where all of it is measured.

    A breaker has none: its power is the sum of what is behind it.
    """
    below = [link for link in links if link.above == name and not link.open]
    if (
        watts is None
        or told != "metered"
        or not below
        or any(link.told != "metered" for link in below)
    ):
        return None
    rest = watts - sum(link.watts or 0.0 for link in below)
    return rest if rest > _TOLD * watts else None


def _wires(
    links: Sequence[Link], places: Mapping[str, tuple[float, float]], fallen: Fallen
) -> Iterator[WireView]:
    most = max((link.watts or 0.0 for link in links), default=0.0)
    for link in links:
        (x1, y1), (x2, y2) = places[link.above], places[link.below]
        share = (link.watts or 0.0) / most if most else 0.0
        yield WireView(
            above=link.above,
            below=link.below,
            points=(x1 + BOX[0], y1 + BOX[1] / 2, x2, y2 + BOX[1] / 2),
            width=round(max(_THIN, share * _WIDEST), 1),
            watts=link.watts,
            told=link.told,
            open=link.open,
            lost=fallen.get(link.above) == "lost",
        )
