"""The alerts that fire, as an Alertmanager tells them."""
