"""Exact n-gram statistics of text: counts, neighbours, association."""

from hanmine.ngrams.tables import NgramTable, count, count_ngrams

__all__ = ["NgramTable", "count", "count_ngrams"]
