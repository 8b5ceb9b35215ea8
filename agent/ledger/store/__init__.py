"""The ledger's database. All SQL of the ledger stands in this package; others call its methods."""
