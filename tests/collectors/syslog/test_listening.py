"""Nothing that is sent is lost while it begins to listen, and no dead connection takes a place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.events.book import EventBook
from collectors.syslog import KIND
from tests.collectors.events.listening import listening
from tests.collectors.syslog.test_syslog import config, log, told
from tests.support import HANGS, free_port


@pytest.mark.parametrize("form", ["-d", "-T"])
async def test_all_addresses_are_those_of_both_families(tmp_path: Path, form: str) -> None:
    """`[::]` hears a device of IPv4 by TCP as it does by UDP."""
    port = free_port()
    found = replace(config(tmp_path, port), listen=f"[::]:{port}")
    async with listening(KIND, found, tmp_path) as collector:
        await log(port, "water detected", form)
        assert (await told(collector, 1))["active", "leak"] == 1.0


async def test_a_silent_connection_is_asked_after(tmp_path: Path) -> None:
    """A device without power does not end it: the kernel's timer 2 (proc_net_tcp) does."""
    port = free_port()

    def timers() -> list[str]:
        rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
        return [row[5][:2] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]

    async with listening(KIND, config(tmp_path, port), tmp_path):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(HANGS):
            while timers() != ["02"]:
                await asyncio.sleep(0.02)
        writer.close()


async def test_a_message_that_comes_while_it_begins_to_listen_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UDP is open before TCP is: what comes in between is added to what was known before."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await log(port, "water detected", "-d")
        await told(collector, 1)
    port = free_port()
    begin, heard = asyncio.start_server, asyncio.Event()

    async def late(*arguments: Any, **named: Any) -> asyncio.Server:
        await log(port, "no water", "-d")
        async with asyncio.timeout(HANGS):
            await heard.wait()
        return await begin(*arguments, **named)

    def take(*arguments: Any) -> None:
        taken(*arguments)
        heard.set()

    taken = EventBook.take
    monkeypatch.setattr(asyncio, "start_server", late)
    monkeypatch.setattr(EventBook, "take", take)
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        found = await told(collector, 2)
        assert (found["events_total", "leak"], found["active", "leak"]) == (2.0, 0.0)
