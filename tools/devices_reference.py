"""Write docs/devices.md from the device profiles, the kinds of collectors and the tests' cases.

Run: python tools/devices_reference.py [--check]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Final

from generated import ROOT, finish

sys.path.insert(0, str(ROOT))

from agent.config import known_kinds
from collectors.facility.modbus.profile import Profile as ModbusProfile
from collectors.facility.profile import load_all
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.units import quantity_of
from collectors.strict.nodes import LOADER
from tests.mibs.findings import findings

ADDING: Final = ROOT / "docs" / "devices-adding.md"
CASES: Final = ROOT / "tests" / "cases"
FOUND: Final = findings()
SHOWN: Final = 6
"""Families that are named of a kind of collector."""
KINDS: Final = {
    "pdu": "Rack PDUs · 机柜配电单元",
    "ups": "UPSs and DC power · 不间断电源",
    "ats": "Transfer switches · 转换开关",
    "dcplant": "DC power plants · 直流电源系统",
    "generator": "Generators · 发电机",
    "cooling": "Cooling · 制冷",
    "device": "Monitoring units and network devices · 环境监控与网络设备",
    "meter": "Meters · 电能表",
    "sensor": "Sensors · 传感器",
}
HEAD: Final = """# Devices · 支持的设备

What hubgauge reads, make by make. *This page is generated from the profiles, the collectors and the
tests (`tools/devices_reference.py`).*

The profile of a device that speaks SNMP need not be named: the device is asked for its sysObjectID,
and where several profiles fit that, for further objects (*probe*).
`hubgauge devices identify ADDRESS` shows which profile fits, every reading, what the device has
beyond it, and what is left out on purpose.

**Tested on** names the evidence. A *recording* has the objects of a real device, as somebody took
them down, and is compared value by value with what another program made of them. A *case* is
written by hand from the maker's MIB or manual, and shows that the profile agrees with it. Both are
served over the network by another implementation of the protocol than ours. Every profile here is
also simulated, and read back from the simulator over the network, to within the steps of its
registers (`tests/simulator/test_round_trip.py`).

**Checked by** says what stands behind a profile: a *recording*, the *MIB text*, *both*, or
*neither*. What was found in a MIB, by `tools/mib_check.py` or by reading it, is in
`tests/cases/mibs`: names, types and units, judged in every test run. Where it says *read*, the text
was compared with the profile by hand, as the column *follows* says, and nothing of it is kept.
"""
COLUMNS: Final = (
    "| device 设备 | profile 配置 | how it is known 识别方式 | what is read 读取内容 | follows 依据"
    " | tested on 测试依据 | checked by 核对依据 |\n"
    "|---|---|---|---|---|---|---|\n"
)
OTHERS: Final = """
## Makes without a profile · 尚无配置的厂商

No text of the maker's MIB was found for these, so a profile would be guesswork: Stulz WIB1000, and
Legrand's PDUs before 2020. Legrand's newer ones have Raritan's objects and are read as those. A UPS
or a PDU that speaks a standard MIB is read by that (`rfc1628-ups`, `entity-sensor`). For the others
`hubgauge devices draft ADDRESS` writes the beginning of a profile.

## What is no profile · 其他采集器

