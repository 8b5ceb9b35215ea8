"""Reads one Modbus device in each round: a meter or another device with a register map."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.base import BadReply, Late, Metric, Reading, Schedule, Series, Unreachable
from collectors.catalogue import facility
from collectors.catalogue.bounds import bounds_of
from collectors.catalogue.devices import KINDS
from collectors.facility.modbus.agenda import Agenda
from collectors.facility.modbus.frame import WRONG_MAP, ExceptionAnswer
from collectors.facility.modbus.plan import evaluate, numbers_in, span_of
from collectors.facility.modbus.unit import Unit
from collectors.judge import Judged, judge
from collectors.refusal import Refusal

if TYPE_CHECKING:
    from collectors.facility.modbus.link import Link
    from collectors.facility.modbus.plan import Numbers, Plan, Value
    from collectors.facility.naming import Naming

_NO_NUMBER: Final = 1e-6
"""Below this, a number is not a value. It is the bits of another number, such as a float32 with
swapped words."""
_VOLTAGES: Final = (facility.METER_VOLTAGE, facility.PDU_PHASE_VOLTAGE)
_POWERS: Final = (
    facility.METER_POWER,
    facility.METER_PHASE_POWER,
    facility.PDU_POWER,
    facility.PDU_PHASE_POWER,
)


def _foreign(judged: Judged) -> tuple[Metric, float] | None:
    """Return a reading, as metric and value, that shows that the registers mean something else.

    Only another register map or another order of words explains such a value. A generator that
    starts is below its frequency. No mains and no machine is above the bounds, or turns once in
    weeks. No register counts in parts of a microjoule. Then all other registers are in doubt too.
    """
    for series, value, reason in judged.refused:
        most = bounds_of(series.metric).most
        wrong = value > most or value < -1 / _NO_NUMBER or 0 < abs(value) < _NO_NUMBER
        if series.metric.name.endswith("_hertz") and reason != "sentinel" and wrong:
            return series.metric, value
    for series, value in judged.readings:
        if series.metric.type == "counter" and 0 < value < _NO_NUMBER:
            return series.metric, value
    return None


def _or_order(value: float) -> str:
    """Ask for the order of words as well, where a number has the size of no reading at all."""
    return "" if _NO_NUMBER <= abs(value) <= 1 / _NO_NUMBER else ", and its order of words"


class ModbusCollector:
    """Reads one Modbus device.

    `dropped` counts rejected readings by reason: `sentinel` (the device reports that it has no
    value), `unwired` (a phase that has never shown a voltage), `above_rating`, `exception` (the
    device refused the registers), `timeout` (the device stopped answering during a round), and
    those of `collectors.judge`. `refused` lists the readings of the last round that were rejected.
    """

    name: ClassVar[str] = "modbus"

    def __init__(
        self,
        plan: Plan,
        link: Link,
        naming: Naming,
        schedule: Schedule,
        *,
        unit: int,
        rating_watts: float | None = None,
        monotonic: Callable[[], float],
    ) -> None:
        self.schedule = schedule
        self._unit, self._naming = Unit(link, unit), naming
        self._monotonic = monotonic
        self._rating, self._sunspec = rating_watts, plan.sunspec
        self._base: int | None = None if plan.sunspec else 0
        self._failing = False
        self._model, self._model_function = plan.model, plan.model_function
        self._identified = plan.model is None
        self._agenda = Agenda(plan.blocks)
        # Voltages come first, since they show which phases are wired.
        self._values = sorted(plan.values, key=lambda value: value.metric not in _VOLTAGES)
        self._series = [naming.series(value.metric, "", value.labels) for value in self._values]
        # A phase that was never wired always reads 0. A phase that failed has shown a voltage
        # before. So a phase without any voltage so far has no readings.
        self._unwired = {value.phase for value in self._values if value.metric in _VOLTAGES}
        self._up: Series | None = (
            None if plan.kind == "sensor" else naming.series(KINDS[plan.kind].up, "", {})
        )
        self.up_series: Sequence[Series] = (self._up,) if self._up is not None else ()
        self.dropped: Counter[str] = Counter()
        self.refused: tuple[Refusal, ...] = ()
        self.register_rollovers: dict[Series, float] = {}
        """The energy in joules at which an energy register wraps to 0, if the profile or the ratios
        give it."""
        self._spanned = [
            (value, one)
            for value, one in zip(self._values, self._series, strict=True)
            if value.wraps_at is not None
        ]
        self._note_spans({})
        # Only a value that depends on the device's own factors can change later.
        self._spanned = [(value, one) for value, one in self._spanned if value.times]
        link.users += 1

    @property
    def device(self) -> str:
        """The operator's name of the device."""
        return self._naming.name

    async def collect(self) -> Sequence[Reading]:
        """Read every block once; raises Unreachable or BadReply.

        Registers that the device refuses lose only their own readings. If the device stops
        answering during the round, the values read so far count.
        """
        numbers: Numbers = {}
        asked, began = False, asyncio.get_running_loop().time()
        if self._failing:
            self._identified = self._model is None  # another device may answer by now
        try:
            async with (
                asyncio.timeout(self.schedule.timeout),
                self._unit.link.turn(failing=self._failing),
            ):
                # A device that had no turn is not marked as failing. Otherwise it would let all
                # others go first and never get a turn on a busy connection.
                asked = self._failing = True
                await self._read_blocks(numbers)
                self._failing = False
        except TimeoutError:
            if not asked and self._unit.link.answered_at > began:
                # The bus was at work for others: there are more devices on it than it can serve.
                raise Late(
                    f"{self._unit.where}: no turn within {self.schedule.timeout:g} s"
                ) from None
            if not asked:
                raise Unreachable(
                    f"{self._unit.where}: its connection was busy for {self.schedule.timeout:g} s"
                ) from None
            if not numbers:
                raise Unreachable(
                    f"{self._unit.where}: no answer within {self.schedule.timeout:g} s"
                ) from None
            self.dropped["timeout"] += 1
        except BadReply:
            if self._sunspec:
                self._base = None  # another device may have this address by now
            raise
        up = [(self._up, 1.0)] if self._up is not None else []
        sentinels: list[Refusal] = []
        judged = judge(list(self._readings(numbers, sentinels)), self.dropped)
        self.refused = (*sentinels, *judged.refused)
        if (foreign := _foreign(judged)) is not None:
            raise BadReply(
                f"{self._unit.where}: {foreign[0].full_name} would be {foreign[1]:g};"
                f" is this the right profile{_or_order(foreign[1])}?"
            )
        return [*up, *judged.readings]

    async def _read_blocks(self, numbers: Numbers) -> None:
        """Read every block into `numbers`."""
        if self._base is None:
            self._base = await self._unit.find_base(self._sunspec)
        if self._model is not None and not self._identified:
            await self._unit.check(self._model, self._model_function)
            self._identified = True
        refusal: ExceptionAnswer | None = None
        self._agenda.begin(self._monotonic())
        while (block := self._agenda.upcoming()) is not None:
            try:
                registers = await self._unit.ask(
                    block.function, self._base + block.address, block.count
                )
            except ExceptionAnswer as error:
                refusal = error
                if lost := self._agenda.refused(error.code):
                    self.dropped["exception"] += lost
            except Unreachable:
                if not numbers:
                    raise
                raise TimeoutError from None
            else:
                self._agenda.answered()
                numbers |= numbers_in(block, registers)
        if refusal is not None and not numbers:
            hint = "; is this the right profile?" if refusal.code in WRONG_MAP else ""
            raise BadReply(f"{self._unit.where}: {refusal}{hint}")

    def _readings(self, numbers: Numbers, sentinels: list[Refusal]) -> Iterable[Reading]:
        self._note_spans(numbers)
        for place, number in evaluate(self._values, numbers):
            value = self._values[place]
            if number is None:
                self.dropped["sentinel"] += 1
                sentinels.append(Refusal(self._series[place], math.nan, "sentinel"))
            elif value.phase in self._unwired and not self._wired(value, number):
                self.dropped["unwired"] += 1
            elif (
                self._rating is not None and value.metric in _POWERS and abs(number) > self._rating
            ):
                self.dropped["above_rating"] += 1
            else:
                yield self._series[place], number

    def _wired(self, value: Value, number: float) -> bool:
        if value.metric not in _VOLTAGES or number <= 0:
            return False
        self._unwired.discard(value.phase)
        return True

    def _note_spans(self, numbers: Numbers) -> None:
        found = {series: span_of(value, numbers) for value, series in self._spanned}
        spans = {series: span for series, span in found.items() if span is not None}
        if not spans.items() <= self.register_rollovers.items():
            self.register_rollovers = {**self.register_rollovers, **spans}

    async def aclose(self) -> None:
        """Stop using the connection. The last device that uses it closes it."""
        self._unit.link.users -= 1
        if self._unit.link.users <= 0:
            self._unit.link.close()
