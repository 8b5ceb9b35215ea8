"""NVIDIA GPUs: the real binding on a stand-in library with NVML's ABI, and on the real one where
there is a driver.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.accelerators.nvidia import Nvidia
from collectors.base import NoData, Refused, Schedule, Unreachable
from tests.collectors.accelerators.kit import chips, values
from tests.support import ROOT, binary

CARD = Path("/dev/nvidiactl")
H200 = """\
{n}.name NVIDIA H200
{n}.uuid GPU-6f1c0000-0000-0000-0000-00000000000{n}
{n}.minor {n}
{n}.bus 00000000:{n}B:00.0
{n}.power 312450
{n}.energy 81234567890
{n}.busy 93
{n}.memory.total 150754820096
{n}.memory.used 75806801920
{n}.memory.v2.used 75161927680
{n}.memory.reserved 644874240
{n}.temperature 54
{n}.throttle 0x24
{n}.ecc.corrected 12
{n}.ecc.uncorrected 0
{n}.busy.memory 41
{n}.encoder 7
{n}.decoder 0
{n}.limit 700000
{n}.replays 3
{n}.clock.sm 1980
{n}.clock.memory 3201
{n}.rows.corrected 2
{n}.rows.uncorrected 1
{n}.rows.pending 1
{n}.rows.failed 0
{n}.field.82 61
{n}.field.138.4294967295 u64 2048
{n}.field.139.4294967295 u64 5000000000000
{n}.field.38 4
{n}.field.52 9
{n}.pcie.sent 954
{n}.pcie.received 55236000
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the stand-in.

    Its name is the one the binding asks for, so that the loader finds it loaded.
    """
    compiler = binary("gcc")
    if CARD.exists():
        pytest.skip("there is a real library")
    path = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    source = Path(__file__).with_name("nvml_standin.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-w", "-Wl,-soname,libnvidia-ml.so.1", "-o", path, source],
        check=True,
    )
    return path


class Machine:
    """A machine whose GPUs are a text file."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        (folder / "dev").mkdir()
        (folder / "dev" / "nvidiactl").touch()
        self.collector = Nvidia(chips("NVIDIA"), devices=folder / "dev", schedule=Schedule())
        self.has(2)

    def has(self, count: int, *lines: str) -> None:
        self.state.write_text(
            "\n".join((f"count {count}", *lines, *(H200.format(n=n) for n in range(count))))
        )


