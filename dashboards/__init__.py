"""Dashboards, rules and alerts, generated from the catalogue and the registry."""
