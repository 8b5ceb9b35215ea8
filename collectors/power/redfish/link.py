"""One connection to one Redfish service: TLS, login, and bounded requests.

Source: DSP0266, 6 and 13.

Shared by all devices behind one address. The account's secrets go to that address only: redirects
and links that lead elsewhere are not followed. A session is opened when first needed, renewed once
when it has expired, and deleted when the last user goes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import TYPE_CHECKING, Final, Literal

from collectors.base import BadReply, Refused, Unreachable
from collectors.power.redfish.body import Document, inner, link, local, parse
from collectors.power.redfish.replies import Account, Missing, Reply, read_body, tls_reason

if TYPE_CHECKING:
    import ssl

    import aiohttp

log: Final = logging.getLogger(__name__)

ROOT: Final = "/redfish/v1/"
_SESSIONS: Final = "/redfish/v1/SessionService/Sessions"
_HOPS: Final = 3
_PAUSE: Final = 300.0
"""Seconds for which a refused login is not tried again: controllers lock an account after a few."""
_GOODBYE: Final = 0.9
"""Seconds to end a session, and before that to wait for a login under way."""
_LOGIN: Final = 30.0
"""Seconds for a login's request, also beyond its round: a cancelled login might leave an unknown
session behind."""
_KEEP_ALIVE: Final = 90.0
_MOVED: Final = (301, 302, 303, 307, 308)
_MISSING: Final = (404, 405, 410, 501)
_OK, _CREATED, _NOT_MODIFIED, _UNAUTHORISED, _FORBIDDEN = 200, 201, 304, 401, 403


class Link:
    """The connection to one service, at `scheme://host:port`.

    It is opened when first needed, and again after it broke.
    """

    def __init__(
        self,
        origin: str,
        account: Account | None,
        trust: ssl.SSLContext | aiohttp.Fingerprint | None = None,
    ) -> None:
        self.origin = origin
        self.timeout = 0.0
        """Of one request, seconds; the devices behind it set it."""
        self.users = 0
        self.answers = 0
        """Replies that have begun to come."""
        self.expand: Literal["", ".", "*"] = ""
        """How the service takes `$expand`; empty where it does not."""
        self.levels = 1
        """How deep it expands."""
        self._account, self._trust = account, trust
        self._http: aiohttp.ClientSession | None = None
        self._login: asyncio.Task[None] | None = None
        self._token = self._session = ""
        self._refused_at = float("-inf")

    async def root(self) -> Document:
        """Read the service root, which needs no login, and its protocol features."""
        document = (await self._send("GET", ROOT, {})).document
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
            reply = await self._send("GET", path, headers | extra)
            token = headers.get("X-Auth-Token")
            if reply.status != _UNAUTHORISED or token is None or last:
                break
            if self._token == token:  # else another round has renewed it
                self._token = self._session = ""
        if reply.status == _NOT_MODIFIED:
            return None
        if reply.status != _OK:
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
        reply = await self._send("POST", offered or _SESSIONS, {}, asked)
        token = reply.headers.get("X-Auth-Token", "")
        if reply.status not in (_OK, _CREATED) or not token:
            hint = "" if offered else "; it offers no sessions: set auth: basic"
            if reply.status in (400, _UNAUTHORISED, _FORBIDDEN, *_MISSING):
                self._refused_at = asyncio.get_running_loop().time()
                raise Refused(f"the login was refused (HTTP {reply.status}){hint}")
            raise BadReply(f"the login gave no session (HTTP {reply.status})")
        self._token = token
        where = reply.headers.get("Location", "").removeprefix(self.origin)
        self._session = local(where) or local(reply.document.get("@odata.id"))

    async def _send(
        self, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> Reply:
        """Send one request; a redirect is followed to the same origin only."""
        for _ in range(_HOPS):
            reply = await self._exchange(method, path, headers, body)
            if reply.status not in _MOVED:
                return reply
            where = local(reply.headers.get("Location", "").removeprefix(self.origin))
            if method != "GET" or not where:
                raise BadReply("it redirects to another host, which is not followed")
            path = where
        raise BadReply("it redirects in circles")

    async def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: object
    ) -> Reply:
        import aiohttp
        from yarl import URL

        fixed = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "OData-Version": "4.0",
            "User-Agent": "hubgauge",
        }
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            fixed["Content-Type"] = "application/json"
        patience = self.timeout if method == "GET" else _LOGIN
        try:
            async with (
                asyncio.timeout(patience),
                self._connection().request(
                    method,
                    URL(self.origin + path, encoded=True),
                    headers=fixed | headers,
                    data=data,
                    allow_redirects=False,
                ) as answer,
            ):
                self.answers += 1
                raw = await read_body(answer.content)
                document: Document = {}
                if answer.status in (_OK, _CREATED) and raw:
                    document = parse(raw, answer.headers.get("Content-Encoding", ""))
                return Reply(answer.status, answer.headers, document)
        except TimeoutError:
            raise Unreachable(f"no answer within {patience:g} s") from None
        except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
            raise Unreachable(f"TLS: {tls_reason(error)}") from None
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(
                f"cannot connect: {error.os_error.strerror or type(error.os_error).__name__}"
            ) from None
        except aiohttp.ServerDisconnectedError:
            raise Unreachable("it closed the connection") from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError, ValueError):
            raise BadReply("its answer is not HTTP, or is cut short") from None
        except aiohttp.ClientError as error:
            raise Unreachable(f"the connection failed ({type(error).__name__})") from None

    def _connection(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=True if self._trust is None else self._trust,
                    limit=2,
                    keepalive_timeout=_KEEP_ALIVE,
                ),
                timeout=aiohttp.ClientTimeout(total=None),  # deadlines are the collector's
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._http

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
                    await self._send("DELETE", session, {"X-Auth-Token": token})
            except (TimeoutError, BadReply, Unreachable) as error:
                log.debug("%s: the session was not ended: %s", self.origin, error)
        if self._http is not None:
            await self._http.close()
            self._http = None
