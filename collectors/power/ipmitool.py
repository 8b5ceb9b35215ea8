"""Run ipmitool, one process for each request, and interpret its output.

`failure_of` is pure. Passwords go by file (`-f`), never in arguments, which every user of the
machine can see.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, CollectError, NoData, Refused, Unreachable
from collectors.power.dcmi import first_line

if TYPE_CHECKING:
    from asyncio.subprocess import Process

_MAX_OUTPUT: Final = 262_144
_NOISE: Final = re.compile(r"^Get HPM\.x Capabilities request failed.*\n?", re.MULTILINE)
_CODE: Final = re.compile(r"rsp=0x([0-9a-f]{2})\)|failed because: .*\(([0-9a-f]{2})\)")
_BUSY: Final = frozenset({0xC0, 0xC3, 0xCE, 0xD2, 0xD5})
_PRIVILEGE: Final = 0xD4
UNSUPPORTED: Final = frozenset({0xC1, 0xC2, 0xC7, 0xC9, 0xCC, 0xD6})
"""Completion codes of a BMC that does not know the command, or not in this form (IPMI 2.0, table
5-2)."""
_CODES: Final = {
    0xC0: "node busy",
    0xC1: "invalid command",
    0xC2: "invalid command for this unit",
    0xC3: "timeout",
    0xC7: "wrong length",
    0xC9: "parameter out of range",
    0xCC: "invalid data field",
    0xCE: "no response could be provided",
    0xD2: "destination unavailable",
    0xD4: "insufficient privilege",
    0xD5: "not in the present state",
    0xD6: "disabled",
}


class CompletionCode(Refused):
    """The BMC answered with a completion code other than 0."""

    def __init__(self, code: int) -> None:
        self.code = code
        hint = "; the user's privilege on this channel is too low" if code == _PRIVILEGE else ""
        super().__init__(f"completion code {code:02x}: {_CODES.get(code, 'unknown')}{hint}")


_FAILURES: Final[tuple[tuple[re.Pattern[str], type[CollectError], str], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), kind, meaning)
    for words, kind, meaning in (
        (
            (
                "invalid (?:authentication|integrity|confidentiality) algorithm|no matching cipher"
                " suite"
            ),
            Refused,
            "the BMC does not accept this cipher suite; set cipher_suite: 3 or 17",
        ),
        (
            (
                "RAKP 2 HMAC is invalid|unauthorized name|insufficient privilege|Set Session"
                " Privilege Level .* failed"
            ),
            Refused,
            "the BMC refuses this user, password or privilege",
        ),
        ("Could not open device.*denied", Refused, "no permission to open the IPMI device"),
        ("Could not open device", NoData, "no IPMI device"),
        ("Unable to open file", Refused, "ipmitool cannot read the password's file"),
        ("Address lookup", Unreachable, "the address's name is unknown"),
        (
            "Unable to establish",
            Unreachable,
            "no session: not reachable, or the user or password is wrong",
        ),
    )
)


def failure_of(output: str) -> CollectError:
    """Return the error that ipmitool's output means."""
    output = _NOISE.sub("", output[:_MAX_OUTPUT])
    code = _CODE.search(output)
    if code:
        number = int(code[1] or code[2], 16)
        return (
            Unreachable(f"the BMC is busy (completion code {number:02x})")
            if number in _BUSY
            else CompletionCode(number)
        )
    for words, kind, meaning in _FAILURES:
        if words.search(output):
            return kind(meaning)
    return BadReply(f"ipmitool: {first_line(output) or 'failed without a message'}")


async def run(program: str, arguments: Sequence[str]) -> str:
    """Run ipmitool to its end and return what it printed; raises a CollectError.

    A task that is cancelled ends the process.
    """
    # A start that is cancelled midway would leave a process that nothing ends.
    starting = asyncio.ensure_future(_start(program, arguments))
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting)
        raise
    except OSError as error:
        raise Unreachable(f"{program} cannot be run: {error.strerror or error}") from None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        out, words = await asyncio.gather(_most(process.stdout), _most(process.stderr))
        status = await process.wait()
    finally:
        await _end(process)
    if status != 0:
        raise failure_of(words + out)
    return out


async def _start(program: str, arguments: Sequence[str]) -> Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    return await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=nothing,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        start_new_session=True,
    )


async def _end(process: Process) -> None:
    """End a process that has not ended, and what it may have started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _most(stream: asyncio.StreamReader) -> str:
    """Read a stream to its end, and keep its first `_MAX_OUTPUT` bytes."""
    kept = bytearray()
    while chunk := await stream.read(16_384):
        kept += chunk[: max(0, _MAX_OUTPUT - len(kept))]
    return kept.decode("utf-8", "replace")
