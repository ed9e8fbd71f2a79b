"""`mine cluster`."""
