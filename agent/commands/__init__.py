"""One module a command: `configure(parser)` and `run(args) -> exit status`; cli.py imports only the one asked for."""
