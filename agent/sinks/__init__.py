"""Where samples go besides the scrape: rendered once, spooled on disk, sent until the database has taken them."""
