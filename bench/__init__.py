"""Measures hubgauge beside what a user would pick instead, in one run on one machine: the ratios are what counts."""
