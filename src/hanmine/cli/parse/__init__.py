"""`mine parse`."""
