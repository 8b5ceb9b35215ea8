"""The synchronisation of the clock, as adjtimex(2) reports it."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading, Refused
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import HostCollector, Options, Setup

_FIELDS: Final = (
    "modes",
    "offset",
    "freq",
    "maxerror",
    "esterror",
    "status",
    "constant",
    "precision",
    "tolerance",
    "sec",
    "usec",
    "tick",
    "ppsfreq",
    "jitter",
    "shift",
    "stabil",
    "jitcnt",
    "calcnt",
    "errcnt",
    "stbcnt",
    "tai",
)
_LAYOUT: Final = struct.Struct("@I4li8li5li44x")
"""struct timex of <sys/timex.h>, with the machine's byte order and sizes."""
_STA_NANO: Final = 0x2000
_TIME_ERROR: Final = 5
_MICRO, _NANO = 1e6, 1e9
_PPM_FRACTION: Final = 1e6 * 65536
"""Frequencies are in parts per million with a 16-bit fraction."""


def parse_timex(data: bytes, state: int) -> dict[str, float]:
    """Parse a struct timex and the state that adjtimex returned.

    Returns figures by field, in base units. Raises BadReply.
    """
    if len(data) != _LAYOUT.size:
        raise BadReply(f"adjtimex: expected {_LAYOUT.size} bytes, got {len(data)}")
    raw = dict(zip(_FIELDS, _LAYOUT.unpack(data), strict=True))
    divisor = _NANO if raw["status"] & _STA_NANO else _MICRO
    return {
        **{
            name: float(raw[name])
            for name in (
                "status",
                "constant",
                "shift",
                "jitcnt",
                "calcnt",
                "errcnt",
                "stbcnt",
                "tai",
            )
        },
        **{name: raw[name] / _MICRO for name in ("maxerror", "esterror", "tick")},
        **{name: raw[name] / divisor for name in ("offset", "jitter")},
        **{name: raw[name] / _PPM_FRACTION for name in ("ppsfreq", "stabil")},
        "freq": 1.0 + raw["freq"] / _PPM_FRACTION,
        "sync": 0.0 if state == _TIME_ERROR else 1.0,
    }


def adjtimex() -> tuple[int, bytes]:
    """Call adjtimex without changing the clock; raises NoData or Refused."""
    call = _adjtimex()
    if call is None:
        raise NoData("no adjtimex in this C library")
    buffer = bytearray(_LAYOUT.size)
    state = call(buffer)
    if state < 0:
        raise Refused("adjtimex: not permitted")
    return state, bytes(buffer)


@functools.cache
def _adjtimex() -> Callable[[bytearray], int] | None:
    """Return the C library's function, which fills a buffer; None if it has no such function."""
    import ctypes

    function = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    if function is None:
        return None
    kind = ctypes.c_char * _LAYOUT.size

    def ask(buffer: bytearray) -> int:
        state: int = function(kind.from_buffer(buffer))
        return state

    return ask


class Timex:
    """Reads adjtimex(2)."""

    name: ClassVar[str] = "timex"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(
        self, setup: Setup[Options], ask: Callable[[], tuple[int, bytes]] = adjtimex
    ) -> None:
        self.schedule: Final = setup.schedule
        self._ask = ask
        self._series = {name: metric.series() for name, metric in catalogue.TIMEX.items()}

    async def collect(self) -> list[Reading]:
        """Read it once."""
        state, data = self._ask()
        figures = parse_timex(data, state)
        return [(series, figures[name]) for name, series in self._series.items()]


COLLECTOR: Final = HostCollector(name="timex", make=Timex, options=Options)
