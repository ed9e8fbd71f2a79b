"""The commands of `mine whiten`."""
