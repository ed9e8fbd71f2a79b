"""Sentences to token ids, by tokenizer.json or vocab.txt of a directory (package `tokenizers`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.encoder.directory import read_object
from hanmine.errors import InputError, MissingExtraError
from hanmine.formats.vectors.npy import one_line

if TYPE_CHECKING:
    import tokenizers

_LONGEST = 1 << 18
"""Characters of a sentence that are looked at: some hundred times what the tokens of a model hold. The package would
tokenize a line of a gigabyte whole, and take a hundred times its size, to drop all but the beginning."""
_SPECIAL = {"unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]"}
_OTHER_FILES = ("sentencepiece.bpe.model", "spiece.model", "tokenizer.model", "vocab.json")


class Tokenizer:
    """The tokenizer of a transformer directory.

    Attributes
    ----------
    max_length : tokens of a sentence, special ones included; what is longer is cut at the end.
    pad_id : the id that fills up shorter sentences of a batch.
    backend : the `tokenizers.Tokenizer`.
    """

    def __init__(self, directory: Path, settings: dict[str, Any], *, max_length: int, lower_case: bool = False) -> None:
        """Read the tokenizer of `directory`, whose config.json holds `settings`.

        Raises
        ------
        MissingExtraError : `tokenizers` is not installed.
        InputError : there is no tokenizer, or one that cannot be read.
        """
        try:
            import tokenizers
        except ImportError as error:
            raise MissingExtraError("tokenizing for a transformer", "onnx") from error
        configured = read_object(directory / "tokenizer_config.json")
        whole, words = directory / "tokenizer.json", directory / "vocab.txt"
        if whole.is_file():
            try:
                self.backend = tokenizers.Tokenizer.from_file(str(whole))
            except Exception as error:  # what the package raises has no narrower type
                raise InputError(f"{whole}: is no tokenizer ({one_line(error)}): copy the file again") from error
        elif words.is_file():
            self.backend = _word_piece(words, configured, read_object(directory / "special_tokens_map.json"))
        else:
            raise _missing(directory)
        if settings.get("model_type") == "roformer" and not str(configured.get("tokenizer_class")).startswith("Bert"):
            from hanmine.encoder.jieba_words import jieba_pre_tokenizer

            self.backend.pre_tokenizer = jieba_pre_tokenizer(self.backend.get_vocab())
        if lower_case:
            own = self.backend.normalizer
            lower = tokenizers.normalizers.Lowercase()
            self.backend.normalizer = tokenizers.normalizers.Sequence([lower, own] if own else [lower])
        self.pad_id = _pad_id(self.backend, configured, settings)
        self.max_length = max_length
        self.backend.no_padding()
        self.backend.enable_truncation(max_length)

    def encode(self, sentences: Sequence[str]) -> list[tokenizers.Encoding]:
        """One encoding a sentence: `ids`, `type_ids`, `offsets` (of each token in characters of the sentence),
        `special_tokens_mask`, `overflowing` (not empty where the sentence was cut)."""
        return self.backend.encode_batch([sentence[:_LONGEST] for sentence in sentences])

    def prompt_length(self, prompt: str) -> int:
        """Tokens at the beginning of a sentence that stem from its prompt, the first special ones included."""
        encoding = self.backend.encode(prompt)
        return len(encoding.ids) - (1 if encoding.ids and encoding.special_tokens_mask[-1] else 0)


def _word_piece(file: Path, configured: dict, special: dict) -> tokenizers.Tokenizer:
    """The tokenizer of BERT over the words of vocab.txt, one a line, its id the number of the line."""
    from tokenizers import Tokenizer as Pipeline
    from tokenizers import models, normalizers, pre_tokenizers, processors

    vocabulary = _read_vocabulary(file)
    names = {}
    for name, usual in _SPECIAL.items():
        given = configured.get(f"{name}_token", special.get(f"{name}_token")) or usual
        given = given.get("content") if isinstance(given, dict) else given
        if not isinstance(given, str):
            raise InputError(f"{file.parent}: its {name}_token is no text: copy tokenizer_config.json again")
        names[name] = given
    for name in ("unk", "cls", "sep"):
        if names[name] not in vocabulary:
            raise InputError(f"{file}: lacks the word {names[name]!r}: is it the vocabulary of this model?")
    tokenizer = Pipeline(models.WordPiece(vocabulary, unk_token=names["unk"]))
    roformer = str(configured.get("tokenizer_class")).startswith("RoFormer")
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=_flag(file, configured, "tokenize_chinese_chars", True) and not roformer,
        strip_accents=_flag(file, configured, "strip_accents", None),
        lowercase=_flag(file, configured, "do_lower_case", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = names["cls"], names["sep"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
        special_tokens=[(cls, vocabulary[cls]), (sep, vocabulary[sep])],
    )
    tokenizer.add_special_tokens([word for word in names.values() if word in vocabulary])
    return tokenizer


def _read_vocabulary(file: Path) -> dict[str, int]:
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}:{line}: is not UTF-8: copy the file again") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error}): check the file") from error
    return {line: number for number, line in enumerate(text.removesuffix("\n").split("\n"))}


def _flag(file: Path, configured: dict, name: str, default: bool | None) -> bool | None:
    value = configured.get(name, default)
    if value is not None and not isinstance(value, bool):
        raise InputError(
            f"{file.parent / 'tokenizer_config.json'}: {name} is {value!r:.40}, not true or false: mend it"
        )
    return default if value is None else value


def _pad_id(tokenizer: tokenizers.Tokenizer, configured: dict, settings: dict) -> int:
    token = configured.get("pad_token")
    token = token.get("content") if isinstance(token, dict) else token
    found = tokenizer.token_to_id(token) if token and isinstance(token, str) else None
    if found is None:
        found = settings.get("pad_token_id")
    return found if isinstance(found, int) else 0


def _missing(directory: Path) -> InputError:
    """The error of a directory without a tokenizer that can be read."""
    other = next((name for name in _OTHER_FILES if (directory / name).is_file()), None)
    if other is None:
        return InputError(
            f"{directory}: has neither tokenizer.json nor vocab.txt: copy the tokenizer of the model there"
        )
    return InputError(
        f"{directory}: has {other}, but no tokenizer.json: write it where transformers is: "
        f'python -c "from transformers import AutoTokenizer; '
        f"AutoTokenizer.from_pretrained('{directory}').save_pretrained('{directory}')\""
    )
