"""What all sinks over the spool have in common: their keys in the config, and how they are made.

A kind says how a batch becomes bytes (`form`) and how bytes are sent (`wire`). Which files its
section names, and which of these are secrets, is read from the section's fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Generic, TypeVar, cast

from agent.sinks.base import Format, Surroundings, Wire
from agent.sinks.output import Output
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import MEMORY, WINDOW, Spool, SpoolConfig

_MARK: Final = "secret"


def secret(what: str = "") -> Mapping[str, object]:
    """Return what a field is told of itself that names the file of a secret."""
    told = f"{what}; a secret" if what else "a secret"
    return {"help": f"{told}: not readable by all", _MARK: True}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledOutput(Output):
    """The keys of every sink over the spool."""

    spool: SpoolConfig = field(default_factory=SpoolConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedOutput(SpooledOutput):
    """The keys of every sink over the spool whose connection may have TLS."""

    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, where the system does not know it"
        },
    )
    cert_file: Path | None = field(
        default=None, metadata={"help": "this agent's own certificate, with `key_file`"}
    )
    key_file: Path | None = field(default=None, metadata=secret())

    def check_output(self) -> None:
        """Check the name, and that a certificate has its key; raises ValueError."""
        Output.check_output(self)  # `super()` does not work in a dataclass with slots
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")


C = TypeVar("C", bound=SpooledOutput)


class SpooledKind(Generic[C]):
    """A section of the config file whose sink is one over the spool."""

    name: str
    Config: type[C]

    def form(self, config: C, tags: Mapping[str, str]) -> Format:
        """Return how its batches become bytes. `tags` belong to every series."""
        raise NotImplementedError

    def wire(self, config: C, name: str, tags: Mapping[str, str]) -> Wire:
        """Return how bytes are sent. `name` is that of the output."""
        raise NotImplementedError

    def sink(self) -> type[SpooledSink]:
        """Return the class of the sink."""
        return SpooledSink

    def files(self, config: object) -> Mapping[str, Path | None]:
        """Return the files that a section names, but for secrets."""
        return _paths(cast("C", config), secret=False)

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        """Return the files with secrets that a section names."""
        return _paths(cast("C", config), secret=True)

    def build(
        self,
        config: object,
        surroundings: Surroundings,
        *,
        pace: Pace | None = None,
        memory_bytes: int = MEMORY,
        window: float = WINDOW,
    ) -> SpooledSink:
        """Make the sink of a section; starts nothing. Its spool is `spool-NAME.db`."""
        section, tags = cast("C", config), surroundings.tags
        form, name = self.form(section, tags), section.name or self.name
        return self.sink()(
            name=name,
            form=form,
            wire=self.wire(section, name, tags),
            spool=Spool(
                surroundings.state_dir / f"spool-{name}.db",
                pack=form.pack,
                max_bytes=int(section.spool.max_bytes),
                when_full=section.spool.when_full,
                memory_bytes=memory_bytes,
                window=window,
            ),
            registry=surroundings.registry,
            pace=pace,
        )


def _paths(config: SpooledOutput, *, secret: bool) -> dict[str, Path | None]:
    named = {one.name: getattr(config, one.name) for one in fields(config)}
    secrets = {one.name for one in fields(config) if _MARK in one.metadata}
    return {
        name: value
        for name, value in named.items()
        if isinstance(value, Path) and (name in secrets) is secret
    }
