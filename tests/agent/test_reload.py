"""What a reload keeps, gives back, and says."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from agent.app import App
from agent.cli import main
from agent.web import pages
from collectors.base import ConfigError
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
    """After fifteen reloads there are as many as after five; each keeps some hundred files open."""
    app = App(node_config(tmp_path))
    app.prepare()
    app.runner.start()
    seen = []
    for _ in range(15):
        async with asyncio.timeout(HANGS):
            await app.runner.ready.wait()
            assert str(await app.reload()) == "reloaded"
        seen.append((threading.active_count(), open_files()))
    await app.runner.stop()
    threads, files = zip(*seen, strict=True)
    assert max(threads[4:]) <= max(threads[:5]) + 8  # asyncio's own pool fills up meanwhile
    assert max(files[4:]) <= max(files[:5]) + 20


def gateway_config(folder: Path, port: int, text: str = "") -> Path:
    """Write the config of a gateway with one meter in its inventory and no devices."""
    (folder / "inventory.yaml").write_text(
        "sites: [{site: s1}]\nmeters: [{meter: main, site: s1, point: utility}]\n"
    )
    path = folder / "config.yaml"
    path.write_text(
        f"hub: guian\nsite: s1\nstate_dir: {folder}/state\ninventory: inventory.yaml\n"
        f"outputs:\n  http: {{listen: 127.0.0.1:{port}}}\n{text}"
    )
    return path


async def test_a_reload_says_what_takes_effect_at_the_next_start_only(tmp_path: Path) -> None:
    """An address and a sink that changed are named; a config that is the same is just reloaded."""
    app = App(gateway_config(tmp_path, 1))
    app.prepare()
    app.runner.start()
    assert str(await app.reload()) == "reloaded"
    gateway_config(tmp_path, 2)
    left = "reloaded, but for outputs.http.listen: restart the agent for them"
    assert str(await app.reload()) == left
    assert str(await app.reload()) == left  # and each time until it is restarted
    gateway_config(tmp_path, 1, "  influxdb: {url: 'http://127.0.0.1:1'}\n")
    done = await app.reload()
    assert list(done.left) == ["outputs.influxdb"]
    (tmp_path / "config.yaml").write_text("hub: nowhere\n")
    assert (await app.reload()).wrong
    await app.runner.stop()
    assert app.ledger is not None
    app.ledger.close()


@pytest.mark.parametrize("push", ["", "  influxdb: {url: 'http://127.0.0.1:1'}\n"])
async def test_a_second_agent_in_a_state_folder_refuses(tmp_path: Path, push: str) -> None:
    """With or without a push, it names the lock and its holder; once that one is gone it runs."""
    path = gateway_config(tmp_path, 1, push)
    first, second = App(path), App(path)
    first.prepare(alone=True)
    with pytest.raises(ConfigError, match=rf"held by process {os.getpid()}; .*state_dir") as caught:
        second.prepare(alone=True)
    assert caught.value.file == str(tmp_path / "state" / "agent.lock")
    await first.stop()
    second.prepare(alone=True)
    await second.stop()


def test_a_node_that_is_scraped_makes_no_state_folder(tmp_path: Path) -> None:
    """It keeps nothing, so it needs no lock either."""
    app = App(node_config(tmp_path))
    app.prepare(alone=True)
    assert not (tmp_path / "state").exists()


def folder_bytes(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_collect_leaves_the_state_folder_as_it_is(tmp_path: Path) -> None:
    """It reads the ledger and writes to a copy; where there is no folder it makes none."""
    path = gateway_config(tmp_path, 1)
    assert main(["collect", "--config", str(path)]) == 0
    assert not (tmp_path / "state").exists()
    (tmp_path / "day.csv").write_text(
        "time,meter,energy_kwh\n2026-01-01T00:00,main,10\n2026-01-01T01:00,main,9\n"
    )
    told = ["ledger", "import", "--config", str(path), "--site", "s1", str(tmp_path / "day.csv")]
    assert main(told) == 0
    before = folder_bytes(tmp_path / "state")
    assert main(["collect", "--config", str(path)]) == 0
    assert folder_bytes(tmp_path / "state") == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_import_by_root_leaves_the_ledger_to_the_agents_user(tmp_path: Path) -> None:
    """Before the first start, in a folder that is another user's, its files are that user's."""
    path = gateway_config(tmp_path, 1)
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 12345, 12346)
    (tmp_path / "day.csv").write_text(
        "time,meter,energy_kwh\n2026-01-01T00:00,main,10\n2026-01-01T01:00,main,9\n"
    )
    told = ["ledger", "import", "--config", str(path), "--site", "s1", str(tmp_path / "day.csv")]
    assert main(told) == 0
    owners = {one.name: one.stat().st_uid for one in (tmp_path / "state").iterdir()}
    assert owners["ledger.db"] == 12345
    assert set(owners.values()) == {12345}


async def test_a_bad_textfile_is_logged_once_over_reloads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is the same mistake after each reload; another one is logged, as is its end."""
    folder = tmp_path / "text"
    folder.mkdir()
    bad, worse = folder / "bad.prom", folder / "worse.prom"
    bad.write_text("a b c\n")
    config = node_config(tmp_path)
    config.write_text(
        f"hub: guian\nsite: s1\nstate_dir: {tmp_path}/state\n"
        f"collectors: {{host: {{interval: 1h, textfile: {{directory: {folder}}}}}}}\n"
    )

    def lines() -> list[str]:
        return [text for text in caplog.messages if ".prom" in text]

    app = App(config)
    app.prepare()
    await app.runner.run_once()
    assert len(lines()) == 1
    assert f"textfile: {bad}: is not the Prometheus text format" in lines()[0]
    for _ in range(3):
        await app.reload()
        await app.runner.run_once()
    assert len(lines()) == 1
    worse.write_text("d e f\n")
    await app.runner.run_once()
    assert len(lines()) == 2
    assert all(str(file) in lines()[1] for file in (bad, worse))
    bad.unlink()
    worse.unlink()
    with caplog.at_level("INFO"):
        await app.runner.run_once()
    assert sorted(lines()[2:]) == [f"{file}: corrected or removed" for file in (bad, worse)]
    await app.runner.stop()


