"""A machine whose GPUs are a text file, read by a stand-in library with NVML's ABI."""

from __future__ import annotations

from pathlib import Path

from collectors.accelerators.nvidia import Nvidia
from collectors.base import Schedule
from tests.collectors.accelerators.kit import chips

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
