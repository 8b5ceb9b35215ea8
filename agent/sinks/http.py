"""The parts that every request to a database needs, whichever sink makes it.

What is read of an answer has a limit. Secrets are removed from what a database says. It is asked by
POST to take something, and by GET for the page that it shows of itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote, quote_plus

import urllib3
from urllib3.exceptions import HTTPError

from agent.deadline import Deadline
from agent.outgoing import WatchedConnection, WatchedTlsConnection

MAX_ERROR_PAGE: Final = 64 * 1024
"""Bytes of an answer to a write that are read."""
MAX_OWN_PAGE: Final = 2**20
"""Bytes that are read of the page that a database shows of itself."""
MAX_MESSAGE: Final = 300
"""Characters of a message in the log."""
OK: Final = 200
TOO_MANY: Final = 429
BROKEN: Final = 500
"""Statuses from which on a server fails itself."""
_MOST_BEGUN: Final = 1024
"""Characters of a secret that are looked for at the end of a text that was cut."""


class Secrets:
    """The secrets that a request carries, so that no message repeats one."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def replace(self, secrets: Iterable[str]) -> None:
        """Forget the old ones; these are hidden from now on."""
        forms = {form for one in secrets for form in _forms_of(one)}
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def hidden(self, text: str, *, cut: bool) -> str:
        """Return a text without the secrets.

        At the end of a text that was `cut`, the first part of a secret is removed as well.
        """
        for secret in self._forms:
            text = text.replace(secret, "***")
        return _without_begun(text, self._forms) if cut else text

    def page(self, page: bytes) -> str:
        """Turn an error page into text, without them."""
        return self.hidden(page.decode("utf-8", "replace"), cut=len(page) >= MAX_ERROR_PAGE)


def _forms_of(secret: str) -> Iterator[str]:
    """Yield a secret as a page may show it: in a URL, in JSON, and as it is."""
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield secret


def _without_begun(text: str, secrets: Iterable[str]) -> str:
    """Remove the longest end of a text that is the beginning of a secret."""
    begun = (
        length
        for secret in secrets
        for length in range(min(len(secret), len(text), _MOST_BEGUN), 0, -1)
        if text.endswith(secret[:length])
    )
    return text[: len(text) - max(begun, default=0)]


def one_line(text: str) -> str:
    """Return a text as one line that is not too long for a log."""
    return " ".join(text.split())[:MAX_MESSAGE]


class _Bounded(WatchedConnection):
    """A connection that also limits what is read of an answer."""

    to_page: ClassVar[Callable[[bytes], bytes]]
    _asks = False

    def putrequest(self, method: str, url: str, *more: bool, **named: bool) -> None:
        self._asks = method == "GET"
        super().putrequest(method, url, *more, **named)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 itself
        response = super().getresponse()
        page, most = bytearray(), MAX_OWN_PAGE if self._asks else MAX_ERROR_PAGE
        while len(page) < most and (piece := response.read(most - len(page), decode_content=False)):
            page += piece
        if len(page) >= most:
            self.close()  # what is left of it must not be taken for the next answer
        return urllib3.HTTPResponse(
            body=type(self).to_page(bytes(page)) if page and not self._asks else bytes(page),
            headers=response.headers,
            status=response.status,
            reason=response.reason,
            preload_content=False,
            decode_content=False,
        )


def pool_classes(deadline: Deadline, to_page: Callable[[bytes], bytes]) -> dict[str, type]:
    """Return urllib3's pools with connections that are watched, by scheme.

    `to_page` changes what an answer to a write says before anybody else sees it.
    """
    own = {"deadline": deadline, "to_page": staticmethod(to_page)}
    plain = type("Plain", (_Bounded,), own)
    secured = type("Secured", (_Bounded, WatchedTlsConnection), own)
    return {
        "http": type("PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecuredPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secured}),
    }


@contextmanager
def exchange(
    pool: urllib3.PoolManager,
    deadline: Deadline,
    seconds: float,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> Iterator[urllib3.BaseHTTPResponse]:
    """Send one request: POST with a body, else GET. No redirect is followed, nothing tried again.

    It ends within so many seconds. Raises urllib3's errors, OSError or ValueError.
    """
    response: urllib3.BaseHTTPResponse | None = None
    try:
        deadline.arm(seconds)
        response = pool.request(
            "GET" if body is None else "POST",
            url,
            body=body,
            headers=headers,
            timeout=seconds,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        yield response
    finally:
        deadline.disarm()
        if response is not None:
            with suppress(Exception):
                response.release_conn()


def own_page(
    pool: urllib3.PoolManager,
    deadline: Deadline,
    seconds: float,
    url: str,
    headers: Mapping[str, str],
) -> str | None:
    """Return a page that a database shows of itself, as far as its beginning is read.

    Empty where it shows none; None where it does not answer at present.
    """
    said = {**headers, "User-Agent": "hubgauge"}
    try:
        with exchange(pool, deadline, seconds, url, said) as response:
            if response.status == TOO_MANY or response.status >= BROKEN:
                return None
            page = response.data or b""  # None where the answer ends with its headers
            return page.decode("utf-8", "replace") if response.status == OK else ""
    except (HTTPError, OSError, ValueError):
        return None


def path_text(path: Path | None) -> str | None:
    """Return a path as urllib3 takes it."""
    return str(path) if path is not None else None
