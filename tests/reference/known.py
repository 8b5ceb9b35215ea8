"""Disagreements that are known and open: they are counted and told, never skipped in silence.

An entry goes as soon as what it names is mended.
"""

from __future__ import annotations

from typing import Final

OPEN: Final[dict[str, str]] = {
    "live: energy_of_window": "a register that rested is spread back over all its rest",
    "live: coverage_lost": "a reset costs more time than it must",
    "live_faults: covered_without_evidence": "a small leap of a slow register is believed",
    "live_faults: energy": "a register that rested is spread back over all its rest",
    "live_faults: energy_of_window": "a register that rested is spread back over all its rest",
    "live_truth: better_than_truth": "what a slow register has not told yet; a small exchange",
    "import: covered_without_evidence": "a reset is taken as a wrap",
    "import: coverage_lost": "a reset costs more time than it must",
    "import_faults: covered_without_evidence": "a small leap of a slow register is believed",
    "import_faults: energy": "a register that rested is spread back over all its rest",
    "import_faults: energy_of_window": "a register that rested is spread back over all its rest",
    "import_truth: better_than_truth": "what a slow register has not told yet; a small exchange",
    "adversary: better_than_truth": "all of the above",
}
"""By the way and the sort of a disagreement: why it is still there."""
