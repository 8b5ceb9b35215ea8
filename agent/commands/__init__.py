"""One module a command: `configure(parser)` and `run(args) -> exit status`.

`agent.cli` imports only the module of the command that is run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from collectors.deferred import defer_init, defer_module

_PROTOCOL_TLS_SERVER: Final = 17
_CERT_NONE: Final = 0
"""Numbers of Python's `_ssl`, which uvicorn has as defaults."""

# TLS takes 4.5 MB, and most nodes have none. asyncio asks of each socket whether it is one of TLS.
defer_module(
    "ssl",
    needs="_ssl",
    later=["SSLSocket"],
    PROTOCOL_TLS_SERVER=_PROTOCOL_TLS_SERVER,
    CERT_NONE=_CERT_NONE,
)
defer_module("hashlib")
defer_module("hmac")
defer_module("asyncio.sslproto", needs="_ssl")
# An archive of Python's library, which hardly any installation has: importlib.metadata would load
# what reads archives.
sys.path[:] = [one for one in sys.path if not str(one).endswith(".zip") or Path(one).exists()]
# With what importlib.metadata reads archives, parses e-mail, and looks for files.
defer_module("csv")
defer_module("tempfile")
defer_module("zipfile")
defer_module("importlib.metadata._adapters")
# Each command needs but some modules of the others: 4 MB less for each node.
defer_init("prometheus_client")
defer_init("uvicorn", Config="uvicorn.config")
defer_module("logging.config")
defer_module("random")
defer_module("configparser", later=["RawConfigParser"])
defer_module("email.utils", later=["formatdate"])
# The schedule knows its time zone, names its jobs, and runs them in the event loop.
defer_init("apscheduler")
defer_module("apscheduler.executors.pool", later=["ThreadPoolExecutor"])
defer_init("tzlocal", later=["get_localzone"])
defer_module("platform")
defer_module("uuid", later=["uuid4"])
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
