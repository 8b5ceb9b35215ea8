"""The sink for databases with InfluxDB's v2 write API: InfluxDB and VictoriaMetrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

from agent.settings import check_url
from agent.sinks.base import Surroundings
from agent.sinks.lineprotocol import LineFormat
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import MEMORY, WINDOW, Spool
from collectors.strict import Duration, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolConfig:
    """What waits on disk for the database."""

    max_bytes: Size = 2 * 2**30
    when_full: Literal["drop_oldest", "drop_newest"] = "drop_oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Influx:
    """A database that takes InfluxDB's v2 write API: InfluxDB or VictoriaMetrics."""

    url: str
    org: str = ""
    bucket: str = ""
    token_file: Path | None = field(
        default=None, metadata={"help": "a secret: not readable by all"}
    )
    timeout: Duration = field(default=10.0, metadata={"help": "of one write, the whole of it"})
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )
    spool: SpoolConfig = field(default_factory=SpoolConfig)

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url)


def influx_sink(
    config: Influx,
    surroundings: Surroundings,
    *,
    pace: Pace | None = None,
    memory_bytes: int = MEMORY,
    window: float = WINDOW,
) -> SpooledSink:
    """Make the sink: line protocol, over HTTP, from `spool-influxdb.db` in the agent's folder."""
    from agent.sinks.delivery import Database, Delivery  # 15 MB that `check` does without

    form = LineFormat(surroundings.tags)
    return SpooledSink(
        name=KIND.name,
        form=form,
        wire=Delivery(
            Database(
                url=config.url,
                org=config.org,
                bucket=config.bucket,
                timeout=config.timeout,
                token_file=config.token_file,
                ca_file=config.ca_file,
            )
        ),
        spool=Spool(
            surroundings.state_dir / f"spool-{KIND.name}.db",
            pack=form.pack,
            max_bytes=int(config.spool.max_bytes),
            when_full=config.spool.when_full,
            memory_bytes=memory_bytes,
            window=window,
        ),
        registry=surroundings.registry,
        pace=pace,
    )


class InfluxKind:
    """The section `outputs: influxdb:`."""

    name = "influxdb"
    Config = Influx
    packages: Final = {"influxdb_client": "push", "urllib3": "push"}

    def files(self, config: object) -> Mapping[str, Path | None]:
        """Return the certificates of the server's authority."""
        return {"ca_file": cast("Influx", config).ca_file}

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        """Return the token's file."""
        return {"token_file": cast("Influx", config).token_file}

    def build(self, config: object, surroundings: Surroundings) -> SpooledSink:
        """Make the sink of a section; starts nothing."""
        return influx_sink(cast("Influx", config), surroundings)


KIND: Final = InfluxKind()
