"""Facility devices: PDUs, UPSs, meters, cooling and monitoring units.

A device that speaks a known protocol needs only a profile, which is one YAML file.
"""
