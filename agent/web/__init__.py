"""What the agent serves over HTTP: the exposition, the board and its API."""
