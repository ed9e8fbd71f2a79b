"""`mine similar`."""
