"""What an outsider can do through the open door: little, and nothing that others notice."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from agent.settings import Tls
from agent.snapshot import Snapshot
from agent.web import crowd, server
from agent.web import shared as sharing
from agent.web.gate import listening_socket
from agent.web.shared import SharedPages, Wanted
from collectors.base import Batch
from tests.agent.web.serving import VALUE, ended, request, serving
from tests.support import HANGS
from tests.support.certificates import self_signed

GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server's certificate for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    self_signed(folder, "server", host="DNS:localhost")
    return folder


async def test_with_tls_the_bounds_count_before_the_handshake(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 200 silent connections 50 are kept, and those end by the handshake's deadline."""
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 3600.0)
    tls = Tls(cert_file=certificate / "server.pem", key_file=certificate / "server.key")
    good = ssl.create_default_context(cafile=str(certificate / "server.pem"))
    async with serving(tls=tls, max_connections=50, request_timeout=5.0) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        ends = [asyncio.create_task(ended(reader)) for reader, _ in silent]
        async with asyncio.timeout(HANGS):
            while sum(end.done() for end in ends) < 150:  # refused, with nothing to say yet
                await asyncio.sleep(0.02)
        assert all(await asyncio.gather(*ends))  # the others: no handshake in time
        assert (await request(port, "/metrics", tls=good))[0] == 200
        for _, writer in silent:
            writer.close()


async def test_silent_connections_give_way_with_tls_too(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good scrape is answered at once while 50 of 50 places are held by the silent."""
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 0.0)
    tls = Tls(cert_file=certificate / "server.pem", key_file=certificate / "server.key")
    good = ssl.create_default_context(cafile=str(certificate / "server.pem"))
    async with serving(tls=tls, max_connections=50, request_timeout=HANGS) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 0.25)
        await asyncio.sleep(0)
        async with asyncio.timeout(HANGS):
            while True:
                try:
                    assert (await request(port, "/metrics", tls=good))[0] == 200
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        for _, writer in silent:
            writer.close()


async def test_an_address_cannot_take_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten silent connections of one address are kept; another address is served beside them."""
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 3600.0)
    async with serving(max_connections=50, max_connections_per_address=10) as port:
        silent = [
            await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.5", 0))
            for _ in range(30)
        ]
        for reader, _ in silent[10:]:
            assert (await asyncio.wait_for(reader.read(), HANGS)).startswith(b"HTTP/1.1 503")
        assert (await request(port, "/metrics", source="127.0.0.6"))[0] == 200
        for _, writer in silent:
            writer.close()


async def test_known_scrapers_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all places of strangers taken and busy, the configured Prometheus is answered."""
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 3600.0)
    async with serving(max_connections=16, scrapers=("127.0.0.9",)) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        monkeypatch.setattr(crowd, "BUSY_REQUESTS", 0)
        assert (await request(port, "/metrics"))[0] == 503
        assert (await request(port, "/metrics", source="127.0.0.9"))[0] == 200
        assert (await request(port, "/-/healthy", source="127.0.0.9"))[0] == 200
        for _, writer in held:
            writer.close()


async def test_a_reader_that_makes_no_progress_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads slowly but steadily has its whole page, one that stops loses its connection.

    The page is larger than what the kernel takes on its own.
    """
    monkeypatch.setattr(server, "PROGRESS_SECONDS", HANGS)
    async with serving(series=25_000, digits=250) as port:  # 7 MB
        stopped, steady = socket.socket(), socket.socket()
        stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def ask(client: socket.socket) -> None:
            client.connect(("127.0.0.1", port))
            client.sendall(GET)
            client.settimeout(HANGS)

        def read_steadily() -> int:
            length, body = None, bytearray()
            while length is None or len(body) < length:
                part = steady.recv(2**16)
                assert part, "cut in the middle"
                body += part
                if length is None and b"\r\n\r\n" in body:
                    head, _, body = body.partition(b"\r\n\r\n")
                    length = int(bytes(head).lower().partition(b"content-length: ")[2].split()[0])
            return body.count(b"\nt_x_value{")

        def read_late() -> int:
            got = 0
            try:
                while part := stopped.recv(2**16):
                    got += len(part)
            except ConnectionError:
                pass
            return got

        ask(steady)
        assert await asyncio.to_thread(read_steadily) == 25_000
        monkeypatch.setattr(server, "PROGRESS_SECONDS", 1.0)
        ask(stopped)
        async with asyncio.timeout(HANGS):
            while _has_connection(stopped):
                await asyncio.sleep(0.05)
        assert 0 < await asyncio.to_thread(read_late) < 5_000_000
        stopped.close()
        steady.close()


