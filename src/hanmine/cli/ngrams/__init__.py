"""The commands of `mine ngrams`."""
