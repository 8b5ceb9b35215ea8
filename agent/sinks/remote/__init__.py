"""Prometheus remote write: samples over the spool to any database that takes its protocol."""
