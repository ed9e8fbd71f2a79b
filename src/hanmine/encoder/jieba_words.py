"""RoFormer's first cut: words of jieba where the vocabulary has them, else single characters.

As in `RoFormerTokenizer` of transformers, which has rjieba do it: the dictionary's words without its model for unknown
ones. A tokenizer.json cannot hold this step; transformers writes BERT's in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanmine.text.jieba_tokenizer import jieba_tokenizer


def jieba_pre_tokenizer(vocabulary: Mapping[str, int]) -> Any:
    """A pre-tokenizer for `tokenizers` that cuts by jieba."""
    from tokenizers.pre_tokenizers import PreTokenizer

    return PreTokenizer.custom(JiebaWords(vocabulary))


class JiebaWords:
    """The part that `tokenizers` calls."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        from tokenizers.normalizers import BertNormalizer

        self._vocabulary = vocabulary
        self._cutter = jieba_tokenizer()
        self._spaced = BertNormalizer(
            clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False
        ).normalize_str

    def pre_tokenize(self, text: Any) -> None:
        """Split a `PreTokenizedString` in place."""
        text.split(self._split)

    def _split(self, _: int, text: Any) -> list[Any]:
        parts = []
        for word, start, end in self._cutter.tokenize(str(text), HMM=False):
            if word in self._vocabulary:
                parts.append(text[start:end])
                continue
            for piece in self._spaced(word).split():
                end = start + len(piece)
                parts.append(text[start:end])
                start = end
        return parts
