"""Racks, rows and breakers: how full and how loaded they are, and what may still be added."""
