"""One module a command: `configure(parser)` and `run(args) -> exit status`.

Cli.py imports only the one asked for.
"""
