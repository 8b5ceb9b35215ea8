"""The parts that every request to a database needs, whichever sink makes it.

What is read of an answer has a limit. Secrets are removed from what a database says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Final
from urllib.parse import quote, quote_plus

import urllib3
from urllib3.connection import HTTPSConnection

from agent.deadline import Deadline
from agent.outgoing import WatchedConnection

MAX_ERROR_PAGE: Final = 64 * 1024
"""Bytes of an answer that are read."""
MAX_MESSAGE: Final = 300
"""Characters of a message in the log."""
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

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 itself
        response = super().getresponse()
        page = b""
        while len(page) < MAX_ERROR_PAGE and (
            piece := response.read(MAX_ERROR_PAGE - len(page), decode_content=False)
        ):
            page += piece
        if len(page) >= MAX_ERROR_PAGE:
            self.close()  # what is left of it must not be taken for the next answer
        return urllib3.HTTPResponse(
            body=type(self).to_page(page) if page else b"",
            headers=response.headers,
            status=response.status,
            reason=response.reason,
            preload_content=False,
            decode_content=False,
        )


def pool_classes(deadline: Deadline, to_page: Callable[[bytes], bytes]) -> dict[str, type]:
    """Return urllib3's pools with connections that are watched, by scheme.

    `to_page` changes what an answer says before anybody else sees it.
    """
    own = {"deadline": deadline, "to_page": staticmethod(to_page)}
    plain = type("Plain", (_Bounded,), own)
    secured = type("Secured", (_Bounded, HTTPSConnection), own)
    return {
        "http": type("PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecuredPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secured}),
    }
