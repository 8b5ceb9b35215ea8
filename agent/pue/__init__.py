"""PUE and the figures beside it, made of the ledger. Exact definitions, with sources, in docs/kpis.md."""
