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
# TESTS_EXPLORE=1 they are drawn anew, as `make audit` and `make fuzz` always do.
settings.register_profile(
    "hubgauge",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("TESTS_EXPLORE") != "1",
)
settings.load_profile("hubgauge")


UNTRACED = (
    "tests/agent/commands/test_statement.py::test_a_changed_statement",
    "tests/agent/commands/test_statement.py::test_a_signature",
    "tests/agent/commands/test_statement.py::test_it_can_be_made_again",
    "tests/agent/expected/test_expected.py::test_a_round_looks_at_what_changed",
    "tests/agent/inventory/test_part_discovery.py::test_a_rack_out_of_service",
    "tests/agent/ledger/test_clock_steps.py",
    "tests/agent/ledger/test_export.py",
    "tests/agent/ledger/test_import_doubts.py",
    "tests/agent/ledger/test_import_cadences.py",
    "tests/agent/ledger/test_import_lengths.py",
    "tests/agent/ledger/test_import_stated_lengths.py",
    "tests/agent/ledger/test_judge_properties.py",
    "tests/agent/ledger/test_judged_live.py",
    "tests/agent/ledger/test_misread_orders.py",
    "tests/agent/ledger/test_power_judge.py",
    "tests/agent/ledger/test_register_judge.py",
    "tests/agent/ledger/test_register_rests.py",
    "tests/agent/pue/test_laws.py",
    "tests/agent/pue/test_service.py",
    "tests/agent/pue/test_silences",
    "tests/agent/pue/test_windows.py::test_a_year_of_bills",
    "tests/agent/pue/test_year.py",
    "tests/agent/targets/test_forecast_laws.py",
    "tests/agent/test_standstill.py",  # a loop that stands still is measured three times longer
    "tests/agent/test_runner_stuck.py",  # no thread is interrupted where a tracer runs
    "tests/agent/web/test_racks.py::test_many_sites",
    "tests/agent/web/test_whole_hub.py",
    "tests/collectors/facility/snmp/test_unread.py",
    "tests/dashboards/test_influxql.py::test_every_panel_has_data",
    "tests/dashboards/test_verify.py::test_every_panel_has_data",
    "tests/fuzz/",
    "tests/reference/",
    "tests/simulator/test_round_trip.py",
    "tests/system/test_dashboards.py",
    "tests/system/test_scale.py",
)
"""Tests that take the same lines many thousand times: whole years, whole hubs, all profiles,
hundreds of drawn cases. Coverage is not measured in them and their fixtures, nor in any test of
hypothesis: measuring makes Python take three times as long, and the tests beside them reach these
lines as well.
"""

LONG = (
    "tests/agent/ledger/test_clock_steps.py",
    "tests/docs/test_own",
    "tests/agent/commands/test_statement.py",
    "tests/agent/pue/test_laws.py",
    "tests/agent/pue/test_service.py",
    "tests/agent/test_runner_stuck.py",
    "tests/agent/web/test_attacks.py",
    "tests/agent/workers/test_crew.py",
    "tests/agent/web/test_browser.py",
    "tests/agent/web/test_server.py",
    "tests/agent/web/test_whole_hub.py",
    "tests/collectors/accelerators/test_fuzz.py",
    "tests/dashboards/test_influxql.py",
    "tests/dashboards/test_routes.py",
    "tests/dashboards/test_verify.py",
    "tests/reference/",
    "tests/simulator/test_demo.py",
    "tests/simulator/test_round_trip.py",
    "tests/system/",
)
"""Modules that take ten seconds or more. Many of them wait for servers for most of that time."""
_SHORT_BETWEEN = 6
"""Short modules after each long one, so that some compute while others wait."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long modules among the first, so that no process waits for another one's at the end.

    It keeps the order of all else, which is drawn at random.
    """
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.split("::")[0], []).append(item)
    long = [some for name, some in modules.items() if name.startswith(LONG)]
    short = [some for name, some in modules.items() if not name.startswith(LONG)]
    ordered: list[list[pytest.Item]] = []
    for number, module in enumerate(short):
        if long and number % _SHORT_BETWEEN == 0:
            ordered.append(long.pop(0))
        ordered.append(module)
    items[:] = [item for module in (*ordered, *long) for item in module]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None]:
    """Let the tracer of coverage rest through a test and all of its fixtures.

    It rests where that is said above. pytest-cov's own mark `no_cover` does nothing in a process of
    xdist. The tracer comes back when all is over. Before that a test that fails may have left an
    interrupt on its way to a thread that is blocked, and Python 3.11 begins no function of a traced
    program meanwhile: it would go round in a loop until the thread's turn, that is for ever.
    """
    drawn = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if not drawn and not item.nodeid.startswith(UNTRACED):
        yield
        return
    here, in_threads = sys.gettrace(), threading.gettrace()
    threading.settrace(None)
    sys.settrace(None)
    yield
    threading.settrace(in_threads)
    sys.settrace(here)


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
    """Tell known disagreements with the reference; write to TESTS_SKIPS what was skipped."""
    known = Counter(
        str(reason)
        for report in terminalreporter.stats.get("passed", ())
        for name, reason in report.user_properties
        if name == "known and open"
    )
    for reason, count in known.most_common():
        terminalreporter.write_line(f"known and open: {count:4d} x {reason}")
    path = os.environ.get("TESTS_SKIPS")
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
