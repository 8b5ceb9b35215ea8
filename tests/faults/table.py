"""The faults, by number: how each is tried, and what the peers promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults import answers, configs, disks, endings, outages, several, soak, whole_agent
from tests.faults.databases import Base

Run = Callable[[Base, Path, float], str]
"""Tries a fault on a database, in a folder, for some seconds; returns the figure, or fails."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A row of the table: tried on each database by `run`, by tests elsewhere, or by both."""

    number: int
    what: str
    how: str
    peers: str
    run: Run | None = None
    ends: Callable[[endings.Trial], None] | None = None
    """What befalls an agent whose series end meanwhile; tried where remote write tells of it."""
    alone: Callable[[Path, float], str] | None = None
    """Tries it where no database is needed."""
    tests: tuple[str, ...] = ()


SINKS: Final = "tests/agent/sinks"
DEVICES: Final = "tests/collectors"
RUNNER: Final = "tests/agent/test_runner.py"
AGENT: Final = "tests/system/test_agent.py"
NONE: Final = "nothing found"

FAULTS: Final = (
    Fault(
        number=1,
        what="the agent is killed, again and again",
        how="kill -9 at random moments under 1,000 samples a second; the same while a gigabyte"
        " waits in the spool",
        peers="Telegraf's memory buffer is lost whole, its disk buffer promises nothing for a"
        " crash; Prometheus goes on from now (prometheus#8809, #13542); Vector syncs each 500 ms",
        run=outages.killed_agent,
        ends=endings.killed,
    ),
    Fault(
        number=2,
        what="the spool's file is damaged",
        how="cut at each byte of its end; a bit flipped at random; junk",
        peers="Telegraf: a corrupt log is to be deleted by hand (telegraf#18528, #16500, #16981,"
        " #16615); Vector has checksums (vector#17644, #19155, #18336)",
        tests=(f"{SINKS}/test_damage.py",),
    ),
    Fault(
        number=3,
        what="the database stands still",
        how="SIGSTOP under 1,000 samples a second, then SIGCONT; a whole agent's page meanwhile",
        peers="OTel Collector gives up after 300 s; Prometheus tries for 2 h",
        run=outages.frozen_base,
        ends=endings.frozen,
        alone=whole_agent.frozen,
    ),
    Fault(
        number=4,
        what="the database is away for a day",
        how="a day of 288,000 samples spooled, the agent restarted midway, then drained",
        peers="OTel Collector lost the first 4 h of an outage of 88 h"
        " (opentelemetry-collector-contrib#48635); Telegraf keeps 10,000"
        " metrics",
        run=outages.replayed_day,
        ends=endings.away,
    ),
    Fault(
        number=5,
        what="the database ends every few seconds; its answers are lost",
        how="InfluxDB by SIGKILL, VictoriaMetrics by SIGTERM"
        " (killed, it forgets what it took last);"
        " a proxy drops the answer after the write",
        peers="Vector promises at least once",
        run=outages.killed_base,
        ends=endings.lost_answers,
    ),
    Fault(
        number=6,
        what="a bad wire",
        how="a proxy that resets, half closes, answers nothing, answers a byte in 0.2 s",
        peers=NONE,
        run=answers.bad_wires,
    ),
    Fault(
        number=7,
        what="the database refuses",
        how="429 and 503 with Retry-After in seconds, as a date, negative, as a word; 401, 403"
        " and 404 that are mended later",
        peers="Telegraf drops what gets any other 4xx, a missing bucket's 404 too; Prometheus"
        " drops what gets 429 unless told otherwise",
        run=answers.refusals,
        ends=endings.refused,
    ),
    Fault(
        number=8,
        what="one bad line in 5,000",
        how="a line that is no line protocol among good ones",
        peers="Telegraf drops what gets a 4xx",
        run=answers.poison,
        ends=endings.poisoned,
    ),
    Fault(
        number=9,
        what="the spool's disk fails, is full or read-only, or no descriptor is left",
        how="each call on the spool's file gets EIO; a block device whose requests fail (a loop"
        " device over a FUSE file); a small tmpfs that is filled; a read-only remount (the kernel"
        " refuses it under an open file); the limit of descriptors lowered",
        peers="Vector ends itself when its disk is full (vector#8763, #13044)",
        run=disks.bad_disk,
        alone=whole_agent.bad_device,
        tests=(
            f"{SINKS}/test_spool_disk.py",
            f"{SINKS}/test_delivery.py::test_out_of_descriptors",
        ),
    ),
    Fault(
        number=10,
        what="the spool reaches its quota",
        how="samples into a quota of 256 KiB while the"
        " database is away, then drained; a whole agent"
        " with two living outputs beside one whose spool is full, one that never answers and one"
        " that is not there",
        peers="Telegraf's disk buffer has no limit; OTel's full queue refuses; Fluent Bit drops"
        " the oldest chunk",
        run=outages.full_quota,
        alone=several.beside_the_dead,
    ),
    Fault(
        number=11,
        what="mounts that hang",
        how="1 and 20 FUSE mounts that nobody serves",
        peers="node_exporter: the first scrape hangs, then it skips them after 5 s",
        tests=(f"{DEVICES}/host/test_hung_mounts.py",),
    ),
    Fault(
        number=12,
        what="a collector that raises, returns junk, never ends, fills the memory",
        how="each beside good collectors",
        peers="Telegraf: a panic in one input ends it, and a gather has no deadline",
        tests=(
            RUNNER,
            "tests/agent/test_runner_stuck.py",
            "tests/agent/test_standstill.py",
            "tests/system/test_standstill.py",
        ),
    ),
    Fault(
        number=13,
        what="hostile replies of devices",
        how="SNMP, Redfish, Modbus, IPMI and BACnet: cut, mutated, looping, deep, gzip bombs",
        peers=NONE,
        tests=(
            f"{DEVICES}/facility/snmp/test_bad_agents.py",
            f"{DEVICES}/power/redfish/test_pure.py",
            f"{DEVICES}/facility/modbus/test_frames.py",
            f"{DEVICES}/power/test_dcmi.py",
            f"{DEVICES}/facility/bacnet/test_faults.py",
        ),
    ),
    Fault(
        number=14,
        what="a device that never answers, drips, or sends one elsewhere",
        how="silent servers, a byte now and then, redirects to another host",
        peers="Telegraf: a dead Modbus slave costs its siblings' data (telegraf#11782)",
        tests=(
            f"{DEVICES}/facility/modbus/test_connection.py",
            f"{DEVICES}/power/redfish/test_redirects.py",
            f"{DEVICES}/power/redfish/test_faults.py",
        ),
    ),
    Fault(
        number=15,
        what="many dead devices beside live ones",
        how="a site of simulated devices, some dead, some dripping",
        peers="node_exporter and Telegraf: no deadline on a collector",
        tests=("tests/system/test_scale.py",),
    ),
    Fault(
        number=16,
        what="the clock steps",
        how="steps of the wall clock under the schedule and the ledger. Not tried: a whole agent"
        " in a time namespace",
        peers=NONE,
        tests=("tests/agent/ledger/test_clock_steps.py", "tests/agent/test_schedule.py"),
    ),
    Fault(
        number=17,
        what="slow readers and a crowd at the door",
        how="silent and slow connections, with and without TLS; a crowd of strangers",
        peers="prometheus_client's own server never ends half-open connections (0.26, measured)",
        tests=(
            "tests/agent/web/test_attacks.py",
            "tests/agent/web/test_crowd.py",
            "tests/agent/web/test_early.py",
            "tests/agent/web/test_hostile_requests.py",
        ),
    ),
    Fault(
        number=18,
        what="hostile names and label values",
        how="newlines, quotes, NUL, surrogates, forged lines, from textfiles, collectors, SNMP",
        peers="prometheus_client: a surrogate in one label fails the page (0.26, measured)",
        tests=(
            "tests/agent/test_names.py",
            "tests/agent/inventory/test_names.py",
            "tests/agent/commands/test_hostile_names.py",
            "tests/dashboards/test_hostile_names.py",
            f"{DEVICES}/facility/snmp/test_plan_rows.py",
            f"{SINKS}/test_lineprotocol.py",
        ),
    ),
    Fault(
        number=19,
        what="one device with too many series",
        how="more samples than the limit from one device, others beside it",
        peers=NONE,
        tests=(
            f"{RUNNER}::test_only_a_device_with_too_many_samples_is_cut_and_the_rest_is_counted",
            f"{RUNNER}::test_a_list_over_the_limit_is_cut_and_counted",
        ),
    ),
    Fault(
        number=20,
        what="bad configs",
        how="the example configs damaged at random; bad files at start and at a reload; hub files"
        " mutated",
        peers=NONE,
        alone=configs.mutated_configs,
        tests=(
            f"{AGENT}::test_a_bad_config_is_exit_2_and_one_clear_line",
            f"{AGENT}::test_reload_takes_a_good_file_and_keeps_the_old_config_for_a_bad_one",
            "tests/agent/hubs/test_loader.py",
        ),
    ),
    Fault(
        number=21,
        what="secrets that could show",
        how="files that others may read, write or replace; logs and errors are searched",
        peers=NONE,
        tests=(f"{DEVICES}/test_secrets.py", f"{SINKS}/test_credentials.py"),
    ),
    Fault(
        number=22,
        what="counters wrap, meters are reset or replaced",
        how="registers of each width; resets that could be wraps",
        peers=NONE,
        tests=("tests/agent/ledger/test_register_widths.py", "tests/agent/ledger/test_energy.py"),
    ),
    Fault(
        number=23,
        what="SIGTERM; two agents on one spool",
        how="an agent under way is ended; a second is started on its folder",
        peers=NONE,
        tests=(
            f"{AGENT}::test_sigterm_ends_it",
            f"{SINKS}/test_spool.py::test_second_agent_refuses",
            "tests/agent/test_reload.py::test_a_second_agent_in_a_state_folder_refuses",
        ),
    ),
    Fault(
        number=24,
        what="many faults one after another",
        how="the faults 3, 5 and 6 at random, one after another, for the time stated in the"
        " figure: on the sink, and on a whole agent that is told to reload each 10 s, with a good"
        " config or a bad one",
        peers=NONE,
        run=soak.soak,
        alone=whole_agent.soak,
    ),
)
TRIALS: Final = tuple((fault.run.__name__, fault.run) for fault in FAULTS if fault.run)
