"""Worker processes: they read devices, and hand what they have read to the agent's own process."""
