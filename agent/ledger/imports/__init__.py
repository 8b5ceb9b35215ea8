"""Energy from files: last year's bills, or what another system has logged."""
