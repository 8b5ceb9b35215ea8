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

from agent.sinks.base import Format, Reply, Wire
from agent.sinks.spooled import SpooledKind, SpooledOutput
from collectors.base import Batch

MARK: Final = "mark"
"""A file that must lie in a folder where the sink may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfig(SpooledOutput):
    """The section `outputs: file:`."""

    path: Path


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


class FileKind(SpooledKind[FileConfig]):
    """Makes the sink."""

    name = "file"
    Config = FileConfig

    def form(self, _config: FileConfig, tags: Mapping[str, str]) -> Format:
        return JsonLines(tags)

    def wire(self, config: FileConfig, _name: str, _tags: Mapping[str, str]) -> Wire:
        return Appended(config.path)

    def files(self, config: object) -> Mapping[str, Path | None]:
        return {"path": cast("FileConfig", config).path.with_name(MARK)}


KIND: Final = FileKind()
