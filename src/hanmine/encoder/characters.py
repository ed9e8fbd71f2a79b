"""Text to one token a character, whatever pieces the tokenizer of a model would choose.

Masking needs to know which token stands for which character. So ids are looked up in the vocabulary character by
character: a model whose tokenizer joins characters (XLM-R) or letters (WordPiece) has pieces of a single character too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hanmine.errors import InputError

if TYPE_CHECKING:
    from hanmine.encoder.tokenization import Tokenizer

SPACE_PIECE = "▁"  # U+2581, how SentencePiece writes a space
_COMMON = "的一是不了人我在有他"  # who has none of these as a piece has no characters
_MASKS = ("[MASK]", "<mask>")
_UNKNOWN = ("[UNK]", "<unk>")


@dataclass(frozen=True)
class CharacterTokens:
    """The tokens of a text, special ones left out.

    Attributes
    ----------
    ids : int64 [tokens].
    first : int64 [characters + 1], how many tokens stand before each character; a character has one token or none.
    covered : bool [characters], whether the vocabulary has the character.
    unknown : characters, but for white space, that it has not.
    """

    ids: np.ndarray
    first: np.ndarray
    covered: np.ndarray
    unknown: int


class CharacterVocabulary:
    """Ids of single characters.

    Parameters
    ----------
    lookup : piece → id, or None.
    normalize : what the tokenizer does to a text before it cuts it up.
    mask, unknown, padding : ids of these tokens. before, after : ids of the special tokens around a text.
    continuation : what a piece begins with that continues a word of letters or digits ("##"), "" if nothing.
    spaces : spaces are pieces, and a piece at the beginning of a word may hold one (SentencePiece).
    """

    def __init__(
        self,
        lookup: Callable[[str], int | None],
        normalize: Callable[[str], str],
        *,
        mask: int,
        unknown: int,
        padding: int,
        before: tuple[int, ...],
        after: tuple[int, ...],
        continuation: str = "",
        spaces: bool = False,
    ) -> None:
        self.mask, self.unknown, self.padding = mask, unknown, padding
        self.before, self.after = before, after
        self._lookup, self._normalize = lookup, normalize
        self._continuation, self._spaces = continuation, spaces
        self._known: dict[str, int | None] = {}
        self._continuing: dict[str, int | None] = {}

    def tokens(self, text: str) -> CharacterTokens:
        """One token for each character; none for white space that the vocabulary does not have, and for control
        characters. A character that is not in the vocabulary becomes the unknown token."""
        ids: list[int] = []
        first = np.empty(len(text) + 1, np.int64)
        covered = np.zeros(len(text), bool)
        unknown, inside = 0, False
        for place, character in enumerate(text):
            first[place] = len(ids)
            if self._continuation:
                found, inside = self._piece(character, inside), _in_word(character)
            else:
                found = self._whole(character)
            if found is not None:
                ids.append(found)
                covered[place] = not character.isspace()
            elif not _is_blank(character):
                ids.append(self.unknown)
                unknown += 1
        first[len(text)] = len(ids)
        return CharacterTokens(np.array(ids, np.int64), first, covered, unknown)

    def has_characters(self) -> bool:
        """Whether any of the most frequent Chinese characters is a piece."""
        return any(self._whole(character) is not None for character in _COMMON)

    def _whole(self, character: str) -> int | None:
        if character not in self._known:
            self._known[character] = self._find(character, "")
        return self._known[character]

    def _piece(self, character: str, inside: bool) -> int | None:
        """The piece within a word, `inside` telling whether the character before is part of one, too."""
        if not inside or not _in_word(character):
            return self._whole(character)
        if character not in self._continuing:
            found = self._find(character, self._continuation)
            self._continuing[character] = self._whole(character) if found is None else found
        return self._continuing[character]

    def _find(self, character: str, prefix: str) -> int | None:
        if unicodedata.category(character) == "Cs":  # half of a surrogate pair
            return None
        # Where the tokenizer does not fold full-width forms, those that it does not know are folded here.
        for form in (self._normalize(character), self._normalize(unicodedata.normalize("NFKC", character))):
            if self._spaces:
                form = form.replace(" ", SPACE_PIECE)
            elif len(form) > 1:
                form = form.strip()
            found = self._lookup(prefix + form) if form else None
            if found is None and form and self._spaces:
                found = self._lookup(SPACE_PIECE + form)
            if found is not None and found != self.unknown:
                return found
        return None


def vocabulary_of(tokenizer: Tokenizer, configured: Mapping[str, Any], where: str) -> CharacterVocabulary:
    """The characters of a tokenizer whose tokenizer_config.json and config.json hold `configured`.

    Raises
    ------
    InputError : it has no token for masking, or no tokens of single characters.
    """
    pipeline = tokenizer.backend
    known = pipeline.get_vocab(with_added_tokens=True)
    mask = _special(known, configured, "mask", _MASKS)
    if mask is None:
        raise InputError(f"{where}: its vocabulary has no mask token: choose a masked language model")
    unknown = _special(known, configured, "unk", _UNKNOWN)
    sample = pipeline.encode(_COMMON[0])
    inner = [place for place, special in enumerate(sample.special_tokens_mask) if not special]
    begin, end = (inner[0], inner[-1] + 1) if inner else (len(sample.ids), len(sample.ids))
    normalizer, cutter = pipeline.normalizer, pipeline.pre_tokenizer
    spaces = False
    if cutter is not None:
        cut = cutter.pre_tokenize_str(_COMMON[0])
        spaces = bool(cut) and cut[0][0].startswith(SPACE_PIECE)
    before = tuple(sample.ids[:begin])
    if spaces and SPACE_PIECE in known:
        before += (known[SPACE_PIECE],)
    vocabulary = CharacterVocabulary(
        known.get,
        (lambda character: character) if normalizer is None else normalizer.normalize_str,
        mask=mask,
        unknown=tokenizer.pad_id if unknown is None else unknown,
        padding=tokenizer.pad_id,
        before=before,
        after=tuple(sample.ids[end:]),
        continuation=getattr(pipeline.model, "continuing_subword_prefix", None) or "",
        spaces=spaces,
    )
    if not vocabulary.has_characters():
        raise InputError(f"{where}: its vocabulary has no single Chinese characters: choose a model that has them")
    return vocabulary


def _special(known: Mapping[str, int], configured: Mapping[str, Any], name: str, usual: tuple[str, ...]) -> int | None:
    """The id of a special token: by its name in tokenizer_config.json, its id in config.json, or one of the usual
    names."""
    token = configured.get(f"{name}_token")
    token = token.get("content") if isinstance(token, dict) else token
    if isinstance(token, str) and token in known:
        return known[token]
    number = configured.get(f"{name}_token_id")
    if isinstance(number, int):
        return number
    return next((known[token] for token in usual if token in known), None)


def _in_word(character: str) -> bool:
    """Whether WordPiece joins the character with such neighbours: letters and digits that are not Chinese."""
    if character.isascii():
        return character.isalnum()
    code = ord(character)
    chinese = 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x2FA1F
    return not chinese and unicodedata.category(character)[0] in "LNM"


def _is_blank(character: str) -> bool:
    """White space and control characters, for which tokenizers make no token."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")
