"""KPIs: the energy ledger, PUE, racks and targets. Exact definitions, with sources, in docs/kpis.md."""
