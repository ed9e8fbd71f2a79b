"""Slow, obvious references, written from the definitions. Tests compare every fast path with them."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter

EDGE = "\n"  # stands for the edge of a run among neighbours

_ZERO_WIDTH = {0xAD, 0x34F, 0x61C, *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F)}
_ZERO_WIDTH |= {*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xE0100, 0xE01F0)}


def is_han(character: str) -> bool:
    """Script=Han, by the character's name."""
    if character in "々〇〻":
        return True
    name = unicodedata.name(character, "")
    return name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "CJK RADICAL", "KANGXI", "HANGZHOU"))


def is_alnum(character: str) -> bool:
    """An ASCII digit or a Latin letter of the basic plane that is not full-width."""
    if character in "0123456789ªº":
        return True
    name = unicodedata.name(character, "")
    letter = unicodedata.category(character).startswith("L") and ord(character) < 0xFF00
    return letter and (name.startswith("LATIN ") or character in "KÅ")


def read(text: str, normalize: str = "width", mixed: str = "tokens", fold_case: bool = False) -> list[str]:
    """The runs of a text."""
    runs, run = [], ""
    for character in text + "\n":
        code = ord(character)
        if normalize != "none":
            if code in _ZERO_WIDTH:
                continue
            if 0xFF01 <= code <= 0xFF5E:
                character = chr(code - 0xFEE0)
            elif is_han(character):
                unified = unicodedata.normalize("NFKC", character)
                character = unified if len(unified) == 1 else character
        if fold_case and is_alnum(character) and is_alnum(character.lower()[0]) and len(character.lower()) == 1:
            character = character.lower()
        if is_han(character) or (is_alnum(character) and mixed != "break"):
            run += character
        else:
            if run:
                runs.append(run)
            run = ""
    return runs


def occurrences(runs: list[str], word: str) -> list[tuple[str, str]]:
    """(left neighbour, right neighbour) of every occurrence of a word, overlapping ones included."""
    found = []
    for run in runs:
        for i in range(len(run) - len(word) + 1):
            if run[i : i + len(word)] == word:
                left = run[i - 1] if i else EDGE
                right = run[i + len(word)] if i + len(word) < len(run) else EDGE
                found.append((left, right))
    return found


def ngrams(runs: list[str], order: int) -> Counter:
    """Counts of all n-grams of one order."""
    return Counter(run[i : i + order] for run in runs for i in range(len(run) - order + 1))


def neighbours(runs: list[str], order: int) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """For every n-gram of an order its left and its right neighbours."""
    left, right = {}, {}
    for run in runs:
        for i in range(len(run) - order + 1):
            word = run[i : i + order]
            left.setdefault(word, Counter())[run[i - 1] if i else EDGE] += 1
            right.setdefault(word, Counter())[run[i + order] if i + order < len(run) else EDGE] += 1
    return left, right


def entropy(counts: Counter) -> float:
    """Shannon entropy in nats."""
    total = sum(counts.values())
    return -sum(c / total * math.log(c / total) for c in counts.values())


def splits(word: str, mixed: str) -> list[int]:
    """Where a word may be split: with tokens, not between two letters or digits."""
    return [j for j in range(1, len(word)) if not (mixed == "tokens" and is_alnum(word[j - 1]) and is_alnum(word[j]))]


def cohesion(word: str, count, total: int, mixed: str = "chars") -> float:
    """Least PMI over the splits, in nats; `count` is a function of a string. Without a split: infinite."""
    values = [math.log(total * count(word) / (count(word[:j]) * count(word[j:]))) for j in splits(word, mixed)]
    return min(values, default=math.inf)


