"""The weekly report, as data."""
