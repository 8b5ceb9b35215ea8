"""The kind of sink of `outputs: remote_write:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.sinks.base import Format, Wire
from agent.sinks.remote.config import RemoteWrite
from agent.sinks.sender import SpooledSink
from agent.sinks.spooled import SpooledKind


class RemoteKind(SpooledKind[RemoteWrite]):
    """The section `outputs: remote_write:`."""

    name = "remote_write"
    Config = RemoteWrite
    packages: Final = {
        "google.protobuf": "remote-write",
        "cramjam": "remote-write",
        "urllib3": "remote-write",
    }

    def form(self, _config: RemoteWrite, tags: Mapping[str, str]) -> Format:
        """Return frames, which suit both protocols."""
        from agent.sinks.remote.frames import FrameFormat

        return FrameFormat(tags)

    def wire(self, config: RemoteWrite, name: str, _tags: Mapping[str, str]) -> Wire:
        """Return the way over HTTP."""
        from agent.sinks.remote.wire import RemoteWire

        return RemoteWire(config, name=name)

    def sink(self) -> type[SpooledSink]:
        """Return the sink that also tells when series end."""
        from agent.sinks.remote.sink import RemoteSink

        return RemoteSink


KIND: Final = RemoteKind()