def strong_set(runs: list[str], order: int, min_count: int, pmi, mixed: str) -> set[str]:
    """n-grams of 2..order characters, frequent enough, whose cohesion reaches the threshold of their order."""
    counts = Counter()
    for n in range(1, order + 1):
        counts.update(ngrams(runs, n))
    total = sum(len(run) for run in runs)
    strong = set()
    for word, count in counts.items():
        threshold = pmi[min(len(word), len(pmi)) - 1]
        if len(word) >= 2 and count >= min_count and cohesion(word, counts.__getitem__, total, mixed) >= threshold:
            strong.add(word)
    return strong


def cut(run: str, strong: set[str], order: int, mixed: str) -> list[str]:
    """Cut a run between two characters only where no strong n-gram covers both, and never inside a token."""
    pieces, piece = [], run[0]
    for gap in range(1, len(run)):
        covered = any(
            run[start : start + n] in strong
            for n in range(2, order + 1)
            for start in range(max(gap - n + 1, 0), gap)
            if start + n <= len(run) and start < gap < start + n
        )
        inside = mixed == "tokens" and is_alnum(run[gap - 1]) and is_alnum(run[gap])
        if covered or inside:
            piece += run[gap]
        else:
            pieces.append(piece)
            piece = run[gap]
    return [*pieces, piece]


def passes(piece: str, strong: set[str], order: int, look_back) -> bool:
    """Look-back: short pieces must be strong, in longer ones every window of n (and n − 1) characters."""
    if len(piece) <= order:
        return piece in strong
    lengths = [order] + ([order - 1] if "n-1" in look_back and order > 2 else [])
    return all(piece[i : i + n] in strong for n in lengths for i in range(len(piece) - n + 1))


def aligned(runs: list[str], word: str, mixed: str) -> list[tuple[str, str]]:
    """Occurrences of a word; with tokens only those that neither begin nor end inside a token."""
    found = occurrences(runs, word)
    if mixed != "tokens":
        return found
    return [
        (left, right)
        for left, right in found
        if not (left != EDGE and is_alnum(left) and is_alnum(word[0]))
        and not (right != EDGE and is_alnum(right) and is_alnum(word[-1]))
    ]


def discover(
    text: str,
    *,
    order: int = 4,
    min_count: int = 5,
    pmi=(0.0, 2.0, 4.0, 6.0),
    look_back=("n",),
    mixed: str = "tokens",
    normalize: str = "width",
    fold_case: bool = False,
) -> dict[str, tuple]:
    """Method su: word → (count, pieces, cohesion, left entropy, right entropy)."""
    runs = read(text, normalize, mixed, fold_case)
    total = sum(len(run) for run in runs)
    strong = strong_set(runs, order, min_count, pmi, mixed)
    pieces = Counter(piece for run in runs for piece in cut(run, strong, order, mixed))
    count = lambda word: len(occurrences(runs, word))  # noqa: E731
    words = {}
    for piece, amount in pieces.items():
        if amount < min_count or len(piece) < 2 or not passes(piece, strong, order, look_back):
            continue
        if mixed == "tokens" and piece.isascii() and piece.isdigit():
            continue
        held = cohesion(piece, count, total, mixed)
        if math.isinf(held):
            held = cohesion(piece, count, total, "chars")
        seen = aligned(runs, piece, mixed)
        left, right = Counter(pair[0] for pair in seen), Counter(pair[1] for pair in seen)
        words[piece] = (len(seen), amount, held, entropy(left), entropy(right))
    return words


def strong_ngrams(text: str, *, min_entropy: float, order=4, min_count=5, pmi=(0.0, 2.0, 4.0, 6.0), mixed="chars"):
    """Method entropy: strong n-grams with enough freedom on both sides."""
    runs = read(text, mixed=mixed)
    words = set()
    for word in strong_set(runs, order, min_count, pmi, mixed):
        seen = aligned(runs, word, mixed)
        sides = Counter(pair[0] for pair in seen), Counter(pair[1] for pair in seen)
        if len(seen) >= min_count and min(entropy(side) for side in sides) >= min_entropy:
            words.add(word)
    return words
