"""The energy ledger: joules and covered seconds of each meter, hour by hour."""
