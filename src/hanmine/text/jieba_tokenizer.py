"""jieba's tokenizer as the project uses it: with its own dictionary alone, and nothing written."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any


@cache
def jieba_tokenizer() -> Any:
    """A tokenizer of its own: words that a caller adds to jieba's shared one must not change results.

    `Tokenizer.initialize` would keep the dictionary it has read as `jieba.cache` in the folder of temporary files, and
    believe any file of that name there, whoever wrote it. Reading the dictionary takes no longer.
    """
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
