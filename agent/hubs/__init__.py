"""The hub registry: what each hub publicly stated, with its provenance, and the scoreboard that judges it."""
