"""The inventory from NetBox's API: read in pages, made into the model, and kept on disk."""
