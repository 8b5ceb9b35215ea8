"""The devices that the inventory and the config expect, compared with those that answer."""
