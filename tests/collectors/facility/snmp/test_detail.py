"""How much of a device is read: by its own word, its profile's, its kind's, or the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.facility.snmp.config import DeviceConfig, SnmpConfig
from collectors.facility.snmp.detail import READ, Depth
from collectors.facility.snmp.kind import KIND
from collectors.strict import Problems, read
from tests.collectors.facility.snmp.agents import CONTEXT, Fake, collector, serving
from tests.collectors.facility.snmp.devices import APC, PDU, named, shown

PHASE, OUTLET = f"{APC}.6.3.1", f"{APC}.9.4.3.1"
STRIP = {
    **PDU,
    f"{PHASE}.2.1": 1,
    f"{PHASE}.3.1": 1,
    f"{PHASE}.5.1": 43,
    f"{OUTLET}.2.1": 1,
    f"{OUTLET}.3.1": b"router",
    f"{OUTLET}.4.1": 7,
    f"{OUTLET}.7.1": 85,
    f"{OUTLET}.11.1": 20,
}
"""A PDU of 1140 W whose L1 draws 4.3 A, with an outlet that draws 85 W and has counted 2 kWh."""
PHASE_CURRENT = "dc_pdu_phase_current_amperes/A07-A/L1"
OUTLET_POWER = "dc_pdu_outlet_power_watts/A07-A/7"
OUTLET_ENERGY = "dc_pdu_outlet_energy_joules_total/A07-A/7"


def section(text: str) -> SnmpConfig:
    """Read a section as it stands in a config file."""
    return read("c.yaml", SnmpConfig, text=text)


def levels(depth: Depth, of_profile: str | None = None, kind: str = "pdu") -> frozenset[str]:
    """Return the levels that are read of a device."""
    return depth.levels(kind, of_profile)


@pytest.mark.parametrize(
    ("depth", "of_profile", "kind", "detail"),
    [
        (Depth(), None, "pdu", "outlet"),
        (Depth(otherwise="inlet"), None, "pdu", "inlet"),
        (Depth(otherwise="inlet", kinds={"pdu": "phase"}), None, "pdu", "phase"),
        (Depth(otherwise="inlet", kinds={"pdu": "phase"}), None, "ups", "inlet"),
        (Depth(otherwise="inlet", kinds={"pdu": "phase"}), "outlet", "pdu", "outlet"),
        (Depth(own="inlet", kinds={"pdu": "phase"}), "outlet", "pdu", "inlet"),
    ],
)
def test_the_most_particular_word_counts(
    depth: Depth, of_profile: str | None, kind: str, detail: str
) -> None:
    """The device's own word comes before its profile's, that before its kind's and the
    section's.
    """
    assert levels(depth, of_profile, kind) == READ[detail]


def test_levels_listed_one_by_one_are_read_as_they_are() -> None:
    """A list of levels is taken as it is, whatever else is said."""
    only = Depth(only=frozenset({"bank"}), kinds={"pdu": "outlet"})
    assert levels(only, "inlet") == {"bank"}


@pytest.mark.parametrize(
    ("detail", "read_", "not_read"),
    [
        ("inlet", {"dc_pdu_power_watts/A07-A"}, {PHASE_CURRENT, OUTLET_POWER}),
        ("phase", {"dc_pdu_power_watts/A07-A", PHASE_CURRENT}, {OUTLET_POWER}),
        ("outlet", {"dc_pdu_power_watts/A07-A", PHASE_CURRENT, OUTLET_POWER}, set()),
    ],
)
async def test_what_is_not_wanted_is_not_asked(
    detail: str, read_: set[str], not_read: set[str]
) -> None:
    """Each detail reads its levels, and no object of the others is in the plan of a round."""
    async with serving(Fake(dict(STRIP))) as address:
        one = collector(named(address, detail=detail))
        found = set(shown(await one.collect()))
        assert read_ <= found
        assert not not_read & found
        assert one.plan is not None
        asked = [oid for oid in one.plan.oids if oid.startswith(OUTLET)]
        assert bool(asked) == (detail == "outlet")
        await one.aclose()


@pytest.mark.parametrize(
    ("word", "outlets"),
    [
        ("phase", False),
        ("{pdu: phase}", False),
        ("{apc-rpdu2: phase}", False),
        ("{ups: phase}", True),
    ],
)
async def test_a_section_chooses_for_all_for_a_kind_or_for_a_profile(
    word: str, outlets: bool
) -> None:
    """The section's word is for all its devices, for those of a kind, or of a profile."""
    async with serving(Fake(dict(STRIP))) as address:
        one = collector(named(address), detail=section(f"detail: {word}").detail)
        assert (OUTLET_POWER in shown(await one.collect())) is outlets
        await one.aclose()


def many(count: int, **device: object) -> list[DeviceConfig]:
    """Return so many PDUs."""
    return [DeviceConfig(address="a", pdu=f"p{n}", **device) for n in range(count)]


