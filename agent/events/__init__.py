"""What happened: racks beyond a limit, silent devices, states of promises, starts and reloads."""
