"""Events that devices tell of themselves, by whatever protocol: who is heard, and what is known."""
