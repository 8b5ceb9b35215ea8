"""Made-up hubs through the generated recording rules, on promtool; judged by `hubs`.

A hub has some sites and gateways, four periods of some minutes, and in each of them gateways may be
gone, be back, or tell something else. All hubs of one seed are in one file, so that it is quick.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from agent.hubs.loader import load_registry
from dashboards import rule_files
from tests.dashboards.promtool import promtool
from tests.reference.hubs import HUB, Gateway, Hub, HubFigure, Year, figures
from tests.reference.judge import Disagreement

PERIODS = 4
MINUTES = 6
"""Of each period; the rules are asked in its last one."""

PARTS = 10**9
"""Values are compared as whole parts of one."""

LIMIT = Fraction(13, 10)
SITES = ("sa", "sb", "sc")
GROUPS = ("old", "new")
COVERAGES = tuple(Fraction(n, 200) for n in (200, 200, 199, 191, 190, 100, 4))
_SAMPLE = re.compile(r"\{[^}]*\} [-+.\w]+")
Json = dict[str, Any]


def drawn(seed: int, count: int) -> list[Hub]:
    """Draw some hubs."""
    chance = Random(seed)
    return [_hub(chance, f"h{number}") for number in range(count)]


def _hub(chance: Random, name: str) -> Hub:
    sites = SITES[: chance.choice((1, 2, 2, 3))]
    lists_all = chance.random() < 0.4
    metered = [(site, n) for site in sites for n in range(chance.choice((1, 1, 2)))]
    groups = {site: (chance.choice(GROUPS),) for site in sites if chance.random() < 0.7}
    gateways = []
    for site, number in metered:
        listed = sites if lists_all else (site,)
        states = {
            each: "in_service" if chance.random() < 0.9 else "planned"
            for each in listed
            if chance.random() < 0.95
        }
        first = _year(chance)
        gateways.append(
            Gateway(
                name=f"{site}-{number}",
                states=states,
                scopes={s: groups[s] for s in states if s in groups and chance.random() < 0.9},
                listed=lists_all and chance.random() < 0.8,
                years=tuple(_told(chance, site, first, period) for period in range(PERIODS)),
            )
        )
    return Hub(hub=name, gateways=tuple(gateways))


def _told(chance: Random, site: str, first: Year, period: int) -> dict[str, Year] | None:
    if chance.random() < 0.25 and period:
        return None
    if chance.random() < 0.05:
        return {}  # it is there, and has nothing to say of its site
    return {site: first if chance.random() < 0.8 else _year(chance)}


def _year(chance: Random) -> Year:
    it = chance.randint(100, 2000)
    return Year(
        facility=it + chance.randint(1, 900),
        it=it,
        coverage=chance.choice(COVERAGES),
        category=chance.choice((3, 2, 2, 1)),
        sound=chance.random() < 0.95,
    )


def judge_hubs(hubs: Sequence[Hub]) -> Iterator[Disagreement]:
    """Let promtool run the rules over hubs, and tell where a figure of theirs is wrong."""
    file = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": series, "values": " ".join(values)}
                    for hub in hubs
                    for series, values in _series(hub)
                ],
                "promql_expr_test": list(_asked({one.hub: figures(one) for one in hubs})),
            }
        ],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rule_files.write(folder, load_registry())
        (folder / "hubs.yml").write_text(json.dumps(file), "utf-8")
        result = promtool(folder, "test", "rules", "hubs.yml")
    if result.returncode:
        yield from _wrong(result.stdout + result.stderr)


def _wrong(said: str) -> Iterator[Disagreement]:
    """Compare, sample by sample, what promtool says was expected and what there was."""
    found = re.findall(
        r'expr: "(.*?)", time: (\w+),?\s*exp: ?(.*?)\s*got: ?(.*?)\s*(?:\n|$)', said, re.DOTALL
    )
    for expr, time, wanted, got in found:
        right, told = set(_SAMPLE.findall(wanted)), set(_SAMPLE.findall(got))
        for sample in sorted(right - told):
            yield Disagreement("hub_figure", f"{expr} at {time}: right is {sample}")
        for sample in sorted(told - right):
            yield Disagreement("hub_figure", f"{expr} at {time}: said {sample}")
    if not found:
        yield Disagreement("hub_figure", said)


def _asked(right: Mapping[str, list[list[HubFigure]]]) -> Iterator[Json]:
    """Yield what is asked at the end of each period: values, coverages, bounds, the target."""
    for period in range(PERIODS):
        found = [(hub, one) for hub, periods in right.items() for one in periods[period]]
        expected = {
            f'round(hub:dc_kpi:value{{kpi="pue"}} * {PARTS})': [
                (hub, one.scope, "", round(one.value * PARTS))
                for hub, one in found
                if one.value is not None
            ],
            f'round(hub:dc_kpi_coverage_ratio:min{{kpi="pue"}} * {PARTS})': [
                (hub, one.scope, "", round(one.coverage * PARTS))
                for hub, one in found
                if one.coverage is not None
            ],
            'hub:dc_kpi_lower_bound:min{kpi="pue"} + 0': [
                (hub, one.scope, "", int(one.bound))
                for hub, one in found
                if one.coverage is not None
            ],
            'hub:dc_target_value:met{kpi="pue"} + 0': [
                (hub, one.scope, ',target="t"', int(met))
                for hub, one in found
                if one.scope == HUB and (met := one.met(LIMIT)) is not None
            ],
        }
        for expr, samples in expected.items():
            yield {
                "expr": expr,
                "eval_time": f"{(period + 1) * MINUTES - 1}m",
                "exp_samples": [
                    {"labels": f'{{hub="{hub}",kpi="pue",scope="{scope}"{more}}}', "value": value}
                    for hub, scope, more, value in samples
                ],
            }


def _series(hub: Hub) -> Iterator[tuple[str, list[str]]]:
    """Yield every series that the gateways expose, with its values in each minute."""
    table: dict[str, list[str]] = {}
    for gateway in hub.gateways:
        for period, years in enumerate(gateway.years):
            for text, value in _exposed(hub.hub, gateway, years):
                values = table.setdefault(text, ["_"] * (PERIODS * MINUTES))
                values[period * MINUTES : (period + 1) * MINUTES] = [value] * MINUTES
    for text, values in table.items():
        yield text, [_stale(values, n) for n in range(len(values))]


def _stale(values: Sequence[str], n: int) -> str:
    """End a series where its gateway is gone: Prometheus marks it as stale."""
    return "stale" if n and values[n] == "_" and values[n - 1] != "_" else values[n]


def _exposed(hub: str, gateway: Gateway, years: dict[str, Year] | Any) -> Iterator[tuple[str, str]]:
    if years is None:
        return
    own = f'hub="{hub}",instance="{gateway.name}"'
    yield f"dc_hub_sites_listed{{{own}}}", str(int(gateway.listed))
    target = f'{own},target="t",kpi="pue",scope="hub",op="<="'
    yield f"dc_target_value{{{target}}}", str(float(LIMIT))
    for site, state in gateway.states.items():
        yield f'dc_site_info{{{own},site="{site}",state="{state}",name="{site}"}}', "1"
        if state == "in_service":
            yield f'dc_site_expected{{{own},site="{site}"}}', "1"
    for site, groups in gateway.scopes.items():
        for group in groups:
            yield f'dc_site_scope{{{own},site="{site}",scope="{group}"}}', "1"
    for site, year in years.items():
        at = f'{own},site="{site}",window="12mo"'
        yield f'dc_site_window_energy_joules{{{at},boundary="facility"}}', str(year.facility)
        yield f'dc_site_window_energy_joules{{{at},boundary="it"}}', str(year.it)
        yield f"dc_site_pue_coverage_ratio{{{at}}}", repr(float(year.coverage))
        if year.sound:
            pue = repr(float(year.pue))
            yield f'dc_site_pue_ratio{{{at},category="{year.category}"}}', pue
