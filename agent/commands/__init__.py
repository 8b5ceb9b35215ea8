"""One module a command: `configure(parser)` and `run(args) -> exit status`.

`agent.cli` imports only the module of the command that is run.
"""

from __future__ import annotations

from typing import Final

from collectors.deferred import defer_init, defer_module

_PROTOCOL_TLS_SERVER: Final = 17
_CERT_NONE: Final = 0
"""Numbers of Python's `_ssl`: uvicorn has them as defaults, and asyncio asks for no name of `ssl`
before there is TLS."""

# TLS takes 4.5 MB, and most nodes have none.
defer_module("ssl", needs="_ssl", PROTOCOL_TLS_SERVER=_PROTOCOL_TLS_SERVER, CERT_NONE=_CERT_NONE)
defer_module("hashlib")
defer_module("hmac")
defer_module("asyncio.sslproto", needs="_ssl")
# Each command needs but some modules of them: 4 MB less for each node.
defer_init("prometheus_client")
defer_init("uvicorn", Config="uvicorn.config")
# A push needs only what sends a request: 13 MB less.
_SENDS: Final = (
    "_sync",
    "_sync.api_client",
    "_sync.rest",
    "client",
    "client.exceptions",
    "configuration",
    "domain",
    "rest",
    "service",
    "service._base_service",
    "service.signin_service",
    "service.signout_service",
    "version",
)
defer_init(
    "influxdb_client",
    parts=_SENDS,
    SigninService="influxdb_client.service.signin_service",
    SignoutService="influxdb_client.service.signout_service",
    VERSION="influxdb_client.version",
)
defer_init("influxdb_client.client")
defer_init("influxdb_client.domain")
defer_init("influxdb_client.service")
