"""What a reload keeps, gives back, and says."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from agent.app import App
from tests.support import HANGS


def node_config(folder: Path, text: str = "") -> Path:
    """Write the config of a node agent that reads this machine."""
    path = folder / "config.yaml"
    path.write_text(
        f"hub: guian\nsite: s1\nstate_dir: {folder}/state\n"
        f"collectors:\n  host: {{interval: 1s}}\n{text}"
    )
    return path


def open_files() -> int:
    """Count this process's descriptors."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_reloads_leave_no_threads_and_no_descriptors(tmp_path: Path) -> None:
    """After forty reloads there are as many as after five; each keeps some hundred files open."""
    app = App(node_config(tmp_path))
    app.prepare()
    app.runner.start()
    seen = []
    async with asyncio.timeout(HANGS):
        for _ in range(40):
            await app.runner.ready.wait()
            assert await app.reload() == ""
            seen.append((threading.active_count(), open_files()))
    await app.runner.stop()
    threads, files = zip(*seen, strict=True)
    assert max(threads[4:]) <= max(threads[:5]) + 8  # asyncio's own pool fills up meanwhile
    assert max(files[4:]) <= max(files[:5]) + 20
