"""The same signals in InfluxQL, for the line protocol that agents push.

A measurement is such as `dc_rack`, a field such as `power_watts`; labels are tags.

InfluxQL can express:

- aggregations by labels, nested to any depth
- rates over the panel's interval
- sums, differences, products and quotients of two of these, of one measurement and with the same
  labels
- arithmetic with numbers
- a comparison that keeps the values for which it holds
- one state of several, each 1 or 0

It cannot express sets (`and`, `unless`, and `or` except for states), joins on some labels only or
of two measurements, rates over a range of their own, ranks, comparisons that return 1 or 0, time,
and functions. A panel is left out if its first query cannot be expressed. Of a table, and of the
further queries of any panel, only what cannot be expressed is left out. Both are reported.

InfluxQL has no staleness, so a query for the present looks back five minutes, as Prometheus does.
Series that are not read at the same moment add up only within an interval that holds a round of
each. So panels have an interval of at least a minute. Source:
https://docs.influxdata.com/influxdb/v1/query_language/
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from collectors.catalogue import all_metrics
from dashboards.promast import Aggregate, Binary, Call, Node, Number, Selector, parse
from dashboards.promql import PLACES, TOLD
from dashboards.signals.base import Signal

INTERVAL: Final = "1m"
LOOKBACK: Final = "5m"
_PRESENT: Final = f"time > ${{__to}}ms - {LOOKBACK} AND time <= ${{__to}}ms"
_FUNCTIONS: Final = {"sum": "sum", "max": "max", "min": "min", "avg": "mean", "count": "count"}
_NAMED_AFTER: Final = re.compile(r'"(named\w*)", "", "(\w+)"')
"""In what `marked` returns: the label with the mark, and the one that its lines are named after."""
_COMPARISONS: Final = {"==": "=", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_ARITHMETIC: Final = frozenset("+-*/")


class InexpressibleError(Exception):
    """An expression that InfluxQL cannot express; the text names the part."""


@dataclass(frozen=True, slots=True)
class _Sub:
    """A query of one measurement that yields a field for each combination of the tags in `by`.

    None stands for all tags.
    """

    text: str
    measurement: str
    by: tuple[str, ...] | None


def render(signal: Signal, *, hub: str = "", instant: bool = False, column: str = "v") -> str:
    """Return a signal's query; raises InexpressibleError. `column` names the field it yields."""
    return _Renderer(hub=hub, instant=instant).query(parse(signal.plain or signal.expr), column)


def render_text(expr: str, *, hub: str = "") -> str:
    """Return the query for the present value of an expression; raises InexpressibleError."""
    return _Renderer(hub=hub, instant=True).query(parse(expr), "v")


def alias(legend: str, signal: Signal) -> str:
    """Return a legend in Grafana's notation for InfluxQL, without the place of `TOLD`.

    Where PromQL gives a sum's lines names with the mark of a part, they have here the label that
    these are made of: no set operator, no mark.
    """
    if (named := _NAMED_AFTER.search(signal.expr)) is not None:
        legend = legend.replace(f"{{{{{named[1]}}}}}", f"{{{{{named[2]}}}}}")
    return re.sub(r"\{\{(\w+)\}\}", r"$tag_\1", legend.replace(TOLD, "").strip())


def values_of(label: str, metrics: Sequence[str], matchers: Sequence[str]) -> str:
    """Return the query of a variable's values: those of one tag in some measurements."""
    measurements = sorted({f'"{_field_of(name)[0]}"' for name in metrics})
    selector = parse(f"x{{{','.join(matchers)}}}")
    if not isinstance(selector, Selector):
        raise TypeError(selector)
    conditions = [_condition(*matcher) for matcher in selector.matchers]
    where = ("WHERE", " AND ".join(conditions)) if conditions else ()
    return " ".join(
        ("SHOW TAG VALUES FROM", ", ".join(measurements), "WITH KEY =", f'"{label}"', *where)
    )


@cache
def _fields() -> dict[str, tuple[str, str]]:
    """Return measurement and field by a sample's name."""
    found: dict[str, tuple[str, str]] = {}
    for metric in all_metrics():
        names = [metric.full_name]
        if metric.type == "histogram":
            names += [f"{metric.full_name}{suffix}" for suffix in ("_bucket", "_sum", "_count")]
        found |= {name: (metric.measurement, name[len(metric.measurement) + 1 :]) for name in names}
    return found


def _field_of(name: str) -> tuple[str, str]:
    try:
        return _fields()[name]
    except KeyError:
        raise InexpressibleError(
            f"{name or 'a series without a name'} is recorded by rules"
        ) from None


