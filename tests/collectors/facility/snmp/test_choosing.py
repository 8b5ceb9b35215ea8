"""Which profile a device gets: never a matter of chance, for any pair of profiles and for every
device at hand.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from collectors.facility.snmp.library import Library
from collectors.facility.snmp.profile import Match
from collectors.facility.snmp.recognise import Identity, candidates, is_private, maker_of, prefix
from collectors.strict import read
from tests.collectors.facility.snmp.oracle import expectations, objects
from tests.collectors.facility.snmp.test_cases import CASES, Case
from tests.support import recorded, recording

KNOWN = Library().heads()
RECORDED = sorted(set(recorded()) & set(expectations()))


def match(name: str) -> Match:
    found = KNOWN[name].match
    assert found is not None
    return found


def stands_back(name: str, behind: str) -> bool:
    """Tell whether a profile is asked after another, itself or by way of others."""
    after = match(name).after
    return behind in after or any(stands_back(one, behind) for one in after)


def ordered(first: str, second: str) -> bool:
    """Tell whether it is said which of two profiles is asked first: by `after`, or because one asks
    more than the other.
    """
    one, other = match(first), match(second)
    asks = [(bool(of.probes), of.sys_descr is not None) for of in (one, other)]
    return stands_back(first, second) or stands_back(second, first) or asks[0] != asks[1]


def makers(name: str) -> set[str]:
    """Return the enterprise numbers in a profile's sysObjectIDs and probes."""
    return {maker_of(oid) for oid in (*match(name).sys_object_id, *match(name).probes)}


def differ(first: str, second: str) -> bool:
    """Tell whether no object answers the probes of both profiles."""
    probes = [match(name).probes for name in (first, second)]
    return all(probes) and not any(
        f"{a}.".startswith(f"{b}.")
        for one, other in (probes, probes[::-1])
        for a, b in itertools.product(one, other)
    )


def told_apart(first: str, second: str) -> bool:
    """Tell whether it is said which of two profiles is asked first, or which device is meant."""
    descriptions = [match(name).sys_descr for name in (first, second)]
    return ordered(first, second) or None not in descriptions


def fits(name: str, held: Iterable[str]) -> bool:
    """Tell whether a device has what the profile's probe asks for."""
    probes = match(name).probes
    if not probes:
        return True
    words = "|".join(re.escape(probe).replace(r"\*", r"\d+") for probe in probes)
    pattern = re.compile(rf"({words})(\.|$)")
    return any(pattern.match(oid) for oid in held)


def the_one(identity: Identity, held: Iterable[str]) -> str:
    """Return the profile that is tried first, having made sure that no other could as well be."""
    held = list(held)
    fitting = [(name, tier) for name, tier in candidates(identity, KNOWN) if fits(name, held)]
    assert fitting
    (chosen, tier), *others = fitting
    longest = prefix(identity.object_id, match(chosen))
    assert [
        name
        for name, how in others
        if how == tier
        and prefix(identity.object_id, match(name)) == longest
        and not ordered(chosen, name)
    ] == []
    return chosen


def test_two_profiles_of_one_number_are_told_apart() -> None:
    """Profiles that share a prefix ask for different things, or one of them stands back."""
    for first, second in itertools.combinations(
        (name for name, found in KNOWN.items() if found.match), 2
    ):
        if not set(match(first).sys_object_id) & set(match(second).sys_object_id):
            continue
        assert differ(first, second) or told_apart(first, second), (first, second)


def test_every_packaged_profile_has_a_probe() -> None:
    """A device that says nothing of what it is can still be recognised as any of them."""
    assert [
        name for name, found in KNOWN.items() if not found.match or not found.match.probes
    ] == []


def test_no_probe_is_answered_by_another_family() -> None:
    """Profiles of makers' own MIBs ask for different things, wherever they are asked by their
    probes alone; or one of them stands back.
    """
    asked = [
        name
        for name, found in KNOWN.items()
        if found.match and any(map(is_private, found.match.probes))
    ]
    assert [
        (first, second)
        for first, second in itertools.combinations(asked, 2)
        if not differ(first, second) and not told_apart(first, second)
    ] == []


def test_profiles_stand_back_only_behind_those_there_are() -> None:
    """What `after` names is there, is another profile of the same maker, and no two wait for each
    other.
    """
    for name, found in KNOWN.items():
        for other in found.match.after if found.match else ():
            assert (found.generic and KNOWN[other].generic) or makers(name) & makers(other)
            assert not stands_back(other, name), (name, other)


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_a_case_fits_one_profile(folder: Path) -> None:
    """Of the profiles that fit a case's device, it is said which is asked first:
    the one expected.
    """
    case = read(folder / "case.yaml", Case)
    if (folder / "profiles").is_dir() or "profile" in case.device:
        return  # named, or the operator's own
    assert (
        the_one(
            Identity(object_id=case.sys_object_id, description=case.sys_descr), case.agent().objects
        )
        == case.profile
    )


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_fits_one_profile(name: str) -> None:
    """Of the profiles that fit a real device, it is said which is asked first."""
    held = objects(recording(name))
    said = Identity(
        object_id=held["1.3.6.1.2.1.1.2.0"].strip("."),
        description=held.get("1.3.6.1.2.1.1.1.0", ""),
    )
    assert the_one(said, held)
