"""The sink for databases that take line protocol: InfluxDB 1.x to 3, and VictoriaMetrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from agent.sinks.base import Wire
from agent.sinks.lineprotocol import LineFormat
from agent.sinks.spooled import ConnectedOutput, SpooledKind, secret
from collectors.address import check_url
from collectors.strict import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Influx(ConnectedOutput):
    """A database that takes line protocol: InfluxDB or VictoriaMetrics."""

    url: str
    org: str = ""
    bucket: str = ""
    database: str = field(
        default="",
        metadata={
            "help": "of InfluxDB 1.x, written through `/write?db=`; with `api: v3`, of InfluxDB 3"
        },
    )
    api: Literal["auto", "v3"] = field(
        default="auto",
        metadata={
            "help": (
                "v3 is InfluxDB 3's own API; auto is that of 1.x if `database` is given, else that"
                " of 2"
            )
        },
    )
    retention_policy: str = field(
        default="", metadata={"help": "of InfluxDB 1.x; without it, the database's default"}
    )
    username: str = field(
        default="", metadata={"help": "of InfluxDB 1.x; `token_file` then holds the password"}
    )
    token_file: Path | None = field(default=None, metadata=secret())
    timeout: Duration = field(default=10.0, metadata={"help": "for one write as a whole"})
    heartbeat: Duration | None = field(
        default=None,
        metadata={
            "help": (
                "push values when they change, and all of them once in this time, such as 2m; if"
                " left out, push everything in every round. Stay well below 5m for VictoriaMetrics:"
                " it ends a series that has no sample for that long"
            )
        },
    )

    def __post_init__(self) -> None:
        """Check the address, and that the keys are all of one write API."""
        self.check_output()
        check_url(self.url)
        if self.api == "v3" and (not self.database or self.username or self.retention_policy):
            message = "api: v3 needs database, and takes no username and no retention_policy"
            raise ValueError(message)
        if self.database and (self.org or self.bucket):
            message = "database is for InfluxDB 1.x, org and bucket are for InfluxDB 2: give one"
            raise ValueError(message)
        if not self.database and (self.username or self.retention_policy):
            message = "username and retention_policy are for InfluxDB 1.x: give its database too"
            raise ValueError(message)
        own_user = self.database and self.api != "v3"
        if own_user and bool(self.username) != (self.token_file is not None):
            message = "username and token_file, which holds its password, belong together"
            raise ValueError(message)


V1: Final = "/write"
V2: Final = "/api/v2/write"
V3: Final = "/api/v3/write_lp"
"""Where each API takes writes.

Source: https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint,
https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite,
https://docs.influxdata.com/influxdb3/core/write-data/http-api/v3-write-lp/
"""
PRECISION: Final = "ms"


def _query(config: Influx) -> dict[str, str]:
    """Return what the address of a write says: where to store, and the unit of times."""
    if config.api == "v3":
        return {"db": config.database, "precision": "millisecond"}
    if not config.database:
        return {"org": config.org, "bucket": config.bucket, "precision": PRECISION}
    policy = {"rp": config.retention_policy} if config.retention_policy else {}
    return {"db": config.database, **policy, "precision": PRECISION}


class InfluxKind(SpooledKind[Influx]):
    """The section `outputs: influxdb:`."""

    name = "influxdb"
    Config = Influx
    packages: Final = {"influxdb_client": "push", "urllib3": "push"}

    def form(self, config: Influx, tags: Mapping[str, str]) -> LineFormat:
        """Return line protocol: of all values, or of those that have changed."""
        if config.heartbeat is None:
            return LineFormat(tags)
        from agent.sinks.changed import ChangedLines

        return ChangedLines(tags, config.heartbeat)

    def wire(self, config: Influx, _name: str, _tags: Mapping[str, str]) -> Wire:
        """Return the way over HTTP."""
        from agent.sinks.delivery import Database, Delivery  # 15 MB that `check` does without

        return Delivery(
            Database(
                url=config.url,
                path=V3 if config.api == "v3" else V1 if config.database else V2,
                scheme="Bearer" if config.api == "v3" else "Token",
                query=_query(config),
                username=config.username,
                timeout=config.timeout,
                token_file=config.token_file,
                ca_file=config.ca_file,
                cert_file=config.cert_file,
                key_file=config.key_file,
            )
        )


KIND: Final = InfluxKind()
