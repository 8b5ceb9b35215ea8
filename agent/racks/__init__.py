"""Racks, rows and breakers: how full and how loaded they are, and how much can be added."""
