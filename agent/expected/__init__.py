"""What the inventory expects against what is seen."""
