"""One unit behind a Modbus connection: what it is asked, and what it says it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, Unreachable
from collectors.facility.modbus.frame import GATEWAY, ExceptionAnswer, Question
from collectors.facility.modbus.register import FUNCTIONS
from collectors.facility.modbus.sunspec import find_model

if TYPE_CHECKING:
    from collectors.facility.modbus.link import Link
    from collectors.facility.modbus.register import Model


class Unit:
    """A unit (slave) at the address of a connection; `number` is its own address there."""

    __slots__ = ("_number", "link")

    def __init__(self, link: Link, number: int) -> None:
        self.link: Final = link
        self._number: Final = number

    @property
    def where(self) -> str:
        """Where it is, for messages."""
        return f"{self.link.address} unit {self._number}"

    async def ask(self, function: int, address: int, count: int) -> Sequence[int]:
        """Read registers; raises ExceptionAnswer, Unreachable or BadReply."""
        if address + count > 1 << 16:
            raise BadReply(f"{self.where}: its register map would end beyond address 65535")
        question = Question(unit=self._number, function=function, address=address, count=count)
        try:
            return await self.link.read(question)
        except ExceptionAnswer as error:
            if error.code in GATEWAY:
                raise Unreachable(f"{self.where}: {error}") from None
            raise

    async def check(self, model: Model, function: int) -> None:
        """Read what the device says it is; raises BadReply where it has another map."""
        try:
            (number,) = await self.ask(function, model.address, 1)
        except ExceptionAnswer:
            return  # it does not say
        if not any(number in span for span in model.numbers):
            raise BadReply(
                f"{self.where}: the device says that it is {number} (register"
                f" {model.address:#06x}), and the profile is for {model};"
                " is this the right profile?"
            )

    async def find_base(self, models: Sequence[int]) -> int:
        """Find the address of a SunSpec model in the device; raises Unreachable or BadReply."""
        walk = find_model(models)
        step = partial(next, walk)
        while True:
            try:
                address, count = step()
            except StopIteration as found:
                base: int = found.value
                return base
            except BadReply as error:
                raise BadReply(f"{self.where}: {error}") from None
            try:
                step = partial(walk.send, await self.ask(FUNCTIONS["holding"], address, count))
            except ExceptionAnswer as error:
                step = partial(walk.throw, error)
