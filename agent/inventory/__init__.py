"""The inventory: which sites, racks, feeds and meters there are, as people state it."""