def test_outlets_of_more_than_500_pdus_are_left_out_and_that_is_told() -> None:
    """By default 500 PDUs are read whole, 501 to the phase; a UPS beside them keeps its outlets.

    The notice is one for all.
    """
    some = KIND.build(SnmpConfig(devices=many(500)), CONTEXT)
    assert {one.shared_notice for one in some} == {""}
    assert levels(some[0]._about.depth) == READ["outlet"]
    ups = DeviceConfig(address="b", ups="u")
    *more, other = KIND.build(SnmpConfig(devices=[*many(501), ups]), CONTEXT)
    (notice,) = {one.shared_notice for one in more}
    assert "501 PDUs" in notice
    assert levels(more[0]._about.depth) == READ["phase"]
    assert levels(other._about.depth, kind="ups") == READ["outlet"]


@pytest.mark.parametrize("word", ["outlet", "{pdu: outlet}"])
def test_a_large_gateway_that_wants_outlets_reads_them(word: str) -> None:
    """A word of the operator's ends the default and its notice."""
    config = section(f"detail: {word}")
    made = KIND.build(SnmpConfig(devices=many(600), detail=config.detail), CONTEXT)
    assert {one.shared_notice for one in made} == {""}
    assert levels(made[0]._about.depth) == READ["outlet"]


def test_pdus_that_say_it_themselves_do_not_count() -> None:
    """Of 600 PDUs 200 have their own word, so 400 have none, and are read whole."""
    devices = many(600)[:400] + [
        DeviceConfig(address="a", pdu=f"q{n}", detail="phase") for n in range(200)
    ]
    made = KIND.build(SnmpConfig(devices=devices), CONTEXT)
    assert levels(made[0]._about.depth) == READ["outlet"]
    assert levels(made[-1]._about.depth) == READ["phase"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "detail: outlets",
            "c.yaml:1: detail: expected one of inlet, phase, outlet, got 'outlets'",
        ),
        ("detail: {pdu: al}", "c.yaml:1: detail.pdu: expected one of inlet, phase, outlet"),
        ("detail: [phase]", "detail: expected one of inlet, phase, outlet"),
        ("devices: [{address: a, detail: inlets}]", "devices[0].detail: expected one of inlet"),
        (
            "devices: [{address: a, detail: inlet, levels: [bank]}]",
            "expected either detail or levels",
        ),
    ],
)
def test_a_wrong_word_is_one_line(text: str, said: str) -> None:
    """A wrong detail is one line that names the key and what was expected."""
    with pytest.raises(Problems) as caught:
        section(text)
    (line,) = str(caught.value).splitlines()
    assert said in line


def test_a_name_that_is_no_kind_and_no_profile_is_one_line() -> None:
    """A detail for a name that nothing has is told, with the name that was probably meant."""
    with pytest.raises(Problems) as caught:
        KIND.build(SnmpConfig(detail={"pdus": "phase", "pdu": "phase"}), CONTEXT)
    (line,) = str(caught.value).splitlines()
    assert "collectors.snmp.detail.pdus: neither a kind of device nor an SNMP profile" in line
    assert "did you mean pdu?" in line


async def test_a_profile_of_ones_own_may_say_how_much(tmp_path: Path) -> None:
    """A profile's own detail counts for its devices; a device's own word counts more."""
    text = (
        "protocol: snmp\ntitle: mine\nkind: pdu\ndetail: inlet\n"
        f"tables:\n  outlet: {{oid: {OUTLET}, index: [row], columns: {{n: 4}}}}\nreadings:\n"
        f"  - {{metric: dc_pdu_power_watts, oid: {APC}.4.3.1.5.1, unit: W, scale: 10}}\n"
        "  - {metric: dc_pdu_outlet_power_watts, table: outlet, column: 7, unit: W,"
        ' labels: {outlet: "{n}"}}\n'
    )
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    async with serving(Fake(dict(STRIP))) as address:
        for detail, count in ((None, 2), ("outlet", 3)):
            device = named(address, profile="mine", detail=detail)
            one = collector(device, profiles_dir=tmp_path)
            assert len(await one.collect()) == count  # up, the power, and the outlet's
            await one.aclose()


async def test_slow_readings_have_an_interval_of_their_own() -> None:
    """The energy of outlets is read in the first round, and then not before its interval is
    over.
    """
    async with serving(Fake(dict(STRIP))) as address:
        one = collector(named(address, interval=3600.0, slow_interval=7200.0))
        first = shown(await one.collect())
        assert OUTLET_POWER in first
        assert OUTLET_ENERGY not in first
        assert shown(one.take_slow()) == {OUTLET_ENERGY: 2 * 3.6e6}
        assert one.take_slow() == []
        assert OUTLET_POWER in shown(await one.collect())
        assert one.take_slow() == []
        await one.aclose()


async def test_a_slow_interval_of_one_round_reads_in_every_round() -> None:
    """An interval no longer than a round's leaves nothing out."""
    async with serving(Fake(dict(STRIP))) as address:
        one = collector(named(address, interval=3600.0, slow_interval=1800.0))
        for _ in range(3):
            await one.collect()
            assert shown(one.take_slow()) == {OUTLET_ENERGY: 2 * 3.6e6}
        await one.aclose()


async def test_without_a_slow_interval_all_is_in_one_round() -> None:
    """By default the energy of outlets is among the readings of every round."""
    async with serving(Fake(dict(STRIP))) as address:
        one = collector(named(address))
        for _ in range(2):
            assert shown(await one.collect())[OUTLET_ENERGY] == 2 * 3.6e6
            assert one.take_slow() == []
        await one.aclose()
