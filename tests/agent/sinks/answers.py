"""Answers of a database, one after another."""

from __future__ import annotations

import json

from tests.agent.sinks.peers import (
    Answer,
    Received,
)

T0 = 1_790_000_000.0
SECRET = "s3cr3t-t0ken-0123456789"


def refusing(bad: bytes, *, status: int = 400) -> object:
    """Answer like a strict database: a request with a bad line in it is refused."""

    def answer(request: Received) -> Answer:
        if any(bad in line for line in request.lines):
            return (
                status,
                {},
                json.dumps(
                    {"code": "invalid", "message": f"unable to parse {bad.decode()}"}
                ).encode(),
            )
        return 204, {}, b""

    return answer


def sequence(*answers: Answer) -> object:
    """Give these answers first, then take everything."""
    left = list(answers)
    return lambda _request: left.pop(0) if left else (204, {}, b"")
