"""Metrics of the operating system, machine, clock and text files, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

FILEFD_ALLOCATED: Final = metric("filefd", "allocated", "File descriptor statistics: allocated.")
FILEFD_MAXIMUM: Final = metric("filefd", "maximum", "File descriptor statistics: maximum.")
ENTROPY_AVAILABLE: Final = metric("entropy", "available_bits", "Bits of available entropy.")
ENTROPY_POOL: Final = metric("entropy", "pool_size_bits", "Bits of entropy pool.")

UNAME_INFO: Final = metric(
    "uname",
    "info",
    "Labeled system information as provided by the uname system call.",
    "sysname",
    "release",
    "version",
    "machine",
    "nodename",
    "domainname",
)
OS_INFO_LABELS: Final = (
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
)
OS_INFO: Final = metric(
    "os",
    "info",
    f"A metric with a constant '1' value labeled by {', '.join(OS_INFO_LABELS)}.",
    *OS_INFO_LABELS,
)
OS_VERSION: Final = metric(
    "os",
    "version",
    "Metric containing the major.minor part of the OS version.",
    "id",
    "id_like",
    "name",
)
# The files below /sys/class/dmi/id that become labels where they are there and may be read.
DMI_FIELDS: Final = (
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
)
DMI_INFO: Final = metric(
    "dmi",
    "info",
    "A metric with a constant '1' value labeled by the DMI fields that are there.",
    *DMI_FIELDS,
    "system_vendor",
)

TIME_SECONDS: Final = metric("", "time_seconds", "System time in seconds since epoch (1970).")
TIME_ZONE_OFFSET: Final = metric(
    "time", "zone_offset_seconds", "System time zone offset in seconds.", "time_zone"
)
CLOCKSOURCE_AVAILABLE: Final = metric(
    "time",
    "clocksource_available_info",
    "Available clocksources read from '/sys/devices/system/clocksource'.",
    "device",
    "clocksource",
)
CLOCKSOURCE_CURRENT: Final = metric(
    "time",
    "clocksource_current_info",
    "Current clocksource read from '/sys/devices/system/clocksource'.",
    "device",
    "clocksource",
)
TIMEX: Final = {
    "offset": metric(
        "timex", "offset_seconds", "Time offset in between local system and reference clock."
    ),
    "freq": metric("timex", "frequency_adjustment_ratio", "Local clock frequency adjustment."),
    "maxerror": metric("timex", "maxerror_seconds", "Maximum error in seconds."),
    "esterror": metric("timex", "estimated_error_seconds", "Estimated error in seconds."),
    "status": metric("timex", "status", "Value of the status array bits."),
    "constant": metric("timex", "loop_time_constant", "Phase-locked loop time constant."),
    "tick": metric("timex", "tick_seconds", "Seconds between clock ticks."),
    "ppsfreq": metric("timex", "pps_frequency_hertz", "Pulse per second frequency."),
    "jitter": metric("timex", "pps_jitter_seconds", "Pulse per second jitter."),
    "shift": metric("timex", "pps_shift_seconds", "Pulse per second interval duration."),
    "stabil": metric(
        "timex",
        "pps_stability_hertz",
        "Pulse per second stability, average of recent frequency changes.",
    ),
    "jitcnt": counter(
        "timex", "pps_jitter_total", "Pulse per second count of jitter limit exceeded events."
    ),
    "calcnt": counter(
        "timex", "pps_calibration_total", "Pulse per second count of calibration intervals."
    ),
    "errcnt": counter("timex", "pps_error_total", "Pulse per second count of calibration errors."),
    "stbcnt": counter(
        "timex",
        "pps_stability_exceeded_total",
        "Pulse per second count of stability limit exceeded events.",
    ),
    "tai": metric("timex", "tai_offset_seconds", "International Atomic Time (TAI) offset."),
    "sync": metric(
        "timex", "sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no)."
    ),
}

TEXTFILE_MTIME: Final = metric(
    "textfile", "mtime_seconds", "Unixtime mtime of textfiles successfully read.", "file"
)
TEXTFILE_ERROR: Final = metric(
    "textfile", "scrape_error", "1 if there was an error opening or reading a file, 0 otherwise"
)
