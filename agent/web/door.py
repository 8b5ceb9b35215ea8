"""Who asks: a user with a password, one that the proxy names, or anybody where nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agent.access import ANYBODY, Reader, reader_of
from agent.settings import Http
from agent.web.audit import Audit
from agent.web.auth import credentials
from agent.web.crowd import Crowd, Known
from agent.web.guesses import Guesses, Verdict
from agent.web.request import Request
from agent.web.response import Response, plain_text

BUSY: Final = plain_text(503, "busy", ("retry-after", "5"))
_CHALLENGE: Final = ("www-authenticate", 'Basic realm="hubgauge", charset="UTF-8"')
_REFUSALS: Final[Mapping[Verdict, Response]] = {
    Verdict.WRONG: plain_text(401, "user and password needed", _CHALLENGE),
    Verdict.TOO_MANY: plain_text(429, "too many wrong passwords from here", ("retry-after", "5")),
    Verdict.BUSY: BUSY,
}
_NOT_TOLD: Final = plain_text(403, "who asks is told by the proxy of outputs.http.proxy alone")
_NO_NAME: Final = plain_text(400, "the proxy's header with the user is no name")
_TWICE: Final = plain_text(400, "the proxy's header with the groups came twice")
OTHER_SITES: Final = plain_text(403, "your roles let you see the pages of some sites only")
_LONGEST_NAME: Final = 128


class Door:
    """Tells who asks, or refuses."""

    def __init__(
        self,
        *,
        config: Http,
        crowd: Crowd,
        guesses: Guesses | None,
        waits_for: Callable[[], str],
        audit: Audit,
    ) -> None:
        """`waits_for` returns why the agent is not ready; empty if it is."""
        self._config: Final = config
        self._crowd: Final = crowd
        self._guesses: Final = guesses
        self._waits_for: Final = waits_for
        self._audit: Final = audit
        self._proxies: Final = Known(config.proxy.networks if config.proxy is not None else ())

    async def who(self, request: Request) -> Reader | Response:
        """Return who asks and what he may; a response for who is not let in."""
        if self._guesses is None and self._config.proxy is None:
            return ANYBODY
        told = self._told(request)
        if told is not None:
            return told
        given = request.header("authorization")
        if given and self._guesses is not None:
            return await self._by_password(self._guesses, request, given)
        if request.path != "/-/ready":
            return _REFUSALS[Verdict.WRONG] if self._guesses is not None else _NOT_TOLD
        # An orchestrator has no password: it is told whether the agent is ready, but not why not.
        return plain_text(503, "not ready") if self._waits_for() else plain_text(200, "ready")

    def forwarded(self, request: Request) -> str:
        """Return what the proxy says of the client's own address; what others say is their own."""
        return request.header("x-forwarded-for") if self._is_proxy(request) else ""

    def _is_proxy(self, request: Request) -> bool:
        return self._config.proxy is not None and request.client.address in self._proxies

    async def _by_password(
        self, guesses: Guesses, request: Request, given: str
    ) -> Reader | Response:
        verdict = await guesses.check(request.client, given)
        asked = credentials(given)
        user = asked.user if asked is not None else ""
        if verdict is Verdict.RIGHT:
            return reader_of(self._config.roles, user)
        if verdict is Verdict.WRONG:
            await self._audit.note(
                "login",
                user=user,
                address=request.client.address,
                path=request.path,
                status=_REFUSALS[verdict].status,
                forwarded=self.forwarded(request),
            )
        return _REFUSALS[verdict]

    def _told(self, request: Request) -> Reader | Response | None:
        """Return whom the proxy names; None where the request is not its own, or names nobody."""
        proxy = self._config.proxy
        if proxy is None or not self._is_proxy(request):
            return None
        user = _text(request.header(proxy.user_header.lower()))
        if user == "":
            return None
        if user is None or not user.isprintable() or "," in user or len(user) > _LONGEST_NAME:
            return _NO_NAME  # a client's own header beside the proxy's is joined by a comma
        if proxy.groups_header.lower() in request.repeated:  # a client's own one beside it
            return _TWICE
        groups = _text(request.header(proxy.groups_header.lower())) or ""
        self._crowd.recognise(request.client)
        return reader_of(self._config.roles, user, [one.strip() for one in groups.split(",")])


def _text(header: str) -> str | None:
    """Return a header as UTF-8, without spaces around it; None where it is none."""
    try:
        return header.encode("latin-1").decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