async def test_a_failing_device_is_logged_once_over_reloads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is the same failure after each reload; a device that is new in the config is told."""
    config = tmp_path / "config.yaml"

    def write(*names: str) -> None:
        devices = "".join(
            (
                f"    - {{address: '127.0.0.1:1', profile:"
                f" eastron-sdm630, meter: {name}, point: other}}\n"
            )
            for name in names
        )
        config.write_text(
            f"hub: guian\nsite: s1\nstate_dir: {tmp_path}/state\n"
            f"collectors:\n  modbus:\n    interval: 1h\n    devices:\n{devices}"
        )

    def failing() -> list[str]:
        return [text.partition(":")[0] for text in caplog.messages if text.startswith("modbus ")]

    write("a")
    app = App(config)
    app.prepare()
    await app.runner.run_once()
    assert failing() == ["modbus a"]
    for _ in range(2):
        await app.reload()
        (one,) = [one for one in app.runner.health() if one.collector == "modbus"]
        assert (one.ok, bool(one.last_error)) == (False, True)
        await app.runner.run_once()
    assert failing() == ["modbus a"]
    write("a", "b")
    await app.reload()
    await app.runner.run_once()
    assert failing() == ["modbus a", "modbus b"]
    await app.runner.stop()


async def test_pages_that_cannot_be_loaded_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway draws its first page before anyone asks. Where that fails, no task of it does."""
    tried, seen = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def fail() -> None:
        loop.call_soon_threadsafe(tried.set)
        seen.wait(HANGS)
        raise MemoryError

    monkeypatch.setattr(pages, "load", fail)
    app = App(gateway_config(tmp_path, 0))
    running = asyncio.create_task(app.run())
    async with asyncio.timeout(HANGS):
        await tried.wait()
        tasks = [task for task in asyncio.all_tasks() if "_draw_first" in str(task.get_coro())]
        seen.set()
        assert await asyncio.gather(*tasks, return_exceptions=True) == [None]
        await app.runner.ready.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == 0
