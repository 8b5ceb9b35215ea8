"""`python -m agent.workers SOCKET`: one worker process; only the agent starts it."""

from __future__ import annotations

import sys

from agent.workers.process import main

sys.exit(main())
