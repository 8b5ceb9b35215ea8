"""The report of a week, a month or a year, as data."""
