"""What was promised, and how it stands."""
