"""What single tenants of a site used in a month, what it costs, and its carbon."""
