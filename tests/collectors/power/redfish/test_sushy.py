"""sushy-tools' emulator over HTTPS: old schemas, no sessions, no $expand, no power."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from collectors.base import Refused
from tests.collectors.power.redfish.services import (
    PASSWORD,
    USER,
    account_files,
    certificates,
    reading,
    values,
)
from tests.support import binary, free_port, running, wait_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sushy")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Run the emulator with an account, and a certificate of our own authority."""
    made, port = certificates(folder), free_port()
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
    config = folder / "emulator.conf"
    config.write_text(
        f"SUSHY_EMULATOR_AUTH_FILE = '{folder}/htpasswd'\nSUSHY_EMULATOR_STATE_DIR = '{folder}'\n"
    )
    emulator = Path(sys.executable).with_name("sushy-emulator")
    command = [
        emulator if emulator.exists() else binary("sushy-emulator"),
        "--fake",
        "--config",
        config,
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "--ssl-certificate",
        made.cert,
        "--ssl-key",
        made.key,
    ]
    with running(command, log=folder / "sushy.log"):
        wait_for(lambda: b"Running on" in (folder / "sushy.log").read_bytes(), what="the emulator")
        yield f"https://127.0.0.1:{port}"


def section(folder: Path, address: str, password: str = PASSWORD) -> str:
    return (
        f"{account_files(folder, password)}auth: basic\nca_file: ca.pem\n"
        f'devices: [{{address: "{address}", node: n1}}]\n'
    )


async def test_it_is_read_for_what_it_has(folder: Path, address: str) -> None:
    """Intake temperature and fans are read as served; without a power reading none is given."""
    async with reading(folder, section(folder, address)) as collector:
        assert await values(collector) == {
            "dc_node_up": 1.0,
            "dc_node_inlet_temperature_celsius": 25.0,
            'dc_node_fan_speed_rpm{fan="BaseBoard System Fan"}': 2100.0,
            'dc_node_fan_speed_rpm{fan="BaseBoard System Fan Backup"}': 2050.0,
            "dc_node_reading_missing": 1.0,
        }
        assert collector.plan is not None
        assert [source.place.uris[0].rpartition("/")[2] for source in collector.plan.sources] == [
            "Thermal"
        ]


async def test_a_wrong_password_is_refused(folder: Path, address: str) -> None:
    """It says so once, and is left in peace from then on."""
    async with reading(folder, section(folder, address, "wrong horse")) as collector:
        with pytest.raises(Refused, match="may not read /redfish/v1/Chassis"):
            await collector.collect()
        with pytest.raises(Refused, match="not tried again"):
            await collector.collect()


async def test_sessions_where_there_are_none_point_to_basic(folder: Path, address: str) -> None:
    """A service without sessions is told apart from a wrong password."""
    async with reading(folder, section(folder, address).replace("auth: basic\n", "")) as collector:
        with pytest.raises(Refused, match="set auth: basic"):
            await collector.collect()
