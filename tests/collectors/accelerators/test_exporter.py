"""Exporters over real HTTP: what they say, and every way in which one may not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from collectors.accelerators import KIND, AcceleratorsConfig, ExporterConfig
from collectors.accelerators.exporter import Exporter
from collectors.accelerators.exporter_profile import FOLDER, load_profile
from collectors.base import BadReply, ConfigError, Refused, Schedule, Unreachable
from collectors.strict import Problems
from tests.collectors.accelerators.kit import CASES, chips, context, values
from tests.support import HANGS, hurried
from tests.support.certificates import self_signed

PAGE = (CASES / "accelerator_exporter" / "ascend-npu-exporter-310p-duo" / "reply.txt").read_bytes()


@contextlib.asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], **tls: object
) -> AsyncIterator[int]:
    """Run a server that answers each connection so."""
    open_ones: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones[task] = writer
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0, **tls)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()
        for task, writer in open_ones.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*open_ones, return_exceptions=True)
        await asyncio.sleep(0)


def says(raw: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return answer


def exporter(port: int, timeout: float = 5.0) -> Exporter:
    return Exporter(
        chips("Huawei"),
        load_profile("ascend-npu-exporter"),
        url=f"http://127.0.0.1:{port}/metrics",
        schedule=Schedule(timeout=timeout),
        clock=time.time,
        trust=None,
    )


def whole(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "raw",
    [
        whole(PAGE),
        b"HTTP/1.0 200 OK\r\n\r\n" + PAGE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(
            b"%x\r\n%s\r\n" % (len(PAGE[n : n + 100]), PAGE[n : n + 100])
            for n in range(0, len(PAGE), 100)
        )
        + b"0\r\n\r\n",
    ],
    ids=["length", "until-closed", "chunked"],
)
async def test_a_page_however_it_is_framed(raw: bytes) -> None:
    """A page is read with a length, in chunks, or until the server closes."""
    async with server(says(raw)) as port:
        readings = await exporter(port).collect()
    assert values(readings, "power_watts") == {"davinci0": 44.7}
    assert values(readings, "up") == {"davinci0": 1, "davinci1": 1}


@pytest.mark.parametrize(
    ("raw", "error", "words"),
    [
        (whole(b"", "503 Service Unavailable"), BadReply, "503"),
        (whole(b"", "401 Unauthorized"), Refused, "401"),
        (whole(b"", "302 Found"), BadReply, "302"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", BadReply, "not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", BadReply, "not speak HTTP"),
        (b"", BadReply, "not speak HTTP"),
        (whole(b"x" * 9_000_000), BadReply, "more than 8388608 bytes"),
        (whole(b"npu_chip_info_power{id= 4\n"), BadReply, "cannot be parsed"),
    ],
)
async def test_what_is_no_page(raw: bytes, error: type[Exception], words: str) -> None:
    """A refusal, another protocol, half an answer, one without end: each is one line that says
    which.
    """
    async with server(says(raw)) as port:
        with pytest.raises(error, match=words) as raised:
            await exporter(port).collect()
    assert "\n" not in str(raised.value)


async def test_a_byte_at_a_time_meets_the_deadline() -> None:
    """A server that sends a byte now and then is given up at the deadline of the whole, and known
    chips are down.
    """

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in whole(PAGE):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.5)

    async with server(says(whole(PAGE))) as port:
        collector = exporter(port, timeout=HANGS)
        await collector.collect()
    async with server(drip) as port:
        collector.device = f"http://127.0.0.1:{port}/metrics"
        with hurried(collector, 2.0), pytest.raises(Unreachable, match=r"within 2 s"):
            await collector.collect()
    assert len(collector.up_series) == 2
    with pytest.raises(Unreachable):  # nobody listens any more
        await collector.collect()


async def test_a_certificate_is_verified(tmp_path: Path) -> None:
    """An exporter behind TLS is read where its authority is named, and refused where it is not."""
    import ssl

    cert, key = self_signed(tmp_path, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    async with server(says(whole(PAGE)), ssl=tls) as port:
        url = f"https://127.0.0.1:{port}/metrics"
        for ca_file in (cert, None):
            section = AcceleratorsConfig(
                exporters=[ExporterConfig(url=url, profile="ascend-npu-exporter", ca_file=ca_file)]
            )
            collector = KIND.build(section, context(tmp_path))[0]
            if ca_file is not None:
                assert values(await collector.collect(), "up") == {"davinci0": 1, "davinci1": 1}
            else:
                with pytest.raises(Unreachable, match="certificate"):
                    await collector.collect()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_every_profile_is_sound(name: str) -> None:
    """Each profile of ours is read without a mistake and asks for something."""
    profile = load_profile(name)
    assert profile.wanted
    assert {reading.metric for reading in profile.readings} >= {
        "dc_accelerator_power_watts",
        "dc_accelerator_temperature_celsius",
    }


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    """A file in the operator's folder is a profile; a mistake in one is told with its line."""
    (tmp_path / "mine.yaml").write_text(
        'vendor: Cambricon\nchip: {labels: [card], called: "cambricon_dev{}"}\nmodel:'
        " {labels: [model]}\n"
        "readings:\n  - {metric: dc_accelerator_power_watts, series: mlu_power_usage}\n"
    )
    assert load_profile("mine", tmp_path).wanted == {"mlu_power_usage"}
    with pytest.raises(ConfigError, match="did you mean dcgm-exporter"):
        load_profile("dcgm-export", tmp_path)
    for wrong, words in (
        ("dc_accelerator_power_wats", "did you mean dc_accelerator_power_watts"),
        ("dc_accelerator_throttled", "reason of its own"),
        ("dc_rack_power_watts", "unknown"),
    ):
        text = (tmp_path / "mine.yaml").read_text()
        (tmp_path / "wrong.yaml").write_text(text.replace("dc_accelerator_power_watts", wrong))
        with pytest.raises(Problems, match=words) as raised:
            load_profile("wrong", tmp_path)
        assert "wrong.yaml:5" in str(raised.value)
