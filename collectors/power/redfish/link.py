"""The login at one Redfish service, and what may be read with it.

Source: DSP0266, 6 and 13.

Shared by all devices behind one address. The account's secrets go to that address only: redirects
and links that lead elsewhere are not followed. A session is opened when first needed, renewed once
when it has expired, and deleted when the last user goes.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import TYPE_CHECKING, Final, Literal

from collectors.base import BadReply, Refused, Unreachable
from collectors.power.redfish.body import Document, inner, link, local
from collectors.power.redfish.http import CREATED, OK, Http
from collectors.power.redfish.replies import Account, Missing, Reply

if TYPE_CHECKING:
    import ssl

    import aiohttp

log: Final = logging.getLogger(__name__)

ROOT: Final = "/redfish/v1/"
_SESSIONS: Final = "/redfish/v1/SessionService/Sessions"
_PAUSE: Final = 300.0
"""Seconds for which a refused login is not tried again: controllers lock an account after a few."""
_GOODBYE: Final = 0.9
"""Seconds to end a session, and before that to wait for a login under way."""
_MISSING: Final = (404, 405, 410, 501)
_NOT_MODIFIED, _UNAUTHORISED, _FORBIDDEN = 304, 401, 403


class Link:
    """What the devices at one service share: its connection, and a login."""

    def __init__(
        self,
        origin: str,
        account: Account | None,
        trust: ssl.SSLContext | aiohttp.Fingerprint | None = None,
    ) -> None:
        self.http: Final = Http(origin, trust)
        self.users = 0
        self.expand: Literal["", ".", "*"] = ""
        """How the service takes `$expand`; empty where it does not."""
        self.levels = 1
        """How deep it expands."""
        self._account = account
        self._login: asyncio.Task[None] | None = None
        self._token = self._session = ""
        self._refused_at = float("-inf")

    async def root(self) -> Document:
        """Read the service root, which needs no login, and its protocol features."""
        document = (await self.http.send("GET", ROOT, {})).document
        offered = inner(document, "ProtocolFeaturesSupported", "ExpandQuery")
        self.expand = (
            "."
            if offered.get("NoLinks") is True
            else "*"
            if offered.get("ExpandAll") is True
            else ""
        )
        most = offered.get("MaxLevels") if offered.get("Levels") is True else 1
        self.levels = most if isinstance(most, int) and most > 0 else 1
        return document

    async def get(self, path: str, *, etag: str = "") -> Reply | None:
        """Return the answer to a GET; None where `etag` still holds.

        Raises Missing where there is no such resource, else Unreachable, Refused or BadReply.
        """
        extra = {"If-None-Match": etag} if etag else {}
        for last in (False, True):
            headers = await self._credentials()
            reply = await self.http.send("GET", path, headers | extra)
            token = headers.get("X-Auth-Token")
            if reply.status != _UNAUTHORISED or token is None or last:
                break
            if self._token == token:  # else another round has renewed it
                self._token = self._session = ""
        if reply.status == _NOT_MODIFIED:
            return None
        if reply.status != OK:
            raise self._refusal(reply.status, path)
        return reply

    def _refusal(self, status: int, path: str) -> BadReply | Refused:
        if status in _MISSING:
            return Missing(f"no {path[:80]} (HTTP {status})")
        if status in (_UNAUTHORISED, _FORBIDDEN):
            if status == _UNAUTHORISED and self._account and self._account.auth == "basic":
                self._refused_at = asyncio.get_running_loop().time()
            what = "the account may not" if self._account else "an account is needed to"
            return Refused(f"{what} read {path[:80]} (HTTP {status})")
        return BadReply(f"HTTP {status} for {path[:80]}")

    async def _credentials(self) -> dict[str, str]:
        """Return the headers of the account; log in first if needed."""
        account = self._account
        if account is None:
            return {}
        if not self._token and asyncio.get_running_loop().time() - self._refused_at < _PAUSE:
            raise Refused(
                f"the login was refused; it is not tried again for {_PAUSE:g} s, so that the"
                " account is not locked"
            )
        if account.auth == "basic":
            pair = base64.b64encode(f"{account.username}:{account.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        if not self._token:
            # A task of its own: if the round's time is up during a login, the session is still
            # known and can be deleted.
            if self._login is None:
                self._login = asyncio.get_running_loop().create_task(self._log_in(account))
                self._login.add_done_callback(self._logged_in)
            await asyncio.shield(self._login)
        return {"X-Auth-Token": self._token}

    def _logged_in(self, task: asyncio.Task[None]) -> None:
        self._login = None
        if not task.cancelled():
            task.exception()  # mark it as retrieved, so that asyncio does not log it

    async def _log_in(self, account: Account) -> None:
        offered = link(await self.root(), "Links", "Sessions")
        asked = {"UserName": account.username, "Password": account.password}
        reply = await self.http.send("POST", offered or _SESSIONS, {}, asked)
        token = reply.headers.get("X-Auth-Token", "")
        if reply.status not in (OK, CREATED) or not token:
            hint = "" if offered else "; it offers no sessions: set auth: basic"
            if reply.status in (400, _UNAUTHORISED, _FORBIDDEN, *_MISSING):
                self._refused_at = asyncio.get_running_loop().time()
                raise Refused(f"the login was refused (HTTP {reply.status}){hint}")
            raise BadReply(f"the login gave no session (HTTP {reply.status})")
        self._token = token
        where = reply.headers.get("Location", "").removeprefix(self.http.origin)
        self._session = local(where) or local(reply.document.get("@odata.id"))

    async def release(self) -> None:
        """Give up the connection.

        The last of the devices that share it ends the session and closes it.
        """
        self.users -= 1
        if self.users > 0:
            return
        login = self._login
        if login is not None:  # else an unknown session would be left behind
            await asyncio.wait((login,), timeout=_GOODBYE)
            login.cancel()
        token, session, self._token, self._session = self._token, self._session, "", ""
        if token and session:
            try:
                async with asyncio.timeout(_GOODBYE):
                    await self.http.send("DELETE", session, {"X-Auth-Token": token})
            except (TimeoutError, BadReply, Unreachable) as error:
                log.debug("%s: the session was not ended: %s", self.http.origin, error)
        await self.http.close()
