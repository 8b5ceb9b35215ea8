"""One module a command: `configure(parser)` and `run(args) -> exit status`.

`agent.cli` imports only the module of the command that is run.
"""

from __future__ import annotations

from collectors.deferred import defer_init

# Each command needs but some modules of them: 4 MB less for each node.
defer_init("prometheus_client")
defer_init("uvicorn", Config="uvicorn.config")
