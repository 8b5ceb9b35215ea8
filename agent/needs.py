"""Whether the packages and programs that a config needs are installed, and how to install them."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Mapping
from typing import Final

from collectors.abilities import NeedsPackages, NeedsPrograms

EXTRAS: Final = {
    "aiohttp": "gateway",
    "attr": "dashboards",
    "bacpypes3": "bacnet",
    "bcrypt": "auth",
    "cramjam": "remote-write",
    "cryptography": "traps",
    "google": "remote-write",
    "grafanalib": "dashboards",
    "gufo": "gateway",
    "influxdb_client": "push",
    "paho": "mqtt",
    "pyarrow": "parquet",
    "pymodbus": "simulator",
    "pysnmp": "traps",
    "pynvml": "nvidia",
    "reactivex": "push",
    "shtab": "completion",
    "urllib3": "push",
}
"""The extra that brings each package that a plain install lacks, those of other packages too."""


def missing_extra(module: str) -> str:
    """Say which extra brings a module that is not installed; empty if none of ours does."""
    package = module.partition(".")[0]
    if package not in EXTRAS:
        return ""
    return f"needs the package {package}: pip install 'hubgauge[{EXTRAS[package]}]'"


def missing_for(kind: object) -> str:
    """Say what of the needs of a kind of section is not installed, and how to install it."""
    packages = kind.packages if isinstance(kind, NeedsPackages) else {}
    programs = kind.programs if isinstance(kind, NeedsPrograms) else {}
    return missing_package(packages) or missing_program(programs)


def missing_package(packages: Mapping[str, str]) -> str:
    """Say which of some modules cannot be loaded, with the extra that brings it; empty if none."""
    for module, extra in packages.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            name = module if error.name in (None, module) else f"{module} ({error.name})"
            return f"needs the package {name}: pip install 'hubgauge[{extra}]'"
    return ""


def missing_program(programs: Mapping[str, str]) -> str:
    """Say which of some programs is not found, with the package that has it; empty if none."""
    for program, package in programs.items():
        if shutil.which(program) is None:
            return f"needs the program {program}: apt install {package}"
    return ""
