"""The rows of a file by meter, and the hours that they make.

`energy_kwh`: each row is the energy used from its time to the next row's of that meter. How long
the last row lasts, and a row before a hole, is said by the rows' spacing, or else by the user. With
`cumulative`, the values are a register's, and each row's energy is the difference to the next.
`power_w`: each row is the power at that moment, integrated as the agent's own readings are.
`volume_m3`: water, treated as energy is; only for meters at point `water`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from agent.ledger.imports.energies import lay_out_energies
from agent.ledger.imports.forms import POWER
from agent.ledger.imports.intervals import Unsaid
from agent.ledger.imports.periods import HOUR
from agent.ledger.imports.readings import lay_out_readings
from agent.ledger.imports.refusals import Refusals
from agent.ledger.imports.rows import LaidOut, Rows, Timing
from agent.ledger.limits import Limits
from collectors.base import ConfigError
from collectors.strict import Problems

_NO_LIMITS: Final = Limits()


class Sheet:
    """The rows of one file, by meter, in order of time.

    `refusals` are the rows that were refused. `file_step` is how far apart the rows are, in
    milliseconds, in a file that has a column for each meter. `is_hourly` says that every row is a
    whole hour, as in an export.
    """

    def __init__(
        self,
        column: str,
        rows: Mapping[str, Rows],
        zone: tzinfo,
        *,
        refusals: Refusals,
        file_step: int | None = None,
        is_hourly: bool = False,
    ) -> None:
        self.column, self.zone, self.refusals = column, zone, refusals
        self.rows = {meter: found for meter, found in rows.items() if len(found)}
        self.file_step, self.is_hourly = file_step, is_hourly

    def lay_out(
        self, meter: str, timing: Timing | None = None, limits: Limits = _NO_LIMITS
    ) -> LaidOut:
        """Return a meter's energy by hour.

        `limits` are what it can show. Raises Problems where the file does not say how long a row
        lasts, or may hold the readings of a register.
        """
        timing = timing or Timing()
        rows = self.rows[meter]
        if self.column == POWER or timing.cumulative:
            return lay_out_readings(rows, self.column, limits)
        if self.is_hourly:
            timing = replace(timing, interval=HOUR, interval_values=True)
        try:
            return lay_out_energies(
                rows, timing, self.zone, limits=limits, file_step=self.file_step
            )
        except Unsaid as unsaid:
            error = ConfigError(
                f"{meter}: {unsaid}", file=self.refusals.file, line=rows.lines[unsaid.row]
            )
            raise Problems([error]) from None
