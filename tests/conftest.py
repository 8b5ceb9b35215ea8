"""Options and fixtures of every test, and the count of what was skipped."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test fails for the speed of the machine: neither an example nor its making has a time limit.
# The examples are the same in every run, so that a change is judged by what it changed. With
# HUBGAUGE_EXPLORE=1 they are drawn anew, as `make audit` and `make fuzz` always do.
settings.register_profile(
    "hubgauge",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("HUBGAUGE_EXPLORE") != "1",
)
settings.load_profile("hubgauge")


UNTRACED = (
    "tests/agent/ledger/test_clock_steps.py",
    "tests/agent/ledger/test_export.py",
    "tests/agent/ledger/test_judge_properties.py",
    "tests/agent/ledger/test_judged_live.py",
    "tests/agent/ledger/test_register_judge.py",
    "tests/agent/pue/test_year.py",
    "tests/agent/targets/test_forecast_laws.py",
    "tests/agent/test_runner_stuck.py",  # no thread is interrupted where a tracer runs
    "tests/collectors/facility/snmp/test_unread.py",
    "tests/fuzz/",
    "tests/reference/",
    "tests/simulator/test_round_trip.py",
    "tests/system/test_scale.py",
)
"""Tests that take the same lines many thousand times: whole years, all profiles, hundreds of drawn
cases. Coverage is not measured in them, nor in any test of hypothesis: measuring makes Python take
three times as long, and the tests beside them reach these lines as well.
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test, without the tracer of coverage where that is said above.

    pytest-cov's own mark `no_cover` does nothing in a process of xdist.
    """
    drawn = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if not drawn and not item.nodeid.startswith(UNTRACED):
        return (yield)
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what came out as what is expected, in tests/cases, to be reviewed",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Tell whether expected files are to be written rather than compared with."""
    return bool(request.config.getoption("--update-golden"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell known disagreements with the reference; write to HUBGAUGE_SKIPS what was skipped."""
    known = Counter(
        str(reason)
        for report in terminalreporter.stats.get("passed", ())
        for name, reason in report.user_properties
        if name == "known and open"
    )
    for reason, count in known.most_common():
        terminalreporter.write_line(f"known and open: {count:4d} x {reason}")
    path = os.environ.get("HUBGAUGE_SKIPS")
    if not path:
        return
    reasons = Counter(
        re.sub(r"^Skipped: ", "", str(report.longrepr[2]))
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    lines = [f"skipped: {reasons.total()} tests"]
    lines += [f"  {count:4d}  {reason}" for reason, count in reasons.most_common()]
    Path(path).write_text("\n".join(lines) + "\n", "utf-8")