def _has_connection(client: socket.socket) -> bool:
    """Tell whether the kernel still has a client's connection as established."""
    mine = f"{client.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{mine}") and row[3] == "01" for row in rows)


def _snapshot(series: int) -> Snapshot:
    snapshot = Snapshot()
    readings = [(VALUE.series(str(n)), float(n)) for n in range(series)]
    snapshot.update(Batch(collector="t", device="", time=0.0, lifetime=600.0, readings=readings))
    return snapshot


async def test_those_who_scrape_at_the_same_time_share_one_page() -> None:
    """It is the same bytes in memory; compressed ones are another page, of the same text."""
    shared = SharedPages(_snapshot(5000))
    found = await asyncio.gather(*(shared.page(Wanted()) for _ in range(200)))
    assert len({id(page) for page in found}) == 1
    assert all(len(part) <= sharing.PART_BYTES for part in found[0].parts)
    zipped = await shared.page(Wanted(zipped=True))
    import gzip

    assert gzip.decompress(b"".join(zipped.parts)) == b"".join(found[0].parts)
    assert zipped.length == sum(map(len, zipped.parts))


async def test_slow_readers_hold_a_few_pages_at_most() -> None:
    """Each would hold a page of its own; the readers of the oldest are cut, or a page is shared."""
    time = 0.0
    shared = SharedPages(_snapshot(100), monotonic=lambda: time)
    cut: list[int] = []
    held = []
    for n in range(40):
        page = await shared.page(Wanted())

        def end(n: int = n) -> None:
            cut.append(n)
            held[n].__exit__(None, None, None)
            held[n] = None

        held.append(page.read_by(end))
        held[-1].__enter__()
        del page
        time += 2.0
    assert len(shared._alive) <= sharing.MOST_PAGES
    assert 0 in cut
    assert 39 not in cut


async def test_without_descriptors_one_line_is_logged_and_the_server_comes_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Thousands of failed accepts make one line a minute."""
    failures = 0

    class Exhausted(socket.socket):
        def accept(self) -> tuple[socket.socket, Any]:
            nonlocal failures
            if failures < 5:
                failures += 1
                raise OSError(errno.EMFILE, "Too many open files")
            return super().accept()

    def exhausted(host: str, port: int) -> socket.socket:
        return Exhausted(fileno=listening_socket(host, port).detach())

    monkeypatch.setattr(server, "listening_socket", exhausted)
    async with serving() as port:
        assert (await request(port, "/metrics"))[0] in (200, 503)
        assert (await request(port, "/-/healthy"))[0] == 200
    assert failures == 5
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["a connection cannot be accepted: Too many open files"]


async def test_connections_answer_without_waiting_for_an_acknowledgement() -> None:
    """TCP_NODELAY is set on what is accepted; without it an answer on an open one takes 40 ms."""
    loop = asyncio.get_running_loop()
    sock = listening_socket("127.0.0.1", 0)
    sock.listen()
    with socket.create_connection(sock.getsockname()), sock:
        accepted, _ = sock.accept()
        accepted.settimeout(0)
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, accepted)
        own = transport.get_extra_info("socket")
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        transport.close()
