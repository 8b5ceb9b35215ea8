"""A second sink, as its writer would add it: one file, and one line in the table of kinds.

It appends a line of JSON for each batch to a file. Its file can be made to fail, as a full disk or
a share that is away would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from agent.sinks.base import Format, Reply, Surroundings
from agent.sinks.output import Output
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import Spool
from collectors.base import Batch

MARK: Final = "mark"
"""A file that must lie in a folder where the sink may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfig(Output):
    """The section `outputs: file:`."""

    path: Path
    max_bytes: int = 2**26


class JsonLines(Format):
    """A batch is one line of JSON; a part is a line."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._tags = tags

    def render(self, batch: Batch) -> tuple[bytes, int]:
        values = {series.prefix.strip(): value for series, value in batch.readings}
        line = json.dumps({"time": batch.time, "tags": self._tags, "values": values})
        return line.encode() + b"\n", len(values)

    def pack(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(parts)

    def join(self, payloads: Sequence[bytes]) -> bytes:
        return b"".join(payloads)

    def parts(self, payload: bytes) -> list[bytes]:
        return payload.splitlines(keepends=True)

    def count(self, part: bytes) -> int:
        return len(json.loads(part)["values"])


class Appended:
    """A file that bodies are appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = str(path)

    def post(self, body: bytes) -> Reply:
        try:
            with self._path.open("ab") as file:
                file.write(body)
        except OSError as error:
            return Reply(code="unreachable", message=error.strerror or "")
        return Reply(code="200")

    def own_page(self, _seconds: float, /) -> str | None:
        """Return nothing: a file says nothing of itself."""
        return ""

    def renew(self) -> None:
        """There is no secret."""

    def close(self) -> None:
        """Nothing is held."""


class FileKind:
    """Makes the sink."""

    name = "file"
    Config = FileConfig

    def files(self, config: object) -> Mapping[str, Path | None]:
        return {"path": cast("FileConfig", config).path.with_name(MARK)}

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        assert isinstance(config, FileConfig)
        return {}

    def build(self, config: object, surroundings: Surroundings) -> SpooledSink:
        section = cast("FileConfig", config)
        form = JsonLines(surroundings.tags)
        return SpooledSink(
            name=section.name or self.name,
            form=form,
            wire=Appended(section.path),
            spool=Spool(
                surroundings.state_dir / f"spool-{section.name or self.name}.db",
                pack=form.pack,
                max_bytes=section.max_bytes,
                window=0.01,
            ),
            registry=surroundings.registry,
            pace=Pace(first=0.02, most=0.1, linger=0.02),
        )


KIND: Final = FileKind()
