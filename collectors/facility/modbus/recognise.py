"""Finds the profiles that fit a Modbus device: by its identification, SunSpec, or its model.

A register map has no common place for a model. So each profile says where its maker has one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from collectors.base import BadReply
from collectors.facility.modbus.frame import Question
from collectors.facility.modbus.register import FUNCTIONS
from collectors.facility.modbus.sunspec import find_model

if TYPE_CHECKING:
    from collectors.facility.modbus.identity import Identity
    from collectors.facility.modbus.link import Link
    from collectors.facility.modbus.profile import Profile


async def fitting(
    link: Link, unit: int, identity: Identity, known: Mapping[str, Profile]
) -> AsyncIterator[str]:
    """Yield the profiles that fit a device; raises Unreachable if it stops answering."""
    for name, profile in known.items():
        match = profile.match
        pattern = match.identification if match else None
        if (
            (pattern is not None and identity.text and pattern.search(identity.text))
            or (profile.sunspec and await _has_sunspec(link, unit, profile.sunspec))
            or await _has_model(link, unit, profile)
        ):
            yield name


async def _has_model(link: Link, unit: int, profile: Profile) -> bool:
    model = profile.model
    if model is not None:
        found = await _registers(link, unit, profile.model_function, model.address, 1)
        if found and any(found[0] in span for span in model.numbers):
            return True
    for one in profile.match.texts if profile.match else ():
        registers = await _registers(link, unit, FUNCTIONS[one.function], one.address, one.count)
        if one.fits(registers):
            return True
    return False


async def _has_sunspec(link: Link, unit: int, models: Sequence[int]) -> bool:
    steps = find_model(models)
    try:
        address, count = next(steps)
        while True:
            found = await _registers(link, unit, FUNCTIONS["holding"], address, count)
            address, count = steps.send(found or [0] * count)
    except StopIteration:
        return True
    except BadReply:
        return False


async def _registers(
    link: Link, unit: int, function: int, address: int, count: int
) -> Sequence[int]:
    """Read registers; empty if the device does not have them."""
    question = Question(unit=unit, function=function, address=address, count=count)
    try:
        async with link.turn(failing=False):
            return await link.read(question)
    except BadReply:
        return ()