@pytest.fixture
def machine(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setenv("NVML_STANDIN", str(tmp_path / "state"))
    # Its getenv is the C library's: os.environ writes through to it.
    ctypes.CDLL(str(library))
    made = Machine(tmp_path)
    yield made
    made.collector.close()


def test_a_gpu_tells_all_in_base_units(machine: Machine) -> None:
    """Milliwatts, millijoules and percent come out as watts, joules and ratios.

    Bits of reasons as reasons.
    """
    readings = machine.collector.collect()
    assert values(readings, "power_watts") == {"nvidia0": 312.45, "nvidia1": 312.45}
    assert values(readings, "energy_joules_total")["nvidia0"] == pytest.approx(81234567.89)
    assert values(readings, "utilization_ratio")["nvidia1"] == 0.93
    assert values(readings, "memory_used_bytes")["nvidia0"] == 75161927680
    assert values(readings, "memory_total_bytes")["nvidia0"] == 150754820096
    assert values(readings, "memory_reserved_bytes")["nvidia0"] == 644874240
    assert values(readings, "temperature_celsius")["nvidia0"] == 54
    assert values(readings, "throttled", "reason") == {
        f"nvidia{n} {reason}": value
        for n in (0, 1)
        for reason, value in (("power", 1), ("thermal", 1), ("hardware", 0))
    }
    assert values(readings, "ecc_errors_total", "kind")["nvidia0 corrected"] == 12
    assert values(readings, "info", "vendor", "model", "uuid", "bus") == {
        (
            f"nvidia{n} NVIDIA NVIDIA H200 GPU-6f1c0000-0000-0000-0000-00000000000{n}"
            f" 00000000:{n}B:00.0"
        ): 1
        for n in (0, 1)
    }
    assert values(readings, "peak_flops", "precision")["nvidia1 fp16"] == 989.5e12


def test_clocks_limits_and_engines(machine: Machine) -> None:
    """Megahertz, milliwatts and percent come out in base units."""
    readings = machine.collector.collect()
    assert values(readings, "clock_hertz", "clock")["nvidia0 sm"] == 1.98e9
    assert values(readings, "clock_hertz", "clock")["nvidia1 memory"] == 3.201e9
    assert values(readings, "power_limit_watts")["nvidia0"] == 700
    engines = values(readings, "engine_utilization_ratio", "engine")
    assert {
        engine: engines[f"nvidia0 {engine}"] for engine in ("memory", "encoder", "decoder")
    } == {
        "memory": 0.41,
        "encoder": 0.07,
        "decoder": 0.0,
    }
    assert values(readings, "memory_temperature_celsius")["nvidia0"] == 61


def test_links_and_pcie(machine: Machine) -> None:
    """NVLink counts KiB over all links; a field that is not supported is absent."""
    readings = machine.collector.collect()
    assert values(readings, "link_transmit_bytes_total")["nvidia0"] == 2048 * 1024
    assert values(readings, "link_receive_bytes_total")["nvidia0"] == 5_120_000_000_000_000
    assert values(readings, "link_errors_total", "kind") == {
        f"nvidia{n} {kind}": count
        for n in (0, 1)
        for kind, count in (("crc_flit", 4), ("replay", 9))
    }
    assert values(readings, "pcie_transmit_bytes_per_second")["nvidia0"] == 954_000
    assert values(readings, "pcie_receive_bytes_per_second")["nvidia1"] == 55_236_000_000
    assert values(readings, "pcie_replays_total")["nvidia0"] == 3


def test_rows_that_were_replaced(machine: Machine) -> None:
    """How many rows, whether a reset is due, and whether one could not be replaced."""
    readings = machine.collector.collect()
    assert values(readings, "remapped_rows", "kind")["nvidia0 corrected"] == 2
    assert values(readings, "remapped_rows", "kind")["nvidia0 uncorrected"] == 1
    assert values(readings, "row_remap_pending")["nvidia0"] == 1
    assert values(readings, "row_remap_failed")["nvidia0"] == 0


def test_a_memory_without_a_sensor_is_not_at_0_degrees(machine: Machine) -> None:
    """A GPU without a sensor in its memory answers 0."""
    machine.has(1, "0.field.82 0")
    assert values(machine.collector.collect(), "memory_temperature_celsius") == {}


def test_the_last_error_of_each_gpu(machine: Machine) -> None:
    """The driver tells each error once; the last one stays, and 0 stands for none."""
    assert values(machine.collector.collect(), "last_xid") == {"nvidia0": 0, "nvidia1": 0}
    machine.has(2, "xid 0 31", "xid 1 79", "xid 0 43")
    for _ in range(2):
        assert values(machine.collector.collect(), "last_xid") == {"nvidia0": 43, "nvidia1": 79}


def test_a_gpu_that_cannot_tell_its_errors_says_none(machine: Machine) -> None:
    """Not told is not 0."""
    machine.has(2, "1.xids no")
    for _ in range(2):
        readings = machine.collector.collect()
    assert values(readings, "last_xid") == {"nvidia0": 0}


def test_what_is_not_supported_is_absent(machine: Machine) -> None:
    """A GPU that shares its memory with its CPU has none of its own to tell.

    One without permission keeps the rest.
    """
    machine.has(
        1,
        "0.memory.total.error 3",
        "0.energy.error 4",
        "0.ecc.corrected.error 3",
        "0.busy.error 999",
    )
    readings = machine.collector.collect()
    for absent in (
        "memory_used_bytes",
        "memory_total_bytes",
        "energy_joules_total",
        "utilization_ratio",
    ):
        assert values(readings, absent) == {}
    assert values(readings, "ecc_errors_total", "kind") == {"nvidia0 uncorrected": 0}
    assert values(readings, "power_watts") == {"nvidia0": 312.45}


def test_a_split_gpu_is_one_chip(machine: Machine) -> None:
    """A GPU in MIG mode counts once.

    Its instances tell their memory, two compute instances of one GPU instance only once.
    """
    split = ["0.mig 1", "0.busy.error 3"]
    for index, (gpu, instance) in enumerate(((100, 3), (101, 9), (102, 9))):
        split += [
            f"0.mig.{index} {gpu}",
            f"{gpu}.instance {instance}",
            f"{gpu}.memory.total 20000",
            f"{gpu}.memory.used {gpu}",
        ]
    machine.has(1, *split)
    readings = machine.collector.collect()
    assert list(values(readings, "info")) == list(values(readings, "power_watts")) == ["nvidia0"]
    assert values(readings, "utilization_ratio") == {}
    assert values(readings, "instance_memory_used_bytes", "instance") == {
        "nvidia0 3": 100,
        "nvidia0 9": 101,
    }
    assert values(readings, "memory_total_bytes") == {"nvidia0": 150754820096}


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


def test_an_idle_gpu_has_no_memory_in_use(machine: Machine) -> None:
    """What the driver reserves is not in use: `nvidia-smi` calls an idle H200 0 MiB used, too."""
    used = "0.memory.v2.used 0", "0.memory.used 644874240"
    machine.has(1, *used)
    readings = machine.collector.collect()
    assert values(readings, "memory_used_bytes") == {"nvidia0": 0}
    assert values(readings, "memory_reserved_bytes") == {"nvidia0": 644874240}


def test_a_driver_before_510_tells_memory_by_its_only_call(machine: Machine) -> None:
    """Such a driver reserves nothing that it would count as used, and tells no reserved memory."""
    machine.has(1, "0.memory.reserved.error 13")
    readings = machine.collector.collect()
    assert values(readings, "memory_used_bytes") == {"nvidia0": 75806801920}
    assert values(readings, "memory_reserved_bytes") == {}
