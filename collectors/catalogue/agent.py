"""The agent's own metrics.

They are kept by prometheus-client; declared here so that dashboards and docs know them.
"""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType

COLLECTOR: Final = ("collector", "device")


def _agent(
    subsystem: str, name: str, help: str, *labels: str, type: MetricType = "gauge"
) -> Metric:
    return Metric(
        namespace="hubgauge", subsystem=subsystem, name=name, type=type, help=help, labels=labels
    )


BUILD_INFO: Final = _agent("build", "info", "The running version.", "version", "python")
SIMULATED: Final = _agent("", "simulated", "1 if this agent reads simulated devices.")
COLLECTOR_SUCCESS: Final = _agent(
    "collector", "success", "1 if the collector's last round succeeded, else 0.", *COLLECTOR
)
COLLECTOR_DURATION: Final = _agent(
    "collector", "duration_seconds", "How long the collector's last round took.", *COLLECTOR
)
COLLECTOR_LAST_SUCCESS: Final = _agent(
    "collector",
    "last_success_timestamp_seconds",
    "When the collector last succeeded; absent if never.",
    *COLLECTOR,
)
COLLECTOR_ERRORS: Final = _agent(
    "collector",
    "errors_total",
    "Rounds that failed, by reason: unreachable, refused, bad_reply, error, stood_still (it kept"
    " all others waiting and was interrupted), left_out (not called for a while, for it did so).",
    "collector",
    "reason",
    type="counter",
)
COLLECTOR_SKIPPED: Final = _agent(
    "collector",
    "skipped_rounds_total",
    "Rounds not begun because the one before still ran.",
    "collector",
    type="counter",
)
LATE_ROUNDS: Final = _agent(
    "",
    "late_rounds_total",
    "Rounds that the agent itself did not run or read in time: it lagged, or a worker process was"
    " dead. They say nothing of the device.",
    "collector",
    type="counter",
)
LOOP_LAG: Final = _agent(
    "",
    "loop_lag_seconds",
    "The longest time in the last minute that an event loop did not look at its sockets.",
)
INTERVAL_STRETCH: Final = _agent(
    "",
    "interval_stretch_ratio",
    "How much longer the intervals of devices are than asked, for want of time;"
    " 1 if they are kept.",
)
WORKER_RESTARTS: Final = _agent(
    "worker",
    "restarts_total",
    "How often a worker process ended, or stood still, and was started again.",
    "worker",
    type="counter",
)
WORKER_CPU: Final = _agent(
    "worker",
    "cpu_seconds_total",
    "CPU time that a worker process has used, those before it included.",
    "worker",
    type="counter",
)
WORKER_MEMORY: Final = _agent(
    "worker",
    "resident_memory_bytes",
    "Resident memory of a worker process.",
    "worker",
)
WORKER_LAG: Final = _agent(
    "worker",
    "lag_seconds",
    "The longest time in the last minute that a worker process did not look at its sockets, or for"
    " which it has said nothing by now.",
    "worker",
)
SAMPLES_DROPPED: Final = _agent(
    "collector",
    "dropped_samples_total",
    "Readings not taken, by reason: limit, not_finite, sentinel, out_of_bounds, wrong_name,"
    " wrong_scale, zero_with_load and others of a collector.",
    "collector",
    "reason",
    type="counter",
)
SERIES: Final = _agent("", "series", "Series in the snapshot.")
SCRAPES: Final = _agent(
    "http",
    "requests_total",
    "HTTP requests answered, by path and status.",
    "path",
    "code",
    type="counter",
)
HTTP_REFUSED: Final = _agent(
    "http",
    "refused_connections_total",
    "Connections refused before a request was read, by reason: connections, busy, descriptors.",
    "reason",
    type="counter",
)
SCRAPE_DURATION: Final = _agent(
    "http", "request_duration_seconds", "Time to answer an HTTP request.", "path", type="histogram"
)
CONFIG_RELOAD_SUCCESS: Final = _agent(
    "config", "last_reload_successful", "1 if the last reload of the config took effect."
)
CONFIG_RELOAD_TIME: Final = _agent(
    "config",
    "last_reload_success_timestamp_seconds",
    "When the config was last loaded with success.",
)
SPOOL_BYTES: Final = _agent("spool", "bytes", "Bytes waiting in the spool.", "sink")
SPOOL_MAX_BYTES: Final = _agent("spool", "max_bytes", "The spool's quota.", "sink")
SPOOL_SAMPLES: Final = _agent("spool", "samples", "Samples waiting in the spool.", "sink")
SPOOL_OLDEST: Final = _agent(
    "spool",
    "oldest_timestamp_seconds",
    "Time of the oldest batch that waits; absent if none.",
    "sink",
)
SPOOL_HEALTHY: Final = _agent(
    "spool", "healthy", "1 if the spool can be written, 0 while batches are only in memory.", "sink"
)
SINK_COLLECTED: Final = _agent(
    "sink", "collected_samples_total", "Samples handed to the sink.", "sink", type="counter"
)
SINK_RECOVERED: Final = _agent(
    "sink",
    "recovered_samples_total",
    "Samples of an earlier run that the sink found in its spool.",
    "sink",
    type="counter",
)
SINK_SENT: Final = _agent(
    "sink", "sent_samples_total", "Samples the database took.", "sink", type="counter"
)
SINK_DROPPED: Final = _agent(
    "sink",
    "dropped_total",
    "Samples given up, by reason: quota, memory, corrupt, dead_letter.",
    "sink",
    "reason",
    type="counter",
)
SINK_REQUESTS: Final = _agent(
    "sink", "requests_total", "Write requests, by outcome.", "sink", "code", type="counter"
)
SINK_UP: Final = _agent("sink", "up", "1 if the last write was taken, else 0.", "sink")
SINK_DEDUPLICATES: Final = _agent(
    "sink",
    "deduplicates",
    "1 if the database says that it removes samples sent twice, 0 if it says that it keeps them;"
    " absent where it does not say.",
    "sink",
)
LEDGER_HEALTHY: Final = _agent(
    "ledger",
    "healthy",
    "1 if the ledger can be written, 0 while readings are only in memory, or are lost.",
)
LEDGER_READINGS: Final = _agent(
    "ledger", "readings_total", "Meter readings taken into the ledger.", type="counter"
)
LEDGER_REJECTED: Final = _agent(
    "ledger",
    "rejected_readings_total",
    "Meter readings rejected, by reason: negative, above_rating, leap, glitch, unclear, stuck,"
    " at_rest, duplicate, late, clock, memory, ledger_error.",
    "reason",
    type="counter",
)
LEDGER_EVENTS: Final = _agent(
    "ledger",
    "register_events_total",
    "Energy registers that fell, by what it was: wrap, reset.",
    "event",
    type="counter",
)
INVENTORY_TIME: Final = _agent(
    "inventory",
    "timestamp_seconds",
    "When the inventory in force was read from its source, or its file last written.",
    "source",
)
INVENTORY_PROBLEMS: Final = _agent(
    "inventory",
    "problems",
    "Objects of the inventory's source that cannot be used; `hubgauge inventory` lists them.",
    "source",
)
