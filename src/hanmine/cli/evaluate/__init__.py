"""The commands of `mine eval`."""
