"""HTTP with one Redfish service: TLS, and requests that are bounded in time and size.

Source: DSP0266, 6. Redirects and links that lead to another origin are not followed.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, Unreachable
from collectors.power.redfish.body import Document, local, parse
from collectors.power.redfish.replies import Reply, read_body, tls_reason

if TYPE_CHECKING:
    import ssl

    import aiohttp

OK, CREATED = 200, 201
_MOVED: Final = (301, 302, 303, 307, 308)
_HOPS: Final = 3
_LOGIN: Final = 30.0
"""Seconds for a login's request, also beyond its round: a cancelled login might leave an unknown
session behind."""
_KEEP_ALIVE: Final = 90.0


class Http:
    """The connection to `scheme://host:port`.

    It is opened when first needed, and again after it broke.
    """

    def __init__(self, origin: str, trust: ssl.SSLContext | aiohttp.Fingerprint | None) -> None:
        self.origin: Final = origin
        self.timeout = 0.0
        """Of one request, seconds; the devices behind it set it."""
        self.answers = 0
        """Replies that have begun to come."""
        self._trust: Final = trust
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> Reply:
        """Send one request; a redirect is followed to the same origin only.

        Raises Unreachable or BadReply.
        """
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
                if answer.status in (OK, CREATED) and raw:
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

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=True if self._trust is None else self._trust,
                    limit=2,
                    keepalive_timeout=_KEEP_ALIVE,
                ),
                timeout=aiohttp.ClientTimeout(total=None),  # deadlines are the collector's
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None
