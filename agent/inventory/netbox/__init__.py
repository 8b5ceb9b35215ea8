"""The inventory from NetBox's API: read in pages, made into the same model as the files give, and kept for when NetBox is away."""
