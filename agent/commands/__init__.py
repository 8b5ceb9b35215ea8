"""One module a command: `configure(parser)` and `run(args) -> exit status`.

`agent.cli` imports only the module of the command that is run.
"""
