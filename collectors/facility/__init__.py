"""Facility devices: PDUs, UPSs, meters, cooling and monitoring units.

A device of a known protocol is one profile in YAML.
"""
