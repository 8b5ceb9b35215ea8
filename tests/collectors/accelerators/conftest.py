"""Fixtures that several files of this folder use."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.accelerators.nvml_machine import CARD, Machine
from tests.support import binary


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


@pytest.fixture
def machine(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setenv("NVML_STANDIN", str(tmp_path / "state"))
    # Its getenv is the C library's: os.environ writes through to it.
    ctypes.CDLL(str(library))
    made = Machine(tmp_path)
    yield made
    made.collector.close()