| collector 采集器 | what it reads 读取内容 | metrics 指标 |
|---|---|---|
"""


def main() -> int:
    """Write the page; with `--check` only compare. Returns the exit status."""
    text = (
        HEAD
        + sections()
        + OTHERS
        + others()
        + "\n"
        + ADDING.read_text("utf-8").replace("# Adding", "## Adding", 1)
    )
    return finish("devices.md", text)


def sections() -> str:
    """Describe every packaged profile, by the kind of device."""
    tested = tested_on()
    rows: dict[str, list[str]] = defaultdict(list)
    for name, profile in load_all("snmp", SnmpProfile):
        metrics = [reading.metric for reading in profile.readings]
        rows[profile.kind].append(
            row(
                name,
                profile.title,
                known_by(profile),
                metrics,
                profile.source,
                tested[name],
                checked_by(name, profile.source),
            )
        )
    for name, registers in load_all("modbus", ModbusProfile):
        metrics = [register.metric for register in registers.registers]
        how = (
            "Modbus; SunSpec finds its place"
            if registers.sunspec
            else "Modbus; named in the config"
        )
        rows[registers.kind].append(
            row(
                name,
                registers.title,
                how,
                metrics,
                registers.source,
                tested[name],
                checked_by(name, registers.source),
            )
        )
    text = ""
    for kind, title in KINDS.items():
        if rows[kind]:
            text += f"\n## {title}\n\n{COLUMNS}{''.join(sorted(rows[kind]))}"
    return text


def row(
    name: str,
    title: str,
    how: str,
    metrics: list[str],
    source: str,
    tested: list[str],
    checked: str,
) -> str:
    """Return one line of a table."""
    cells = (
        title,
        f"`{name}`",
        how,
        what_is_read(metrics),
        source,
        "; ".join(tested) or "the simulator only",
        checked,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def known_by(profile: SnmpProfile) -> str:
    """Say how an SNMP device is known."""
    match = profile.match
    if match is None:
        return "SNMP; named in the config, or by other profiles"
    how = "SNMP, " + ", ".join(oid.removeprefix("1.3.6.1.4.1.") for oid in match.sys_object_id)
    return how + (", sysDescr" if match.sys_descr else "") + (", probe" if match.probe else "")


def what_is_read(metrics: list[str]) -> str:
    """Sum up metrics: quantities by where they are measured."""
    places: dict[str, dict[str, None]] = {}
    for metric in metrics:
        _, family, *words = (
            metric.removesuffix("_total").removesuffix(f"_{quantity_of(metric)}").split("_")
        )
        place = next(
            (
                word
                for word in (
                    "phase",
                    "bank",
                    "outlet",
                    "group",
                    "battery",
                    "input",
                    "output",
                    "bypass",
                )
                if word in words[:1]
            ),
            "",
        )
        what = " ".join(words[1:] if place else words).replace("info", "name")
        places.setdefault(place or {"sensor": "sensors", "link": "interfaces"}.get(family, ""), {})[
            what or "total"
        ] = None
    return "; ".join(
        f"{place}: {', '.join(found)}" if place else ", ".join(found)
        for place, found in places.items()
    )


def checked_by(name: str, source: str) -> str:
    """Say what a profile was checked by: recording, MIB text, both, neither.

    `read` marks a MIB that was read, and of which no object is kept.
    """
    found = FOUND.get(name)
    kept = found is not None and bool(found.objects)
    text = found is not None or "checked against" in source
    told = "both" if name in set(recorded().values()) else "MIB text"
    if not text:
        return "recording" if told == "both" else "neither"
    return told if kept else f"{told}, read"


def tested_on() -> dict[str, list[str]]:
    """Return what each profile is tested on, from the tests themselves."""
    found: dict[str, list[str]] = defaultdict(list)
    for recording, profile in sorted(recorded().items()):
        found[profile].append(f"recording `{recording}`")
    for protocol in ("snmp", "modbus"):
        cases: dict[str, int] = defaultdict(int)
        for path in sorted((CASES / protocol).glob("*/case.yaml")):
            case = LOADER(path.read_text("utf-8")).get_single_data()
            cases[case.get("profile") or case["device"]["profile"]] += 1
        for profile, count in cases.items():
            found[profile].append(f"{count} cases" if count > 1 else "a case")
    return found


def recorded() -> dict[str, str]:
    """Return the recordings that tests read, each with its profile."""
    return {
        path.stem: LOADER(path.read_text("utf-8")).get_single_data()["profile"]
        for path in (CASES / "recordings").glob("*.yaml")
    }


def others() -> str:
    """Describe the kinds of collectors that read no profile's device."""
    text = ""
    for name, load in sorted(known_kinds().items()):
        kind = load()
        families = sorted({metric.measurement for metric in kind.metrics})
        told = [f"`{family}_…`" for family in families[:SHOWN]]
        listed = ", ".join(told) + (" …" if families[SHOWN:] else "")
        doc = (type(kind).__doc__ or "").strip().splitlines()
        module = (sys.modules[type(kind).__module__].__doc__ or "").strip().splitlines()
        text += f"| `{name}` | {(module or doc or [''])[0]} | {listed or 'the config says'} |\n"
    return text


if __name__ == "__main__":
    sys.exit(main())