def _condition(label: str, op: str, value: str) -> str:
    """Return a matcher as a condition on a tag; `value` is as it stands in a string of PromQL.

    A field may have the same name, so `::tag` says that the tag is meant.
    """
    value = json.loads(f'"{value}"')
    if op in ("=", "!="):
        return f'"{label}"::tag {op} {_quoted(value)}'
    pattern = value if value.startswith("$") else f"({value})"
    return f'"{label}"::tag {op} /^{pattern.replace("/", chr(92) + "/")}$/'


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class _Renderer:
    def __init__(self, *, hub: str, instant: bool) -> None:
        self._hub = hub
        self._time = _PRESENT if instant else "$timeFilter"
        self._instant = instant

    def query(self, node: Node, column: str) -> str:
        return self._node(node, column).text

    def _select(self, value: str, column: str, source: str, *conditions: str) -> str:
        return " ".join(
            (
                "SELECT",
                value,
                "AS",
                f'"{column}"',
                "FROM",
                source,
                "WHERE",
                " AND ".join((self._time, *conditions)),
            )
        )

    def _grouped(self, by: Sequence[str] | None, *, timed: bool) -> str:
        tags = ["*"] if by is None else [f'"{tag}"' for tag in by]
        parts = [*(["time($__interval)"] if timed and not self._instant else []), *tags]
        fill = " fill(none)" if timed and not self._instant else ""
        return f" GROUP BY {', '.join(parts)}{fill}" if parts else fill

    def _node(self, node: Node, column: str) -> _Sub:
        if isinstance(node, Selector):
            return self._series(node, "last({})", column)
        if isinstance(node, Aggregate):
            return self._aggregate(node, column)
        if isinstance(node, Binary):
            return self._binary(node, column)
        if isinstance(node, Call):
            return self._call(node, column)
        raise InexpressibleError("a number alone")

    def _series(self, node: Selector, value: str, column: str) -> _Sub:
        if node.modified:
            raise InexpressibleError("another moment")
        measurement, field = _field_of(node.name)
        conditions = []
        for place in node.places:
            for label in PLACES[place]:
                fixed = label == "hub" and self._hub
                conditions.append(
                    _condition("hub", "=", self._hub)
                    if fixed
                    else _condition(label, "=~", f"${label}")
                )
        conditions += [_condition(*matcher) for matcher in node.matchers]
        text = self._select(value.format(f'"{field}"'), column, f'"{measurement}"', *conditions)
        return _Sub(text + self._grouped(None, timed=True), measurement, None)

    def _call(self, node: Call, column: str) -> _Sub:
        inner = node.arguments[0] if node.arguments else None
        if node.function != "rate" or not isinstance(inner, Selector):
            raise InexpressibleError(f"{node.function}()")
        if inner.span != "rate":
            raise InexpressibleError(f"a rate over {inner.span}")
        if self._instant:
            raise InexpressibleError("a rate at one moment")
        return self._series(inner, "non_negative_derivative(last({}), 1s)", column)

    def _aggregate(self, node: Aggregate, column: str) -> _Sub:
        function = _FUNCTIONS.get(node.function)
        if function is None:
            raise InexpressibleError(node.function)
        by = node.by or ()
        inner = self._node(node.arguments[0], "v")
        return _Sub(
            self._select(f'{function}("v")', column, f"({inner.text})")
            + self._grouped(by, timed=True),
            inner.measurement,
            by,
        )

    def _binary(self, node: Binary, column: str) -> _Sub:
        if node.joined or node.asked:
            raise InexpressibleError(
                "a join on some labels" if node.joined else "a comparison that answers 1 or 0"
            )
        if node.op == "or":
            return self._states(node, column)
        if node.op in _ARITHMETIC:
            return self._arithmetic(node, column)
        if node.op in _COMPARISONS and isinstance(node.right, Number):
            inner = self._node(node.left, "v")
            held = f'"v" {_COMPARISONS[node.op]} {node.right.value}'
            return _Sub(
                self._select('"v"', column, f"({inner.text})", held)
                + self._grouped(inner.by, timed=False),
                inner.measurement,
                inner.by,
            )
        raise InexpressibleError(f"`{node.op}`")

    def _arithmetic(self, node: Binary, column: str) -> _Sub:
        if isinstance(node.left, Number) or isinstance(node.right, Number):
            inner = self._node(node.left if isinstance(node.right, Number) else node.right, "v")
            left, right = (
                side.value if isinstance(side, Number) else '"v"'
                for side in (node.left, node.right)
            )
            return _Sub(
                self._select(f"{left} {node.op} {right}", column, f"({inner.text})")
                + self._grouped(inner.by, timed=False),
                inner.measurement,
                inner.by,
            )
        left_sub, right_sub = self._node(node.left, "a"), self._node(node.right, "b")
        if left_sub.by != right_sub.by or left_sub.by is None:
            raise InexpressibleError("operands with different labels")
        if left_sub.measurement != right_sub.measurement:
            raise InexpressibleError("operands of two measurements")
        # Each combination of tags and time has one value of either, so that max only picks it.
        text = self._select(
            f'max("a") {node.op} max("b")', column, f"({left_sub.text}), ({right_sub.text})"
        )
        return _Sub(
            text + self._grouped(left_sub.by, timed=True), left_sub.measurement, left_sub.by
        )

    def _states(self, node: Binary, column: str) -> _Sub:
        """Return the number of the state that is 1, out of alternatives joined by `or`."""
        parts: list[Node] = []
        rest: Node = node
        while isinstance(rest, Binary) and rest.op == "or" and not rest.joined:
            parts.insert(0, rest.right)
            rest = rest.left
        subs = [self._node(part, "v") for part in (rest, *parts) if _is_state(part)]
        if len(subs) != len(parts) + 1 or any(
            (sub.by, sub.measurement) != (subs[0].by, subs[0].measurement) for sub in subs
        ):
            raise InexpressibleError("`or`")
        return _Sub(
            self._select('max("v")', column, ", ".join(f"({sub.text})" for sub in subs))
            + self._grouped(subs[0].by, timed=True),
            subs[0].measurement,
            subs[0].by,
        )


def _is_state(node: Node) -> bool:
    """Tell whether this is `max by (…) (m{state="x"} == 1) * n`."""
    if not (isinstance(node, Binary) and node.op == "*" and isinstance(node.left, Aggregate)):
        return False
    held = node.left.arguments[0]
    return (
        isinstance(held, Binary)
        and held.op == "=="
        and isinstance(held.left, Selector)
        and held.right == Number("1")
    )
