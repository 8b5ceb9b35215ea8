"""The running program: config, runner, snapshot, sinks, KPIs, web."""

__version__ = "0.1.0"
