"""PUE of every site, and the figures beside it, from the ledger's energies."""
