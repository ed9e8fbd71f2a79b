"""Exact n-gram statistics of text: counts, neighbours, association."""

from hanmine.ngrams.tables import count, count_ngrams

__all__ = ["count", "count_ngrams"]
