"""KPIs: the energy ledger, PUE, racks, and what was publicly promised."""
