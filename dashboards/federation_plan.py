"""The plan that all Prometheus configs are made from: where the hubs' gateways and servers are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.hubs.model import Registry
from collectors.strict import Duration, read


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlan:
    """Where a hub's parts are, as the others reach them."""

    gateways: tuple[str, ...] = field(
        metadata={"help": "such as https://gateway.guian.example:9717"}
    )
    prometheus: str = field(
        metadata={"help": "host:port of the Prometheus that evaluates the hub's rules"}
    )
    scrapers: tuple[str, ...] = field(
        default=(),
        metadata={"help": "host:port of each Prometheus that scrapes a share of the hub's nodes"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The credentials that each Prometheus shows to gateways, nodes and other ones.

    The paths are those on the machine where a config is used.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    password_file: str = ""

    def json(self) -> dict[str, Any]:
        """Return the credentials as settings of Prometheus."""
        tls = {
            name: value
            for name in ("ca_file", "cert_file", "key_file")
            if (value := getattr(self, name))
        }
        basic = (
            {"username": self.username, "password_file": self.password_file}
            if self.username
            else {}
        )
        return ({"tls_config": tls} if tls else {}) | ({"basic_auth": basic} if basic else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The file that `hubgauge federation build --plan` reads."""

    hubs: dict[str, HubPlan]
    interval: Duration = field(
        default=15.0, metadata={"help": "interval of scrapes and rules at the hubs"}
    )
    above: Duration = field(
        default=30.0, metadata={"help": "interval of scrapes and rules of the Prometheus above"}
    )
    gone_after: Duration = field(
        default=120.0, metadata={"help": "a hub of which nothing arrives for so long is an alert"}
    )
    alertmanagers: tuple[str, ...] = ("127.0.0.1:9093",)
    remote_write: str = field(
        default="http://victoriametrics.example:8428/api/v1/write",
        metadata={"help": "the URL that hubs push to if they are not scraped"},
    )
    access: Access = field(default_factory=Access)
    refresh: Duration = field(
        default=60.0, metadata={"help": "how often the targets are read from the gateways"}
    )


def example(registry: Registry) -> Plan:
    """Return a plan of every hub that is a place, with names to be replaced.

    A country or a province is no such place.
    """
    parents = {hub.parent for hub in registry.hubs.values()}
    return Plan(
        hubs={
            key: HubPlan(
                gateways=(f"http://gateway.{key}.example:9717",),
                prometheus=f"prometheus.{key}.example:9090",
            )
            for key, hub in registry.hubs.items()
            if hub.latitude is not None or key not in parents
        }
    )


def load_plan(path: Path) -> Plan:
    """Read a plan; raises Problems."""
    return read(path, Plan)
