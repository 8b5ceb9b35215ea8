"""Where samples go besides the scrape. A second sink is one file, and one line in `kinds.TABLE`."""
