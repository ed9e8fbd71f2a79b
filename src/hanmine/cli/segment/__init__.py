"""`mine segment`."""
