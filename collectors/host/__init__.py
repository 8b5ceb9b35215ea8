"""Host collectors."""
