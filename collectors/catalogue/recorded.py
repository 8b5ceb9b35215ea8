"""Names of recorded series that more than one part of the program reads, `level:metric:operation`.

Recording rules make these series; the dashboards' rules write them, and an agent asks a database
for them. A name that only one signal uses stands with that signal.
"""

from __future__ import annotations

from typing import Final

KPI_VALUE: Final = "hub:dc_kpi:value"
"""The value of each KPI, by hub, KPI and scope."""
KPI_COVERAGE: Final = "hub:dc_kpi_coverage_ratio:min"
"""The share of a KPI's evidence that was there."""
KPI_BOUND: Final = "hub:dc_kpi_lower_bound:min"
"""1 where every agent's value is a lower bound. One agent that counts the whole is enough for 0."""
TARGET_MET: Final = "hub:dc_target_value:met"
"""Whether the measured value keeps a stated limit now: 1 or 0."""
