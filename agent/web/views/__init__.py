"""What pages and the API show, as typed data without words or HTML."""
