"""Names of recorded series that more than one part of the program reads, `level:metric:operation`.

Recording rules make these series; the dashboards' rules write them, and an agent asks a database
for them. A name that only one signal uses stands with that signal.
"""

from __future__ import annotations

from typing import Final

KPI_VALUE: Final = "hub:dc_kpi:value"
"""The value of each KPI, by hub, KPI and scope."""
SCOPES: Final = "site:dc_site_scope:max"
"""1 for each scope of a site: its named groups, and `hub` for the hub as a whole."""
SCOPES_TOLD: Final = "site:dc_site_scope:timestamp"
"""When each gateway last told a group of a site, by site, scope and instance. While a gateway is
gone, the sites that it lists stay in their groups, for `limits.NEEDED_SECONDS`."""
KPI_NEEDED: Final = "site:dc_kpi_needed:timestamp"
"""When a KPI was last known to need a site, by hub, site, scope and KPI. A site that is gone with
its gateway is still needed, so it is kept for `limits.NEEDED_SECONDS`."""
KPI_MISSING: Final = "hub:dc_kpi_missing_sites:count"
"""How many sites that a KPI needs tell nothing of it."""
SOURCE: Final = "site:dc_pue_source:chosen"
"""1 for the one gateway of each site whose energies count."""
PUE_CATEGORY: Final = "site:dc_pue_category:timestamp"
"""When each gateway was last chosen with a PUE of a category, by site, instance and category."""
KPI_COVERAGE: Final = "hub:dc_kpi_coverage_ratio:min"
"""The share of a KPI's evidence that was there."""
KPI_BOUND: Final = "hub:dc_kpi_lower_bound:min"
"""1 where the value is of a part of the hub: it never shows a limit kept."""
TARGET_MET: Final = "hub:dc_target_value:met"
"""Whether the measured value keeps a stated limit now: 1 or 0; absent where it shows neither."""
