"""A device's objects and what must come of them, case by case.

A case is `tests/cases/snmp/<case>/{case.yaml, expected.prom}`. The objects are written by hand from
the maker's MIB, where no recording of such a device is at hand: they prove that the profile says
what its MIB says, not that a maker keeps to his MIB. An agent of another implementation of SNMP
holds them. A folder `profiles` beside them holds profiles of one's own. `--update-golden` writes
what came out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collectors.facility.snmp.kind import KIND
from collectors.strict import read
from tests.collectors.facility.snmp.agents import CONTEXT, Fake, serving
from tests.support import ROOT

CASES = ROOT / "tests" / "cases" / "snmp"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One device: the profile that must be chosen, its entry in the config, what it says it is, and
    its objects by what they are beneath.
    """

    profile: str
    sys_object_id: str
    sys_descr: str = "a device"
    device: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]]

    def agent(self) -> Fake:
        system: dict[str, object] = {
            "1.3.6.1.2.1.1.1.0": self.sys_descr.encode(),
            "1.3.6.1.2.1.1.2.0": self.sys_object_id,
            "1.3.6.1.2.1.1.3.0": 4711,
        }
        for base, objects in self.objects.items():
            for suffix, value in objects.items():
                said = value if isinstance(value, int) else str(value).encode()
                system[f"{base}.{suffix}"] = value["oid"] if isinstance(value, dict) else said
        return Fake(system)


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
async def test_a_device_s_objects_become_these_series(folder: Path, update_golden: bool) -> None:
    """What the case's device holds comes out as the case expects, to the last series, by the
    profile expected.
    """
    case = read(folder / "case.yaml", Case)
    async with serving(case.agent()) as address:
        words = ", ".join(
            f"{key}: {value}"
            for key, value in ({"address": f'"{address}"', "timeout": "30s"} | case.device).items()
        )
        own = f"profiles_dir: {folder / 'profiles'}\n" if (folder / "profiles").is_dir() else ""
        config = read(folder / "config", KIND.Config, text=f"{own}devices:\n  - {{{words}}}\n")
        (device,) = KIND.build(config, CONTEXT)
        got = "".join(
            sorted(f"{series.prefix}{value!r}\n" for series, value in await device.collect())
        )
        chosen = device.profile
        await device.aclose()
    expected = folder / "expected.prom"
    if update_golden:
        expected.write_text(got)
    # A profile with `*` is another one for each number.
    named = device._finder._shared.library.named(case.profile, device.config.also)
    assert (chosen.title, chosen.source) == (named.title, named.source)
    assert got == expected.read_text()
