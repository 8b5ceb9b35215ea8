"""Requests that a database refused as a whole are halved until bad parts stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agent.sinks.base import Reply

BAD_DATA: Final = frozenset({"400", "422"})
"""Some part of the body is bad."""
TOO_LARGE: Final = "413"
FAULT: Final = BAD_DATA | {TOO_LARGE}
"""Answers that find fault with the body. Any other refusal says nothing of it."""
ABORTED: Final = "aborted"

Refused = list[tuple[bytes, Reply]]


def send_apart(
    parts: Sequence[bytes],
    verdict: Reply,
    ask: Callable[[Sequence[bytes]], Reply],
    alike: Callable[[Sequence[bytes], Reply], bool] = lambda _parts, _reply: False,
) -> Refused | None:
    """Send parts that were refused together, and return those refused alone with the reply.

    `verdict` is the reply to all of them; `ask` sends some until they are taken or found faulty.
    Where `alike` says that a reply to some holds for each of them, they are not asked for again.
    Returns None if it was aborted. One bad part in n costs at most 2 log2 n + 2 requests: where one
    half is good, the other is known to be bad without asking.
    """
    work: list[tuple[Sequence[bytes], Reply | None]] = [(parts, verdict)]
    refused: Refused = []
    while work:
        some, known = work.pop()
        reply = known or ask(some)
        if reply.code == ABORTED:
            return None
        if reply.taken:
            continue
        if len(some) == 1 or alike(some, reply):
            refused += [(part, reply) for part in some]
            continue
        left, right = some[: len(some) // 2], some[len(some) // 2 :]
        left_reply = ask(left)
        # No part is given up unasked, and 413 of a whole says nothing of its halves.
        right_is_bad = left_reply.taken and reply.code in BAD_DATA and len(right) > 1
        work.append((right, reply if right_is_bad else None))
        if not left_reply.taken:
            work.append((left, left_reply))
    return refused
