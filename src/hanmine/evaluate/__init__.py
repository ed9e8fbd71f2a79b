"""Scores of results against gold standards, each with a signature by which somebody else gets the same number."""

from __future__ import annotations

from hanmine.evaluate.words import evaluate_words

__all__ = ["evaluate_words"]
