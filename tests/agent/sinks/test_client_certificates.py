"""A database that asks who writes to it, by the writer's own certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.sinks.sender import SpooledSink
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import Scripted, batch, drained, sink
from tests.agent.sinks.receivers import remote
from tests.support import wait_for
from tests.support.certificates import self_signed

Files = dict[str, Any]
Running = AbstractContextManager[SpooledSink]


def by_lines(url: str, folder: Path, files: Files) -> Running:
    return sink(url, folder, **files)


def by_remote_write(url: str, folder: Path, files: Files) -> Running:
    return remote(f"{url}/w", folder, **files)


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Path]:
    """Return a certificate that is its own authority, and its key."""
    return self_signed(tmp_path, "localhost")


@pytest.fixture
def strict(own: tuple[Path, Path]) -> Iterator[Scripted]:
    """Run a database that talks only to who shows a certificate of its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    context.load_verify_locations(own[0])
    context.verify_mode = ssl.CERT_REQUIRED
    with Scripted().up(context) as database:
        yield database


@pytest.mark.parametrize("way", [by_lines, by_remote_write])
def test_it_shows_its_certificate(
    strict: Scripted,
    own: tuple[Path, Path],
    tmp_path: Path,
    way: Callable[[str, Path, Files], Running],
) -> None:
    """Without a certificate nothing is taken and all waits; with one it is stored."""
    url = strict.url.replace("http:", "https:")
    trust = {"ca_file": own[0]}
    with way(url, tmp_path, trust) as made:
        made.accept(batch(1.0, when=T0))
        wait_for(lambda: made.requests["unreachable"] > 1, what="a request that failed")
        assert made.spool.state().waiting == 1
    assert strict.requests == []
    shown = {"cert_file": own[0], "key_file": own[1]}
    with way(url, tmp_path, trust | shown) as made:
        drained(made)
        assert made.spool.state().sent == 1
    assert strict.requests
