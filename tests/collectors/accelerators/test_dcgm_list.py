"""The default list of counters of dcgm-exporter: each is read,
or the documentation says why not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.accelerators.exporter import parse
from collectors.accelerators.exporter_profile import load_profile
from collectors.catalogue import node as catalogue

DOCS = Path(__file__).parents[3] / "docs" / "accelerators.md"
NOW = 1_795_608_010.0
# The fields of etc/default-counters.csv, dcgm-exporter 2.x to 4.6, with those that are off.
FIELDS = """
SM_CLOCK MEM_CLOCK MEMORY_TEMP GPU_TEMP POWER_USAGE TOTAL_ENERGY_CONSUMPTION PCIE_TX_THROUGHPUT
PCIE_RX_THROUGHPUT PCIE_REPLAY_COUNTER GPU_UTIL MEM_COPY_UTIL ENC_UTIL DEC_UTIL XID_ERRORS
POWER_VIOLATION THERMAL_VIOLATION SYNC_BOOST_VIOLATION BOARD_LIMIT_VIOLATION LOW_UTIL_VIOLATION
RELIABILITY_VIOLATION FB_FREE FB_USED ECC_SBE_VOL_TOTAL ECC_DBE_VOL_TOTAL ECC_SBE_AGG_TOTAL
ECC_DBE_AGG_TOTAL RETIRED_SBE RETIRED_DBE RETIRED_PENDING NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL
NVLINK_CRC_DATA_ERROR_COUNT_TOTAL NVLINK_REPLAY_ERROR_COUNT_TOTAL
NVLINK_RECOVERY_ERROR_COUNT_TOTAL NVLINK_BANDWIDTH_TOTAL VGPU_LICENSE_STATUS
UNCORRECTABLE_REMAPPED_ROWS CORRECTABLE_REMAPPED_ROWS ROW_REMAP_FAILURE
"""


def test_each_field_of_the_list_is_read_or_named() -> None:
    """A field of the list is a series of the profile, or the documentation says why it is not."""
    wanted, documented = load_profile("dcgm-exporter").wanted, DOCS.read_text()
    assert [
        field
        for field in FIELDS.split()
        if f"DCGM_FI_DEV_{field}" not in wanted and f"`{field}`" not in documented
    ] == []


def rate(help_text: str, value: str) -> list[float]:
    series = "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL"
    page = f'# HELP {series} {help_text}\n# TYPE {series} gauge\n{series}{{gpu="0"}} {value}\n'
    (chip,) = parse(page.encode(), load_profile("dcgm-exporter"), NOW).chips
    return [
        number for metric, _, number in chip.values if metric is catalogue.ACCELERATOR_LINK_RATE
    ]


@pytest.mark.parametrize(
    ("help_text", "value", "expected"),
    [
        ("NVLink bandwidth over all links (in KB/s).", "1500", [1_500_000.0]),
        ("NVLink bandwidth, MB/s", "202000", [202e9]),
        ("Rate of all links in KiB/s.", "1", [1024.0]),
        ("Total number of NVLink bandwidth counters for all lanes", "1500", []),
        ("NVLink bandwidth (in KB)", "1500", []),
        ("NVLink bandwidth (in Kb/s)", "1500", []),
        # DCGM's blank for an int64.
        ("NVLink bandwidth (in MB/s)", "9223372036854775794", []),
    ],
)
def test_nvlink_is_read_by_the_unit_that_the_page_says(
    help_text: str, value: str, expected: list[float]
) -> None:
    """The rate counts in the unit of the HELP text, and not at all without one."""
    assert rate(help_text, value) == expected
