"""The kind of sink of `outputs: remote_write:`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from agent.sinks.base import Surroundings
from agent.sinks.remote.config import RemoteWrite
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import MEMORY, WINDOW, spool_of

if TYPE_CHECKING:
    from agent.sinks.remote.sink import RemoteSink


def remote_sink(
    config: RemoteWrite,
    surroundings: Surroundings,
    *,
    pace: Pace | None = None,
    memory_bytes: int = MEMORY,
    window: float = WINDOW,
) -> RemoteSink:
    """Make the sink: remote write from `spool-NAME.db` in the agent's folder."""
    from agent.sinks.remote.frames import FrameFormat
    from agent.sinks.remote.sink import RemoteSink

    form, name = FrameFormat(surroundings.tags), config.name or KIND.name
    return RemoteSink(
        config,
        surroundings,
        name=name,
        form=form,
        spool=spool_of(
            config.spool,
            surroundings.state_dir,
            name,
            form.pack,
            memory_bytes=memory_bytes,
            window=window,
        ),
        pace=pace,
    )


class RemoteKind:
    """The section `outputs: remote_write:`."""

    name = "remote_write"
    Config = RemoteWrite
    packages: Final = {
        "google.protobuf": "remote-write",
        "cramjam": "remote-write",
        "urllib3": "remote-write",
    }

    def files(self, config: object) -> Mapping[str, Path | None]:
        """Return the certificates of the server's authority and of this agent."""
        section = cast("RemoteWrite", config)
        return {"ca_file": section.ca_file, "cert_file": section.cert_file}

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        """Return the files of the token, the password and the key."""
        section = cast("RemoteWrite", config)
        return {
            "token_file": section.token_file,
            "password_file": section.password_file,
            "key_file": section.key_file,
        }

    def build(self, config: object, surroundings: Surroundings) -> SpooledSink:
        """Make the sink of a section; starts nothing."""
        return remote_sink(cast("RemoteWrite", config), surroundings)


KIND: Final = RemoteKind()
