"""NVIDIA GPUs that come, go and are refused: the real binding on a stand-in library with NVML's
ABI, and on the real one where there is a driver.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from collectors.accelerators.nvidia import Nvidia
from collectors.base import NoData, Refused, Schedule, Unreachable
from tests.collectors.accelerators.kit import chips, values
from tests.collectors.accelerators.nvml_machine import CARD, H200, Machine
from tests.support import ROOT


@pytest.mark.parametrize("lost", ["1.error 15", "1.handle.error 15", "1.power.error 16"])
def test_a_lost_gpu_is_the_only_one_down(machine: Machine, lost: str) -> None:
    """A GPU that is lost is down and is no chip any more.

    The other goes on, and it comes back by itself.
    """
    machine.collector.collect()
    machine.has(2, lost)
    for _ in range(2):
        readings = machine.collector.collect()
        assert values(readings, "up") == {"nvidia0": 1, "nvidia1": 0}
        assert list(values(readings, "info")) == ["nvidia0"]
    assert [series.label("accelerator") for series in machine.collector.up_series] == ["nvidia0"]
    machine.has(2)
    assert values(machine.collector.collect(), "up") == {"nvidia0": 1, "nvidia1": 1}


def test_a_gpu_that_falls_off_the_bus_renames_no_other(machine: Machine) -> None:
    """When the first GPU vanishes, the second keeps its name, though it is now counted first."""
    machine.collector.collect()
    machine.state.write_text(
        "count 1\n"
        + "".join(f"0.{line.partition('.')[2]}\n" for line in H200.format(n=1).splitlines())
    )
    readings = machine.collector.collect()
    assert values(readings, "up") == {"nvidia1": 1, "nvidia0": 0}


@pytest.mark.parametrize(
    ("error", "words"), [(1, "Uninitialized"), (9, "Driver Not Loaded"), (18, "restart the agent")]
)
def test_a_driver_that_goes_takes_all_down_and_comes_back(
    machine: Machine, error: int, words: str
) -> None:
    """When the driver is unloaded under it, every GPU is down.

    Once it is back, the library is opened again.
    """
    machine.collector.collect()
    machine.has(2, f"error {error}", f"init {error}")
    for _ in range(2):
        with pytest.raises(Unreachable, match=words):
            machine.collector.collect()
        assert len(machine.collector.up_series) == 2
    machine.has(2)
    assert values(machine.collector.collect(), "up") == {"nvidia0": 1, "nvidia1": 1}


def test_no_permission_is_a_refusal(machine: Machine) -> None:
    """A library that may not open the driver says so."""
    machine.has(1, "init 4")
    with pytest.raises(Refused, match="permission"):
        machine.collector.collect()


def test_without_a_driver_nothing_is_loaded(tmp_path: Path) -> None:
    """A node without a device file imports no binding and says nothing.

    One whose files vanish says that they are gone.
    """
    (tmp_path / "dev").mkdir()
    code = (
        "import sys; from collectors.accelerators import KIND; from collectors.base import *;"
        " from pathlib import Path\n"
        f"context = Context(place=Place(hub='h'), node='n', rootfs=Path({str(tmp_path)!r}),"
        f" sys=Path({str(tmp_path)!r}))\n"
        "for one in KIND.build(KIND.Config(disable=['ascend']), context):\n"
        "    try: one.collect(); raise SystemExit('it said something')\n"
        "    except NoData: pass\n"
        "assert not {'pynvml', 'prometheus_client', 'h11', 'asyncio.subprocess'} &"
        " set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=300)


def test_device_files_that_vanish(machine: Machine) -> None:
    """Chips that were there are down when the driver's files go."""
    machine.collector.collect()
    (machine.state.parent / "dev" / "nvidiactl").unlink()
    with pytest.raises(Unreachable, match="gone"):
        machine.collector.collect()
    assert len(machine.collector.up_series) == 2


def test_never_any_device(tmp_path: Path) -> None:
    """Without a device file there is nothing to say."""
    with pytest.raises(NoData):
        Nvidia(chips("NVIDIA"), devices=tmp_path / "none", schedule=Schedule()).collect()


@pytest.mark.skipif(not CARD.exists(), reason="no NVIDIA driver")
def test_a_real_gpu(tmp_path: Path) -> None:
    """A real GPU tells its power, memory, temperature and identity, and its model is rated."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidiactl").touch()
    collector = Nvidia(chips("NVIDIA"), devices=tmp_path / "dev", schedule=Schedule())
    try:
        for _ in range(2):
            readings = collector.collect()
            assert readings
            for name in ("up", "info", "power_watts", "memory_total_bytes", "temperature_celsius"):
                assert values(readings, name), name
            assert all(0 < watts < 2000 for watts in values(readings, "power_watts").values())
            assert all(0 <= busy <= 1 for busy in values(readings, "utilization_ratio").values())
            assert values(readings, "peak_flops", "precision"), values(readings, "info", "model")
    finally:
        collector.close()
